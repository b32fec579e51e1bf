# SPDX-License-Identifier: MIT OR Apache-2.0
"""disk_test.py AEROW7 SOURCE PACKAGES: an installed Windows on disks of every kind gets the drivers: what changed is
exactly what was announced, as wimlib, ntfsfix and qemu-img see it; the second time nothing; and it is taken back."""
import pathlib
import shutil
import sys
import tempfile

import disk_maker
from disk_maker import MIB, boot_volume, cut, disk, windows_volume
from disk_test_support import json, made_bytes
from inject_support import BAD_INPUT, BLK, Injection
from media_tools import made
from wim_maker import SYSTEM_SID, USERS, sid
import wim_reader

CONFIG = "Windows/System32/config"
REPLACED = {f"{CONFIG}/SYSTEM", f"{CONFIG}/SOFTWARE", f"{CONFIG}/BCD-Template"}
PACKAGE = f"Windows/Drivers/Aero/{BLK}"
EVERYONE = sid(1, 0)
NEW = {f"{PACKAGE}/{BLK}.sys", f"{PACKAGE}/{BLK}.inf", f"{PACKAGE}/{BLK}.cat", f"Windows/System32/drivers/{BLK}.sys",
       "Windows/Drivers/Aero/install-drivers.cmd"}
FOLDERS = {"Windows/Drivers", "Windows/Drivers/Aero", PACKAGE}


def tree(image, offset, size, folder):
    """What wimlib's own reading of the NTFS volume gives, after ntfsfix found nothing to mend."""
    volume = cut(image, offset, size, folder / "volume.ntfs")
    said = made("ntfsfix", "-n", volume)
    assert "NTFS volume" in said or "successfully" in said, said
    wim = folder / "volume.wim"
    made("wimcapture", volume, wim, "--compress=none")
    result = wim_reader.trees(wim)[0]
    volume.unlink()
    wim.unlink()
    return result


def raw_of(image, folder):
    if image.suffix != ".qcow2":
        return image
    made("qemu-img", "check", "-q", image)
    out = folder / "converted.img"
    made("qemu-img", "convert", "-f", "qcow2", "-O", "raw", image, out)
    return out


def compare(before, after, replaced, new, folders):
    assert set(after) - set(before) == new | folders, (set(after) - set(before)) ^ (new | folders)
    assert not set(before) - set(after)
    changed = {p for p in before if before[p]["hash"] != after[p]["hash"]}
    assert changed == replaced, changed ^ replaced
    for path in before:
        same = {k: v for k, v in before[path].items() if k not in ("hash", "written", "link")}
        assert same == {k: v for k, v in after[path].items() if k not in ("hash", "written", "link")}, path
        # A folder that got an entry, a file that got content, and nothing else, has another date.
        touched = path in replaced or any(p.rpartition("/")[0] == path for p in new | folders)
        assert touched or before[path]["written"] == after[path]["written"], path
    for path in new | folders:
        # What the folder gives to what is in it, and not libntfs-3g's own default, which is everything for everyone.
        security = after[path]["security"]
        assert SYSTEM_SID in security and USERS in security and EVERYONE not in security, (path, security.hex())


