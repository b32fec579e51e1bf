# SPDX-License-Identifier: MIT OR Apache-2.0
"""iso_test.py AEROW7: images that `aerow7 iso` makes, read by the letter of the standard, by 7z, xorriso, isoinfo and
libarchive (as cmake -E tar); the same bytes each time; everything refused that such an image cannot hold."""
import json
import os
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import iso_structure
from media_tools import *

tool = sys.argv[1]

FILES = {
    "install.cmd": b"@echo off\r\n", "README.md": b"# x\n", "readme": b"r", "README.txt": b"t", "empty.bin": b"",
    "THIRD_PARTY_NOTICES.md": b"n" * 2048, "win7/amd64/aero virtio blk/aero_virtio_blk.sys": os.urandom(70000),
    "win7/amd64/aero virtio blk/aero_virtio_blk.inf": b"[Version]", "win7/x86/aero_virtio_blk.sys": os.urandom(2049),
    "win7/x86/a.b.c": b"dots", "win7/x86/.hidden": b"h", "win7/a/b/c/d/e/f/deep.txt": b"deep",
    "d\u00e9j\u00e0 vu \u6f22\u5b57.inf": b"unicode",
    **{f"many/A long file name, number {i}.txt": str(i).encode() for i in range(150)},
    "many.txt": b"beside a folder", "many-more/x": b"sorts between",
}


def make(out, folder, *more, **environment):
    result = run(tool, "iso", "--label", "AERO_VIRTIO", "--out", out, *more, folder, **environment)
    assert result.returncode == DONE, result
    return pathlib.Path(out)


def check_readers(root, image, source):
    files = read_files(source)
    with_empty = set(str(p.relative_to(source)) for p in source.rglob("*"))
    for name, command in (("7z", ["7z", "x", "-bso0", f"-o{root / '7z'}", image]),
                          ("xorriso", ["xorriso", "-osirrox", "on", "-indev", image, "-extract", "/",
                                       root / "xorriso"])):
        (root / name).mkdir()
        made(*command)
        made("chmod", "-R", "u+rwX", root / name)
        assert read_files(root / name) == files, name
        assert set(str(p.relative_to(root / name)) for p in (root / name).rglob("*")) == with_empty, name
    (root / "tar").mkdir()
    made("cmake", "-E", "tar", "xf", image, cwd=root / "tar")
    tar = read_files(root / "tar")
    assert tar == files, ("libarchive", set(tar) ^ set(files), [p for p in files if tar.get(p) != files[p]])
    # isoinfo has no charset with these letters: the ASCII names are compared, and the number of all.
    listed = made("isoinfo", "-J", "-j", "iso8859-1", "-f", "-i", image).splitlines()
    assert len(listed) == len(with_empty) and {p for p in with_empty if p.isascii()} <= {p.lstrip("/") for p in listed}
    # The primary tree, which a reader without Joliet sees.
    primary = made("isoinfo", "-f", "-i", image).splitlines()
    assert len(primary) == len(with_empty) and "/INSTALL.CMD;1" in primary and "/WIN7/X86" in primary
    assert made("isoinfo", "-x", "/INSTALL.CMD;1", "-i", image).encode() == files["install.cmd"].replace(b"\r\n", b"\n")
    assert "Volume id: AERO_VIRTIO\n" in made("isoinfo", "-d", "-i", image)
    result = run(tool, "iso", "--verify", image, "--json", source)
    report = json.loads(result.stdout)
    assert result.returncode == DONE and report["findings"] == [] and report["files"] == len(files), result
    print(f"{len(files)} files: 7z, xorriso, libarchive, isoinfo and aerow7 agree")


