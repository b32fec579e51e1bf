# SPDX-License-Identifier: MIT OR Apache-2.0
"""The writer of WIMs: exactly the intended changes, seen by wimlib and by a reader of our own, in every kind of
file."""
import hashlib
import pathlib
import subprocess
import sys
import tempfile

import wim_reader
from wim_maker import (ADMINISTRATORS, CREATOR_OWNER, INSTALLER, SYSTEM_SID, USERS, Image, acl_descriptor, compress,
                       descriptor, make_wim, wimlib)

APPLY = sys.argv[1]
EPOCH = 1300000000
TICKS = (EPOCH + 11644473600) * 10**7
SYSTEM = "Windows/System32/config/SYSTEM"
TEXT = bytes(range(256)) * 700


def noise(size, seed=1):
    out = b""
    while len(out) < size:
        out += hashlib.sha512(f"{seed} {len(out)}".encode()).digest()
    return out[:size]


def images():
    one = Image("one & only").add(SYSTEM, TEXT, security=descriptor(0), short="")
    one.add("Windows/System32/config/SOFTWARE", noise(100000), security=descriptor(1))
    one.add("Windows/System32/winpeshl.ini", b"[LaunchApps]\r\n" * 20, security=descriptor(0x20), short="WINPES~1.INI",
            link=7, attributes=0x21)
    one.add("Windows/winsxs/winpeshl.ini", b"[LaunchApps]\r\n" * 20, security=descriptor(0x20), link=7)
    one.add("Windows/streams.txt", b"main", streams=[("zone", b"stream!")], security=descriptor(3))
    one.add("Windows/empty folder").add("Windows/empty.txt", b"", security=descriptor(4))
    one.add("Windows/junction", attributes=0x410).add("Windows/Ünïcode-ß.txt", b"u", security=descriptor(5))
    one.add("Windows/once.txt", noise(5000, 2)).add("Windows/shared.txt", noise(6000, 3))
    two = Image("two").add(SYSTEM, TEXT, security=descriptor(0)).add("Windows/shared.txt", noise(6000, 3))
    return [one, two]


def lines(folder, changes):
    """changes: (action, path[, content]); content goes through a file."""
    text = []
    for number, line in enumerate(changes):
        if len(line) == 3:
            (folder / f"content{number}").write_bytes(line[2])
            line = (*line[:2], str(folder / f"content{number}"))
        text.append(" ".join(map(str, line)))
    return "\n".join(text) + "\n"


def apply(folder, wim, changes, out="out.wim"):
    return subprocess.run([APPLY, wim, folder / out, str(EPOCH)], input=lines(folder, changes), text=True,
                          capture_output=True, timeout=50)


# Not a folder that exists in another case, not a name that does, content that is there and content that is not.
CHANGES = [
    ("image", 1), ("replace", "windows/SYSTEM32/config/system", noise(150000, 9)),
    ("replace", "Windows/System32/winpeshl.ini", b"[LaunchApps]\r\nours\r\n"),
    ("replace", "Windows/streams.txt", b"other"), ("replace", "Windows/empty.txt", b"no longer"),
    ("remove", "Windows/once.txt"), ("folder", "Windows/Drivers"), ("folder", "Windows/Drivers/Aero"),
    ("add", "Windows/Drivers/Aero/a.sys", noise(40000, 4)), ("add", "Windows/Drivers/Aero/b.sys", noise(40000, 4)),
    ("add", "Windows/Drivers/Aero/empty.txt", b"")]


def expected(before):
    """What the changes make of the parsed image: nothing else may differ."""
    after = {path: dict(entry) for path, entry in before.items()}

    def content(path, data):
        after[path].update(hash=hashlib.sha1(data).digest() if data else bytes(20), written=TICKS, link=0)

    content(SYSTEM, CHANGES[1][2])
    content("Windows/System32/winpeshl.ini", CHANGES[2][2])
    content("Windows/streams.txt", b"other")
    content("Windows/empty.txt", b"no longer")
    del after["Windows/once.txt"]
    new = {"created": TICKS, "accessed": TICKS, "written": TICKS, "short": "", "link": 0, "streams": {}}
    for path in ("Windows/Drivers", "Windows/Drivers/Aero"):
        after[path] = {**new, "attributes": 0x10, "hash": bytes(20)}
    for line in CHANGES[8:]:
        after[line[1]] = {**new, "attributes": 0x20, "hash": hashlib.sha1(line[2]).digest() if line[2] else bytes(20)}
    return after


