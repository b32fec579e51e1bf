#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""exe_test.py amd64|x86 EXE IMPORTS VERSION PATH-THAT-MUST-NOT-BE-IN-IT...: aero-selftest.exe as a file that
Windows 7 runs: machine, console subsystem 6.1, nothing imported that Windows 7 lacks, flags, resources, nothing of the
building machine. Each check is also run on a damaged copy, on which it has to fail."""
import struct
import sys

MACHINES = {"amd64": (0x8664, 0x20B), "x86": (0x14C, 0x10B)}
CONSOLE, NX, DYNAMIC_BASE = 3, 0x100, 0x40
OLDER_THAN_7 = {"2000", "XP", "Vista", "7"}


class Fault(Exception):
    pass


def expect(condition, message):
    if not condition:
        raise Fault(message)


class Image:
    def __init__(self, data):
        self.data = data
        try:
            self.header = self.u32(0x3C)
            expect(data[:2] == b"MZ" and data[self.header:self.header + 4] == b"PE\0\0", "image: no PE header")
            self.machine, count, self.stamp = struct.unpack_from("<HHI", data, self.header + 4)
            size, self.characteristics = struct.unpack_from("<HH", data, self.header + 20)
            self.optional = self.header + 24
            self.magic = self.u16(self.optional)
            self.directories = self.optional + (112 if self.magic == 0x20B else 96)
            table = self.optional + size
            self.sections = [struct.unpack_from("<8sIIIIIIHHI", data, table + 40 * i) for i in range(count)]
        except struct.error as error:
            raise Fault(f"image: {error}") from error

    def u16(self, at):
        return struct.unpack_from("<H", self.data, at)[0]

    def u32(self, at):
        return struct.unpack_from("<I", self.data, at)[0]

    def offset(self, rva):
        for _, size, start, raw_size, raw, *_ in self.sections:
            if start <= rva < start + min(size, raw_size):
                return raw + rva - start
        raise Fault(f"image: nothing at {rva:#x}")

    def text(self, rva):
        at = self.offset(rva)
        return self.data[at:self.data.index(b"\0", at)].decode("ascii")

    def directory(self, index):
        return struct.unpack_from("<II", self.data, self.directories + 8 * index)

    def imports(self):
        rva, _ = self.directory(1)
        expect(rva, "imports: none")
        width, flag = (8, 1 << 63) if self.magic == 0x20B else (4, 1 << 31)
        at = self.offset(rva)
        while self.u32(at + 12):
            dll = self.text(self.u32(at + 12)).lower()
            entry = self.offset(self.u32(at) or self.u32(at + 16))
            while value := int.from_bytes(self.data[entry:entry + width], "little"):
                expect(not value & flag, f"imports: {dll} by number")
                yield dll, self.text(value + 2)
                entry += width
            at += 20


def resources(image, at, base):
    """{path of ids: (rva, size)}"""
    count = image.u16(at + 12) + image.u16(at + 14)
    for i in range(count):
        name, where = struct.unpack_from("<II", image.data, at + 16 + 8 * i)
        if where >> 31:
            for path, leaf in resources(image, base + (where & 0x7FFFFFFF), base):
                yield (name, *path), leaf
        else:
            yield (name,), struct.unpack_from("<II", image.data, base + where)


def check(data, architecture, allowed, version, forbidden):
    image = Image(data)
    machine, magic = MACHINES[architecture]
    expect((image.machine, image.magic) == (machine, magic), f"machine: {image.machine:#x}")
    expect(image.characteristics & 2 and not image.characteristics & 0x2000, "image: not an executable")
    expect(image.stamp == 0, "reproducible: a time stamp")
    system = image.u16(image.optional + 40), image.u16(image.optional + 42)
    subsystem = image.u16(image.optional + 48), image.u16(image.optional + 50)
    expect(system == (6, 1) and subsystem == (6, 1), f"version: {system} {subsystem}")
    expect(image.u16(image.optional + 68) == CONSOLE, "subsystem: not the console")
    flags = image.u16(image.optional + 70)
    expect(flags & NX and flags & DYNAMIC_BASE, f"flags: {flags:#x}")
    expect(not image.characteristics & 1 and image.directory(5)[1] > 8, "relocations: none")
    for name, *_, characteristics in image.sections:
        expect(not (characteristics & 0x20000000 and characteristics & 0x80000000), f"sections: {name} is W and X")
    found = list(image.imports())
    for dll, name in found:
        since = allowed.get((dll, name))
        expect(since in OLDER_THAN_7, f"imports: {dll} {name} ({since or 'not in the list'})")
    tree = dict(resources(image, image.offset(image.directory(2)[0]), image.offset(image.directory(2)[0])))
    kinds = {path[0]: leaf for path, leaf in tree.items()}
    expect(24 in kinds and 16 in kinds, f"resources: {sorted(kinds)}")
    block = image.data[image.offset(kinds[16][0]):][:kinds[16][1]]
    expect(version.encode("utf-16-le") in block, "resources: another version")
    for path in forbidden:
        expect(path.encode() not in data, f"paths: {path}")
    return len(found)


def damaged(data, at, bytes_):
    return data[:at] + bytes_ + data[at + len(bytes_):]


def main():
    architecture, file, list_file, version, *forbidden = sys.argv[1:]
    with open(file, "rb") as stream:
        data = stream.read()
    with open(list_file, encoding="ascii") as stream:
        rows = [line.split() for line in stream if line.strip() and not line.startswith("#")]
    allowed = {(dll, name): since for dll, name, since in rows}
    count = check(data, architecture, allowed, version, forbidden)
    print(f"{architecture}: {len(data)} bytes, {count} imports, all in Windows 7")

    image = Image(data)
    header, optional = image.header, image.optional
    import_name = data.index(b"GetTickCount64\0")
    faults = {
        "image": data[:100], "machine": damaged(data, header + 4, b"\x4c\x02"), "reproducible":
        damaged(data, header + 8, b"\1"), "version": damaged(data, optional + 48, b"\6\0\2\0"), "subsystem":
        damaged(data, optional + 68, b"\2"), "flags": damaged(data, optional + 70, b"\0\0"), "relocations":
        damaged(data, header + 22, bytes([data[header + 22] | 1])), "imports":
        damaged(data, import_name, b"GetTickCount65"), "resources":
        damaged(data, image.offset(image.directory(2)[0]) + 16, b"\x77"), "paths": data + (forbidden[0].encode()),
    }
    for word, copy in faults.items():
        try:
            check(copy, architecture, allowed, version, forbidden)
        except Fault as fault:
            expect(str(fault).startswith(word), f"damage '{word}' was found as: {fault}")
        else:
            raise Fault(f"damage '{word}' was not found")
    print(f"{len(faults)} damaged copies refused")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Fault as error:
        print(f"FAILED: {error}")
        sys.exit(1)
