# SPDX-License-Identifier: MIT OR Apache-2.0
"""An ISO image read by the letter of ECMA-119 and the Joliet specification, independently of the tool: every rule that
an image of ours must hold to is asserted. walk(image bytes) gives {view: {path: content}}."""
import struct

SECTOR = 2048


def both16(data):
    little, = struct.unpack("<H", data[:2])
    assert struct.pack(">H", little) == data[2:4], "both byte orders say the same (7.2.3)"
    return little


def both32(data):
    little, = struct.unpack("<I", data[:4])
    assert struct.pack(">I", little) == data[4:8], "both byte orders say the same (7.3.3)"
    return little


class View:
    def __init__(self, image, sector, joliet):
        self.image, self.joliet = image, joliet
        self.descriptor = image[sector * SECTOR:(sector + 1) * SECTOR]
        d = self.descriptor
        assert d[1:7] == b"CD001\x01" and d[881] == 1 and both16(d[128:132]) == SECTOR
        assert both32(d[80:88]) * SECTOR == len(image), "the volume is as long as the file (8.4.8)"
        self.used = []
        self.files, self.folders, self.dates = {}, {}, set()
        self.root = self.record(d[156:190])
        self.enter(self.root, (), self.root)
        self.check_tables()

    def label(self):
        raw = self.descriptor[40:72]
        return (raw.decode("utf-16-be") if self.joliet else raw.decode("ascii")).rstrip(" ")

    def record(self, data):
        length, size = data[0], data[32]
        assert length % 2 == 0 and length >= 33 + size and data[1] == 0, "9.1.1, 9.1.12"
        assert both16(data[28:32]) == 1 and data[26] == data[27] == 0
        self.dates.add(bytes(data[18:25]))
        return {"length": length, "extent": both32(data[2:10]), "size": both32(data[10:18]),
                "folder": bool(data[25] & 2), "flags": data[25], "identifier": bytes(data[33:33 + size])}

    def use(self, record, what):
        if record["size"]:
            end = record["extent"] + (record["size"] + SECTOR - 1) // SECTOR
            assert end * SECTOR <= len(self.image), what
            self.used.append((record["extent"], end, what))

    def name(self, identifier, folder):
        if self.joliet:
            text = identifier.decode("utf-16-be")
            assert 1 <= len(text) <= 110 and not set(text) & set('*/:;?\\')
            return text
        text = identifier.decode("ascii")
        if folder:
            assert len(text) <= 8 and "." not in text
        else:
            assert text.endswith(";1")
            stem, _, extension = text[:-2].partition(".")
            assert "." in text and len(stem) <= 8 and len(extension) <= 3 and (stem or extension), text
        assert set(text.replace(";1", "").replace(".", "")) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"), text
        return text

    def sort_key(self, record):
        if self.joliet:
            return record["identifier"].ljust(220, b"\0")
        stem, _, extension = record["identifier"].decode().split(";")[0].partition(".")
        return stem.ljust(8), extension.ljust(3)

    def enter(self, folder, path, parent):
        assert len(path) < 8 and folder["size"] % SECTOR == 0 and folder["size"] > 0, "6.8.2.1, 6.8.1.3"
        self.use(folder, path)
        self.folders[path] = folder
        data = self.image[folder["extent"] * SECTOR:folder["extent"] * SECTOR + folder["size"]]
        records, at = [], 0
        while at < len(data):
            if data[at] == 0:
                assert not any(data[at:(at // SECTOR + 1) * SECTOR]), "zeros to the end of the sector (6.8.1.1)"
                at = (at // SECTOR + 1) * SECTOR
                continue
            assert at // SECTOR == (at + data[at] - 1) // SECTOR, "a record is in one sector (6.8.1.1)"
            records.append(self.record(data[at:at + data[at]]))
            at += data[at]
        for record, name, target in ((records[0], b"\0", folder), (records[1], b"\1", parent)):
            assert record["identifier"] == name and record["folder"]
            assert (record["extent"], record["size"]) == (target["extent"], target["size"])
        entries = records[2:]
        keys = [self.sort_key(r) for r in entries]
        assert keys == sorted(keys) and len(set(keys)) == len(keys), ("in order, each once (9.3)", keys)
        for record in entries:
            assert record["flags"] in (0, 2)
            name = self.name(record["identifier"], record["folder"])
            if record["folder"]:
                self.enter(record, path + (name,), folder)
            else:
                self.use(record, path + (name,))
                start = record["extent"] * SECTOR
                self.files["/".join(path + (name,))] = self.image[start:start + record["size"]]

    def check_tables(self):
        size = both32(self.descriptor[132:140])
        little, = struct.unpack("<I", self.descriptor[140:144])
        big, = struct.unpack(">I", self.descriptor[148:152])
        assert self.descriptor[144:148] == self.descriptor[152:156] == bytes(4)
        tables = []
        for sector, order in ((little, "<"), (big, ">")):
            data = self.image[sector * SECTOR:sector * SECTOR + size]
            self.used.append((sector, sector + (size + SECTOR - 1) // SECTOR, "path table"))
            entries, at = [], 0
            while at < size:
                length = data[at]
                extent, parent = struct.unpack(order + "IH", data[at + 2:at + 8])
                entries.append((extent, parent, data[at + 8:at + 8 + length]))
                at += 8 + length + length % 2
            tables.append(entries)
        assert tables[0] == tables[1], "both path tables say the same"
        paths = {}
        for number, (extent, parent, identifier) in enumerate(tables[0], 1):
            if number == 1:
                assert parent == 1 and identifier == b"\0"
                paths[1] = ()
            else:
                assert parent < number
                paths[number] = paths[parent] + (self.name(identifier, True),)
            assert self.folders[paths[number]]["extent"] == extent
        assert len(paths) == len(self.folders), "every folder is in the path table"
        order = [(len(paths[n]), tables[0][n - 1][1], tables[0][n - 1][2].ljust(220, b"\0")) for n in sorted(paths)]
        assert order == sorted(order), "by level, parent, name (6.9.1)"


def walk(image):
    assert len(image) % SECTOR == 0 and not any(image[:16 * SECTOR]), "nothing in the system area"
    assert image[16 * SECTOR] == 1 and image[17 * SECTOR] == 2
    assert image[18 * SECTOR:18 * SECTOR + 7] == b"\xffCD001\x01"
    assert image[17 * SECTOR + 88:17 * SECTOR + 91] == b"%/E", "Joliet, level 3"
    views = {"primary": View(image, 16, False), "joliet": View(image, 17, True)}
    spans = sorted(set(views["primary"].used) | set(views["joliet"].used), key=lambda s: (s[0], s[1]))
    merged = sorted({(s[0], s[1]) for s in spans})
    for (_, end), (start, _) in zip(merged, merged[1:]):
        assert end <= start, "no two extents overlap"
    assert merged[0][0] >= 19
    return views
