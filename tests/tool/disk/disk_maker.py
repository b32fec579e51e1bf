# SPDX-License-Identifier: MIT OR Apache-2.0
"""Disk images with a Windows on NTFS, made by mkntfs, wimlib and qemu-img; partition tables written here."""
import binascii
import pathlib
import struct
import sys
import uuid

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "disk"), str(TESTS / "media"), str(TESTS / "wim"), str(TESTS / "offline")]
from inject_support import windows_image  # noqa: E402
from media_tools import made  # noqa: E402
from wim_maker import Image, descriptor, make_wim  # noqa: E402
import windows_tree  # noqa: E402

MIB, SECTOR = 1 << 20, 512
BASIC_DATA = uuid.UUID("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7")
EFI_SYSTEM = uuid.UUID("C12A7328-F81F-11D2-BA4B-00A0C93EC93B")


def ntfs(path, image, mebibytes, start=2048):
    """An NTFS volume with what a WIM image has: security descriptors, short names, hard links."""
    path = pathlib.Path(path)
    with open(path, "wb") as file:
        file.truncate(mebibytes * MIB)
    made("mkntfs", "-q", "-F", "-s", "512", "-p", start, "-H", "255", "-S", "63", path)
    wim = make_wim(path.with_suffix(".wim"), [image])
    made("wimapply", wim, "1", path)
    wim.unlink()
    return path


def windows_volume(path, mebibytes=24, boot=True, **options):
    image = windows_image("installed", installed=True, **options)
    if not boot:
        del image.root.children["Boot"]
    template = image.root.children["Windows"].children["System32"].children["config"].children["BCD-Template"]
    template.short = "BCD-TE~1"
    # Installed systems have most files twice, by hard links.
    log = b"an unrelated file\r\n" * 3000
    image.add("Windows/winsxs/a/setupact.log", log, security=descriptor(0x1200A9), link=7)
    image.add("Windows/Panther/setupact.log", log, security=descriptor(0x1200A9), link=7)
    return ntfs(path, image, mebibytes)


def boot_volume(path, store=None):
    """What Setup calls System Reserved."""
    image = Image("System Reserved")
    image.add("Boot/BCD", store or windows_tree.bcd_store(), security=descriptor(0x120089))
    image.add("bootmgr", b"bootmgr" * 500, security=descriptor(0x120089))
    return ntfs(path, image, 16)


def crc(data):
    return binascii.crc32(data) & 0xFFFFFFFF


def gpt(volumes, sectors):
    entries = b""
    for kind, start, size in volumes:
        entries += kind.bytes_le + uuid.uuid4().bytes_le + struct.pack("<QQQ", start, start + size - 1, 0) + bytes(72)
    entries = entries.ljust(128 * 128, b"\0")

    def header(own, other, table):
        head = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, own, other, 34, sectors - 34,
                           uuid.uuid4().bytes_le, table, 128, 128, crc(entries))
        return head[:16] + struct.pack("<I", crc(head)) + head[20:]
    protective = bytes(446) + struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, sectors - 1)
    begin = protective.ljust(510, b"\0") + b"\x55\xaa" + header(1, sectors - 1, 2).ljust(512, b"\0") + entries
    return begin, entries + header(sectors - 1, 1, sectors - 33).ljust(512, b"\0")


def disk(path, volumes, scheme="mbr"):
    """volumes: files, or (file, GPT type). mbr-logical: the last one is a logical partition. Gives their offsets."""
    path = pathlib.Path(path)
    volumes = [v if isinstance(v, tuple) else (v, BASIC_DATA) for v in volumes]
    placed, at = [], 2048
    for number, (file, kind) in enumerate(volumes):
        if scheme == "mbr-logical" and number == len(volumes) - 1:
            at += 2048
        size = file.stat().st_size // SECTOR
        placed.append((kind, at, size))
        at += size + (-size % 2048)
    sectors = at + 2048
    with open(path, "wb") as out:
        out.truncate(sectors * SECTOR)
        if scheme == "gpt":
            begin, end = gpt(placed, sectors)
            out.write(begin)
            out.seek(sectors * SECTOR - len(end))
            out.write(end)
        elif scheme != "none":
            table = b""
            for number, (_, start, size) in enumerate(placed):
                kind, first, length = 7, start, size
                if scheme == "mbr-logical" and number == len(placed) - 1:
                    kind, first, length = 0x0F, start - 2048, size + 2048
                    out.seek(first * SECTOR + 446)
                    out.write(struct.pack("<B3sB3sII", 0, b"\0\2\0", 7, b"\0\2\0", 2048, size))
                    out.seek(first * SECTOR + 510)
                    out.write(b"\x55\xaa")
                table += struct.pack("<B3sB3sII", 0x80 if number == 0 else 0, b"\0\2\0", kind, b"\0\2\0", first, length)
            out.seek(446)
            out.write(table.ljust(64, b"\0") + b"\x55\xaa")
        for (file, _), (_, start, _) in zip(volumes, placed):
            copy(file, out, start * SECTOR)
    return [start * SECTOR for _, start, _ in placed]


def copy(file, out, offset):
    """Without what is zero: images stay thin."""
    with open(file, "rb") as source:
        at = offset
        while piece := source.read(MIB):
            if any(piece):
                out.seek(at)
                out.write(piece)
            at += len(piece)


def cut(image, offset, size, out):
    """A volume of a raw image, for programs that take no partitions."""
    with open(image, "rb") as source, open(out, "wb") as target:
        source.seek(offset)
        target.truncate(size)
        at = 0
        while at < size and (piece := source.read(min(MIB, size - at))):
            if any(piece):
                target.seek(at)
                target.write(piece)
            at += len(piece)
    return out
