# SPDX-License-Identifier: MIT OR Apache-2.0
"""Windows 7 install media made up for tests: WIMs, boot configuration, stub boot programs for BIOS and UEFI that say on
the serial line that they run, and ISO images of all that by other people's programs."""
import pathlib
import shutil
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "wim"), str(HERE.parent / "offline")]
import inject_support  # noqa: E402
import windows_tree  # noqa: E402
from media_tools import made  # noqa: E402

LABEL = "AERO_TEST_DISC_W7_1"
MARKER = b"what the firmware read"
OVMF = pathlib.Path("/usr/share/OVMF")


def tool_of_llvm(name):
    for candidate in (f"{name}-19", f"/usr/lib/llvm-19/bin/{name}"):
        if shutil.which(candidate):
            return candidate
    print(f"SKIPPED: {name} of LLVM 19 is missing")
    sys.exit(77)


def bios_stub(work):
    """4096 bytes, as Microsoft's etfsboot.com has them."""
    made(tool_of_llvm("clang"), "--target=i386-none-elf", "-c", HERE / "stub_bios.s", "-o", work / "bios.o")
    made(tool_of_llvm("ld.lld"), "-m", "elf_i386", "-Ttext=0x7C00", "--oformat=binary", "-o", work / "bios.bin",
         work / "bios.o")
    code = (work / "bios.bin").read_bytes()
    assert len(code) < 2048
    return code.ljust(4096, b"\0")


