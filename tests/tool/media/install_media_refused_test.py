# SPDX-License-Identifier: MIT OR Apache-2.0
"""install_media_refused_test.py AEROW7 SOURCE PACKAGES: media that nothing can be made of are refused with the reason,
and nothing is written."""
import pathlib
import shutil
import signal
import resource
import struct
import subprocess
import sys
import tempfile

import install_media
from inject_support import BAD_INPUT, CHECK_FAILED, NOT_WRITTEN, USAGE, Injection, install_wim, windows_image
from media_tools import made
from wim_maker import make_wim

SECTOR = 2048


def refused(injection, source, status, text, *more):
    out = source.parent / "out.iso"
    beside = sorted(source.parent.iterdir())
    name = "--iso" if source.is_file() else "--media-root"
    result = injection.run(*injection.command("media", name, source, "--out", out, *more))
    assert result.returncode == status, (source, text, result.returncode, result.stdout[-800:], result.stderr)
    said = result.stdout + result.stderr
    assert text in said, (text, said)
    assert sorted(source.parent.iterdir()) == beside, "something was left"
    refused.count += 1


refused.count = 0


class Disc:
    """A sound image to be changed in few bytes."""

    def __init__(self, raw):
        self.raw = bytearray(raw)
        self.catalog = struct.unpack_from("<I", self.raw, 17 * SECTOR + 71)[0] * SECTOR

    def sum(self):
        struct.pack_into("<H", self.raw, self.catalog + 28, 0)
        total = sum(struct.unpack_from("<16H", self.raw, self.catalog))
        struct.pack_into("<H", self.raw, self.catalog + 28, -total & 0xFFFF)


def no_boot_record(disc):
    disc.raw[17 * SECTOR + 7] = ord("X")


def catalog_beyond(disc):
    struct.pack_into("<I", disc.raw, 17 * SECTOR + 71, 0x7FFFFFFF)


def catalog_sum(disc):
    disc.raw[disc.catalog + 28] ^= 1


def image_beyond(disc):
    struct.pack_into("<I", disc.raw, disc.catalog + 32 + 8, 0x00FFFFFF)


def image_empty(disc):
    struct.pack_into("<H", disc.raw, disc.catalog + 32 + 6, 0)


def floppy(disc):
    disc.raw[disc.catalog + 33] = 2


def nothing_boots(disc):
    for at in (32, 96):
        disc.raw[disc.catalog + at] = 0


def endless_section(disc):
    struct.pack_into("<BBH", disc.raw, disc.catalog + 64, 0x91, 0xEF, 0xFFFF)
    for at in range(96, SECTOR, 32):
        disc.raw[disc.catalog + at] = 0


