# SPDX-License-Identifier: MIT OR Apache-2.0
"""disk_bases.py TESTS BASES CORPUS: good disks that fuzz_disk changes: FAT16 in a GPT, FAT16 in a logical partition of
an MBR, and a qcow2 header; and first inputs."""
import pathlib
import sys

tests, bases, corpus = (pathlib.Path(a) for a in sys.argv[1:4])
sys.path[:0] = [str(tests / "tool" / "disk"), str(tests / "tool" / "wim"), str(tests / "tool" / "offline"),
                str(tests / "tool" / "media"), str(tests / "tool" / "pack")]
import disk_malformed  # noqa: E402
import disk_maker  # noqa: E402
from fat_maker import Fat  # noqa: E402

for folder in (bases, corpus):
    folder.mkdir(parents=True, exist_ok=True)
TREE = {"EFI": {"Microsoft": {"Boot": {"BCD": b"store" * 400, "a rather long name.txt": b"x", "EMPTY": b""}}}}
fat = Fat(2, 4400, 1).make(bases / "fat", TREE)
disk_maker.disk(bases / "0.img", [(fat, disk_maker.EFI_SYSTEM)], "gpt")
disk_maker.disk(bases / "1.img", [fat], "mbr-logical")
(bases / "2.img").write_bytes(disk_malformed.qcow2(backing=4096))
fat.unlink()
for number in range(3):
    (corpus / f"base-{number}").write_bytes(bytes([number]))
    for sector in range(0, 16):
        for offset in (0, 11, 13, 14, 16, 17, 19, 22, 26, 28, 32, 72, 80, 84, 450, 454, 458, 466, 510):
            (corpus / f"change-{number}-{sector}-{offset}").write_bytes(
                bytes([number, sector, 0, offset & 255, offset >> 8, 1, 0xFF, 0x7F]))
