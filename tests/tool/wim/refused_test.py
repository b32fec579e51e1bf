# SPDX-License-Identifier: MIT OR Apache-2.0
"""refused_test.py AEROW7 APPLY SOURCE PACKAGES: WIMs that nothing can be put into, Windows that are none of ours, and
broken files: each with the reason, nothing written. Then every byte that the reader looks at, changed."""
import hashlib
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import wim_reader
from inject_support import BAD_INPUT, CHECK_FAILED, DONE, Injection, boot_wim, windows_image
from wim_maker import Image, compress, descriptor, make_wim, metadata, wimlib
import windows_tree  # noqa: E402, found by inject_support

APPLY = sys.argv[2]
SYSTEM = "Windows/System32/config/SYSTEM"


def refused(injection, wim, message, *status):
    """With one of these statuses; either of those that say so, when none is given."""
    content = wim.read_bytes()
    result = injection.run(*injection.command("inject", "--wim", wim, "--json"))
    assert result.returncode in (status or (CHECK_FAILED, BAD_INPUT)), (wim.name, result)
    assert message in result.stderr + result.stdout, (wim.name, message, result)
    assert wim.read_bytes() == content
    left = [p.name for p in wim.parent.iterdir() if ".part-" in p.name or p.name.startswith(wim.name + ".")]
    assert not left, left


def kinds(injection, folder):
    wim = boot_wim(folder / "boot.wim")
    tree = folder / "tree"
    windows_tree.make_windows(tree, kind="pe")
    for name, options, message in (("solid", ["--solid"], "solid WIM (ESD)"), ("pipe", ["--pipable"], "pipable")):
        wimlib("capture", tree, folder / f"{name}.wim", "PE", *options, "--quiet", "--threads=1")
        refused(injection, folder / f"{name}.wim", message, CHECK_FAILED)
    big = make_wim(folder / "big.wim", [windows_image("PE", kind="pe").add("big", random.Random(1).randbytes(1500000))])
    wimlib("split", big, folder / "part.swm", "1", "--quiet")
    refused(injection, folder / "part.swm", "part of a split WIM", CHECK_FAILED)
    raw = bytearray(wim.read_bytes())
    for bit, message in ((0x4, "marked read-only"), (0x40, "being written by another program")):
        raw[16:20] = struct.pack("<I", struct.unpack_from("<I", wim.read_bytes(), 16)[0] | bit)
        (folder / "flag.wim").write_bytes(raw)
        refused(injection, folder / "flag.wim", message, CHECK_FAILED)


def windows(injection, folder):
    """One image that is not fit, and none of the others gets anything."""
    good = windows_image("PE", kind="pe")
    hive = windows_tree.windows_files(kind="setup")[SYSTEM]
    dirty = bytearray(hive)
    dirty[4:8] = struct.pack("<I", struct.unpack_from("<I", hive, 4)[0] + 1)
    checksum = 0
    for (word,) in struct.iter_unpack("<I", dirty[:508]):
        checksum ^= word
    dirty[508:512] = struct.pack("<I", checksum)
    nested = bytearray(hive)
    nested[4096 + 4:4096 + 8] = b"\xff\xff\xff\x7f"
    for name, image, message in (
            ("dirty", windows_image("Setup", kind="setup", replace={SYSTEM: bytes(dirty)}), "SYSTEM"),
            ("broken", windows_image("Setup", kind="setup", replace={SYSTEM: bytes(nested)}), "SYSTEM"),
            ("short", windows_image("Setup", kind="setup", replace={SYSTEM: hive[:5000]}), "SYSTEM"),
            ("windows8", windows_image("Setup", kind="setup",
                                       replace={SYSTEM: windows_tree.system_hive(kind="setup", windows8=True)}),
             "DriverDatabase"),
            ("nothing", Image("no Windows").add("readme.txt", b"x"), "image 2")):
        wim = make_wim(folder / f"{name}.wim", [good, image])
        refused(injection, wim, message)
    assert injection.inject(wim, "--index", "1", "--dry-run")["ok"]


