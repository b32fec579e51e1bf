# SPDX-License-Identifier: MIT OR Apache-2.0
"""refused_test.py AEROW7 SOURCE PACKAGES: a disk that must not be written, for each reason there is, is refused with it
and stays as it is; one that a killed or starved run worked on does, too."""
import os
import pathlib
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

import disk_maker
from disk_maker import disk, ntfs, windows_volume
from inject_support import BAD_INPUT, CHECK_FAILED, EPOCH, NOT_WRITTEN, USAGE, Injection, windows_image
import disk_malformed as malformed
from disk_malformed import Ntfs
from media_tools import made
from wim_maker import Image

KILLS = 100 if os.environ.get("AERO_SOAK") else 8


def refused(injection, image, status, text, *more):
    before = image.read_bytes()
    beside = sorted(image.parent.iterdir())
    result = injection.run(*injection.command("inject", "--disk", image, *more))
    assert result.returncode == status, (image, result.returncode, result.stdout[-500:], result.stderr)
    said = result.stdout + result.stderr
    assert text in said, (text, said)
    assert image.read_bytes() == before and sorted(image.parent.iterdir()) == beside
    refused.count += 1


refused.count = 0


def states(injection, folder, windows):
    for change, text in ((malformed.dirty, "is marked dirty"),
                         (malformed.journal_in_use, "its journal has work in it")):
        volume = Ntfs(windows)
        change(volume)
        image = folder / f"{change.__name__}.img"
        disk(image, [volume.save(folder / "changed.ntfs")])
        refused(injection, image, CHECK_FAILED, text)
    sleeping = windows_image("asleep", installed=True).add("hiberfil.sys", b"hibr" + bytes(8192))
    image = folder / "asleep.img"
    disk(image, [ntfs(folder / "asleep.ntfs", sleeping, 32)])
    refused(injection, image, CHECK_FAILED, "holds a hibernated Windows")
    raw = bytearray(windows.read_bytes())
    raw[3:11] = b"-FVE-FS-"
    (folder / "locked.ntfs").write_bytes(raw)
    disk(folder / "locked.img", [folder / "locked.ntfs"])
    refused(injection, folder / "locked.img", CHECK_FAILED, "is encrypted by BitLocker")
    empty = ntfs(folder / "data.ntfs", Image("data").add("Users/me/x.txt", b"x"), 16)
    disk(folder / "data.img", [empty])
    refused(injection, folder / "data.img", BAD_INPUT, "has no NTFS volume with \\Windows\\System32\\config\\SYSTEM")
    disk(folder / "two.img", [windows, windows])
    refused(injection, folder / "two.img", USAGE, "on partition 1 and on partition 2")
    refused(injection, folder / "two.img", BAD_INPUT, "at the partition that was named", "--partition", "7")
    volume = ntfs(folder / "full.ntfs", windows_image("full", installed=True), 16)
    free = int(re.search(r"Free Clusters: (\d+)", made("ntfsinfo", "-m", volume)).group(1))
    filler = folder / "filler"
    filler.write_bytes(random.Random(1).randbytes((free - 12) * 4096))
    made("ntfscp", volume, filler, "pagefile.sys")
    disk(folder / "full.img", [volume])
    refused(injection, folder / "full.img", CHECK_FAILED, "has no room for")
    eight = windows_image("later", installed=True, replace={
        "Windows/System32/config/SYSTEM": disk_maker.windows_tree.system_hive(installed=True, windows8=True)})
    disk(folder / "eight.img", [ntfs(folder / "eight.ntfs", eight, 32)])
    refused(injection, folder / "eight.img", CHECK_FAILED, "not-windows7")


def tables(injection, folder):
    cases = {
        "empty": (b"", "is too short for a disk"), "zeros": (bytes(1 << 20), "has no signature"),
        "overlap": (malformed.mbr(4096, (7, 100, 1000), (7, 1000, 100)), "partitions 1 and 2 overlap"),
        "beyond": (malformed.mbr(4096, (7, 100, 5000)), "is not within the disk"),
        "before": (malformed.mbr(4096, (7, 0, 100)), "is not within the disk"),
        "loop": (malformed.endless_logical(), "its logical partitions have no end"),
        "none": (malformed.mbr(4096), "has no NTFS volume"),
        "gpt-header": (malformed.mbr(4096, (0xEE, 1, 4095)), "GPT header has a wrong checksum"),
        "no-ntfs": (malformed.mbr(4096, (7, 100, 1000)), "has no NTFS volume"),
        "false-ntfs": (malformed.mbr(4096, (7, 100, 1000))[:100 * 512] + b"\xeb\x52\x90NTFS    ".ljust(510, b"\0") +
                       b"\x55\xaa" + bytes(3995 * 512), "is no NTFS volume that can be read"),
    }
    for name, (raw, text) in cases.items():
        image = folder / f"{name}.img"
        image.write_bytes(raw)
        refused(injection, image, BAD_INPUT, text)
    sound = folder / "gpt.img"
    disk(sound, [ntfs(folder / "small.ntfs", Image("x").add("a", b"a"), 16)], "gpt")
    raw = bytearray(sound.read_bytes())
    raw[2 * 512 + 200] ^= 1
    sound.write_bytes(raw)
    refused(injection, sound, BAD_INPUT, "its GPT has a wrong checksum")