def discs(injection, root, folder):
    sound = install_media.iso_udf(root, folder / "sound.iso").read_bytes()
    for change, text in ((no_boot_record, "it has no boot record"),
                         (catalog_beyond, "boot catalog is said to be beyond"),
                         (catalog_sum, "boot catalog has a wrong checksum"),
                         (image_beyond, "boot image is said to be beyond the end"),
                         (image_empty, "boot image is said to be beyond the end"),
                         (floppy, "stands for a floppy or hard disk"), (nothing_boots, "boot catalog has no image"),
                         (endless_section, "boot catalog has no end")):
        disc = Disc(sound)
        change(disc)
        image = folder / "broken.iso"
        image.write_bytes(disc.raw)
        refused(injection, image, BAD_INPUT, text)
    for size in (0, 20 * SECTOR, len(sound) // 3):
        image = folder / "short.iso"
        image.write_bytes(sound[:size])
        refused(injection, image, BAD_INPUT, "short.iso")
    (folder / "x.iso").write_bytes(b"x" * 100000)
    refused(injection, folder / "x.iso", BAD_INPUT, "x.iso")
    (folder / "z").mkdir()
    made("7z", "a", "-bso0", folder / "z.zip", root / "setup.exe")
    refused(injection, folder / "z.zip", BAD_INPUT, "is no ISO image")


def layouts(injection, root, folder):
    def changed(name, change):
        copy = folder / name
        shutil.copytree(root, copy)
        change(copy)
        return copy

    def remove(path):
        return lambda copy: (copy / path).unlink()

    def replace(path, content):
        return lambda copy: (copy / path).write_bytes(content)

    def wim(maker, path="sources/install.wim"):
        return lambda copy: maker(copy / path)
    truncated = (root / "sources/install.wim").read_bytes()[:3000]
    vista = {"Windows/System32/config/SOFTWARE": install_media.windows_tree.software_hive(version="6.0")}
    dirty = bytearray(install_media.windows_tree.system_hive())
    dirty[4] ^= 1
    cases = (
        ("no-install", remove("sources/install.wim"), CHECK_FAILED, "is no Windows install media"),
        ("no-boot-wim", remove("sources/boot.wim"), CHECK_FAILED, "is no Windows install media"),
        ("esd", replace("sources/install.esd", b"x"), CHECK_FAILED, "as later versions of Windows do"),
        ("swm", replace("sources/install.swm", b"x"), CHECK_FAILED, "has a split sources/install.swm"),
        ("no-loader", lambda c: (remove("boot/etfsboot.com")(c), remove("efi/microsoft/boot/efisys.bin")(c)), BAD_INPUT,
         "could not be started from"),
        ("no-bcd", lambda c: (remove("boot/bcd")(c), remove("efi/microsoft/boot/bcd")(c)), CHECK_FAILED,
         "has no boot configuration"),
        ("bad-bcd", replace("boot/bcd", b"regf" + bytes(5000)), BAD_INPUT, "boot/bcd"),
        ("truncated", replace("sources/install.wim", truncated), BAD_INPUT, "install.wim"),
        ("no-wim", replace("sources/boot.wim", b"no WIM" * 100), BAD_INPUT, "boot.wim"),
        ("vista", wim(lambda p: make_wim(p, [windows_image("Vista", replace=vista)])), CHECK_FAILED, "not-windows7"),
        ("dirty", wim(lambda p: make_wim(p, [windows_image("dirty", replace={
            "Windows/System32/config/SYSTEM": bytes(dirty)})])), CHECK_FAILED, "hive"),
        ("solid", wim(solid), CHECK_FAILED, "solid"),
        ("link", lambda c: (c / "link").symlink_to("setup.exe"), BAD_INPUT, "is neither a file nor a folder"),
    )
    for name, change, status, text in cases:
        refused(injection, changed(name, change), status, text)
        shutil.rmtree(folder / name)


def solid(path):
    plain = install_wim(path.with_suffix(".plain"))
    path.unlink()
    made("wimlib-imagex", "export", plain, "all", path, "--solid", "--quiet")
    plain.unlink()


def usage(injection, root, folder):
    copy = folder / "root"
    shutil.copytree(root, copy)
    refused(injection, copy, USAGE, "exclude each other", "--iso", "x.iso")
    refused(injection, copy, USAGE, "--wim-limit takes", "--wim-limit", "0")
    refused(injection, copy, BAD_INPUT, "is no volume label", "--label", "not a label")
    refused(injection, folder / "nowhere", BAD_INPUT, "nowhere")
    result = injection.run(*injection.command("media", "--media-root", copy, "--out", copy / "sources/new.iso"))
    assert result.returncode == USAGE and "is in the folder that the image is made of" in result.stderr, result
    image = install_media.iso_joliet(root, folder / "in.iso")
    content = image.read_bytes()
    result = injection.run(*injection.command("media", "--iso", image, "--out", folder / "../usage/in.iso"))
    assert result.returncode == USAGE and "is the image that the new one is made of" in result.stderr, result
    assert image.read_bytes() == content and not (copy / "sources/new.iso").exists()


def signatures(injection, root, folder):
    """Nobody put the certificate in, so Windows would refuse the drivers."""
    copy = folder / "root"
    shutil.copytree(root, copy)
    result = injection.run(*injection.command("media", "--media-root", copy, "--out", folder / "o.iso", cert=False))
    assert result.returncode == CHECK_FAILED and not (folder / "o.iso").exists(), (result.stdout[-1000:], result.stderr)


def starved(injection, root, folder):
    """A limit of file sizes stands for the full disk."""
    copy = folder / "root"
    shutil.copytree(root, copy)
    for limit in (1 << 18, 2 << 20):
        result = subprocess.run(injection.command("media", "--media-root", copy, "--out", folder / "o.iso"), timeout=30,
                                capture_output=True, text=True, preexec_fn=lambda limit=limit: (
                                    signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))))
        assert result.returncode == NOT_WRITTEN and [p.name for p in folder.iterdir()] == ["root"], (limit, result)


def main():
    with tempfile.TemporaryDirectory() as name:
        top = pathlib.Path(name)
        injection = Injection(sys.argv[1], sys.argv[2], sys.argv[3], top / "injection")
        root = install_media.make_root(top / "media", top)
        for check in (discs, layouts, usage, signatures, starved):
            folder = top / check.__name__
            folder.mkdir()
            check(injection, root, folder)
        print(f"{refused.count} media refused, two full disks")


main()
