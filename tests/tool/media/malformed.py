# SPDX-License-Identifier: MIT OR Apache-2.0
"""malformed.py OUT: makes the corpus of malformed and hostile media that README.md describes. Each maker gets a folder
to work in and returns the medium's bytes; MAKERS says of each what the tool's refusal must mention."""
import os
import pathlib
import shutil
import struct
import sys
import tempfile
import zipfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from media_tools import made, write_files

# Names of one length, to be patched in place: a name here is no other's beginning and stands nowhere else.
FILES = {"qa.txt": b"first", "qb.txt": b"second", "QXZ": b"third", "folder/QYZ": b"fourth", "zz": b"fifth"}


def genisoimage(folder, *options, files=None, links=()):
    source = write_files(folder / "source", FILES if files is None else files)
    for name, target in links:
        (source / name).symlink_to(target)
    out = folder / "x.iso"
    made("genisoimage", "-quiet", "-V", "X", *options, "-o", out, source)
    return bytearray(out.read_bytes())


def renamed(old, new):
    """Rock Ridge's names in place: what a reader goes by, while the 8.3 names stay good."""
    def make(folder):
        image = genisoimage(folder, "-R")
        assert len(old) == len(new) and image.count(b"NM" + bytes([len(old) + 5, 1, 0]) + old) == 1
        return image.replace(b"NM" + bytes([len(old) + 5, 1, 0]) + old, b"NM" + bytes([len(new) + 5, 1, 0]) + new)
    return make


def renamed_joliet(old, new):
    def make(folder):
        image = genisoimage(folder, "-J")
        before, after = old.encode("utf-16-be"), new if isinstance(new, bytes) else new.encode("utf-16-be")
        assert len(before) == len(after) and image.count(before) == 1
        return image.replace(before, after)
    return make


def renamed_udf(old, new):
    def make(folder):
        image = genisoimage(folder, "-udf")
        assert image.count(b"\x08" + old) == 1 and len(old) == len(new)
        return image.replace(b"\x08" + old, b"\x08" + new)
    return make


def symbolic_link(folder):
    return genisoimage(folder, "-R", links=[("link", "/etc/passwd")])


def linked_folder(folder):
    """A link to a folder elsewhere, and files in a folder of the link's name."""
    image = genisoimage(folder, "-R", links=[("QLINKS", "/etc")])
    assert image.count(b"NM\x0b\x01\x00folder") == 1
    return image.replace(b"NM\x0b\x01\x00folder", b"NM\x0b\x01\x00QLINKS")


def device(folder):
    """The mode in Rock Ridge's PX says block device."""
    image = genisoimage(folder, "-R")
    at = image.index(b"PX", image.index(b"QXZ") - 60)
    struct.pack_into("<I", image, at + 4, 0o060644)
    struct.pack_into(">I", image, at + 8, 0o060644)
    return image


def compressed(folder):
    """Rock Ridge says that the content is zisofs."""
    image = genisoimage(folder, "-R")
    at = image.index(b"TF", image.index(b"QXZ"))
    image[at:at + 2] = b"ZF"
    return image


def both(image, at, value):
    struct.pack_into("<I", image, at, value)
    struct.pack_into(">I", image, at + 4, value)


def record_of(image, identifier):
    """Where the directory record with this identifier begins."""
    return image.index(bytes([len(identifier)]) + identifier, 20 * 2048) - 32


def folder_loop(folder):
    """A folder that is its own parent."""
    image = genisoimage(folder)
    root, = struct.unpack_from("<I", image, 16 * 2048 + 158)
    # The path table comes before the folders.
    both(image, image.index(b"\x06FOLDER", root * 2048) - 32 + 2, root)
    return image


def extent_beyond(folder):
    image = genisoimage(folder)
    both(image, record_of(image, b"QA.TXT;1") + 2, 0x00FFFFFF)
    return image


def size_beyond(folder):
    image = genisoimage(folder)
    both(image, record_of(image, b"QA.TXT;1") + 10, 0xFFFFFFF0)
    return image


def root_beyond(folder):
    image = genisoimage(folder)
    both(image, 16 * 2048 + 158, 0x7FFFFFFF)
    return image


def root_is_file(folder):
    image = genisoimage(folder)
    image[16 * 2048 + 156 + 25] &= ~2
    return image


