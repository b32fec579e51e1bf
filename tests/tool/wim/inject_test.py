# SPDX-License-Identifier: MIT OR Apache-2.0
"""inject_test.py AEROW7 SOURCE PACKAGES: boot.wim and install.wim, injected, seen by wimlib, hivex and a reader of our
own; twice; taken back."""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import wim_reader
from inject_support import BAD_INPUT, BLK, CHECK_FAILED, DONE, USAGE, Injection, boot_wim, install_wim, windows_image
from wim_maker import make_wim, wimlib

CONFIG = "Windows/System32/config"
HIVES = {f"{CONFIG}/SYSTEM", f"{CONFIG}/SOFTWARE"}
DRIVER = f"Windows/System32/drivers/{BLK}.sys"


def hivex(folder, content, key, value):
    (folder / "hive").write_bytes(content)
    return subprocess.run(["hivexget", folder / "hive", key, value], capture_output=True, timeout=20).stdout


def check_image(injection, before, after, arch, replaced, scripts):
    """Only what had to change has; what was replaced is the same file but for its content."""
    gone, new = set(before) - set(after), set(after) - set(before)
    package = f"Windows/Drivers/Aero/{BLK}"
    files = {f"{package}/{BLK}.{s}" for s in ("sys", "inf", "cat")} | {DRIVER} | scripts
    folders = {"/".join(p.split("/")[:i]) for p in files for i in range(1, p.count("/") + 1)} - set(before)
    assert not gone and new == files | folders, (gone, new ^ (files | folders))
    different = {p for p in before if {**before[p], "link": 0} != {**after[p], "link": 0}}
    assert different == replaced, different ^ replaced
    for path in replaced:
        old, now = dict(before[path]), dict(after[path])
        assert now["hash"] != old["hash"] and now["security"] == old["security"] is not None
        for entry in (old, now):
            del entry["hash"], entry["written"], entry["link"]
        assert old == now, path
    assert all(after[p]["security"] is not None for p in new)
    for path in (DRIVER, f"{package}/{BLK}.sys"):
        built = injection.pack / "win7" / arch / BLK / f"{BLK}.sys"
        assert after[path]["hash"] == hashlib.sha1(built.read_bytes()).digest()


def check_registry(injection, folder, wim, index):
    files = wim_reader.contents(wim, index, *sorted(HIVES))
    services = f"ControlSet001\\services\\{BLK}"
    assert hivex(folder, files[f"{CONFIG}/SYSTEM"], services, "Start").strip() == b"0"
    assert BLK.encode() in hivex(folder, files[f"{CONFIG}/SYSTEM"],
                                 "ControlSet001\\Control\\CriticalDeviceDatabase\\PCI#VEN_1AF4&DEV_1042", "Service")
    der = injection.cer.read_bytes()
    for store in ("ROOT", "TrustedPublisher"):
        key = f"Microsoft\\SystemCertificates\\{store}\\Certificates\\{hashlib.sha1(der).hexdigest().upper()}"
        assert hivex(folder, files[f"{CONFIG}/SOFTWARE"], key, "Blob").endswith(der), store


def media(injection, folder):
    """All images of both files, x86 and amd64, LZX and XPRESS, ZIP and folder."""
    for arch, kind, pack in (("amd64", "LZX", injection.pack), ("x86", "XPRESS", injection.zip)):
        for make, boot, images, replaced, scripts in (
                (boot_wim, 2, 2, HIVES, {"Windows/System32/winpeshl.ini"}),
                (install_wim, 0, 2, HIVES | {f"{CONFIG}/BCD-Template"},
                 {"Windows/Setup/Scripts/SetupComplete.cmd", "Windows/Drivers/Aero/install-drivers.cmd"})):
            wim = make(folder / f"{make.__name__}-{arch}.wim", arch, kind)
            original, before = wim.read_bytes(), wim_reader.trees(wim)
            dry = injection.inject(wim, "--dry-run", pack=pack)
            assert not dry["changed"] and wim.read_bytes() == original and not list(folder.glob("*.json"))
            done = injection.inject(wim, pack=pack)
            assert done["ok"] and done["changed"] and done["images"] == dry["images"], "not what was announced"
            assert [i["index"] for i in done["images"]] == [1, 2]
            wimlib("verify", wim)
            now, after = wim_reader.Wim(wim), wim_reader.trees(wim)
            assert now.check_integrity() == (make is boot_wim)
            assert now.boot == boot and now.raw[208:len(original)] == original[208:]
            if boot:
                assert now.boot_metadata["offset"] == now.metadata[boot - 1]["offset"]
            for number in range(images):
                check_image(injection, before[number], after[number], arch, replaced, scripts)
                check_registry(injection, folder, wim, number + 1)
            again(injection, wim, pack)
            taken_back(injection, wim, original)