def check_longest_names(root):
    """Apart from the others, because libarchive keeps only 103 characters of a Joliet name."""
    source = write_files(root / "longest", {"n" * 106 + ".inf": b"110", "m" * 110 + "/" + "k" * 110: b"twice"})
    image = make(root / "longest.iso", source)
    assert iso_structure.walk(image.read_bytes())["joliet"].files == read_files(source)
    made("7z", "x", "-bso0", f"-o{root / 'longest-7z'}", image)
    assert read_files(root / "longest-7z") == read_files(source)
    result = run(tool, "iso", "--verify", image, source)
    assert result.returncode == DONE, result


def check_structure(image, source):
    views = iso_structure.walk(image.read_bytes())
    files = read_files(source)
    assert views["joliet"].files == files
    assert sorted(views["primary"].files.values()) == sorted(files.values())
    assert views["joliet"].label() == views["primary"].label() == "AERO_VIRTIO"
    stamp = bytes([123, 11, 14, 22, 13, 20, 0])  # 2023-11-14 22:13:20 UTC
    assert views["joliet"].dates == views["primary"].dates == {stamp}
    assert views["primary"].descriptor[813:829] == b"2023111422132000"


def check_repeats(root, image, source):
    copy = root / "copy"
    shutil.copytree(source, copy)
    for path in [*copy.rglob("*"), copy]:
        os.utime(path, (1, 1))
        os.chmod(path, 0o700)
    again = make(root / "again" / "deep" / "x.iso", str(copy) + "/", SOURCE_DATE_EPOCH="1700000000",
                 TZ="Pacific/Auckland", LC_ALL="C")
    assert again.read_bytes() == image.read_bytes(), "the same at another place, time, mode, zone and locale"
    other = make(root / "other.iso", source, "--source-date-epoch", "1700000001")
    assert other.read_bytes() != image.read_bytes()
    # What was there is replaced whole; a failure leaves it.
    (source / "link").symlink_to("/etc/passwd")
    result = run(tool, "iso", "--out", other, source)
    assert result.returncode == BAD_INPUT and "neither a file nor a folder" in result.stderr
    (source / "link").unlink()
    assert digest(other) == digest(make(root / "third.iso", source, "--source-date-epoch", "1700000001"))


def refuse(root, name, files, message, status=BAD_INPUT):
    folder = write_files(root / "refused" / name, files)
    out = root / "refused" / (name + ".iso")
    result = run(tool, "iso", "--out", out, folder)
    assert result.returncode == status and message in result.stderr, (name, result)
    assert result.stderr.startswith("aerow7: ") and not out.exists()
    print(f"{name}: {result.stderr.strip()[:150]}")


