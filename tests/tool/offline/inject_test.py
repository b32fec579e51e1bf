# SPDX-License-Identifier: MIT OR Apache-2.0
"""inject_test.py AEROW7 SOURCE PACKAGES: drivers into a Windows of each kind, as a folder. Every file and every registry
value that is new or changed is one that is meant; nothing is gone; the second run changes nothing."""
import hashlib
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time

from hive_maker import dword, expand_sz, sz
from offline_support import (BLK, CDD, CERTIFICATES, CHECK_FAILED, CONFIG, Offline, files_of, hive_change)
import registry
import windows_tree

BARE = "PCI#VEN_1AF4&DEV_1042"
CLASS = "{4D36E97B-E325-11CE-BFC1-08002BE10318}"
NEVER = "DriverPackageId"


def blob(tool):
    der = tool.cer.read_bytes()
    return 3, (struct.pack("<III", 3, 1, 20) + hashlib.sha1(der).digest() + struct.pack("<III", 0x20, 1, len(der)) + der)


def software(tool, services):
    want = {}
    for store in ("ROOT", "TrustedPublisher"):
        key = CERTIFICATES.format(store, tool.thumbprint)
        want.update({key: None, f"{key}\\Blob": blob(tool)})
    folders = "".join(f";%SystemRoot%\\Drivers\\Aero\\{s}" for s in sorted(services))
    want["Microsoft\\Windows\\CurrentVersion\\DevicePath"] = expand_sz("%SystemRoot%\\inf" + folders)
    return want


def system(control_sets, installed):
    want = {}
    for number in control_sets:
        top = f"ControlSet{number:03}\\"
        service = f"{top}services\\{BLK}"
        want.update({service: None, f"{service}\\Type": dword(1), f"{service}\\Start": dword(0),
                     f"{service}\\ErrorControl": dword(1), f"{service}\\Group": sz("SCSI Miniport"),
                     f"{service}\\DisplayName": sz("Aero VirtIO Block StorPort Miniport"),
                     f"{service}\\ImagePath": expand_sz(f"system32\\drivers\\{BLK}.sys"),
                     f"{service}\\Parameters": None, f"{service}\\Parameters\\BusType": dword(1),
                     f"{service}\\Parameters\\PnpInterface": None, f"{service}\\Parameters\\PnpInterface\\5": dword(1)})
        for device in (BARE, BARE + "&REV_01"):
            key = f"{top}{CDD}{device}"
            want.update({key: None, f"{key}\\Service": sz(BLK), f"{key}\\ClassGUID": sz(CLASS),
                         f"{key}\\Class": sz("SCSIAdapter")})
        if installed:
            run = f"{top}services\\AeroDriverInstall"
            command = "%SystemRoot%\\System32\\cmd.exe"
            script = "%SystemRoot%\\Drivers\\Aero\\install-drivers.cmd service"
            want.update({run: None, f"{run}\\Type": dword(0x10), f"{run}\\Start": dword(2),
                         f"{run}\\ErrorControl": dword(0), f"{run}\\ObjectName": sz("LocalSystem"),
                         f"{run}\\DisplayName": sz("Aero driver installation"),
                         f"{run}\\ImagePath": expand_sz(f'{command} /c start "" /b {command} /c {script}'),
                         f"{run}\\DependOnService": (7, "PlugPlay\0\0".encode("utf-16-le"))})
    return want


def check_bcd(before, after):
    """Test signing, one byte, in every object that starts a Windows, and in the settings that they inherit."""
    new, gone = registry.difference(registry.read(before), registry.read(after))
    loaders = [p.split("\\")[1] for p, v in registry.read(before).items()
               if p.endswith("\\Description") and v.get("Type") == dword(windows_tree.LOADER)]
    assert loaders and not gone
    want = {}
    for identity in (*loaders, windows_tree.LOADER_SETTINGS_ID):
        key = f"Objects\\{identity}\\Elements\\16000049"
        want.update({key: None, f"{key}\\Element": (3, b"\1")})
    assert new == want, new


def check_scripts(tool, arch, kind, installed, new):
    infs = tool.infs(arch)
    if kind != "os":
        lines = new.pop("Windows/System32/winpeshl.ini").decode("ascii").split("\r\n")
        load = [f"%SYSTEMROOT%\\System32\\drvload.exe, %SYSTEMROOT%\\Drivers\\Aero\\{inf}" for inf in infs]
        shell = ("%SYSTEMDRIVE%\\setup.exe" if kind == "setup" else
                 "%SYSTEMROOT%\\System32\\cmd.exe, /k %SYSTEMROOT%\\System32\\startnet.cmd")
        assert lines == ["[LaunchApps]", *load, shell, ""], lines
        return
    script = new.pop("Windows/Drivers/Aero/install-drivers.cmd").decode("ascii")
    assert [line for line in script.split("\r\n") if line.startswith("call :package")] == [
        f'call :package "{inf}"' for inf in infs]
    if not installed:
        line = new.pop("Windows/Setup/Scripts/SetupComplete.cmd")
        assert line == b'@call "%SystemRoot%\\Drivers\\Aero\\install-drivers.cmd"\r\n', line


