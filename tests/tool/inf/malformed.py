# SPDX-License-Identifier: MIT OR Apache-2.0
"""Malformed INFs, each with the exit status that `inf show` has for it: 3 is no INF, 1 names what is not there, 0 is
read in spite of it. README.md says what each one is."""
from good import GOOD, replaced

MODELS = "[Aero.NTamd64.6.1]\n"
HUGE = "x" * 4095

MALFORMED = {
    "empty": (b"", 3),
    "nothing_but_comments": (b"; nothing\r\n;\r\n", 3),
    "no_version": (b"[Manufacturer]\n", 3),
    "nothing_but_version": (b"[Version]", 0),
    "zero_byte": (GOOD.encode() + b"\0", 3),
    "control_z_first": (b"\x1a" + GOOD.encode(), 3),
    "quote_without_end": (GOOD.encode() + b'X = "', 3),
    "quote_ends_in_two": (GOOD.encode() + b'X = ""', 0),
    "header_without_end": (GOOD.encode() + b"[", 3),
    "header_without_name": (GOOD.encode() + b"[]\n=,=\n", 0),
    "header_too_long": (GOOD.encode() + b"[" + b"s" * 256 + b"]", 3),
    "utf16_odd": (b"\xff\xfe" + GOOD.encode("utf-16-le") + b"x", 3),
    "utf16_surrogate": (b"\xff\xfe" + GOOD.encode("utf-16-le") + b"\x00\xd8", 3),
    "utf8_cut_off": (b"\xef\xbb\xbf" + GOOD.encode() + b"\xf0\x9f\x92", 3),
    "continuation_at_end": (GOOD.encode() + b"X = a, \\", 0),
    "continuation_without_end": (GOOD.encode() + b"X = a\\\n" + b"\\\n" * 1000, 0),
    "backslashes": (GOOD.encode() + b"X = " + b"\\" * 4000 + b"x", 0),
    "percents": (replaced(GOOD, ('"Drivers"', "%" * 4000)).encode(), 0),
    "string_of_itself": (replaced(GOOD, ('"Disk"', '"%DeviceName%"')).encode(), 0),
    "strings_that_grow": ((GOOD + f"H = {HUGE}\n[More]\n" + "%H%," * 5000 + "\n").encode(), 0),
    "needs_itself": (replaced(GOOD, ("[Blk_Install]\n", "[Blk_Install]\nNeeds = Blk_Install\n")).encode(), 0),
    "needs_in_a_circle": (replaced(GOOD, ("CopyFiles = Blk_Files", "CopyFiles = Blk_Files\nNeeds = A\n[A]\nNeeds = B\n"
                                                                   "[B]\nNeeds = A, Blk_Install")).encode(), 0),
    "needs_without_end": (replaced(GOOD, ("CopyFiles = Blk_Files", "CopyFiles = Blk_Files\nNeeds = N0\n" + "".join(
        f"[N{i}]\nNeeds = N{i + 1}\n" for i in range(100)) + "[N100]")).encode(), 1),
    "file_outside": (replaced(GOOD, ("blk.sys = 1", "blk.sys = 1, ..\\..")).encode(), 1),
    "file_with_folder": (replaced(GOOD, ("[Blk_Files]\n", "[Blk_Files]\n..\\evil.sys\n")).encode(), 1),
    "file_with_slash": (replaced(GOOD, ("[Blk_Files]\n", "[Blk_Files]\na/b.sys\n")).encode(), 1),
    "target_outside": (replaced(GOOD, ("[Blk_Files]\n", "[Blk_Files]\n..\\x.sys,aero_virtio_blk.sys\n")).encode(), 1),
    "file_reserved_name": (replaced(GOOD, ("[Blk_Files]\n", "[Blk_Files]\nnul.sys\n")).encode(), 1),
    "numbers_too_large": (replaced(GOOD, ("= 12", "= 99999999999999999999"), ("0x00010001", "0xFFFFFFFFFFFFFFFFFF")
                                   ).encode(), 0),
    "decoration_numbers": (replaced(GOOD, ("NTamd64.6.1", "NTamd64.99999999999999999999.-1")).encode(), 0),
    "manufacturer_empty": (replaced(GOOD, ("%Provider% = Aero, NTx86.6.1, NTamd64.6.1", "=\n,\n=,,,\nX=")).encode(), 0),
    "model_empty": (replaced(GOOD, (MODELS, MODELS + "=\n,,\nX=\nY=,\n")).encode(), 1),
    "service_empty": (replaced(GOOD, ("AddService = ", "AddService =\nAddService = x\nAddService = ")).encode(), 1),
    "many_models": (replaced(GOOD, (MODELS, MODELS + "M = Blk_Install, A\n" * 20000)).encode(), 1),
    "many_files": (replaced(GOOD, ("[Blk_Files]\n", "[Blk_Files]\n" + "".join(f"{i}.sys\n" for i in range(5000)))
                            ).encode(), 1),
    "many_values": (replaced(GOOD, ("AddReg = Blk_HW_AddReg", "AddReg = " + "Blk_HW_AddReg," * 20000)).encode(), 0),
    "many_services": (replaced(GOOD, ("AddService = aero_virtio_blk", "".join(
        f"AddService = s{i}, 0, Blk_Service\n" for i in range(300)) + "AddService = aero_virtio_blk")).encode(), 1),
    "needs_that_branch": (replaced(GOOD, ("[Blk_Install.HW]\n", "[Blk_Install.HW]\nNeeds = N0\n"), (
        "[Strings]", "".join(f"[N{i}]\n" + f"Needs = N{i + 1}\n" * 50 for i in range(14)) + "[N14]\n[Strings]")
                                   ).encode(), 0),
    "lists_and_directories": (replaced(
        GOOD, ("CopyFiles = Blk_Files", "CopyFiles = Blk_Files" + ", Blk_Files" * 50000),
        ("Blk_Files = 12", "".join(f"F{i} = 12\n" for i in range(60000)))).encode(), 0),
    "string_with_long_key": (replaced(GOOD, ("[Strings]", "[More]\n" + "%b%," * 100000 + "\n[Strings]\nb"
                                             + "k" * 1000000 + " = x\na = y")).encode(), 0),
    "services_with_many_values": (replaced(
        GOOD, ("AddService = aero_virtio_blk", "".join(f"AddService = s{i}, 0, Blk_Service\n" for i in range(200))
               + "AddService = aero_virtio_blk"),
        ("[Blk_Service_AddReg]\n", "[Blk_Service_AddReg]\n" + "HKR,,A,,b\n" * 30000)).encode(), 1),
    "models_and_services": (replaced(
        GOOD, (MODELS, MODELS + "M = Blk_Install, A\nN = Other, B\n" * 7000),
        ("[Blk_Install.Services]\n", "[Blk_Install.Services]\n" + "X = y\n" * 20000),
        ("[Strings]", "[Other]\n[Other.Services]\n" + "X = y\n" * 20000 + "[Strings]")).encode(), 0),
    "files_and_services": (replaced(
        GOOD, ("[Blk_Files]\n", "[Blk_Files]\n" + "".join(f"{i}.sys\n" for i in range(4000))),
        ("AddService = aero_virtio_blk", "".join(f"AddService = s{i}, 2, Blk_Service\n" for i in range(30000))
         + "AddService = aero_virtio_blk")).encode(), 1),
    "one_section_often": (GOOD.encode() + b"[Version]\nX = 1\n" * 8000, 0),
}
