# SPDX-License-Identifier: MIT OR Apache-2.0
"""The UDF side of an image read by the letter of ECMA-167 (second edition) and OSTA UDF 1.02, independently of the
tool: every rule that an image of ours must hold to is asserted. walk(image bytes) gives {path: content} and the
label."""
import binascii
import struct

SECTOR = 2048
PRIMARY, ANCHOR, IMPLEMENTATION, PARTITION, LOGICAL, UNALLOCATED, TERMINATING, INTEGRITY = 1, 2, 4, 5, 6, 7, 8, 9
FILE_SET, FILE_IDENTIFIER, FILE_ENTRY = 256, 257, 261


def tag(data, identifier, location):
    """3/7.2: checksum, CRC, and where it says that it is."""
    kind, version, checksum, _, _, crc, length, place = struct.unpack_from("<HHBBHHHI", data)
    assert kind == identifier, (kind, identifier)
    assert version == 2 and place == location, (identifier, version, place, location)
    assert (sum(data[:16]) - checksum) & 0xFF == checksum, "checksum"
    assert length > 0 and binascii.crc_hqx(data[16:16 + length], 0) == crc, ("CRC", identifier)
    return data


def dstring(field):
    used = field[-1]
    assert 1 <= used < len(field) and field[0] == 8 and not any(field[used:-1]), "2.1.3"
    return field[1:used].decode("latin-1")


def charset(field):
    assert field == b"\0OSTA Compressed Unicode".ljust(64, b"\0"), "2.1.2"


def identifier(field, text, revision=None):
    assert field[1:24] == text.encode().ljust(23, b"\0"), field
    assert revision is None or struct.unpack_from("<H", field, 24)[0] == revision


def timestamp(field):
    kind, year, month, day, hour, minute, second = struct.unpack_from("<HhBBBBB", field)
    assert kind >> 12 == 1 and 1900 < year < 2156 and 1 <= month <= 12 and 1 <= day <= 31
    assert hour < 24 and minute < 60 and second < 60


