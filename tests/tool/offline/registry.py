# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reads hives without any code of aerow7's or hivex's, and insists on their structure while it does: bins that follow one
another, cells that fill them, every cell used once, lists sorted and hashed, counts right."""
import functools
import struct
import subprocess

NONE = 0xFFFFFFFF


class Hive:
    def __init__(self, data):
        self.data = data
        fields = struct.unpack_from("<4sIIQIIIIII", data)
        assert fields[0] == b"regf" and fields[4:6][0] == 1, fields
        self.sequences, self.minor, self.root, self.size = fields[1:3], fields[5], fields[8], fields[9]
        assert self.sequences[0] == self.sequences[1], "the hive is dirty"
        value = 0
        for (word,) in struct.iter_unpack("<I", data[:508]):
            value ^= word
        assert {0: 1, NONE: NONE - 1}.get(value, value) == struct.unpack_from("<I", data, 508)[0], "checksum"
        assert len(data) >= 4096 + self.size and self.size % 4096 == 0, "size"
        self.bins = data[4096:4096 + self.size]
        self.cells, self.used, self.securities = self._cells(), set(), set()
        self.keys = {}
        self._key(self.root, None, "")
        for at in self.securities:
            flink, blink = struct.unpack_from("<II", self.bins, at + 8)
            assert self.bins[flink + 4:flink + 6] == self.bins[blink + 4:blink + 6] == b"sk", hex(at)

    def _cells(self):
        cells, at = {}, 0
        while at < self.size:
            signature, offset, length = struct.unpack_from("<4sII", self.bins, at)
            assert signature == b"hbin" and offset == at and length and length % 4096 == 0, hex(at)
            cell = at + 32
            while cell < at + length:
                (size,) = struct.unpack_from("<i", self.bins, cell)
                assert size and abs(size) % 8 == 0 and cell + abs(size) <= at + length, hex(cell)
                if size < 0:
                    cells[cell] = -size - 4
                cell += abs(size)
            at += length
        return cells

    def _take(self, at, least):
        assert at in self.cells, f"no cell at {at:#x}"
        assert at not in self.used, f"cell {at:#x} is used twice"
        assert self.cells[at] >= least, f"cell {at:#x} is too small"
        self.used.add(at)
        return self.bins[at + 4:at + 4 + self.cells[at]]

    @staticmethod
    def _name(raw, compressed):
        return raw.decode("latin-1" if compressed else "utf-16-le")

    def _value(self, at):
        cell = self._take(at, 20)
        assert cell[:2] == b"vk"
        length, size, where, kind, flags = struct.unpack_from("<HIIIH", cell, 2)
        name = self._name(cell[20:20 + length], flags & 1)
        if size & 0x80000000:
            return name, (kind, cell[8:8 + (size & 0x7FFFFFFF)])
        data = self._take(where, 0)
        if data[:2] == b"db" and size > 16344 and self.minor > 3:
            count, listed = struct.unpack_from("<HI", data, 2)
            parts = struct.unpack_from(f"<{count}I", self._take(listed, 4 * count))
            data = b"".join(self._take(part, 1)[:16344] for part in parts)
        assert len(data) >= size
        return name, (kind, data[:size])

    def _list(self, at):
        cell = self._take(at, 4)
        kind, count = cell[:2], struct.unpack_from("<H", cell, 2)[0]
        if kind == b"ri":
            return [entry for leaf in struct.unpack_from(f"<{count}I", cell, 4) for entry in self._list(leaf)]
        if kind == b"li":
            return [(kind, at, None) for at in struct.unpack_from(f"<{count}I", cell, 4)]
        assert kind in (b"lf", b"lh"), kind
        return [(kind, *struct.unpack_from("<II", cell, 4 + 8 * i)) for i in range(count)]

    def _key(self, at, parent, path):
        cell = self._take(at, 76)
        assert cell[:2] == b"nk", hex(at)
        flags, _, _, above, subkeys, _, listed, _, values, value_list, sk, class_at = struct.unpack_from(
            "<HQIIIIIIIIII", cell, 2)
        length, class_length = struct.unpack_from("<HH", cell, 72)
        name = self._name(cell[76:76 + length], flags & 0x20)
        assert parent is None or above == parent, path
        path = name if parent is None else f"{path}\\{name}" if path else name
        if parent is None:
            path = ""
        if class_length:
            self._take(class_at, class_length)
        security = None
        if sk != NONE:
            assert self.bins[sk + 4:sk + 6] == b"sk", path
            self.securities.add(sk)
            (size,) = struct.unpack_from("<I", self.bins, sk + 4 + 16)
            security = self.bins[sk + 24:sk + 24 + size]
        offsets = struct.unpack_from(f"<{values}I", self._take(value_list, 4 * values)) if values else ()
        self.keys[path] = (dict(self._value(v) for v in offsets), security)
        before = ""
        entries = self._list(listed) if subkeys else []
        assert len(entries) == subkeys, path
        for kind, child, stored in entries:
            child_name = self._key(child, at, path)
            assert before < child_name.upper(), f"{path}: {before} is before {child_name}"
            before = child_name.upper()
            if kind == b"lh" and child_name.isascii():
                value = 0
                for letter in child_name.upper():
                    value = (value * 37 + ord(letter)) & NONE
                assert value == stored, f"hash of {path}\\{child_name}"
        return name


@functools.lru_cache(maxsize=8)
def _keys(data):
    return Hive(data).keys


def read(data):
    """{path: {value: (type, bytes)}} of a sound hive."""
    return {path: values for path, (values, _) in _keys(data).items()}


def securities(data):
    return {path: security for path, (_, security) in _keys(data).items()}


def difference(before, after):
    """({path\\value: content} that is new or changed, what is gone), of two read hives."""
    def flat(hive):
        return {f"{path}\\{name}" if name is not None else path: value for path, values in hive.items()
                for name, value in [(None, None), *values.items()]}
    old, new = flat(before), flat(after)
    return {k: v for k, v in new.items() if k not in old or old[k] != v}, {k: v for k, v in old.items() if k not in new}


def judges(path):
    """What reglookup, regfinfo (libregf) and hivexml (hivex) say: each has to read it whole; reglookup's lines."""
    lines = subprocess.run(["reglookup", str(path)], capture_output=True, text=True, timeout=60, errors="replace")
    assert lines.returncode == 0 and "ERROR" not in lines.stderr, lines.stderr[-500:]
    info = subprocess.run(["regfinfo", str(path)], capture_output=True, text=True, timeout=60, errors="replace")
    assert info.returncode == 0 and "Unable" not in info.stderr + info.stdout, (info.stdout[-300:], info.stderr[-300:])
    xml = subprocess.run(["hivexml", str(path)], capture_output=True, timeout=60)
    assert xml.returncode == 0 and xml.stdout.rstrip().endswith(b"</hive>"), xml.stderr[-300:]
    return lines.stdout.splitlines()


def text(value):
    return value[1].decode("utf-16-le").split("\0")[0]