def record_too_long(folder):
    image = genisoimage(folder)
    image[record_of(image, b"QA.TXT;1")] = 255
    return image


def identifier_too_long(folder):
    image = genisoimage(folder)
    image[record_of(image, b"QA.TXT;1") + 32] = 250
    return image


def continuation_loop(folder):
    """Rock Ridge continuations that are continued where they are."""
    image = genisoimage(folder, "-R", files={"n" * 200: b"long names need a continuation"})
    entries = [at for at in range(len(image)) if image[at:at + 4] == b"CE\x1c\x01"]
    assert len(entries) >= 2
    for at in entries:
        block, = struct.unpack_from("<I", image, at + 4)
        offset, = struct.unpack_from("<I", image, at + 12)
        both(image, at + 20, 28)
        image[block * 2048 + offset:block * 2048 + offset + 28] = image[at:at + 28]
    return image


def unfinished(folder):
    """The last file of its folder is said to go on in the next record."""
    image = genisoimage(folder)
    image[record_of(image, b"ZZ.;1") + 25] |= 0x80
    return image


def goes_on_in_another(folder):
    image = genisoimage(folder)
    image[record_of(image, b"QA.TXT;1") + 25] |= 0x80
    return image


def small_blocks(folder):
    image = genisoimage(folder)
    image[16 * 2048 + 128:16 * 2048 + 132] = b"\0\2\2\0"
    return image


def truncated(size):
    def make(folder):
        return genisoimage(folder, "-R", files={**FILES, "large": bytes(range(256)) * 400})[:size]
    return make


def truncated_udf(folder):
    image = genisoimage(folder, "-udf", files={**FILES, "large": os.urandom(400000)})
    return image[:len(image) - 500000]


def udf_loop(folder):
    """A UDF folder whose information control block is the root's (ECMA-167, 4/14.4: at 20 of its descriptor)."""
    image = genisoimage(folder, "-udf")
    tag = b"\x01\x01\x02\x00"
    entry = image.rindex(tag, 0, image.index(b"\x08folder"))
    parent = image.index(tag)
    assert image[parent + 18] & 8, "the root's first descriptor is that of its parent, the root"
    image[entry + 20:entry + 36] = image[parent + 20:parent + 36]
    return image


def zip_of(*entries):
    def make(folder):
        path = folder / "x.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries:
                archive.writestr(name, content)
        return path.read_bytes()
    return make


def zip_link(folder):
    entry = zipfile.ZipInfo("link")
    entry.external_attr = 0o120777 << 16
    entry.create_system = 3
    return zip_of((entry, "/etc/passwd"))(folder)


def zip_wrong_length(folder):
    """The directory says that the file has 5 bytes; it has a million."""
    data = bytearray(zip_of(("x", bytes(1000000)))(folder))
    central = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, central + 24, 5)
    struct.pack_into("<I", data, 22, 5)
    return data


def zip_wrong_checksum(folder):
    data = bytearray(zip_of(("x", b"content"))(folder))
    central = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, central + 16, 1)
    struct.pack_into("<I", data, 14, 1)
    return data


def zip_encrypted(folder):
    data = bytearray(zip_of(("x", b"content"))(folder))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return data


def zip_truncated(folder):
    return zip_of(("x", os.urandom(5000)), ("y", b"y"))(folder)[:3000]


def noise(folder):
    return os.urandom(100000)