def everything(injection, folder, scheme, suffix, separate_boot):
    windows = folder.parent / f"windows-{separate_boot}.ntfs"
    if not windows.exists():
        windows_volume(windows, boot=not separate_boot)
    volumes = ([boot_volume(folder / "boot.ntfs")] if separate_boot else []) + [windows]
    raw, image = folder / "disk.img", folder / f"disk{suffix}"
    offsets = disk(raw, volumes, scheme) if scheme != "none" else [0]
    if scheme == "none":
        shutil.copy(windows, raw)
        size = raw.stat().st_size
    else:
        size = windows.stat().st_size
    if image != raw:
        made("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, image)
        raw.unlink()
    original = image.read_bytes()
    before = tree(raw_of(image, folder), offsets[-1], size, folder)
    dry = json(injection, "inject", "--disk", image, "--dry-run")
    assert dry["ok"] and not dry["changed"] and image.read_bytes() == original
    out = folder / f"out{suffix}"
    done = json(injection, "inject", "--disk", image, "--out", out)
    assert done["changed"] and done["changes"] == dry["changes"] and image.read_bytes() == original
    assert done["partition_table"] == scheme.partition("-")[0]
    listed = {c["path"]: c for c in done["changes"] if c["volume"] == "windows"}
    replaced = REPLACED | (set() if separate_boot else {"Boot/BCD"})
    assert {p for p, c in listed.items() if c["action"] == "replace"} == replaced
    assert {p for p, c in listed.items() if c["action"] == "add"} == NEW
    compare(before, tree(raw_of(out, folder), offsets[-1], size, folder), replaced, NEW, FOLDERS)
    if separate_boot:
        check_boot(folder, raw_of(out, folder), offsets[0], done)
    assert json(injection, "verify-image", out)["ok"]
    state = out.read_bytes()
    again = json(injection, "inject", "--disk", out)
    assert not again["changed"] and out.read_bytes() == state, "twice changes nothing"
    assert not json(injection, "verify-image", image, status=1)["ok"]
    undo(injection, folder, image, out, suffix, original)
    print(f"{scheme}, {suffix}: {len(done['changes'])} changes, as announced, and taken back")


def check_boot(folder, image, offset, done):
    assert [c["path"] for c in done["changes"] if c["volume"] == "boot"] == ["Boot/BCD"]
    volume = cut(image, offset, 16 * MIB, folder / "boot-volume")
    store = folder / "bcd"
    store.write_bytes(made_bytes("ntfscat", "-f", volume, "Boot/BCD"))
    key = f"Objects\\{disk_maker.windows_tree.LOADER_ID[:-3]}10}}\\Elements\\16000049"
    assert made_bytes("hivexget", store, key, "Element") == b"\1", "one byte"


def undo(injection, folder, image, out, suffix, original):
    manifest = pathlib.Path(f"{out}.aerow7.json")
    json(injection, "undo", "--manifest", manifest)
    if suffix == ".qcow2":
        made("qemu-img", "compare", image, out)
    else:
        assert out.read_bytes() == original
    assert sorted(p.name for p in folder.iterdir() if ".part-" in p.name) == []
    state = out.stat().st_mtime_ns
    again = json(injection, "undo", "--manifest", manifest)
    assert not again["changed"] and out.stat().st_mtime_ns == state, "taken back twice is taken back once"


def one_after_the_other(injection, folder):
    """Undo goes back to before the first of several injections; through a link, which stays one."""
    image, link = folder / "disk.img", folder / "link.img"
    original = image.read_bytes()
    link.symlink_to(image)
    assert json(injection, "inject", "--disk", link, "--cert-store", "ROOT", "--test-signing", "off",
                "--ignore-signatures")["changed"]
    assert json(injection, "inject", "--disk", link)["changed"]
    json(injection, "undo", "--manifest", f"{link}.aerow7.json")
    assert image.read_bytes() == original and link.is_symlink()


def broken_undo(injection, folder):
    out = folder / "out.img"
    json(injection, "inject", "--disk", folder / "disk.img", "--out", out)
    file, content = pathlib.Path(f"{out}.aerow7.json.undo"), out.read_bytes()
    sound = file.read_bytes()
    for raw, text in ((b"", "is no undo file"), (b"x" * 5000, "is no undo file"), (sound[:-1], "of another length"),
                      (sound[:200] + bytes([sound[200] ^ 1]) + sound[201:], "was damaged"),
                      (sound[:8] + b"\2" + sound[9:], "of another version")):
        file.write_bytes(raw)
        result = injection.run(injection.program, "undo", "--manifest", f"{out}.aerow7.json")
        assert result.returncode == BAD_INPUT and text in result.stderr, (text, result)
        assert out.read_bytes() == content
    file.write_bytes(sound)
    out.unlink()


def changed_since(injection, folder):
    """A Windows that ran since has built on what it found: to put old blocks back would destroy that."""
    out = folder / "out.img"
    json(injection, "inject", "--disk", folder / "disk.img", "--out", out)
    offset = 2048 * 512
    volume = cut(out, offset, 24 * MIB, folder / "volume.ntfs")
    made("ntfscp", "-f", volume, __file__, "Windows/System32/config/SYSTEM")
    with open(out, "r+b") as target:
        disk_maker.copy(volume, target, offset)
    result = injection.run(injection.program, "undo", "--manifest", f"{out}.aerow7.json")
    assert result.returncode == 1 and "was changed since" in result.stderr, result


def main():
    with tempfile.TemporaryDirectory() as name:
        top = pathlib.Path(name)
        injection = Injection(sys.argv[1], sys.argv[2], sys.argv[3], top / "injection")
        for number, case in enumerate((("mbr", ".img", False), ("gpt", ".qcow2", True), ("mbr-logical", ".img", True),
                                       ("none", ".img", False))):
            folder = top / str(number)
            folder.mkdir()
            everything(injection, folder, *case)
        one_after_the_other(injection, top / "0")
        broken_undo(injection, top / "0")
        changed_since(injection, top / "0")


main()
