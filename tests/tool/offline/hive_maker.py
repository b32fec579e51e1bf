# SPDX-License-Identifier: MIT OR Apache-2.0
"""Registry hives made from nothing, after the published descriptions of the format, for tests that need a Windows.

A key is a Key: values {name: (type, bytes)} and keys {name: Key}. Cells lie in bins of 4096 bytes and more, none crosses
one; subkeys are sorted by upper-case name and hashed ("lh"), as Windows 7 writes them.
"""
import struct

SZ, EXPAND_SZ, BINARY, DWORD, MULTI_SZ = 1, 2, 3, 4, 7
NONE = 0xFFFFFFFF
TIME = 129344256000000000  # some day in 2010
# O:BAG:SYD:(A;OICI;KA;;;SY)(A;OICI;KA;;;BA): self-relative.
DESCRIPTOR = bytes.fromhex(
    "01000480440000005400000000000000140000000200300002000000"
    "00031400" "3f000f00" "010100000000000512000000"
    "00031800" "3f000f00" "01020000000000052000000020020000"
    "01020000000000052000000020020000" "010100000000000512000000")


class Key:
    def __init__(self, values=None, keys=None):
        self.values, self.keys = dict(values or {}), dict(keys or {})

    def at(self, path):
        """The key at path, made where it is missing."""
        key = self
        for part in path.split("\\"):
            same = next((name for name in key.keys if name.upper() == part.upper()), part)
            key = key.keys.setdefault(same, Key())
        return key

    def set(self, path, **values):
        self.at(path).values.update(values)
        return self


def sz(text):
    return SZ, text.encode("utf-16-le") + b"\0\0"


def expand_sz(text):
    return EXPAND_SZ, text.encode("utf-16-le") + b"\0\0"


def multi_sz(*texts):
    return MULTI_SZ, b"".join(t.encode("utf-16-le") + b"\0\0" for t in texts) + b"\0\0"


def dword(number):
    return DWORD, struct.pack("<I", number)


def name_hash(name):
    value = 0
    for letter in name.upper():
        value = (value * 37 + ord(letter)) & 0xFFFFFFFF
    return value


class Writer:
    def __init__(self):
        self.data, self.bin_start, self.free = bytearray(), 0, 0

    def _close_bin(self):
        if self.free:
            struct.pack_into("<i", self.data, len(self.data) - self.free, self.free)
        self.free = 0

    def cell(self, size):
        """The offset of a new cell that holds size bytes."""
        whole = -(-(size + 4) // 8) * 8
        if whole > self.free:
            self._close_bin()
            length = -(-(whole + 32) // 4096) * 4096
            start = len(self.data)
            self.data += struct.pack("<4sIIQQI", b"hbin", start, length, 0, TIME, 0).ljust(length, b"\0")
            self.free = length - 32
        offset = len(self.data) - self.free
        struct.pack_into("<i", self.data, offset, -whole)
        self.free -= whole
        return offset

    def put(self, content):
        offset = self.cell(len(content))
        self.data[offset + 4:offset + 4 + len(content)] = content
        return offset

    def value(self, name, kind, content):
        if len(content) <= 4:
            size, where = len(content) | 0x80000000, struct.unpack("<I", content.ljust(4, b"\0"))[0]
        else:
            size, where = len(content), self.put(content)
        raw, flags = self.name(name)
        return self.put(struct.pack("<2sHIIIHH", b"vk", len(raw), size, where, kind, flags, 0) + raw)

    @staticmethod
    def name(name):
        try:
            return name.encode("latin-1"), 1
        except UnicodeEncodeError:
            return name.encode("utf-16-le"), 0

    def key(self, name, key, parent, sk, root=False):
        raw, compressed = self.name(name)
        offset = self.cell(76 + len(raw))
        values = [self.value(n, *v) for n, v in key.values.items()]
        value_list = self.put(struct.pack(f"<{len(values)}I", *values)) if values else NONE
        children = [(n, self.key(n, key.keys[n], offset, sk)) for n in sorted(key.keys, key=str.upper)]
        subkeys = NONE
        if children:
            entries = b"".join(struct.pack("<II", at, name_hash(n)) for n, at in children)
            subkeys = self.put(struct.pack("<2sH", b"lh", len(children)) + entries)
        flags = (0x20 if compressed else 0) | (0x0C if root else 0)
        content = struct.pack(
            "<2sHQIIIIIIIIIIIIIIIHH", b"nk", flags, TIME, 0, parent, len(children), 0, subkeys, NONE, len(values),
            value_list, sk, NONE, max([2 * len(n) for n, _ in children], default=0), 0,
            max([2 * len(n) for n in key.values], default=0), max([len(v[1]) for v in key.values.values()], default=0),
            0, len(raw), 0) + raw
        self.data[offset + 4:offset + 4 + len(content)] = content
        return offset


def count(key):
    return 1 + sum(count(child) for child in key.keys.values())


def checksum(base):
    value = 0
    for (word,) in struct.iter_unpack("<I", base[:508]):
        value ^= word
    return {0: 1, 0xFFFFFFFF: 0xFFFFFFFE}.get(value, value)


def hive(root, name="", root_name="ROOT", sequences=(7, 7), minor=3):
    """The bytes of a hive file. Different sequences make one that was not written to its end."""
    writer = Writer()
    sk = writer.cell(20 + len(DESCRIPTOR))
    at = writer.key(root_name, root, 0, sk, root=True)
    content = struct.pack("<2sHIIII", b"sk", 0, sk, sk, count(root), len(DESCRIPTOR)) + DESCRIPTOR
    writer.data[sk + 4:sk + 4 + len(content)] = content
    writer._close_bin()
    base = struct.pack("<4sIIQIIIIIII", b"regf", *sequences, TIME, 1, minor, 0, 1, at, len(writer.data), 1)
    base = (base + name.encode("utf-16-le")[:62].ljust(64, b"\0")).ljust(508, b"\0")
    return (base + struct.pack("<I", checksum(base))).ljust(4096, b"\0") + bytes(writer.data)