def fat12(path, content):
    """A floppy's file system of 1.44 MB with one file, such as \\EFI\\BOOT\\BOOTX64.EFI."""
    sectors, fat_sectors, root_entries = 2880, 9, 224
    boot = b"\xeb\x3c\x90AERO    "
    boot += struct.pack("<HBHBHHBHHHII", 512, 1, 1, 2, root_entries, sectors, 0xF0, fat_sectors, 18, 2, 0, 0)
    boot += b"\0\0\x29" + bytes(4) + b"AERO       FAT12   "
    fat = [0xFF0, 0xFFF]
    clusters = []

    def store(data):
        first = len(fat)
        count = max(1, -(-len(data) // 512))
        fat.extend([first + i + 1 for i in range(count - 1)] + [0xFFF])
        clusters.append(data.ljust(count * 512, b"\0"))
        return first

    def entry(name, attributes, first, size):
        stem, _, extension = name.partition(".")
        raw = name.ljust(11).encode() if name in (".", "..") else f"{stem:8}{extension:3}".encode()
        return raw + struct.pack("<B8xHHHHI", attributes, 0, 0, 0x5A21, first, size)
    parts = path.split("/")
    first, size, attributes = store(content), len(content), 0x20
    # Deepest first; each folder's ".." is filled in when its parent has a cluster.
    chain = []
    name = parts[-1]
    for depth in range(len(parts) - 2, -1, -1):
        listing = entry(".", 0x10, len(fat), 0) + entry("..", 0x10, 0, 0) + entry(name, attributes, first, size)
        chain.append((len(clusters), len(fat)))
        first, size, attributes, name = store(listing), 0, 0x10, parts[depth]
    for (index, _), (_, parent) in zip(chain, chain[1:]):
        data = clusters[index]
        clusters[index] = data[:32 + 26] + struct.pack("<H", parent) + data[32 + 28:]
    packed = bytearray()
    for low, high in zip(fat[::2], (fat + [0])[1::2]):
        packed += bytes([low & 0xFF, low >> 8 | (high & 0xF) << 4, high >> 4])
    table = bytes(packed).ljust(fat_sectors * 512, b"\0")
    image = boot.ljust(510, b"\0") + b"\x55\xaa" + table * 2
    image += entry(name, attributes, first, size).ljust(root_entries * 32, b"\0")
    return (image + b"".join(clusters)).ljust(sectors * 512, b"\0")


def uefi_stub(work):
    made(tool_of_llvm("clang"), "--target=x86_64-unknown-windows", "-ffreestanding", "-fno-stack-protector",
         "-mno-red-zone", "-fshort-wchar", "-O1", "-Wall", "-Werror", "-c", HERE / "stub_uefi.c", "-o", work / "uefi.o")
    made(tool_of_llvm("lld-link"), "/subsystem:efi_application", "/entry:efi_main", "/nodefaultlib",
         f"/out:{work / 'uefi.efi'}", work / "uefi.o")
    return fat12("EFI/BOOT/BOOTX64.EFI", (work / "uefi.efi").read_bytes())


def make_root(folder, work, arch="amd64", install=None):
    """The folder that an ISO image is made of, as Setup's own media have it."""
    folder = pathlib.Path(folder)
    files = {"boot/etfsboot.com": bios_stub(work), "efi/microsoft/boot/efisys.bin": uefi_stub(work),
             "boot/bcd": windows_tree.bcd_store(), "efi/microsoft/boot/bcd": windows_tree.bcd_store(),
             "boot/boot.sdi": b"sdi" * 1000, "boot/fonts/wgl4_boot.ttf": b"font", "bootmgr": b"bootmgr" * 100,
             "bootmgr.efi": b"bootmgr.efi", "setup.exe": b"MZ setup", "sources/setup.exe": b"MZ", "autorun.inf": b"",
             "boot/en-us/bootsect.exe.mui": b"mui", "sources/marker.txt": MARKER,
             "sources/dlmanifests/microsoft-windows-iis-dl/a-rather-long-name-of-a-manifest-dl.man": b"<x/>",
             "support/logging/readme.txt": b"deep"}
    windows_tree.write_files(folder, files)
    inject_support.boot_wim(folder / "sources/boot.wim", arch)
    (install or inject_support.install_wim)(folder / "sources/install.wim", arch)
    return folder


def iso_joliet(root, out):
    made("xorriso", "-as", "mkisofs", "-iso-level", "4", "-J", "-joliet-long", "-V", LABEL, "-o", out,
         "-b", "boot/etfsboot.com", "-no-emul-boot", "-boot-load-size", "8", "-eltorito-alt-boot",
         "-e", "efi/microsoft/boot/efisys.bin", "-no-emul-boot", root)
    return out


def iso_udf(root, out):
    """As Microsoft's: the files are on the UDF side alone, ISO 9660 has nothing to show."""
    made("genisoimage", "-quiet", "-udf", "-allow-limited-size", "-V", LABEL, "-o", out, "-b", "boot/etfsboot.com",
         "-no-emul-boot", "-boot-load-size", "8", "-eltorito-alt-boot", "-b", "efi/microsoft/boot/efisys.bin",
         "-no-emul-boot", "-hide", "sources", "-hide", "support", "-hide", "setup.exe", "-hide", "bootmgr*", root)
    # genisoimage calls every image one for BIOS: the second section's header gets UEFI's number.
    with open(out, "r+b") as image:
        image.seek(17 * 2048 + 71)
        image.seek(struct.unpack("<I", image.read(4))[0] * 2048 + 64)
        head = image.read(2)
        assert head == b"\x91\0", head
        image.seek(-1, 1)
        image.write(b"\xef")
    return out


def boot(image, firmware, serial):
    """What the disc says on the serial line, started by this firmware; QEMU ends by the stub's own doing."""
    command = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-m", "256", "-display", "none", "-monitor",
               "none", "-nic", "none", "-no-reboot", "-nodefaults", "-serial", f"file:{serial}", "-device",
               "isa-debug-exit,iobase=0xf4,iosize=0x04", "-drive",
               f"if=none,id=disc,media=cdrom,format=raw,readonly=on,file={image}","-device", "ide-cd,drive=disc"]
    if firmware == "uefi":
        code, variables = OVMF / "OVMF_CODE_4M.fd", OVMF / "OVMF_VARS_4M.fd"
        command += ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                    "-drive", f"if=pflash,format=raw,snapshot=on,file={variables}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    said = pathlib.Path(serial).read_text(errors="replace")
    assert result.returncode == (0x10 << 1 | 1), (firmware, result.returncode, result.stderr, said[-600:])
    return said