def check_refusals(root, source):
    refuse(root, "name_too_long", {"n" * 107 + ".inf": b""}, "longer than Joliet's 110")
    refuse(root, "too_deep", {"1/2/3/4/5/6/7/8/x": b""}, "more than 7 folders deep")
    refuse(root, "path_too_long", {"/".join(["p" * 60] * 5): b""}, "longer than 256")
    refuse(root, "two_cases", {"a/File.txt": b"", "a/file.TXT": b""}, "without regard to case")
    refuse(root, "two_cases_of_a_folder", {"Win7/a": b"", "win7/b": b""}, "differ in case only")
    refuse(root, "two_cases_beyond_ascii", {"\u00e9.inf": b"", "\u00c9.inf": b""}, "without regard to case")
    refuse(root, "file_and_folder", {"X": b"", "x/y": b""}, "a file and a folder")
    refuse(root, "semicolon", {"a;1": b""}, "semicolon")
    refuse(root, "colon", {"a:b": b""}, "does not allow")
    refuse(root, "backslash", {"a\\b": b""}, "does not allow")
    refuse(root, "device", {"com1.txt": b""}, "reserved")
    refuse(root, "superscript_device", {"COM\u00b9": b""}, "reserved")
    refuse(root, "trailing_dot", {"a.": b""}, "ends in a dot")
    refuse(root, "beyond_ucs2", {"\U0001f600.txt": b""}, "beyond U+FFFF")
    bad = root / "latin1"
    bad.mkdir()
    (pathlib.Path(os.fsdecode(os.fsencode(bad) + b"/\xe9"))).write_bytes(b"")
    result = run(tool, "iso", "--out", root / "latin1.iso", bad)
    assert result.returncode == BAD_INPUT and "not UTF-8" in result.stderr
    large = root / "large"
    large.mkdir()
    with open(large / "x", "wb") as file:
        file.truncate(1 << 32)
    result = run(tool, "iso", "--out", root / "large.iso", large)
    assert result.returncode == BAD_INPUT and "larger than 4 GiB - 1" in result.stderr
    for label in ("", "lower", "A" * 17, "A B", "\u00c4"):
        result = run(tool, "iso", "--label", label, "--out", root / "no.iso", source)
        assert result.returncode == BAD_INPUT and "volume label" in result.stderr, (label, result)
    for arguments, status in ((("--out", root / "no.iso", root / "none"), BAD_INPUT),
                              (("--out", root / "no.iso", root / "first.iso"), BAD_INPUT),
                              (("--out", "/dev/null/no.iso", source), NOT_WRITTEN), ((source,), USAGE),
                              (("--out", root / "no.iso"), USAGE), (("--list", root / "first.iso", source), USAGE),
                              (("--out", "x", "--list", "y", source), USAGE),
                              (("--out", root / "no.iso", "--source-date-epoch", "x", source), USAGE),
                              (("--out", source / "x.iso", source), USAGE),
                              (("--out", source / "win7" / "new" / "x.iso", source), USAGE),
                              (("--list", source), BAD_INPUT), (("--list", root / "none"), BAD_INPUT)):
        result = run(tool, "iso", *arguments)
        assert result.returncode == status and result.stderr.startswith("aerow7: "), (arguments, result)
    assert not (root / "no.iso").exists()
    result = run(tool, "iso", "--out", "here.iso", ".", cwd=source)
    assert result.returncode == USAGE and "is in the folder" in result.stderr and read_files(source) == FILES


def check_verify(root, image, source):
    changed = root / "changed"
    shutil.copytree(source, changed)
    (changed / "install.cmd").write_bytes(b"@echo OFF\r\n")
    (changed / "README.md").write_bytes(b"longer")
    (changed / "new.txt").write_bytes(b"")
    (changed / "readme").unlink()
    result = run(tool, "iso", "--verify", image, "--json", changed)
    found = {(f["rule"], f["message"].split('"')[1]) for f in json.loads(result.stdout)["findings"]}
    assert result.returncode == CHECK_FAILED
    assert found == {("iso-content", "install.cmd"), ("iso-size", "README.md"), ("iso-missing-file", "new.txt"),
                     ("iso-extra-file", "readme")}, found
    assert len(run(tool, "iso", "--verify", image, changed).stdout.splitlines()) == 4
    report = json.loads(run(tool, "iso", "--list", image, "--json").stdout)
    assert {f["path"]: f["size"] for f in report["files"]} == {p: len(c) for p, c in read_files(source).items()}
    assert report["volume_label"] == "AERO_VIRTIO" and report["names"] == "joliet"
    text = run(tool, "iso", "--list", image).stdout
    assert "install.cmd" in text and 'label "AERO_VIRTIO"' in text


with tempfile.TemporaryDirectory() as name:
    root = pathlib.Path(name)
    source = write_files(root / "source", FILES)
    (source / "nothing in here").mkdir()
    first = make(root / "first.iso", source, "--source-date-epoch", "1700000000")
    check_structure(first, source)
    check_readers(root, first, source)
    check_longest_names(root)
    check_verify(root, first, source)
    check_repeats(root, first, source)
    check_refusals(root, source)
    (root / "bare").mkdir()
    views = iso_structure.walk(make(root / "bare.iso", root / "bare").read_bytes())
    assert views["joliet"].files == {}, "an empty folder is an image as well"
    help_text = run(tool, "iso", "--help")
    assert help_text.returncode == DONE and all(o in help_text.stdout for o in ("--label", "--verify", "Exit status"))
    nothing_beside(root)
