# SPDX-License-Identifier: MIT OR Apache-2.0
"""media_bases.py AEROW7 BASES CORPUS: the good media that fuzz_media changes, one a file in BASES, and first inputs:
each medium unchanged, and with each kind of change."""
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

aerow7, bases, corpus = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
FILES = {"viostor/w7/amd64/viostor.inf": b"; inf", "viostor/w7/x86/viostor.inf": b"; inf", "empty": b"", 
         "n" * 100: b"long", "NetKVM/a name with blanks.sys": bytes(range(256)) * 12, "1/2/3/4/5/6/7/8/x": b"deep",
         "LICENSE": b"license"}


def write_bases():
    with tempfile.TemporaryDirectory() as name:
        source = pathlib.Path(name) / "source"
        for path, content in FILES.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_bytes(content)
        os.link(source / "LICENSE", source / "linked")
        iso = ["genisoimage", "-quiet", "-no-pad", "-V", "FUZZ"]
        for number, command in enumerate((
                [*iso, "-r", "-iso-level", "4", "-cache-inodes"], [*iso, "-J", "-joliet-long", "-r"],
                [*iso, "-D", "-iso-level", "4"], [*iso, "-udf", "-D"])):
            subprocess.run([*command, "-o", bases / f"{number}.iso", source], check=True, capture_output=True)
        subprocess.run([aerow7, "iso", "--out", bases / "4.iso", source / "viostor"], check=True)
        (source / "link").symlink_to("LICENSE")
        subprocess.run([*iso, "-R", "-o", bases / "5.iso", source], check=True, capture_output=True)
        # Two boot images, the second with a FAT's parameters: it is longer than the catalog says.
        boot = pathlib.Path(name) / "boot"
        boot.mkdir()
        (boot / "bios.bin").write_bytes(b"\xeb\xfe" * 1024)
        fat = b"\xeb\x3c\x90AERO    " + struct.pack("<HBHBHHBH", 512, 1, 1, 2, 16, 40, 0xF8, 1)
        (boot / "efi.bin").write_bytes((fat.ljust(510, b"\0") + b"\x55\xaa").ljust(40 * 512, b"e"))
        subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-J", "-o", bases / "6.iso", "-b", "bios.bin",
                        "-no-emul-boot", "-boot-load-size", "4", "-eltorito-alt-boot", "-e", "efi.bin",
                        "-no-emul-boot", boot], check=True, capture_output=True)
        return 7


for folder in (bases, corpus):
    folder.mkdir(parents=True, exist_ok=True)
count = write_bases()
for number in range(count):
    (corpus / f"base-{number}").write_bytes(bytes([number]))
    for sector in range(0, 24):
        # One byte of each kind of field, in each of the sectors that are not empty.
        for offset in (0, 2, 10, 25, 32, 33, 80, 128, 156, 158, 166):
            change = bytes([sector, 0, offset & 255, offset >> 8, 3, 0xFF, 0xFF, 0x7F, 0x01])
            (corpus / f"change-{number}-{sector}-{offset}").write_bytes(bytes([number]) + change)
    # The boot record's pointer and the catalog's entries, wherever the sector is.
    for sector in range(0, 24):
        for offset in (7, 28, 30, 33, 38, 40, 64, 66, 71, 96):
            (corpus / f"boot-{number}-{sector}-{offset}").write_bytes(
                bytes([number, sector, 0, offset, 0, 1, 0xFF, 0x7F]))
    (corpus / f"cut-{number}").write_bytes(bytes([number | 0x80, 20, 0]))
