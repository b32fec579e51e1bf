# SPDX-License-Identifier: MIT OR Apache-2.0
"""read_test.py AEROW7: media that genisoimage, xorriso, 7z, zip and Python make are read whole: every kind of names,
hard-linked files, UDF bridges, ISO 9660:1999; the label is right, and `extract --all` gives back what was put in."""
import json
import os
import pathlib
import shutil
import struct
import sys
import tempfile
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from media_tools import *

tool = sys.argv[1]
LINKED = "viostor/w8/amd64/viostor.sys"
FILES = {
    **REQUIRED, LINKED: REQUIRED["viostor/w7/amd64/viostor.sys"],
    "viostor/2k12/amd64/viostor.sys": REQUIRED["viostor/w7/amd64/viostor.sys"],
    "virtio-win_license.txt": b"license\n", "empty": b"", "empty too": b"", "data/large file.bin": os.urandom(300000),
    "Balloon/w7/amd64/a rather long name, with blanks.inf": b"blanks", "one/two/three/four/five/six/x": b"deep",
}
SHORT = {"VIOSTOR/W7/AMD64/VIOSTOR.SYS", "NETKVM/W7/X86/NETKVM.INF", "EMPTY", "BALLOON/W7/AMD64/A_RATHER.INF"}


def medium(root, name, *command):
    """A medium of `source`, by somebody's program; the file's name is put at OUT."""
    out = root / name
    made(*[out if c == "OUT" else c for c in command], cwd=root / "source")
    return out


def check(root, path, names, label, files=None, backend="aerow7"):
    backend = "libarchive" if names == "zip" else backend
    wanted = FILES if files is None else files
    out = root / "out" / path.name
    result = run(tool, "extract", "--all", "--virtio-win-iso", path, "--out-root", out, "--json", LC_ALL="C")
    assert result.returncode == DONE, (path.name, result)
    report = json.loads(result.stdout)
    assert (report["names"], report["backend"]) == (names, backend), (path.name, report["names"], report["backend"])
    assert report["virtio_win_iso"]["volume_id"] == label, (path.name, report["virtio_win_iso"])
    got = read_files(out)
    provenance = json.loads(got.pop("virtio-win-provenance.json"))
    assert provenance == report and report["extracted_paths"] == sorted(got)
    if names != "iso9660" or files is not None:
        assert got == wanted, (path.name, set(got) ^ set(wanted), [p for p in got if got[p] != wanted.get(p)])
    else:
        assert SHORT <= set(got) and sorted(got.values()) == sorted(wanted.values()), (path.name, sorted(got))
    print(f"{path.name}: {names}, {len(got)} files, label {label!r}")
    return report