def again(injection, wim, pack):
    content, changed = wim.read_bytes(), wim.stat().st_mtime_ns
    manifest = pathlib.Path(f"{wim}.aerow7.json").read_bytes()
    report = injection.inject(wim, pack=pack)
    assert not report["changed"] and all(i["changes"] == [] for i in report["images"])
    assert wim.read_bytes() == content and wim.stat().st_mtime_ns == changed
    assert pathlib.Path(f"{wim}.aerow7.json").read_bytes() == manifest
    copy = wim.with_suffix(".copy")
    assert not injection.inject(wim, "--out", copy, pack=pack)["changed"] and copy.read_bytes() == content
    copy.unlink()


def taken_back(injection, wim, original):
    manifest = pathlib.Path(f"{wim}.aerow7.json")
    out = wim.with_suffix(".before")
    injected = wim.read_bytes()
    injection.undo(manifest, "--out", out)
    assert out.read_bytes() == original and wim.read_bytes() == injected
    assert injection.undo(manifest)["changed"] and wim.read_bytes() == original
    assert not injection.undo(manifest)["changed"] and wim.read_bytes() == original
    manifest.unlink()


def one_after_the_other(injection, folder):
    """Image by image, then with other stores: undo goes back to the very first."""
    wim = boot_wim(folder / "steps.wim")
    original, before = wim.read_bytes(), wim_reader.trees(wim)
    wim.chmod(0o640)
    assert injection.inject(wim, "--index", "2", "--cert-store", "ROOT")["changed"]
    assert wim.stat().st_mode & 0o777 == 0o640
    after = wim_reader.trees(wim)
    assert after[0] == before[0] and after[1] != before[1]
    assert injection.inject(wim, "--index", "2,1")["changed"]
    wimlib("verify", wim)
    check_registry(injection, folder, wim, 1)
    check_registry(injection, folder, wim, 2)
    moved = folder / "moved"
    moved.mkdir()
    for path in (wim, pathlib.Path(f"{wim}.aerow7.json")):
        path.rename(moved / path.name)
    injection.undo(moved / "steps.wim.aerow7.json")
    assert (moved / "steps.wim").read_bytes() == original


def in_place(injection, folder):
    """The same result without a copy; the file stays the same one."""
    wim = boot_wim(folder / "place.wim")
    original, inode = wim.read_bytes(), wim.stat().st_ino
    injection.inject(wim, "--out", folder / "copy.wim")
    assert injection.inject(wim, "--in-place")["changed"]
    assert wim.read_bytes() == (folder / "copy.wim").read_bytes() and wim.stat().st_ino == inode
    assert not injection.inject(wim, "--in-place")["changed"]
    injection.undo(f"{wim}.aerow7.json", "--in-place")
    assert wim.read_bytes() == original and wim.stat().st_ino == inode
    assert not injection.undo(f"{wim}.aerow7.json", "--in-place")["changed"]
    # Bytes that an interrupted run left, then a whole run: undo knows where the original ended.
    wim.write_bytes(original + b"left behind" * 1000)
    assert injection.inject(wim, "--in-place")["changed"]
    wimlib("verify", wim)
    injection.undo(f"{wim}.aerow7.json")
    assert wim.read_bytes() == original


