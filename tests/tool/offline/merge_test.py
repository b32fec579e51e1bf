# SPDX-License-Identifier: MIT OR Apache-2.0
"""merge_test.py AEROW7 SOURCE PACKAGES: what a Windows has already is kept: its SetupComplete.cmd, its winpeshl.ini in
each form and encoding, its DevicePath, a certificate with more properties, a service under the same name, values that
are nobody's business. And what came from another injection stays when a smaller pack follows."""
import pathlib
import struct
import sys
import tempfile

from hive_maker import Key, dword, expand_sz, hive, multi_sz, sz
from offline_support import BLK, CERTIFICATES, CONFIG, Offline, files_of
import registry
import windows_tree

INI = "Windows/System32/winpeshl.ini"
COMPLETE = "Windows/Setup/Scripts/SetupComplete.cmd"
OURS = b'@call "%SystemRoot%\\Drivers\\Aero\\install-drivers.cmd"\r\n'


def load(tool):
    return [f"%SYSTEMROOT%\\System32\\drvload.exe, %SYSTEMROOT%\\Drivers\\Aero\\{inf}" for inf in tool.infs("amd64")]


def injected(tool, folder, name, extra, **options):
    place = folder / name
    windows_tree.write_files(place, {**windows_tree.windows_files(**options), **extra})
    tool.inject(place)
    after = files_of(place)
    assert not tool.inject(place)["changed"] and files_of(place) == after, name
    assert tool.verify(place)["ok"], name
    return after


def setup_complete(tool, folder):
    for number, theirs in enumerate((b"echo x\r\nexit\r\n", b"@echo off\nexit /b 1", b"", b"rem \xe4\r\n")):
        after = injected(tool, folder, f"complete{number}", {COMPLETE: theirs})
        assert after[COMPLETE] == OURS + theirs, after[COMPLETE]


def winpeshl(tool, folder):
    drivers = load(tool)
    wide = "\ufeff[LaunchApps]\r\nc:\\mine.exe, /\u00e4\r\n"
    app = "[LaunchApp]\r\nAppPath = %SYSTEMDRIVE%\\sources\\recovery\\recenv.exe\r\n; a comment\r\n[Other]\r\nx=1\r\n"
    cases = (
        ("[LaunchApps]\r\nc:\\mine.exe, /x\r\n", ["[LaunchApps]", *drivers, "c:\\mine.exe, /x", ""]),
        ("; first\r\n[launchapps]", ["; first", "[launchapps]", *drivers, ""]),
        ("[Other]\r\nx=1\r\n[LaunchApps]\r\na.exe\r\n[More]\r\n", ["[Other]", "x=1", "[LaunchApps]", *drivers, "a.exe",
                                                                  "[More]", ""]),
        (app, ["[LaunchApps]", *drivers, "%SYSTEMDRIVE%\\sources\\recovery\\recenv.exe", "; [LaunchApp]",
               "; AppPath = %SYSTEMDRIVE%\\sources\\recovery\\recenv.exe", "; ; a comment", "[Other]", "x=1", ""]),
        ("", ["[LaunchApps]", *drivers, "%SYSTEMDRIVE%\\setup.exe", ""]),
    )
    for number, (theirs, want) in enumerate(cases):
        after = injected(tool, folder, f"ini{number}", {INI: theirs.encode()}, kind="setup")
        assert after[INI].decode().split("\r\n") == want, (theirs, after[INI])
    after = injected(tool, folder, "ini-wide", {INI: wide.encode("utf-16-le")}, kind="pe")
    lines = after[INI].decode("utf-16-le").split("\r\n")
    assert lines == ["\ufeff[LaunchApps]", *drivers, "c:\\mine.exe, /\u00e4", ""], lines


def add(hive_bytes, path, **values):
    """The hive with more values, made anew from what is read of it."""
    root = Key()
    for key, content in registry.read(hive_bytes).items():
        (root.at(key) if key else root).values.update(content)
    root.set(path, **values)
    return hive(root)


def registry_values(tool, folder):
    der = tool.cer.read_bytes()
    name = "friendly".encode("utf-16-le") + b"\0\0"
    blob = struct.pack("<III", 0x0B, 1, len(name)) + name + struct.pack("<III", 0x20, 1, len(der)) + der
    certificate = CERTIFICATES.format("ROOT", tool.thumbprint)
    current = "Microsoft\\Windows\\CurrentVersion"
    software = add(windows_tree.software_hive(), certificate, Blob=(3, blob))
    software = add(software, current, DevicePath=expand_sz("%SystemRoot%\\inf;c:\\OEM;%systemroot%\\drivers\\aero\\" + BLK),
                   Odd=(0x77, b"\1\2\3"), Empty=(1, b""), Long=(3, bytes(range(256)) * 100))
    service = f"ControlSet001\\services\\{BLK}"
    system = add(windows_tree.system_hive(), service, Start=dword(4), Tag=dword(33), Type=sz("not a number"),
                 DependOnGroup=multi_sz("a", "b"))
    after = injected(tool, folder, "values", {CONFIG + "SOFTWARE": software, CONFIG + "SYSTEM": system})
    read = registry.read(after[CONFIG + "SOFTWARE"])
    assert read[certificate]["Blob"] == (3, blob), "a certificate lost its other properties"
    path = registry.text(read[current]["DevicePath"])
    rest = "".join(f";%SystemRoot%\\Drivers\\Aero\\{s}" for s in sorted(tool.services) if s != BLK)
    assert path == "%SystemRoot%\\inf;c:\\OEM;%systemroot%\\drivers\\aero\\" + BLK + rest, path
    for value in ("Odd", "Empty", "Long"):
        assert read[current][value] == registry.read(software)[current][value], value
    read = registry.read(after[CONFIG + "SYSTEM"])[service]
    assert (read["Start"], read["Type"], read["Tag"]) == (dword(0), dword(1), dword(33)), read
    assert read["DependOnGroup"] == multi_sz("a", "b")
    # A wrong blob, such as bare DER, is replaced.
    wrong = add(windows_tree.software_hive(), certificate, Blob=(3, der))
    after = injected(tool, folder, "wrong", {CONFIG + "SOFTWARE": wrong})
    fixed = registry.read(after[CONFIG + "SOFTWARE"])[certificate]["Blob"][1]
    assert fixed[:12] == struct.pack("<III", 3, 1, 20) and fixed.endswith(der)


def one_store_only(tool, folder):
    place = folder / "one-store"
    windows_tree.make_windows(place)
    tool.inject(place, "--cert-store", "TrustedPublisher")
    read = registry.read((place / CONFIG / "SOFTWARE").read_bytes())
    assert CERTIFICATES.format("TrustedPublisher", tool.thumbprint) in read
    assert CERTIFICATES.format("ROOT", tool.thumbprint) not in read


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tool = Offline(*sys.argv[1:4], folder / "tool", devices=("virtio-net",))
        setup_complete(tool, folder)
        winpeshl(tool, folder)
        registry_values(tool, folder)
        one_store_only(tool, folder)
    print("ok")


main()