class Volume:
    def __init__(self, image):
        self.image, self.seen, self.files = image, set(), {}
        assert len(image) % SECTOR == 0
        last = len(image) // SECTOR - 1
        at = 16
        while self.sector(at)[1:6] == b"CD001":
            at += 1
        assert [self.sector(at + i)[1:7] for i in range(3)] == [b"BEA01\1", b"NSR02\1", b"TEA01\1"], "2/8, 2/9"
        anchors = [tag(self.sector(n), ANCHOR, n) for n in (256, last)]  # 3/8.4.2.1: two of three places
        assert anchors[0][16:32] == anchors[1][16:32]
        length, main, reserve_length, reserve = struct.unpack_from("<IIII", anchors[0], 16)
        assert length == reserve_length >= 16 * SECTOR
        self.sequence(main, length, last)
        self.sequence(reserve, reserve_length, last)
        self.file_set()

    def sector(self, number):
        return self.image[number * SECTOR:(number + 1) * SECTOR]

    def block(self, number, count=1):
        assert number + count <= self.size, "within the partition"
        return self.image[(self.start + number) * SECTOR:(self.start + number + count) * SECTOR]

    def sequence(self, start, length, last):
        found = {}
        for number in range(start, start + length // SECTOR):
            kind, = struct.unpack_from("<H", self.sector(number))
            found[kind] = tag(self.sector(number), kind, number)
            if kind == TERMINATING:
                break
        assert set(found) == {PRIMARY, IMPLEMENTATION, PARTITION, LOGICAL, UNALLOCATED, TERMINATING}
        numbers = [struct.unpack_from("<I", found[k], 16)[0] for k in (PRIMARY, IMPLEMENTATION, PARTITION, LOGICAL,
                                                                      UNALLOCATED)]
        assert sorted(set(numbers)) == sorted(numbers)
        primary, logical, partition, used = (found[k] for k in (PRIMARY, LOGICAL, PARTITION, IMPLEMENTATION))
        label = dstring(primary[24:56])
        assert struct.unpack_from("<4H", primary, 56) == (1, 1, 2, 2)
        assert struct.unpack_from("<II", primary, 64) == (1, 1)
        int(dstring(primary[72:200])[:8], 16)  # 2.2.2.5
        charset(primary[200:264])
        charset(primary[264:328])
        timestamp(primary[376:388])
        identifier(used[20:52], "*UDF LV Info", 0x102)
        charset(used[52:116])
        assert dstring(used[116:244]) == label
        identifier(partition[24:56], "+NSR02")
        assert struct.unpack_from("<HH", partition, 20) == (1, 0) and struct.unpack_from("<I", partition, 184)[0] == 1
        self.start, self.size = struct.unpack_from("<II", partition, 188)
        assert self.start > 256 and self.start + self.size == last, "between the anchors"
        charset(logical[20:84])
        assert dstring(logical[84:212]) == label and struct.unpack_from("<I", logical, 212)[0] == SECTOR
        identifier(logical[216:248], "*OSTA UDF Compliant", 0x102)
        self.set_length, self.set_block = struct.unpack_from("<II", logical, 248)
        assert struct.unpack_from("<II", logical, 264) == (6, 1), "one partition map"
        assert logical[440:446] == b"\1\6\1\0\0\0", "of type 1"
        integrity_length, integrity = struct.unpack_from("<II", logical, 432)
        assert integrity_length >= 2 * SECTOR
        self.integrity = tag(self.sector(integrity), INTEGRITY, integrity)
        tag(self.sector(integrity + 1), TERMINATING, integrity + 1)
        timestamp(self.integrity[16:28])
        assert struct.unpack_from("<I", self.integrity, 28)[0] == 1, "closed"
        assert struct.unpack_from("<IIII", self.integrity, 72) == (1, 46, 0, self.size)
        assert struct.unpack_from("<HHH", self.integrity, 128) == (0x102, 0x102, 0x102)
        self.label = label

    def file_set(self):
        data = tag(self.block(self.set_block), FILE_SET, self.set_block)
        tag(self.block(self.set_block + 1), TERMINATING, self.set_block + 1)
        assert self.set_length == 2 * SECTOR and struct.unpack_from("<HHII", data, 28) == (3, 3, 1, 1)
        charset(data[48:112])
        charset(data[240:304])
        assert dstring(data[112:240]) == self.label
        length, root, part = struct.unpack_from("<IIH", data, 400)
        assert length == SECTOR and part == 0
        identifier(data[416:448], "*OSTA UDF Compliant", 0x102)
        self.folders, self.unique = 0, set()
        self.folder(root, root, "")
        files, folders = struct.unpack_from("<II", self.integrity, 120)
        assert (files, folders) == (len(self.files), self.folders)
        assert struct.unpack_from("<Q", self.integrity, 40)[0] > max(self.unique), "the next one"

    def entry(self, number, kind):
        data = tag(self.block(number), FILE_ENTRY, number)
        assert number not in self.seen
        self.seen.add(number)
        assert struct.unpack_from("<IHHH", data, 16) == (0, 4, 0, 1), "strategy 4 (2.3.5.1)"
        assert data[27] == kind and struct.unpack_from("<H", data, 34)[0] & 7 == 0, "short descriptors"
        links, = struct.unpack_from("<H", data, 48)
        size, blocks = struct.unpack_from("<QQ", data, 56)
        assert blocks == -(-size // SECTOR)
        for at in (72, 84, 96):
            timestamp(data[at:at + 12])
        unique, extended, length = struct.unpack_from("<QII", data, 160)
        assert extended == 0 and length % 8 == 0 and (unique == 0) == (self.folders == 0) and unique not in self.unique
        self.unique.add(unique)
        content, left = b"", size
        for at in range(176, 176 + length, 8):
            piece, block = struct.unpack_from("<II", data, at)
            assert piece >> 30 == 0 and 0 < piece <= left, "recorded"
            assert piece == left or piece % SECTOR == 0, "whole blocks, but the last"
            content += self.block(block, -(-piece // SECTOR))[:piece]
            left -= piece
        assert left == 0
        return links, unique, content

    def folder(self, number, parent, path):
        links, _, data = self.entry(number, 4)
        self.folders += 1
        at, first, inner, names = 0, struct.unpack_from("<I", self.block(number), 180)[0], 0, set()
        while at < len(data):
            version, flags, name_length = struct.unpack_from("<HBB", data, at + 16)
            length, target, part, _, unique = struct.unpack_from("<IIHHI", data, at + 20)
            extra, = struct.unpack_from("<H", data, at + 36)
            size = (38 + name_length + extra + 3) & ~3
            tag(data[at:at + size], FILE_IDENTIFIER, first + at // SECTOR)
            assert version == 1 and length == SECTOR and part == 0 and extra == 0
            if at == 0:
                assert flags == 0x0A and name_length == 0 and target == parent, "the parent comes first (4/8.6)"
            else:
                raw = data[at + 38:at + 38 + name_length]
                assert raw[0] in (8, 16) and flags in (0, 2)
                name = raw[1:].decode("latin-1" if raw[0] == 8 else "utf-16-be")
                assert name.lower() not in names and raw[0] == (8 if all(ord(c) < 256 for c in name) else 16)
                names.add(name.lower())
                where = f"{path}/{name}" if path else name
                if flags & 2:
                    inner += 1
                    self.folder(target, number, where)
                else:
                    file_links, file_unique, self.files[where] = self.entry(target, 5)
                    assert file_links == 1 and file_unique == unique >= 16
            at += size
        assert at == len(data) and links == inner + 1, "one link of each folder in it, and its own"


def walk(image):
    volume = Volume(image)
    return volume.files, volume.label