def iso_media(root):
    tree = "."
    iso = ["genisoimage", "-quiet", "-o", "OUT"]
    # What virtio-win is made with.
    linked = medium(root, "virtio-win-0.1.173.iso", *iso, "-r", "-iso-level", "4", "-cache-inodes", "-V",
                    "virtio-win", tree)
    check(root, linked, "rockridge", "virtio-win")
    image = linked.read_bytes()
    assert image.count(FILES[LINKED]) == 1, "the test is about files that share their content"
    out = root / "out" / "drivers"
    result = run(tool, "extract", "--virtio-win-iso", linked, "--out-root", out)
    assert result.returncode == DONE, result
    got = read_files(out)
    got.pop("virtio-win-provenance.json")
    assert got == {**REQUIRED, "virtio-win_license.txt": FILES["virtio-win_license.txt"]}
    check(root, medium(root, "rock_ridge.iso", *iso, "-R", "-V", "RR", tree), "rockridge", "RR")
    check(root, medium(root, "joliet.iso", *iso, "-J", "-V", "Label of Joliet", tree), "joliet", "Label of Joliet")
    check(root, medium(root, "joliet_long.iso", *iso, "-J", "-joliet-long", "-r", "-V", "both", tree), "joliet", "both")
    check(root, medium(root, "joliet_linked.iso", *iso, "-J", "-cache-inodes", "-V", "l", tree), "joliet", "l")
    check(root, medium(root, "level_1.iso", *iso, "-V", "PLAIN", tree), "iso9660", "PLAIN")
    check(root, medium(root, "level_4.iso", *iso, "-iso-level", "4", "-V", "LONG", tree), "iso9660:1999", "LONG")
    # Deeper than ISO 9660 allows: Rock Ridge keeps the rest elsewhere and says where it belongs.
    deep = {"1/2/3/4/5/6/7/8/9/10/x": b"deep", "1/y": b"y", "n" * 240: b"goes on elsewhere"}
    made("genisoimage", "-quiet", "-r", "-V", "DEEP", "-o", root / "deep.iso", write_files(root / "deep", deep))
    check(root, root / "deep.iso", "rockridge", "DEEP", deep)
    xorriso = ["xorriso", "-as", "mkisofs", "-quiet", "-o", "OUT"]
    check(root, medium(root, "xorriso.iso", *xorriso, "-V", "XORRISO", "-R", tree), "rockridge", "XORRISO")
    both_names = medium(root, "xorriso_joliet.iso", *xorriso, "-V", "XO", "-J", "-joliet-long", "--norock", tree)
    check(root, both_names, "joliet", "XO")
    made("cmake", "-E", "tar", "cf", root / "tar.zip", "--format=zip", ".", cwd=root / "source")
    own = root / "own.iso"
    assert run(tool, "iso", "--label", "OWN", "--out", own, root / "source").returncode == DONE
    check(root, own, "joliet", "OWN")


def keep_one_file(image, descriptor):
    """Of the root folder: itself, its parent, and the first file."""
    at, = struct.unpack_from("<I", image, descriptor * 2048 + 158)
    at *= 2048
    sector, records = image[at:at + 2048], []
    while sector[0]:
        records.append(sector[:sector[0]])
        sector = sector[sector[0]:]
    kept = records[:2] + [r for r in records if not r[25] & 2][:1]
    image[at:at + 2048] = b"".join(kept).ljust(2048, b"\0")


def udf_media(root):
    udf = ["genisoimage", "-quiet", "-udf", "-o", "OUT"]
    check(root, medium(root, "udf.iso", *udf, "-V", "WINDOWS", "."), "udf", "WINDOWS", backend="libudfread")
    check(root, medium(root, "udf_joliet.iso", *udf, "-J", "-V", "BOTH", "."), "joliet", "BOTH")
    # As Windows' own discs are: the ISO 9660 side has one file only.
    image = bytearray((root / "udf_joliet.iso").read_bytes())
    for descriptor in (16, 17):
        keep_one_file(image, descriptor)
    bridge = root / "bridge.iso"
    bridge.write_bytes(image)
    assert len(made("isoinfo", "-J", "-f", "-i", bridge).splitlines()) == 1
    check(root, bridge, "udf", "BOTH", backend="libudfread")
    alone = bytearray(bridge.read_bytes())
    for sector in range(16, 32):
        if alone[sector * 2048 + 1:sector * 2048 + 6] == b"CD001":
            alone[sector * 2048 + 1:sector * 2048 + 6] = bytes(5)
            first = sector
    # Volume recognition begins at sector 16 whether or not ISO 9660 is there: UDF's descriptors move up.
    moved = alone[(first + 1) * 2048:(first + 4) * 2048]
    alone[16 * 2048:19 * 2048] = moved
    (root / "alone.iso").write_bytes(alone)
    check(root, root / "alone.iso", "udf", "BOTH", backend="libudfread")
    # 7z agrees on what the bridge holds.
    made("7z", "x", "-bso0", "-tudf", f"-o{root / '7z'}", bridge)
    assert read_files(root / "7z") == FILES


def both(value):
    return struct.pack("<I", value) + struct.pack(">I", value)


