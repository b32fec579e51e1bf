# SPDX-License-Identifier: MIT OR Apache-2.0
"""What makes a disk unfit: states of an NTFS volume that only Windows can end, tables that lie, images that lean on
others."""
import struct

SECTOR = 512


class Ntfs:
    """Just enough of a volume to change a few bytes of its metadata."""

    def __init__(self, path):
        self.path = path
        self.raw = bytearray(path.read_bytes())
        self.cluster = struct.unpack_from("<H", self.raw, 11)[0] * self.raw[13]
        self.mft, self.mirror = (n * self.cluster for n in struct.unpack_from("<QQ", self.raw, 48))

    def attribute(self, record, kind):
        at = self.mft + record * 1024
        at += struct.unpack_from("<H", self.raw, at + 20)[0]
        while struct.unpack_from("<I", self.raw, at)[0] != kind:
            at += struct.unpack_from("<I", self.raw, at + 4)[0]
        return at

    def first_run(self, record):
        at = self.attribute(record, 0x80)
        at += struct.unpack_from("<H", self.raw, at + 32)[0]
        head = self.raw[at]
        length, offset = head & 15, head >> 4
        return int.from_bytes(self.raw[at + 1 + length:at + 1 + length + offset], "little") * self.cluster

    def save(self, path):
        path.write_bytes(self.raw)
        return path


def dirty(volume):
    """VOLUME_IS_DIRTY in $VOLUME_INFORMATION of $Volume."""
    at = volume.attribute(3, 0x70)
    at += struct.unpack_from("<H", volume.raw, at + 20)[0] + 10
    volume.raw[at] |= 1
    # The first four records are there twice, and have to be the same.
    volume.raw[at - volume.mft + volume.mirror] |= 1


def journal_in_use(volume):
    """$LogFile with a client, as Windows leaves it when its power fails."""
    size = struct.unpack_from("<Q", volume.raw, volume.attribute(2, 0x80) + 48)[0]
    start = volume.first_run(2)
    area = struct.pack("<QHHHHIHHqIHHII", 0x1000, 1, 0xFFFF, 0, 0, 67 - size.bit_length(), 0x30 + 0xA0, 0x30, size, 0,
                       0x30, 0x40, 1, 0)
    client = struct.pack("<QQHHH6xI", 0x800, 0x1000, 0xFFFF, 0xFFFF, 0, 8)
    client += "NTFS".encode("utf-16-le").ljust(128, b"\0")
    page = bytearray(4096)
    page[:30] = struct.pack("<4sHHQIIHHH", b"RSTR", 30, 9, 0, 4096, 4096, 0x30, 1, 1)
    page[0x30:0x30 + len(area + client)] = area + client
    page[30:32] = b"\1\0"
    for sector in range(8):
        end = sector * SECTOR + 510
        page[32 + 2 * sector:34 + 2 * sector] = page[end:end + 2]
        page[end:end + 2] = b"\1\0"
    volume.raw[start:start + 8192] = page * 2


def entry(kind, first, size):
    return struct.pack("<B3sB3sII", 0, bytes(3), kind, bytes(3), first, size)


def mbr(sectors, *entries, signature=b"\x55\xaa"):
    table = b"".join(entry(*e) for e in entries)
    return (bytes(446) + table.ljust(64, b"\0") + signature).ljust(sectors * SECTOR, b"\0")


def endless_logical():
    """Two tables of logical partitions that lead to each other."""
    raw = bytearray(mbr(4096, (0x0F, 1024, 3000)))
    for at, following in ((1024, 1024), (2048, 0)):
        raw[at * SECTOR + 446 + 16:at * SECTOR + 446 + 32] = entry(5, following, 10)
        raw[at * SECTOR + 510:at * SECTOR + 512] = b"\x55\xaa"
    return bytes(raw)


def qcow2(version=3, **fields):
    """A header alone: what is refused is refused by it."""
    places = {"backing": (8, "Q"), "crypt": (32, "I"), "incompatible": (72, "Q")}
    head = bytearray(struct.pack(">4sIQIIQIIQQIIQQQQII", b"QFI\xfb", version, 0, 0, 16, 1 << 20, 0, 1, 0x30000, 0x10000,
                                 1, 0, 0, 0, 0, 0, 4, 104))
    for name, value in fields.items():
        place, kind = places[name]
        struct.pack_into(">" + kind, head, place, value)
    return bytes(head).ljust(0x40000, b"\0")