def compare(before, after, new_security):
    want = expected(before)
    assert set(want) == set(after), set(want) ^ set(after)
    for path, entry in want.items():
        if "security" not in entry:
            entry["security"] = new_security(path)
        # wimlib numbers groups of hard links anew when it exports; who is in one with whom is what counts.
        got, entry = {**after[path], "link": 0}, {**entry, "link": 0}
        assert got == entry, (path, got, entry)
    linked = [p for p, e in after.items() if e["link"] and not e["attributes"] & 0x10]
    alone = [p for p in linked if sum(after[p]["link"] == after[q]["link"] for q in linked) > 1]
    assert alone == [], alone


def check_counts(wim, trees):
    """References in the table and numbers in the XML, counted anew."""
    used = {}
    for number, tree in enumerate(trees, 1):
        for entry in tree.values():
            for digest in [entry["hash"], *entry["streams"].values()]:
                if any(digest):
                    used[digest] = used.get(digest, 0) + 1
        folders = sum(bool(e["attributes"] & 0x10) for e in tree.values())
        assert wim.xml_number(number, "DIRCOUNT") == folders, number
        assert wim.xml_number(number, "FILECOUNT") == len(tree) - folders
        sizes = sum(wim.blobs[d]["size"] for e in tree.values() for d in [e["hash"], *e["streams"].values()] if any(d))
        assert wim.xml_number(number, "TOTALBYTES") == sizes
    assert used == {digest: blob["references"] for digest, blob in wim.blobs.items()}


def inherited(path):
    """What the folders of images() hand on: everything, to everything."""
    flags = 0x10 if path.endswith((".sys", ".txt")) else 0x13
    return acl_descriptor(ADMINISTRATORS, [(flags, 0x1F01FF, SYSTEM_SID), (flags, 0x1200A9, USERS)], 0x8404)


def inheritance(folder):
    """The rules of [MS-DTYP] 2.5.3.4 on a folder like System32, and on ones that hand on nothing."""
    parent = [(0x00, 0x1F01FF, INSTALLER), (0x0A, 0x1F01FF, INSTALLER), (0x00, 0x1301BF, SYSTEM_SID),
              (0x0B, 0x10000000, ADMINISTRATORS), (0x0B, 0xA0000000, USERS), (0x0B, 0x10000000, CREATOR_OWNER),
              (0x09, 0x120089, USERS), (0x07, 0x1200A9, SYSTEM_SID)]
    files = [(0x10, 0x1F01FF, ADMINISTRATORS), (0x10, 0x1200A9, USERS), (0x10, 0x1F01FF, ADMINISTRATORS),
             (0x10, 0x120089, USERS), (0x10, 0x1200A9, SYSTEM_SID)]
    folders = [(0x12, 0x1F01FF, INSTALLER), (0x10, 0x1F01FF, ADMINISTRATORS), (0x1B, 0x10000000, ADMINISTRATORS),
               (0x10, 0x1200A9, USERS), (0x1B, 0xA0000000, USERS), (0x10, 0x1F01FF, ADMINISTRATORS),
               (0x1B, 0x10000000, CREATOR_OWNER), (0x19, 0x120089, USERS), (0x10, 0x1200A9, SYSTEM_SID)]
    image = Image("inherit").add("plain", security=None).add("private", security=descriptor(0x1200A9))
    image.add("system", security=acl_descriptor(INSTALLER, parent))
    image.add("broken", security=acl_descriptor(INSTALLER, parent)[:60]).add("short", security=b"\1")
    wim = make_wim(folder / "inherit.wim", [image])
    names = ("plain", "private", "system", "broken", "short")
    changes = [("image", 1)] + [("folder", f"{n}/folder") for n in names] + [("add", f"{n}/file", b"x") for n in names]
    result = apply(folder, wim, changes)
    assert result.returncode == 0, result
    tree = wim_reader.trees(folder / "out.wim")[0]
    for name in names:
        want = [acl_descriptor(ADMINISTRATORS, aces, 0x8404) for aces in (folders, files)] if name == "system" \
            else [None, None]
        assert [tree[f"{name}/folder"]["security"], tree[f"{name}/file"]["security"]] == want, name


