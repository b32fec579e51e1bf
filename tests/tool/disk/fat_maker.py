# SPDX-License-Identifier: MIT OR Apache-2.0
"""FAT16 and FAT32 volumes with long names, made by the letter of Microsoft's specification; files in every other
cluster, so that nothing is in one run."""
import struct

SECTOR = 512


class Fat:
    def __init__(self, width, sectors, per_cluster, closed=True):
        self.width, self.per_cluster = width, per_cluster
        self.reserved, self.root_entries = (32, 0) if width == 4 else (4, 512)
        clusters = sectors // per_cluster
        self.fat_sectors = -(-(clusters + 2) * width // SECTOR)
        self.start = self.reserved + 2 * self.fat_sectors + self.root_entries * 32 // SECTOR
        self.raw = bytearray(sectors * SECTOR)
        self.fat = [0x0FFFFFF8, 0x0FFFFFFF if closed else 0x07FF7FFF]
        self.sectors, self.next = sectors, 2

    def take(self, data):
        """Writes data to every other cluster and gives the first."""
        size = self.per_cluster * SECTOR
        first = last = 0
        for at in range(0, max(len(data), 1), size):
            while len(self.fat) <= self.next:
                self.fat.append(0)
            cluster, self.next = self.next, self.next + 2
            if last:
                self.fat[last] = cluster
            self.fat[cluster] = 0x0FFFFFFF
            place = (self.start + (cluster - 2) * self.per_cluster) * SECTOR
            self.raw[place:place + size] = data[at:at + size].ljust(size, b"\0")
            first, last = first or cluster, cluster
        return first

    @staticmethod
    def entry(short, name, attributes, cluster, size):
        packed = short.ljust(11).encode()
        total = 0
        for byte in packed:
            total = ((total & 1) << 7 | total >> 1) + byte & 0xFF
        out = b""
        if name:
            units = name.encode("utf-16-le") + b"\0\0"
            units = units.ljust(-(-len(units) // 26) * 26, b"\xff")
            pieces = [units[i:i + 26] for i in range(0, len(units), 26)]
            for number in range(len(pieces), 0, -1):
                piece = pieces[number - 1]
                flags = number | (0x40 if number == len(pieces) else 0)
                out += struct.pack("<B10sBBB12sH4s", flags, piece[:10], 0x0F, 0, total, piece[10:22], 0, piece[22:])
        return out + packed + struct.pack("<BBBHHHHHHHI", attributes, 0, 0, 0, 0x5A21, 0x5A21, cluster >> 16, 0, 0x5A21,
                                          cluster & 0xFFFF, size)

    def folder(self, tree):
        """tree: {name: bytes or another tree}. Gives the folder's entries."""
        out = b""
        for number, (name, content) in enumerate(tree.items()):
            stem, _, extension = name.upper().partition(".")
            short = f"{stem if len(stem) < 9 else stem[:5] + '~' + str(number + 1):8}{extension[:3]:3}"
            plain = name == name.upper() and len(stem) < 9 and len(extension) < 4
            if isinstance(content, dict):
                inner = self.folder(content)
                dots = self.entry(".", "", 0x10, 0, 0) + self.entry("..", "", 0x10, 0, 0)
                out += self.entry(short, "" if plain else name, 0x10, self.take(dots + inner), 0)
            else:
                first = self.take(content) if content else 0
                out += self.entry(short, "" if plain else name, 0x20, first, len(content))
        return out

    def make(self, path, tree):
        root = self.entry("AERO ESP", "", 0x08, 0, 0) + b"\xe5" + bytes(31) + self.folder(tree)
        four = self.width == 4
        if four:
            root_cluster = self.take(root)
        else:
            at = (self.start * SECTOR) - self.root_entries * 32
            self.raw[at:at + len(root)] = root
        boot = b"\xeb\x58\x90AERO    " + struct.pack(
            "<HBHBHHBHHHII", SECTOR, self.per_cluster, self.reserved, 2, self.root_entries, 0, 0xF8,
            0 if four else self.fat_sectors, 63, 255, 0, self.sectors)
        if four:
            boot += struct.pack("<IHHIHH12sBBBI11s8s", self.fat_sectors, 0, 0, root_cluster, 1, 6, bytes(12), 0x80, 0,
                                0x29, 0, b"AERO ESP   ", b"FAT32   ")
            self.raw[SECTOR:2 * SECTOR] = (b"RRaA" + bytes(480) + b"rrAa" + struct.pack("<II", 7, 2) + bytes(12) +
                                           b"\0\0\x55\xaa")
        else:
            boot += struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0, b"AERO ESP   ", b"FAT16   ")
        self.raw[:SECTOR] = boot.ljust(510, b"\0") + b"\x55\xaa"
        table = b"".join((v & (0xFFFFFFFF if four else 0xFFFF)).to_bytes(self.width, "little") for v in self.fat)
        for number in range(2):
            at = (self.reserved + number * self.fat_sectors) * SECTOR
            self.raw[at:at + len(table)] = table
        path.write_bytes(self.raw)
        return path


def check(path):
    """Both tables are the same, and every cluster that they have in use belongs to one file or folder."""
    raw = path.read_bytes()
    per_cluster, (reserved,), (root_entries,) = raw[13], *(struct.unpack_from("<H", raw, at) for at in (14, 17))
    small, = struct.unpack_from("<H", raw, 22)
    fat_sectors, width = (small, 2) if small else (struct.unpack_from("<I", raw, 36)[0], 4)
    first = raw[reserved * SECTOR:(reserved + fat_sectors) * SECTOR]
    assert first == raw[(reserved + fat_sectors) * SECTOR:(reserved + 2 * fat_sectors) * SECTOR], "two equal tables"
    mask = 0xFFFF if width == 2 else 0x0FFFFFFF
    table = [int.from_bytes(first[i:i + width], "little") & mask for i in range(0, len(first), width)]
    start, used = reserved + 2 * fat_sectors + root_entries * 32 // SECTOR, set()

    def chain(cluster):
        out = []
        while 2 <= cluster < mask - 7:
            assert cluster not in used, "no cluster belongs to two"
            used.add(cluster)
            out.append(cluster)
            cluster = table[cluster]
        return out

    def read(clusters):
        return b"".join(raw[(start + (c - 2) * per_cluster) * SECTOR:][:per_cluster * SECTOR] for c in clusters)

    def walk(data):
        for at in range(0, len(data), 32):
            entry = data[at:at + 32]
            if entry[0] == 0:
                return
            if entry[0] in (0xE5, 0x2E) or entry[11] & 8:
                continue
            (low,), (high,) = (struct.unpack_from("<H", entry, at) for at in (26, 20))
            cluster = low | (high << 16 if width == 4 else 0)
            clusters = chain(cluster)
            if entry[11] & 0x10:
                walk(read(clusters))
            else:
                size, = struct.unpack_from("<I", entry, 28)
                assert len(clusters) == -(-size // (per_cluster * SECTOR)), "as many clusters as the size says"
    root = raw[(start * SECTOR) - root_entries * 32:start * SECTOR] if width == 2 else \
        read(chain(struct.unpack_from("<I", raw, 44)[0]))
    walk(root)
    in_use = {c for c, v in enumerate(table) if c >= 2 and v}
    assert used == in_use, ("no cluster is lost", used ^ in_use)