def manifests(injection, folder):
    wim = boot_wim(folder / "manifest.wim")
    original = wim.read_bytes()
    other = folder / "elsewhere"
    other.mkdir()
    assert "manifest" not in injection.inject(wim, "--no-manifest", "--out", other / "none.wim")
    assert [p.name for p in other.iterdir()] == ["none.wim"]
    foreign = folder / "notes.json"
    foreign.write_text('{"mine": 1}')
    injection.inject(wim, "--manifest", foreign, status=BAD_INPUT)
    assert "no manifest" in injection.errors and foreign.read_text() == '{"mine": 1}'
    assert wim.read_bytes() == original and not list(folder.glob("*.part-*"))
    manifest = other / "manifest.json"
    injection.inject(wim, "--manifest", manifest)
    wimlib("info", wim, "1", "New name", "--quiet")
    changed = wim.read_bytes()
    injection.undo(manifest, status=CHECK_FAILED)
    assert "is not as the injection left it" in injection.errors and wim.read_bytes() == changed
    wim.write_bytes(original)
    for edit, message in (
            (lambda m: m.update(kind="tape"), "does not know: tape"), (lambda m: m.update(version=2), "no manifest"),
            (lambda m: m.update(original={}), "how the WIM was"), (lambda m: m.pop("file"), "which file"),
            (lambda m: m["original"].update(header="00" * 207 + "0g"), "how the WIM was"),
            (lambda m: m["original"].update(size=-1), "how the WIM was"), (lambda m: m.update(file="gone"), "gone")):
        content = json.loads(manifest.read_text())
        edit(content)
        (other / "edited.json").write_text(json.dumps(content))
        injection.undo(other / "edited.json", status=BAD_INPUT)
        assert message in injection.errors, (message, injection.errors)


def usage(injection, folder):
    wim = boot_wim(folder / "usage.wim")
    for more, message in (
            (["--index", "0"], "--index takes"), (["--index", "1,"], "--index takes"), (["--index", "1,1"], "twice"),
            (["--cert-store", "ROOT,My"], "--cert-store takes"), (["--disk", wim], "exactly one of"),
            (["--partition", "1"], "needs --disk"), (["--test-signing", "yes"], "takes on or off"),
            (["--in-place", "--no-manifest"], "--in-place needs"), (["--in-place", "--out", "x"], "--in-place needs"),
            (["--manifest", "x", "--no-manifest"], "exclude each other")):
        injection.inject(wim, *more, status=USAGE)
        assert message in injection.errors, (more, injection.errors)
    injection.inject(wim, "--index", "3", status=BAD_INPUT)
    assert "has no image 3: it has 2" in injection.errors
    text = injection.run(*injection.command("inject", "--wim", wim))
    assert text.returncode == DONE and "written, read again and compared" in text.stdout and "undo" in text.stdout


def text(injection, folder):
    """What people read: nothing that steers a terminal, and no list of changes for what is refused."""
    image = windows_image("PE \x1b[31m & \x07", kind="pe")
    wim = make_wim(folder / "names.wim", [image, image])
    result = injection.run(*injection.command("inject", "--wim", wim, cert=False))
    assert result.returncode == CHECK_FAILED and result.stdout.count("refused") == 2, result
    assert "0 changes" not in result.stdout and "error signature" in result.stdout
    result = injection.run(*injection.command("inject", "--wim", wim))
    assert result.returncode == DONE and "PE ?[31m & ?" in result.stdout, result.stdout
    assert not set(result.stdout) & {"\x1b", "\x07"}


def main():
    with tempfile.TemporaryDirectory() as folder:
        injection = Injection(*sys.argv[1:4], folder)
        for case in (media, one_after_the_other, in_place, manifests, usage, text):
            where = pathlib.Path(folder) / case.__name__
            where.mkdir()
            case(injection, where)


if __name__ == "__main__":
    main()