def broken(injection, folder):
    wim = boot_wim(folder / "boot.wim")
    content, parsed = wim.read_bytes(), wim_reader.Wim(wim)
    table, xml = parsed.table["offset"], parsed.xml_place["offset"]
    system = next(i for i, e in enumerate(parsed.entries) if e["flags"] & 2) * 50 + table

    def write(name, *edits, size=len(content)):
        raw = bytearray(content[:size])
        for at, data in edits:
            raw[at:at + len(data)] = data
        (folder / name).write_bytes(raw)
        return folder / name

    huge = struct.pack("<Q", 1 << 60)
    for name, edits, size, message in (
            ("empty", [], 0, "shorter than a WIM's header"), ("short", [], 207, "shorter than a WIM's header"),
            ("magic", [(0, b"MZ")], None, "is no WIM"), ("header", [(8, b"\0\0\0\0")], None, "is no WIM"),
            ("version", [(12, b"\0\0\2\0")], None, "0x20000"),
            ("chunk", [(20, b"\1\x80\0\0")], None, "no power of two"),
            ("images", [(44, b"\xff\xff\xff\xff")], None, "4294967295 images"),
            ("fewer", [(44, b"\1\0\0\0"), (120, b"\0\0\0\0")], None, "more metadata resources than images"),
            ("more", [(44, b"\3\0\0\0")], None, "has 3 images, but metadata of 2"),
            ("boot", [(120, b"\3\0\0\0")], None, "boots image 3"),
            ("half", [], len(content) // 2, "outside the file"), ("cut", [], xml + 10, "outside the file"),
            ("table", [(56, huge)], None, "outside the file"), ("size", [(64, huge)], None, "more than"),
            ("ragged", [(48, struct.pack("<I", parsed.table["stored"] - 1)),
                        (64, struct.pack("<I", parsed.table["size"] - 1))], None, "no multiple of 50"),
            ("xml", [(xml, b"<W")], None, "XML is not UTF-16"),
            ("place", [(system + 8, huge)], None, "outside the file"),
            ("length", [(system + 16, huge)], None, "more than"),
            ("solid", [(system + 7, b"\x16")], None, "solid"),
            ("hash", [(system + 30, bytes(20))], None, "does not have the SHA-1"),
            ("data", [(parsed.metadata[0]["offset"] + 5, b"\xff\xff\xff\xff")], None, "the file is damaged"),
            ("integrity", [(parsed.integrity["offset"] + 8, bytes(4))], None, "integrity table is damaged")):
        refused(injection, write(name + ".wim", *edits, size=len(content) if size is None else size), message)
    for path, message in ((folder / "nowhere.wim", "cannot be opened"), (folder, "is not a regular file")):
        injection.inject(path, status=BAD_INPUT)
        assert message in injection.errors


def with_metadata(folder, name, edit):
    """A WIM of one image whose metadata was edited, its hash in the table put right."""
    image = Image("x").add("folder/file", b"content", security=descriptor(1)).add("folder/other", b"")
    raw = metadata(image)
    edited = edit(raw)
    wim = make_wim(folder / name, [image])
    parsed = wim_reader.Wim(wim)
    content = bytearray(wim.read_bytes())
    entry = next(i for i, e in enumerate(parsed.entries) if e["flags"] & 2)
    at = parsed.table["offset"] + 50 * entry
    place = struct.pack("<QQQ", len(edited) | 2 << 56, len(content), len(edited))
    content[at:at + 24] = place
    content[at + 30:at + 50] = hashlib.sha1(edited).digest()
    wim.write_bytes(content + edited)
    return wim, raw


def tree(wim):
    return subprocess.run([APPLY, "--tree", wim, "1"], capture_output=True, text=True, errors="replace", timeout=30)


def hostile_metadata(folder):
    _, raw = with_metadata(folder, "good.wim", lambda r: r)
    first = (struct.unpack_from("<I", raw)[0] + 7) & ~7
    second = struct.unpack_from("<Q", raw, first + 16)[0]
    third = struct.unpack_from("<Q", raw, second + 16)[0]

    def put(at, form, *values):
        return lambda r: r[:at] + struct.pack(form, *values) + r[at + struct.calcsize(form):]

    def name(text):
        units = text.encode("utf-16-le")
        return lambda r: r[:third + 102] + units + r[third + 102 + len(units):]
    for label, edit, message in (
            ("nothing", lambda r: b"", "nothing in it"), ("security", put(0, "<I", 1 << 31), "do not fit"),
            ("count", put(4, "<I", 1 << 30), "do not fit"), ("descriptor", put(8, "<Q", 1 << 63), "does not fit"),
            ("root", put(first, "<Q", 0), "the root is no folder"),
            ("rootfile", put(first + 8, "<I", 0x20), "no folder"),
            ("outside", put(first + 16, "<Q", 1 << 40), "outside of it"),
            ("odd", put(first + 16, "<Q", second + 4), "outside"),
            ("long", put(second, "<Q", 1 << 62), "longer or shorter"),
            ("small", put(second, "<Q", 16), "longer or shorter"),
            ("name", put(second + 100, "<H", 0xFFF0), "longer than its entry"),
            ("oddname", put(second + 100, "<H", 7), "longer than its entry"),
            ("short", put(second + 98, "<H", 0xFFF0), "longer than its entry"),
            ("streams", put(third + 96, "<H", 9), "stream"),
            ("loop", put(second + 16, "<Q", second), "contains itself"),
            ("loop2", put(second + 16, "<Q", first), "empty or has a separator"),
            ("slash", name("fi/e"), "separator"), ("backslash", name("fi\\e"), "separator"),
            ("noname", name("\0"), "empty"), ("id", put(third + 12, "<I", 9), "security descriptor 9 of"),
            ("hash", put(third + 64, "<20s", b"x" * 20), "is not in this file"),
            ("encrypted", put(third + 8, "<I", 0x4000), "no file that can be read")):
        result = tree(with_metadata(folder, f"{label}.wim", edit)[0])
        assert result.returncode == BAD_INPUT and message in result.stderr, (label, result)
    assert tree(folder / "good.wim").returncode == DONE
    # Any other byte: read or refused, never a wrong access; the sanitizers see to that.
    choose = random.Random(7)
    for _ in range(20):
        at = choose.randrange(len(raw))
        byte = bytes([choose.randrange(256)])
        result = tree(with_metadata(folder, "any.wim", lambda r: r[:at] + byte + r[at + 1:])[0])
        assert result.returncode in (DONE, BAD_INPUT), (at, result)


def main():
    with tempfile.TemporaryDirectory() as folder:
        injection = Injection(sys.argv[1], *sys.argv[3:5], folder)
        for case in (kinds, windows, broken, hostile_metadata):
            where = pathlib.Path(folder) / case.__name__
            where.mkdir()
            case(where) if case is hostile_metadata else case(injection, where)


if __name__ == "__main__":
    main()
