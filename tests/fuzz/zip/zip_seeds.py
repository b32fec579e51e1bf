# SPDX-License-Identifier: MIT OR Apache-2.0
"""zip_seeds.py FOLDER: small archives of the kinds that there are. The first byte of a seed says what the fuzzer
does: even, the rest is read as an archive; odd, the rest says what to write."""
import io
import pathlib
import sys
import zipfile

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)


def archive(entries, **options):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as writer:
        for name, data in entries:
            writer.writestr(zipfile.ZipInfo(name, (1980, 1, 2, 0, 0, 0)), data)
    return buffer.getvalue()


SEEDS = {
    "stored": archive([("a/b.txt", b"text"), ("c.sys", b"MZ" * 50)]),
    "deflated": archive([("a/b.txt", b"text" * 100)], compression=zipfile.ZIP_DEFLATED),
    "bzip2": archive([("a.txt", b"text" * 100)], compression=zipfile.ZIP_BZIP2),
    "lzma": archive([("a.txt", b"text" * 100)], compression=zipfile.ZIP_LZMA),
    "empty": archive([]),
    "folder": archive([("a/", b""), ("a/b", b"x")]),
    "above": archive([("../a", b"x")]),
    "absolute": archive([("/etc/a", b"x")]),
    "backslash": archive([("a\\..\\b", b"x")]),
    "reserved": archive([("con.txt", b"x")]),
    "cases": archive([("a/b", b"x"), ("A/B", b"y")]),
}
for name, data in SEEDS.items():
    (folder / name).write_bytes(b"\0" + data)
(folder / "tree").write_bytes(b"\1" + b"\x03abc\x04text\x05d/e.f\x00\x01g\x08\1\2\3\4\5\6\7\x08")
