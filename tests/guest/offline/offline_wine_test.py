# SPDX-License-Identifier: MIT OR Apache-2.0
"""offline_wine_test.py WINE_PREFIX.SH PREFIX CERTIFICATES.EXE RECORDER.EXE AEROW7 SOURCE PACKAGES

What aerow7 inject left in a Windows, used as Windows would: Wine's crypt32 finds the certificate that its blobs hold, and
nothing where the blob is bare DER; cmd.exe runs SetupComplete.cmd and what it calls, with pnputil's exit statuses."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

shell, prefix, certificates, recorder = map(pathlib.Path, sys.argv[1:5])
sys.path.insert(0, str(pathlib.Path(sys.argv[6]) / "tests/tool/offline"))
from offline_support import CERTIFICATES, CONFIG, Offline  # noqa: E402
import registry  # noqa: E402
import windows_tree  # noqa: E402

THEIRS = b"@echo off\r\necho theirs>%SystemRoot%\\theirs.txt\r\nexit /b 7\r\n"


def wine(*arguments, seconds=60):
    return subprocess.run([shell, "--run", prefix, str(seconds), *map(str, arguments)], capture_output=True, text=True,
                          timeout=seconds + 20, errors="replace")


def registry_file(path, store, thumbprint, blob):
    text = ["REGEDIT4", "", f"[HKEY_LOCAL_MACHINE\\Software\\{CERTIFICATES.format(store, thumbprint)}]",
            '"Blob"=hex:' + ",".join(f"{b:02x}" for b in blob), ""]
    path.write_bytes("\r\n".join(text).encode("ascii"))


def check_blobs(tool, folder, software):
    """Each store without the certificate, with a blob of bare DER, with the blob that was injected: in one cmd.exe."""
    der, lines = tool.cer.read_bytes(), []
    stores = ("ROOT", "TrustedPublisher")
    for store in stores:
        kind, blob = software[CERTIFICATES.format(store, tool.thumbprint)]["Blob"]
        assert kind == 3
        for name, content in (("none", None), ("bare", der), ("good", blob)):
            if content is not None:
                registry_file(folder / f"{store}-{name}.reg", store, tool.thumbprint, content)
                lines.append(f'regedit /S "Z:{folder}/{store}-{name}.reg"')
            lines.append(f'"Z:{certificates}" {store} >"Z:{folder}/{store}-{name}.txt"')
        lines.append(f'reg delete "HKLM/Software/{CERTIFICATES.format(store, tool.thumbprint)}" /f')
    batch = folder / "blobs.cmd"
    batch.write_bytes("\r\n".join(["@echo off", *lines, ""]).replace("/", "\\").replace("\\S ", "/S ").replace(
        "\\f\r", "/f\r").encode())
    result = wine("cmd", "/c", f"Z:{batch}".replace("/", "\\"), seconds=120)
    for store in stores:
        listed = {name: dict(line.split() for line in (folder / f"{store}-{name}.txt").read_text().splitlines())
                  for name in ("none", "bare", "good")}
        assert tool.thumbprint not in listed["none"] and tool.thumbprint not in listed["bare"], (store, result)
        assert listed["good"].get(tool.thumbprint) == der.hex().upper(), (store, list(listed["good"]), result)


def run_script(root, command, statuses=""):
    """A cmd.exe whose %SystemRoot% is the injected Windows; its exit status and the calls of the programs there."""
    system32 = root / "System32"
    for name in ("pnputil.exe", "sc.exe"):
        shutil.copy(recorder, system32 / name)
    (system32 / "statuses.txt").write_text(statuses)
    (system32 / "calls.txt").write_text("")
    log = root / "Drivers/Aero/install-drivers.log"
    log.unlink(missing_ok=True)
    batch = root / "run.cmd"
    batch.write_bytes(f"@set \"SystemRoot=Z:{root}\"\r\n@call {command}\r\n@exit %errorlevel%\r\n".replace(
        "/", "\\").replace("\\b ", "/b ").encode())
    result = wine("cmd", "/c", f"Z:{batch}".replace("/", "\\"))
    calls = [line.replace('"', "").strip() for line in (system32 / "calls.txt").read_text().splitlines()]
    return result.returncode, calls, log.read_text(errors="replace") if log.exists() else ""


def check_setup_complete(tool, place):
    root = place / "Windows"
    script = '"%SystemRoot%\\Setup\\Scripts\\SetupComplete.cmd"'
    infs = tool.infs("amd64")
    code, calls, log = run_script(root, script, "blk 259\nnet 3010\n")
    assert [c.split(" -i -a ")[1].replace("/", "\\").split("Drivers\\Aero\\")[1] for c in calls] == infs, calls
    assert (root / "theirs.txt").read_text().strip() == "theirs", "their script did not run"
    assert "0 failed, restart needed: yes" in log, log
    code, calls, log = run_script(root, script, "net 2\n")
    assert len(calls) == len(infs) and "1 failed, restart needed: no" in log and "exit status 2" in log, (calls, log)


def check_first_start(tool, place):
    """The service's script removes the service when all went well, and only then."""
    root = place / "Windows"
    script = '"%SystemRoot%\\Drivers\\Aero\\install-drivers.cmd" service'
    code, calls, log = run_script(root, script, "input 5\n")
    assert code == 1 and len(calls) == len(tool.infs("amd64")) and not any("delete" in c for c in calls), (code, calls)
    code, calls, log = run_script(root, script)
    assert code == 0 and calls[-1].endswith("delete AeroDriverInstall"), (code, calls, log)


def main():
    made = subprocess.run([shell, prefix], capture_output=True, text=True, timeout=240)
    if made.returncode == 77:
        print("SKIPPED: " + made.stderr)
        sys.exit(77)
    assert made.returncode == 0, made
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tool = Offline(*sys.argv[5:8], folder / "tool")
        assert hashlib.sha1(tool.cer.read_bytes()).hexdigest().upper() == tool.thumbprint and os.path.isabs(name)
        image, installed = folder / "image", folder / "installed"
        files = windows_tree.windows_files()
        files["Windows/Setup/Scripts/SetupComplete.cmd"] = THEIRS
        windows_tree.write_files(image, files)
        windows_tree.make_windows(installed, installed=True)
        tool.inject(image)
        tool.inject(installed)
        try:
            check_blobs(tool, folder, registry.read((image / CONFIG / "SOFTWARE").read_bytes()))
            check_setup_complete(tool, image)
            check_first_start(tool, installed)
        finally:
            subprocess.run([shell, "--stop", prefix], timeout=60, check=True)
    print("ok")


main()