def formats(injection, folder):
    cases = {
        "backing": (malformed.qcow2(backing=0x200), "on top of another file"),
        "crypt": (malformed.qcow2(crypt=2), "is an encrypted qcow2 image"),
        "unclosed": (malformed.qcow2(incompatible=1), "was not closed"),
        "damaged": (malformed.qcow2(incompatible=2), "is marked as damaged"),
        "elsewhere": (malformed.qcow2(incompatible=4), "with its data in another file"),
        "unknown": (malformed.qcow2(incompatible=1 << 40), "features that are not known"),
        "version": (malformed.qcow2(version=9), "of a version other than 2 and 3"),
        "vmdk": (b"KDMV".ljust(4096, b"\0"), "is a VMDK file"),
        "vhd": (b"conectix".ljust(4096, b"\0"), "is a VHD file"),
        "vhdx": (b"vhdxfile".ljust(4096, b"\0"), "is a VHDX file"),
        "luks": (b"LUKS\xba\xbe".ljust(4096, b"\0"), "is a LUKS file"),
        "vdi": (bytes(64) + b"\x7f\x10\xda\xbe" + bytes(4096), "is a VDI file"),
    }
    for name, (raw, text) in cases.items():
        image = folder / f"{name}.qcow2"
        image.write_bytes(raw)
        refused(injection, image, BAD_INPUT, text)
    short = folder / "short.qcow2"
    short.write_bytes(malformed.qcow2()[:0x10000])
    refused(injection, short, BAD_INPUT, "short.qcow2")


def in_use(injection, image):
    """QEMU itself holds it, stopped before its first instruction."""
    monitor = image.with_suffix(".socket")
    process = subprocess.Popen(["qemu-system-x86_64", "-S", "-nodefaults", "-display", "none", "-machine", "q35",
                                "-accel", "tcg", "-qmp", f"unix:{monitor},server=on,wait=off", "-drive",
                                f"if=none,id=d,format=raw,file={image}", "-device", "virtio-blk,drive=d"])
    try:
        until = time.monotonic() + 20
        while not monitor.exists() and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.2)
        refused(injection, image, BAD_INPUT, "is in use by a virtual machine")
    finally:
        process.kill()
        process.wait(20)
        monitor.unlink(missing_ok=True)


def killed(injection, folder, windows, suffix):
    image = folder / f"disk{suffix}"
    disk(folder / "raw", [windows])
    made("qemu-img", "convert", "-f", "raw", "-O", "qcow2" if suffix == ".qcow2" else "raw", folder / "raw", image)
    original = image.read_bytes()
    command = injection.command("inject", "--disk", image)
    begin = time.monotonic()
    assert injection.run(*command).returncode == 0
    took = time.monotonic() - begin
    image.write_bytes(original)
    unfinished = tried = 0
    while unfinished < KILLS and tried < 4 * KILLS:
        number, tried = tried % KILLS, tried + 1
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH})
        try:
            process.wait(took * (number + 0.5) / KILLS)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        unfinished += process.wait(20) == -signal.SIGKILL
        if image.read_bytes() != original:
            result = injection.run(*injection.command("verify-image", image))
            assert result.returncode == 0, ("neither the old disk nor the new one", result.stdout, result.stderr)
            image.write_bytes(original)
    assert unfinished > KILLS // 2, (unfinished, "the moments did not hit the run")
    assert injection.run(*command).returncode == 0
    temporary = folder / "temporary"
    temporary.mkdir()
    image.write_bytes(original)
    subprocess.run(command, check=True, capture_output=True, timeout=30, env={
        **os.environ, "SOURCE_DATE_EPOCH": EPOCH, "TMPDIR": str(temporary)})
    left = [*folder.glob("*.part-*"), *temporary.iterdir()]
    assert not left, left
    temporary.rmdir()
    image.unlink()


def starved(injection, folder, windows):
    """A limit of file sizes stands for the full disk, which would need root."""
    image = folder / "starved.img"
    disk(image, [windows])
    original = image.read_bytes()
    for limit in (1 << 20, 8 << 20, image.stat().st_size - 1):
        result = subprocess.run(injection.command("inject", "--disk", image, "--no-manifest"), capture_output=True,
                                text=True, timeout=30, preexec_fn=lambda limit=limit: (
                                    signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))))
        assert result.returncode == NOT_WRITTEN and "cannot be written" in result.stderr, (limit, result)
        assert image.read_bytes() == original and not list(folder.glob("*.part-*"))


def main():
    with tempfile.TemporaryDirectory() as name:
        top = pathlib.Path(name)
        injection = Injection(sys.argv[1], sys.argv[2], sys.argv[3], top / "injection")
        windows = windows_volume(top / "windows.ntfs", 24)
        for check in (states, tables, formats, killed, starved):
            folder = top / check.__name__
            folder.mkdir()
            if check in (tables, formats):
                check(injection, folder)
            elif check is killed:
                check(injection, folder, windows, ".img")
                check(injection, folder, windows, ".qcow2")
            else:
                check(injection, folder, windows)
        image = top / "used" / "disk.img"
        image.parent.mkdir()
        disk(image, [windows])
        in_use(injection, image)
        print(f"{refused.count} disks refused, {2 * KILLS} kills, 3 full disks: the original stayed")


main()
