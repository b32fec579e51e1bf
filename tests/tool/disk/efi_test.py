# SPDX-License-Identifier: MIT OR Apache-2.0
"""efi_test.py AEROW7 SOURCE PACKAGES: a Windows that is started by UEFI has its boot configuration on a FAT volume:
test signing is turned on there, nothing else changes, as 7z sees it, and it is taken back."""
import pathlib
import sys
import tempfile

import disk_maker
from disk_maker import BASIC_DATA, EFI_SYSTEM, cut, disk, windows_volume
from disk_test_support import json, made_bytes
from fat_maker import Fat, check
from inject_support import Injection
from media_tools import made, read_files

STORE = "EFI/Microsoft/Boot/BCD"


def tree(store):
    many = {f"a file with a long name, number {i}.txt": b"%d" % i * 100 for i in range(40)}
    return {"EFI": {"Boot": {"bootx64.efi": b"MZ" * 3000}, "Microsoft": {"Boot": {
        **many, "BCD": store, "BCD.LOG": b"", "bootmgfw.efi": b"MZ boot" * 1000}, "Recovery": {}}}}


def seen(image, offset, size, folder):
    volume = cut(image, offset, size, folder / "esp.img")
    check(volume)
    out = folder / "esp"
    made("rm", "-rf", out)
    made("7z", "x", "-bso0", "-tfat", f"-o{out}", volume)
    return read_files(out)


def one(injection, folder, windows, width, sectors, per_cluster):
    store = disk_maker.windows_tree.bcd_store()
    esp = Fat(width, sectors, per_cluster).make(folder / "esp.fat", tree(store))
    image, size = folder / "disk.img", esp.stat().st_size
    offsets = disk(image, [(esp, EFI_SYSTEM), (windows, BASIC_DATA)], "gpt")
    original, before = image.read_bytes(), seen(image, offsets[0], size, folder)
    assert before[STORE] == store
    report = json(injection, "inject", "--disk", image)
    assert report["boot_partition"] == 1 and report["partition"] == 2
    assert [(c["action"], c["path"]) for c in report["changes"] if c["volume"] == "boot"] == [("replace", STORE)]
    after = seen(image, offsets[0], size, folder)
    assert {p for p in before if before[p] != after[p]} == {STORE} and set(before) == set(after)
    (folder / "bcd").write_bytes(after[STORE])
    key = f"Objects\\{disk_maker.windows_tree.LOADER_ID[:-3]}10}}\\Elements\\16000049"
    assert made_bytes("hivexget", folder / "bcd", key, "Element") == b"\1", "one byte"
    assert not json(injection, "inject", "--disk", image)["changed"]
    json(injection, "undo", "--manifest", f"{image}.aerow7.json")
    assert image.read_bytes() == original
    print(f"FAT{width * 8}, clusters of {per_cluster * 512}: {len(before)} files, one changed, taken back")
    return image, offsets[0]


def broken(injection, image, offset):
    """A loop in the store's clusters, and a volume that was not closed."""
    original = image.read_bytes()
    reserved, = disk_maker.struct.unpack_from("<H", original, offset + 14)
    table = offset + reserved * 512
    for at, value, text in ((table + 4, b"\0\0\0\0", "was not closed by Windows"),
                            (table + 4 * 2, None, "has a malformed file system")):
        raw = bytearray(original)
        if value is None:
            # Every cluster that leads on leads to itself.
            for entry in range(2, 4000):
                place = table + 4 * entry
                if int.from_bytes(raw[place:place + 4], "little") not in (0, 0x0FFFFFFF):
                    raw[place:place + 4] = entry.to_bytes(4, "little")
        else:
            raw[at:at + 4] = value
        image.write_bytes(raw)
        result = injection.run(*injection.command("inject", "--disk", image))
        assert result.returncode in (1, 3) and text in result.stderr, (text, result.returncode, result.stderr)
        assert image.read_bytes() == raw


def main():
    with tempfile.TemporaryDirectory() as name:
        top = pathlib.Path(name)
        injection = Injection(sys.argv[1], sys.argv[2], sys.argv[3], top / "injection")
        windows = windows_volume(top / "windows.ntfs", 24, boot=False)
        one(injection, top, windows, 2, 32768, 4)
        broken(injection, *one(injection, top, windows, 4, 73728, 1))


main()