def every_kind(folder):
    for kind in ("LZX", "XPRESS", "none"):
        for integrity in (True, False):
            wim = compress(make_wim(folder / f"{kind}{integrity}.wim", images(), boot=1), kind, integrity)
            old, before = wim_reader.Wim(wim), wim_reader.trees(wim)
            original = wim.read_bytes()
            result = apply(folder, wim, CHANGES)
            assert result.returncode == 0, result.stderr
            assert wim.read_bytes() == original
            out = folder / "out.wim"
            new, after = wim_reader.Wim(out), wim_reader.trees(out)
            assert new.raw[208:len(original)] == original[208:], "what was there has moved or changed"
            wimlib("verify", out)
            assert new.check_integrity() == integrity
            assert (new.boot, new.flags, new.chunk) == (1, old.flags, old.chunk)
            assert new.boot_metadata["offset"] == new.metadata[0]["offset"] > len(original)
            assert new.metadata[1] == old.metadata[1], "image 2 was not to be touched"
            assert before[1] == after[1]
            compare(before[0], after[0], inherited)
            check_counts(new, after)
            assert new.xml_number(1, "HARDLINKBYTES") == 0 and old.xml_number(1, "HARDLINKBYTES") == 280
            assert "<NAME>one &amp; only</NAME>" in new.xml
            got = wim_reader.contents(out, 1, "Windows/Drivers/Aero/b.sys", SYSTEM)
            assert got == {"Windows/Drivers/Aero/b.sys": CHANGES[8][2], SYSTEM: CHANGES[1][2]}
            assert wim_reader.contents(out, 2, SYSTEM)[SYSTEM] == TEXT
            # In place it is the same file, as far as the original goes the same bytes.
            in_place = subprocess.run([APPLY, wim, "-", str(EPOCH)], input=lines(folder, CHANGES), text=True,
                                      timeout=50)
            assert in_place.returncode == 0 and wim.read_bytes() == out.read_bytes()
            wim.write_bytes(original)
            # The same again is the same file: nothing in it depends on when or where it was made.
            assert apply(folder, wim, CHANGES, "again.wim").returncode == 0
            assert (folder / "again.wim").read_bytes() == out.read_bytes()


def in_place_and_again(folder):
    """Onto itself, and onto what that made: wimlib reads all of it."""
    wim = compress(make_wim(folder / "self.wim", images(), boot=2), "LZX", True)
    assert apply(folder, wim, CHANGES, "self.wim").returncode == 0
    second = [("image", 1), ("replace", SYSTEM, TEXT), ("image", 2), ("replace", SYSTEM, noise(10, 5)),
              ("remove", "Windows/shared.txt")]
    assert apply(folder, wim, second, "self.wim").returncode == 0
    wimlib("verify", wim)
    new, after = wim_reader.Wim(wim), wim_reader.trees(wim)
    check_counts(new, after)
    assert new.check_integrity() and new.boot_metadata["offset"] == new.metadata[1]["offset"]
    assert after[0][SYSTEM]["hash"] == hashlib.sha1(TEXT).digest()
    assert after[0][SYSTEM]["security"] == descriptor(0)
    # Content that went with the first change's replacement is gone from the table, content that came back is there.
    assert hashlib.sha1(CHANGES[1][2]).digest() not in new.blobs
    wimlib("optimize", wim, "--quiet")
    assert wim_reader.trees(wim)[0].keys() == after[0].keys()


def on_ntfs(folder):
    """Applied to an NTFS volume and captured again: security that NTFS takes, for what is new as for what was there."""
    made = images()[0]
    del made.root.children["Windows"].children["junction"]  # it has no target that NTFS would take
    wim = compress(make_wim(folder / "to_ntfs.wim", [made]), "LZX")
    assert apply(folder, wim, CHANGES).returncode == 0
    volume = folder / "volume"
    with open(volume, "wb") as file:
        file.truncate(24 << 20)
    subprocess.run(["/sbin/mkntfs", "-F", "-Q", "-q", volume], check=True, capture_output=True, timeout=30)
    wimlib("apply", folder / "out.wim", "1", volume, "--quiet")
    wimlib("capture", volume, folder / "back.wim", "back", "--compress=none", "--quiet")
    want, got = wim_reader.trees(folder / "out.wim")[0], wim_reader.trees(folder / "back.wim")[0]
    assert set(want) == set(got), set(want) ^ set(got)
    for path, entry in want.items():
        assert (got[path]["hash"], got[path]["short"]) == (entry["hash"], entry["short"]), path
        if entry["security"] is not None:
            assert got[path]["security"] == entry["security"], path


def wrong_references(folder):
    """The table counts too little: content that an image still uses must not be lost."""
    wim = make_wim(folder / "counts.wim", images())
    old = wim_reader.Wim(wim)
    raw = bytearray(wim.read_bytes())
    for number, entry in enumerate(old.entries):
        if not entry["flags"] & 2:
            at = old.table["offset"] + 50 * number + 26
            raw[at:at + 4] = b"\1\0\0\0"
    wim.write_bytes(raw)
    changes = [("image", 2), ("replace", SYSTEM, b"new"), ("remove", "Windows/shared.txt")]
    assert apply(folder, wim, changes).returncode == 0
    new = wim_reader.Wim(folder / "out.wim")
    assert hashlib.sha1(TEXT).digest() in new.blobs and hashlib.sha1(noise(6000, 3)).digest() in new.blobs
    wimlib("verify", folder / "out.wim")


