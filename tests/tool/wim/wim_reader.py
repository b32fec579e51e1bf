# SPDX-License-Identifier: MIT OR Apache-2.0
"""An independent reader of WIM files: header, table, metadata, XML, integrity. Compressed resources are read by wimlib,
which writes them out uncompressed first; what must be the same is compared in the file itself."""
import hashlib
import pathlib
import re
import struct
import tempfile

from wim_maker import wimlib


def place(raw, at):
    stored, offset, size = struct.unpack_from("<QQQ", raw, at)
    return {"stored": stored & (1 << 56) - 1, "flags": stored >> 56, "offset": offset, "size": size}


class Wim:
    def __init__(self, path):
        self.raw = pathlib.Path(path).read_bytes()
        raw = self.raw
        (self.flags, self.chunk) = struct.unpack_from("<II", raw, 16)
        (self.image_count,) = struct.unpack_from("<I", raw, 44)
        self.table, self.xml_place, self.boot_metadata = place(raw, 48), place(raw, 72), place(raw, 96)
        (self.boot,) = struct.unpack_from("<I", raw, 120)
        self.integrity = place(raw, 124)
        self.xml = raw[self.xml_place["offset"]:][:self.xml_place["size"]].decode("utf-16")
        self.entries = []
        for at in range(self.table["offset"], self.table["offset"] + self.table["stored"], 50):
            entry = place(raw, at)
            entry["part"], entry["references"] = struct.unpack_from("<HI", raw, at + 24)
            entry["hash"] = raw[at + 30:at + 50]
            self.entries.append(entry)
        self.blobs = {e["hash"]: e for e in self.entries if not e["flags"] & 2}
        self.metadata = [e for e in self.entries if e["flags"] & 2]

    def check_integrity(self):
        """Every hash in the table, counted anew."""
        at = self.integrity["offset"]
        if not at:
            return False
        size, count, chunk = struct.unpack_from("<III", self.raw, at)
        assert size == 12 + 20 * count == self.integrity["size"]
        covered = self.raw[208:self.table["offset"] + self.table["stored"]]
        hashes = [hashlib.sha1(covered[i:i + chunk]).digest() for i in range(0, len(covered), chunk)]
        assert [self.raw[at + 12 + 20 * i:][:20] for i in range(count)] == hashes
        return True

    def xml_number(self, index, tag):
        image = re.search(rf'<IMAGE INDEX="{index}">(.*?)</IMAGE>', self.xml, re.S).group(1)
        return int(re.search(rf"<{tag}>(\w+)</{tag}>", image).group(1), 0)


def parse(raw):
    """{path: entry} of an uncompressed metadata resource; keys of an entry are what must not change by itself."""
    total, count = struct.unpack_from("<II", raw)
    sizes = struct.unpack_from(f"<{count}Q", raw, 8)
    table, at = [], 8 + 8 * count
    for size in sizes:
        table.append(raw[at:at + size])
        at += size
    out = {}

    def entries(at, path):
        while True:
            (length,) = struct.unpack_from("<Q", raw, at)
            if length <= 8:
                return
            attributes, security, children = struct.unpack_from("<IIQ", raw, at + 8)
            created, accessed, written = struct.unpack_from("<QQQ", raw, at + 40)
            hash_, (link, streams, short, name) = raw[at + 64:at + 84], struct.unpack_from("<QHHH", raw, at + 88)
            units = raw[at + 102:at + 102 + name].decode("utf-16-le")
            short_at = at + 102 + name + (2 if name else 0)
            entry = {"attributes": attributes, "created": created, "accessed": accessed, "written": written,
                     "short": raw[short_at:short_at + short].decode("utf-16-le"), "link": link, "streams": {},
                     "security": None if security == 0xFFFFFFFF else table[security]}
            where = at
            at += (length + 7) & ~7
            for _ in range(streams):
                (size,) = struct.unpack_from("<Q", raw, at)
                (text,) = struct.unpack_from("<H", raw, at + 36)
                stream = raw[at + 38:at + 38 + text].decode("utf-16-le")
                if stream:
                    entry["streams"][stream] = raw[at + 16:at + 36]
                else:
                    hash_ = raw[at + 16:at + 36]
                at += (size + 7) & ~7
            entry["hash"] = hash_
            where = f"{path}/{units}" if path else units
            assert where not in out, where
            out[where] = entry
            if attributes & 0x10 and children and not attributes & 0x400:
                entries(children, where)

    entries((total + 7) & ~7 or 8, "")
    return out


def trees(path):
    """The parsed metadata of every image; decompressed by wimlib's export, which rewrites only the order."""
    with tempfile.TemporaryDirectory() as folder:
        plain = pathlib.Path(folder) / "plain.wim"
        wimlib("export", path, "all", plain, "--compress=none", "--quiet", "--threads=1")
        wim = Wim(plain)
        return [parse(wim.raw[m["offset"]:m["offset"] + m["size"]]) for m in wim.metadata]


def contents(path, index, *paths):
    """What files of an image hold, extracted by wimlib; names as wimlib has them."""
    with tempfile.TemporaryDirectory() as folder:
        wimlib("extract", path, index, *[f"/{p}" for p in paths], f"--dest-dir={folder}", "--no-acls", "--quiet",
               "--preserve-dir-structure")
        return {p: (pathlib.Path(folder) / p).read_bytes() for p in paths}