def check(tool, folder, arch, kind, installed=False, control_sets=(1,)):
    place = folder / f"{arch}-{kind}-{installed}"
    before = windows_tree.make_windows(place, arch=arch, kind=kind, installed=installed, control_sets=control_sets)
    tool.verify(place, status=CHECK_FAILED)
    planned = tool.inject(place, "--dry-run")
    assert files_of(place) == before, "a dry run changed something"
    report = tool.inject(place)
    after = files_of(place)
    assert report["changed"] and report["changes"] == planned["changes"]
    assert not set(before) - set(after)
    new = {path: content for path, content in after.items() if before.get(path) != content}
    assert {c["path"] for c in report["changes"] if c["action"] in ("add", "replace")} == set(new)
    for name, want in (("SOFTWARE", software(tool, tool.services)), ("SYSTEM", system(control_sets, installed))):
        changed, gone = hive_change(before, after, name)
        assert changed == want, (name, {k: (changed.get(k), want.get(k)) for k in set(changed) | set(want)
                                        if changed.get(k) != want.get(k)})
        assert set(gone) <= {"Microsoft\\Windows\\CurrentVersion\\DevicePath"}, gone
        assert not any(NEVER in path for path in changed)
        new.pop(CONFIG + name)
    for store in [path for path in new if path.endswith(("BCD", "BCD-Template"))]:
        check_bcd(before[store], new.pop(store))
    for path, content in tool.packages(arch).items():
        assert new.pop(path) == content, path
    assert new.pop(f"Windows/System32/drivers/{BLK}.sys") == (
        tool.pack / "win7" / arch / BLK / f"{BLK}.sys").read_bytes()
    check_scripts(tool, arch, kind, installed, new)
    assert not new, set(new)
    assert tool.verify(place)["ok"]
    again = tool.inject(place, pack=tool.zip)
    assert not again["changed"] and again["changes"] == [] and files_of(place) == after, "the second run changed something"
    return after


def check_same_bytes(tool, folder, files):
    """The same Windows and the same pack give the same bytes."""
    place = folder / "again"
    windows_tree.make_windows(place)
    tool.inject(place)
    assert files_of(place) == files, [p for p, c in files_of(place).items() if files.get(p) != c]


def check_judges(folder, files):
    """Other people's readers read every hive that was written."""
    for name in ("SYSTEM", "SOFTWARE"):
        path = folder / name
        path.write_bytes(files[CONFIG + name])
        lines = registry.judges(path)
        if name == "SYSTEM":
            assert any(line.startswith(f"/ControlSet001/{CDD}".replace("\\", "/") + BARE + "/Service,SZ," + BLK)
                       for line in lines), lines[:5]
    boot = folder / "BCD"
    boot.write_bytes(files[CONFIG + "BCD-Template"])
    assert sum("16000049/Element,BINARY,%01," in line for line in registry.judges(boot)) == 2


def check_killed(tool, folder):
    """kill -9 at any moment: each file is the old or the new one, nothing else is there but marked parts, and the next run
    completes it and takes them away."""
    whole = folder / "whole"
    before = windows_tree.make_windows(whole, kind="setup")
    tool.inject(whole)
    after = files_of(whole)
    place, partly = folder / "killed", 0
    for number in range(12):
        shutil.rmtree(place, ignore_errors=True)
        windows_tree.write_files(place, before)
        run = subprocess.Popen([tool.program, "inject", "--folder", place, "--driver-pack", tool.pack, "--cert", tool.cer],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if number % 2:
                time.sleep(number * 0.01)
            else:
                while run.poll() is None and not (place / "Windows/Drivers/Aero").exists():
                    time.sleep(0.0005)
                time.sleep(number * 0.0008)
        finally:
            run.kill()
            run.wait()
        left = files_of(place)
        for path, content in left.items():
            if ".part-" not in path:
                assert content in (before.get(path), after.get(path)), path
        assert set(before) <= set(left)
        partly += left not in (before, after)
        tool.inject(place)
        assert files_of(place) == after, set(files_of(place)) ^ set(after)
    assert partly, "none was killed while writing: this shows nothing"
    print(f"{partly} of 12 were killed while writing")


def check_missing(tool, folder):
    """What somebody takes away again, verify-image misses."""
    place = folder / "amd64-os-False"
    sound = files_of(place)
    unsound = {
        f"Windows/Drivers/Aero/{BLK}/{BLK}.inf": None,
        f"Windows/System32/drivers/{BLK}.sys": b"other",
        CONFIG + "SYSTEM": windows_tree.system_hive(),
        CONFIG + "SOFTWARE": windows_tree.software_hive(),
        CONFIG + "BCD-Template": windows_tree.bcd_store(test_signing=0),
        "Windows/Setup/Scripts/SetupComplete.cmd": b"",
    }
    for path, content in unsound.items():
        target = place / path
        target.unlink() if content is None else target.write_bytes(content)
        report = tool.verify(place, status=CHECK_FAILED)
        findings = report["windows"][0]["findings"]
        assert any(f["severity"] == "error" and f.get("file") == path for f in findings), (path, findings)
        target.write_bytes(sound[path])
    assert tool.verify(place)["ok"]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tool = Offline(*sys.argv[1:4], folder)
        first = check(tool, folder, "amd64", "os")
        check_judges(folder, first)
        check_same_bytes(tool, folder, first)
        check(tool, folder, "x86", "os")
        check(tool, folder, "amd64", "os", installed=True, control_sets=(1, 2))
        check(tool, folder, "amd64", "pe")
        check(tool, folder, "x86", "setup")
        check_missing(tool, folder)
        check_killed(tool, folder)
    print("ok")


main()