def tree(wim, index):
    return subprocess.run([APPLY, "--tree", wim, str(index)], capture_output=True, text=True, timeout=50)


def read_parts(folder, whole, there):
    """All parts together are read as what was split; not with one missing, of another WIM, or in another's place."""
    swm = folder / "install.swm"
    for index in (1, 2):
        result = tree(swm, index)
        assert result.returncode == 0 and result.stdout == tree(whole, index).stdout, result.stderr
    content = [p.read_bytes() for p in there]
    other = bytearray(content[1])
    other[24:40] = b"another WIM's id"
    many = bytearray(content[0])
    many[42:44] = b"\xff\xff"
    for number, data, message in ((1, None, "cannot be opened"), (1, content[2], "where part 2 should be"),
                                  (1, bytes(other), "is part of another WIM"), (0, bytes(many), "65535 parts"),
                                  (0, content[1], "where part 1 should be"), (1, content[1][:900], "outside the file")):
        there[number].write_bytes(data) if data is not None else there[number].unlink()
        result = tree(swm, 1)
        assert result.returncode == 3 and message in result.stderr, (message, result)
        there[number].write_bytes(content[number])
    # A part is not to be written, not even the first.
    result = apply(folder, swm, [("image", 1)], "none.wim")
    assert result.returncode == 1 and "part of a split WIM" in result.stderr


def parts(folder):
    """Split, and joined by wimlib: the same images, none of the parts longer than allowed."""
    made = [image.add("Windows/noise", noise(300000, 12)).add("Windows/more", noise(290000, 13)) for image in images()]
    wim = compress(make_wim(folder / "whole.wim", made, boot=1), "LZX", True)
    assert apply(folder, wim, CHANGES, "whole.wim").returncode == 0
    (folder / "install3.swm").write_bytes(b"of an earlier run")
    result = subprocess.run([APPLY, "--split", wim, folder / "install.swm", "400000"], capture_output=True, text=True,
                            timeout=50)
    there = sorted(folder.glob("*.swm"))
    assert result.returncode == 0 and len(there) == int(result.stdout) >= 3, (result, there)
    assert {p.name for p in there} == {"install.swm", *(f"install{n}.swm" for n in range(2, len(there) + 1))}
    assert all(p.stat().st_size <= 400000 for p in there)
    wimlib("join", folder / "joined.wim", *there, "--quiet")
    wimlib("verify", folder / "joined.wim")
    assert wim_reader.trees(folder / "joined.wim") == wim_reader.trees(wim)
    read_parts(folder, wim, there)
    for path in there:
        path.unlink()
    for source, target in ((folder / "nothing.wim", "install.swm"), (wim, "nowhere/install.swm"), (wim, "install.wim")):
        result = subprocess.run([APPLY, "--split", source, folder / target, "400000"], capture_output=True, text=True,
                                timeout=50)
        assert result.returncode in (2, 3, 4) and result.stderr and not list(folder.glob("*.swm")), result


def not_as_planned(folder):
    """A list that does not fit the image changes nothing."""
    wim = make_wim(folder / "plan.wim", images())
    for line in (("replace", "Windows/nothing", b"x"), ("replace", "Windows", b"x"), ("add", SYSTEM, b"x"),
                 ("add", "Nowhere/x", b"x"), ("add", "Windows/junction/x", b"x"), ("remove", "Windows"),
                 ("remove", "Windows/streams.txt"), ("folder", "windows"), ("add", "Windows/" + "n" * 300, b"x")):
        result = apply(folder, wim, [("image", 1), line], "none.wim")
        assert result.returncode == 3 and line[1].rsplit("/")[-1][:9] in result.stderr, (line, result)
        assert not list(folder.glob("none.wim*"))
    for changes in ([("image", 3)], [("image", 1), ("image", 1)]):
        result = apply(folder, wim, changes, "none.wim")
        assert result.returncode == 3 and "has no image" in result.stderr, result


def main():
    with tempfile.TemporaryDirectory() as folder:
        for case in (every_kind, inheritance, in_place_and_again, on_ntfs, wrong_references, parts, not_as_planned):
            where = pathlib.Path(folder) / case.__name__
            where.mkdir()
            case(where)


if __name__ == "__main__":
    main()
