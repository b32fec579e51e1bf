# SPDX-License-Identifier: MIT OR Apache-2.0
"""WIM files made from nothing, uncompressed, with all that Windows puts into one: security descriptors, short names,
hard links, named streams, several images. wimlib-imagex makes compressed ones of them."""
import hashlib
import html
import pathlib
import struct
import subprocess

DIRECTORY, ARCHIVE, REPARSE = 0x10, 0x20, 0x400
TIME = 0x01CB880000000000  # November 2010


def sid(authority, *parts):
    return struct.pack("<BB6s", 1, len(parts), authority.to_bytes(6, "big")) + struct.pack(f"<{len(parts)}I", *parts)


SYSTEM_SID, USERS, ADMINISTRATORS, CREATOR_OWNER = sid(5, 18), sid(5, 32, 545), sid(5, 32, 544), sid(3, 0)
INSTALLER = sid(5, 80, 956008885, 3418522649, 1831038044, 1853292631, 2271478464)


def acl_descriptor(owner, aces, control=0x8004, group=None):
    """A self-relative security descriptor; aces: (flags, mask, SID), allowed."""
    raw = b"".join(struct.pack("<BBHI", 0, flags, 8 + len(who), mask) + who for flags, mask, who in aces)
    acl = struct.pack("<BBHHH", 2, 0, 8 + len(raw), len(aces), 0) + raw
    at = 20 + len(acl)
    return struct.pack("<BBHIIII", 1, 0, control, at, at + len(owner), 0, 20) + acl + owner + (group or owner)


def descriptor(rights, inherit=0):
    """SYSTEM owns it and may do everything, Users may do `rights`."""
    return acl_descriptor(SYSTEM_SID, [(inherit, 0x1F01FF, SYSTEM_SID), (inherit, rights, USERS)])


class Node:
    """A file (content), or a folder (content None)."""

    def __init__(self, content=None, security=None, short="", attributes=None, link=0, streams=()):
        self.content, self.security, self.short, self.link = content, security, short, link
        self.attributes = attributes if attributes is not None else (DIRECTORY if content is None else ARCHIVE)
        self.streams = list(streams)
        self.children = {}


class Image:
    def __init__(self, name, xml=""):
        self.name, self.xml, self.root = name, xml, Node(security=descriptor(0x1200A9, 3))

    def add(self, path, content=None, **more):
        node = self.root
        parts = path.split("/")
        for part in parts[:-1]:
            node = node.children.setdefault(part, Node(security=descriptor(0x1200A9, 3)))
        node.children[parts[-1]] = Node(content, **more)
        return self

    def nodes(self):
        stack = [self.root]
        while stack:
            node = stack.pop()
            yield node
            stack += node.children.values()


def padded(data):
    return data + bytes(-len(data) % 8)


def sha1(content):
    if not isinstance(content, bytes):
        return content.digest  # of something that is not in memory
    return hashlib.sha1(content).digest() if content else bytes(20)


def metadata(image):
    table = []
    for node in image.nodes():
        if node.security is not None and node.security not in table:
            table.append(node.security)
    security = b"".join(struct.pack("<Q", len(s)) for s in table) + b"".join(table)
    head = struct.pack("<II", (8 + len(security) + 7) & ~7, len(table)) + security
    head = padded(head)

    def entry(name, node, children_at):
        units, short = name.encode("utf-16-le"), node.short.encode("utf-16-le")
        body = (units + b"\0\0" if units else b"") + (short + b"\0\0" if short else b"")
        main = b"" if node.content is None else sha1(node.content)
        streams = b""
        if node.streams:
            for stream, content in [("", node.content or b"")] + node.streams:
                text = stream.encode("utf-16-le")
                raw = struct.pack("<QQ", 38 + len(text) + (2 if text else 0), 0) + sha1(content) + \
                    struct.pack("<H", len(text)) + text + (b"\0\0" if text else b"")
                streams += padded(raw)
            main = b""
        fixed = struct.pack("<II", node.attributes,
                            0xFFFFFFFF if node.security is None else table.index(node.security))
        fixed += struct.pack("<QQQQQQ", children_at, 0, 0, TIME, TIME + 1, TIME + 2) + main.ljust(20, b"\0")
        fixed += struct.pack("<IQHHH", 0, node.link, len(node.streams) + 1 if node.streams else 0, len(short),
                             len(units))
        length = 8 + len(fixed) + len(body)
        return padded(struct.pack("<Q", length) + fixed + body) + streams

    def size(name, node):
        return len(entry(name, node, 0))

    out = [b""]
    at = len(head) + size("", image.root) + 8
    folders = [image.root]
    places = {}
    queue = [image.root]
    while queue:  # any order will do; this one is not the tool's
        folder = queue.pop(0)
        places[id(folder)] = at
        at += sum(size(n, c) for n, c in folder.children.items()) + 8
        queue += [c for c in folder.children.values() if c.attributes & DIRECTORY and not c.attributes & REPARSE]
        folders += [c for c in folder.children.values() if c.attributes & DIRECTORY and not c.attributes & REPARSE]
    out = [head, entry("", image.root, places[id(image.root)]), bytes(8)]
    seen, queue = [], [image.root]
    while queue:
        folder = queue.pop(0)
        out += [entry(n, c, places.get(id(c), 0)) for n, c in folder.children.items()] + [bytes(8)]
        queue += [c for c in folder.children.values() if id(c) in places]
    return b"".join(out)