def record(identifier, extent, size, flags=0, attributes=0):
    """A directory record (ECMA-119, 9.1)."""
    length = 33 + len(identifier) + (len(identifier) + 1) % 2
    date = bytes([123, 11, 14, 22, 13, 20, 0])
    return (bytes([length, attributes]) + both(extent) + both(size) + date + bytes([flags, 0, 0]) + b"\1\0\0\1" +
            bytes([len(identifier)]) + identifier).ljust(length, b"\0")


def with_root(image, *records):
    """The image with another root folder of the primary tree, at its end."""
    image = bytearray(image)
    place = len(image) // 2048
    root = [record(name, place, 2048, 2) for name in (b"\0", b"\1")]
    image[16 * 2048 + 156:16 * 2048 + 190] = root[0]
    image += b"".join([*root, *records]).ljust(2048, b"\0")
    image[16 * 2048 + 80:16 * 2048 + 88] = both(len(image) // 2048)
    return image


def iso_1999(root):
    """ISO 9660:1999's tree is another than the primary one: its names are the better ones."""
    image = (root / "level_4.iso").read_bytes()
    (root / "two_trees.iso").write_bytes(with_root(image, record(b"OLD.TXT;1", 0, 34)))
    assert "/OLD.TXT" in made("isoinfo", "-f", "-i", root / "two_trees.iso")
    check(root, root / "two_trees.iso", "iso9660:1999", "LONG")


def extents(root):
    """Contents in several extents (9.1.6, bit 7), after an extended attribute record (9.1.3), of associated files."""
    image = (root / "level_1.iso").read_bytes()
    content = os.urandom(3 * 2048)
    place = len(image) // 2048
    parts = content[4096:], content[:4096]
    image += parts[0] + parts[1]
    image = with_root(image, record(b"ASSOC.;1", place, 100, 4), record(b"ATTR.;1", place - 1, 2048, 0, 1),
                      record(b"PARTS.BIN;1", place + 1, 4096, 0x80), record(b"PARTS.BIN;1", place, 1000))
    (root / "extents.iso").write_bytes(image)
    files = {"ATTR": parts[0], "PARTS.BIN": content[:4096] + parts[0][:1000]}
    check(root, root / "extents.iso", "iso9660", "PLAIN", files)


def zip_media(root):
    check(root, root / "tar.zip", "zip", None)
    check(root, medium(root, "info_zip.zip", "zip", "-q", "-r", "OUT", "."), "zip", None)
    check(root, medium(root, "7z.zip", "7z", "a", "-bso0", "-tzip", "OUT", "."), "zip", None)
    with zipfile.ZipFile(root / "stored.zip", "w") as archive:
        for path, content in FILES.items():
            archive.writestr(path, content)
    check(root, root / "stored.zip", "zip", None)


def other_letters(root):
    files = {"d\u00e9j\u00e0 vu/\u6f22\u5b57.inf": b"x"}
    source = write_files(root / "letters", files)
    for name, names, command in (("letters.iso", "joliet", ["xorriso", "-as", "mkisofs", "-quiet", "-J", "-o"]),
                                 ("letters_rr.iso", "rockridge", ["genisoimage", "-quiet", "-r", "-o"])):
        made(*command, root / name, "-V", "L", source)
        check(root, root / name, names, "L", files)
    with zipfile.ZipFile(root / "letters.zip", "w") as archive:
        archive.writestr(*next(iter(files.items())))
    check(root, root / "letters.zip", "zip", None, files)


with tempfile.TemporaryDirectory() as name:
    root = pathlib.Path(name)
    source = write_files(root / "source", FILES)
    for path in (LINKED, "viostor/2k12/amd64/viostor.sys"):
        (source / path).unlink()
        os.link(source / "viostor/w7/amd64/viostor.sys", source / path)
    iso_media(root)
    udf_media(root)
    iso_1999(root)
    extents(root)
    zip_media(root)
    other_letters(root)
    nothing_beside(root)