REFUSED = "has a name that is refused"
MAKERS = {
    "iso_absolute": (renamed(b"QXZ", b"/XZ"), "a zero or a slash"),
    "iso_parent": (renamed(b"zz", b".."), "ends in a dot"),
    "iso_slash": (renamed(b"QXZ", b"a/b"), "a zero or a slash"),
    "iso_up_and_away": (renamed(b"qa.txt", b"../txt"), "a zero or a slash"),
    "iso_backslash": (renamed(b"QXZ", b"a\\b"), "does not allow"),
    "iso_colon": (renamed(b"QXZ", b"a:b"), "does not allow"),
    "iso_control": (renamed(b"QXZ", b"\x1b[m"), "does not allow"),
    "iso_device_name": (renamed(b"QXZ", b"CON"), "reserved"),
    "iso_device_name_with_extension": (renamed(b"qa.txt", b"aux.tt"), "reserved"),
    "iso_trailing_dot": (renamed(b"QXZ", b"QX."), "ends in a dot"),
    "iso_trailing_blank": (renamed(b"QXZ", b"QX "), "ends in a dot or a space"),
    "iso_two_cases": (renamed(b"qb.txt", b"QA.TXT"), "without regard to case"),
    "iso_twice": (renamed(b"qb.txt", b"qa.txt"), "without regard to case"),
    "iso_file_and_folder": (renamed(b"qb.txt", b"folder"), "a file and a folder"),
    "iso_not_utf8": (renamed(b"QXZ", b"Q\xffZ"), "not UTF-8"),
    "iso_symbolic_link": (symbolic_link, "is a link, a device"),
    "iso_link_and_folder": (linked_folder, "a file and a folder"),
    "iso_device": (device, "is a link, a device"),
    "iso_compressed": (compressed, "or compressed"),
    "iso_unfinished": (unfinished, "goes on in nothing"),
    "iso_goes_on_in_another": (goes_on_in_another, "goes on in another file"),
    "iso_small_blocks": (small_blocks, "blocks of 512 bytes"),
    "iso_folder_loop": (folder_loop, "loop"),
    "iso_extent_beyond": (extent_beyond, "beyond the end"),
    "iso_size_beyond": (size_beyond, "beyond the end"),
    "iso_root_beyond": (root_beyond, "beyond the end"),
    "iso_root_is_file": (root_is_file, None),
    "iso_record_too_long": (record_too_long, None),
    "iso_identifier_too_long": (identifier_too_long, "not as long as it says"),
    "iso_continuation_loop": (continuation_loop, "in circles"),
    "iso_truncated_descriptors": (truncated(17 * 2048), ""),
    "iso_truncated_folders": (truncated(23 * 2048 + 100), ""),
    "iso_truncated_content": (truncated(60 * 2048), ""),
    "joliet_parent": (renamed_joliet("zz", ".."), "ends in a dot"),
    "joliet_slash": (renamed_joliet("QXZ", "/XZ"), "a zero or a slash"),
    "joliet_zero": (renamed_joliet("QXZ", "Q\0Z"), "a zero"),
    "joliet_lone_surrogate": (renamed_joliet("QXZ", b"\0Q\xd8\x00\0Z"), None),
    "joliet_two_cases": (renamed_joliet("qb.txt", "QA.txt"), "without regard to case"),
    "udf_parent": (renamed_udf(b"zz", b".."), "ends in a dot"),
    "udf_absolute": (renamed_udf(b"QXZ", b"/XZ"), "it is absolute"),
    "udf_device_name": (renamed_udf(b"QXZ", b"NUL"), "reserved"),
    "udf_two_cases": (renamed_udf(b"qb.txt", b"QA.TXT"), "without regard to case"),
    "udf_loop": (udf_loop, "without an end"),
    "udf_truncated": (truncated_udf, ""),
    "zip_absolute": (zip_of(("/etc/x", b"x")), "it is absolute"),
    "zip_parent": (zip_of(("a/../../x", b"x")), "ends in a dot"),
    "zip_drive": (zip_of(("C:/x", b"x")), "does not allow"),
    "zip_backslash": (zip_of(("..\\x", b"x")), "ends in a dot"),
    "zip_empty_part": (zip_of(("a//x", b"x")), "empty name"),
    "zip_two_cases": (zip_of(("a", b"x"), ("A", b"y")), "without regard to case"),
    "zip_file_and_folder": (zip_of(("a", b"x"), ("a/b", b"y")), "a file and a folder"),
    "zip_deep": (zip_of(("/".join("x" * 100), b"x")), "too long or too deep"),
    "zip_link": (zip_link, "is a link, a device"),
    "zip_wrong_length": (zip_wrong_length, ""),
    "zip_wrong_checksum": (zip_wrong_checksum, ""),
    "zip_encrypted": (zip_encrypted, ""),
    "zip_truncated": (zip_truncated, ""),
    "noise": (noise, ""),
    "empty": (lambda folder: b"", ""),
}


def make(name, target):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(target).write_bytes(MAKERS[name][0](pathlib.Path(folder)))


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    for case in MAKERS:
        make(case, pathlib.Path(sys.argv[1]) / case)