def counts(image):
    folders = files = total = hard = 0
    groups = set()
    for node in image.nodes():
        if node.attributes & DIRECTORY:
            folders += 1
        else:
            files += 1
            sizes = len(node.content) + sum(len(c) for _, c in node.streams)
            total += sizes
            if node.link:
                hard += sizes if node.link in groups else 0
                groups.add(node.link)
    return folders, files, total, hard


def image_xml(image, index):
    folders, files, total, hard = counts(image)
    time = "<HIGHPART>0x01CB8800</HIGHPART><LOWPART>0x00000000</LOWPART>"
    return (f'<IMAGE INDEX="{index}"><NAME>{html.escape(image.name)}</NAME><DIRCOUNT>{folders}</DIRCOUNT>'
            f"<FILECOUNT>{files}</FILECOUNT><TOTALBYTES>{total}</TOTALBYTES><HARDLINKBYTES>{hard}</HARDLINKBYTES>"
            f"<CREATIONTIME>{time}</CREATIONTIME><LASTMODIFICATIONTIME>{time}</LASTMODIFICATIONTIME>"
            f"{image.xml}</IMAGE>")


def place(size, offset, flags=0):
    return struct.pack("<QQQ", size | flags << 56, offset, size)


def make_wim(path, images, boot=0, guid=b"0123456789abcdef"):
    """Uncompressed, without an integrity table."""
    data, table, seen = bytearray(208), [], {}
    for image in images:
        for node in image.nodes():
            contents = [] if node.content is None else [node.content]
            for content in contents + [c for _, c in node.streams]:
                if content and content not in seen:
                    seen[content] = [len(data), 0]
                    data += content
                if content:
                    seen[content][1] += 1
    for content, (offset, references) in seen.items():
        table.append(place(len(content), offset) + struct.pack("<HI", 1, references) + sha1(content))
    boot_place = bytes(24)
    for number, image in enumerate(images, 1):
        raw = metadata(image)
        table.append(place(len(raw), len(data), 2) + struct.pack("<HI", 1, 1) + sha1(raw))
        if number == boot:
            boot_place = place(len(raw), len(data), 2)
        data += raw
    table_place = place(50 * len(table), len(data), 2)
    data += b"".join(table)
    xml = "<WIM>" + f"<TOTALBYTES>{len(data)}</TOTALBYTES>" + \
        "".join(image_xml(image, number) for number, image in enumerate(images, 1)) + "</WIM>"
    raw = b"\xff\xfe" + xml.encode("utf-16-le")
    xml_place = place(len(raw), len(data), 2)
    data += raw
    data[:208] = (b"MSWIM\0\0\0" + struct.pack("<IIII", 208, 0x10D00, 0, 0) + guid +
                  struct.pack("<HHI", 1, 1, len(images)) + table_place + xml_place + boot_place +
                  struct.pack("<I", boot) + bytes(24)).ljust(208, b"\0")
    pathlib.Path(path).write_bytes(data)
    return pathlib.Path(path)


def wimlib(*arguments, check=True):
    result = subprocess.run(["wimlib-imagex", *map(str, arguments)], capture_output=True, timeout=50)
    assert not check or result.returncode == 0, (arguments, result.stdout[-500:], result.stderr[-1000:])
    return result


def compress(path, kind, integrity=False):
    """kind: LZX, XPRESS, none. In place, by wimlib, which keeps all that is in the metadata."""
    wimlib("optimize", path, "--recompress", f"--compress={kind}", "--threads=1", "--quiet",
           *(["--check"] if integrity else []))
    return path
