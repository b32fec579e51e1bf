# SPDX-License-Identifier: MIT OR Apache-2.0
"""install_media_test.py AEROW7 SOURCE PACKAGES: install media with the drivers in them, out of an ISO image with
Joliet, one with UDF alone, and a folder: started by SeaBIOS and by OVMF, read by others, changed as announced and no
further."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

import install_media
from install_media import LABEL, MARKER, OVMF
from inject_support import BLK, CHECK_FAILED, DONE, EPOCH, Injection, windows_image
from media_tools import made, nothing_beside, read_files
from wim_maker import make_wim, wimlib
import udf_structure
import wim_reader

WIMS = {"sources/boot.wim", "sources/install.wim"}
STORES = {"boot/bcd", "efi/microsoft/boot/bcd"}


def media(injection, *arguments, status=DONE):
    result = injection.run(*injection.command("media", "--json", *arguments))
    assert result.returncode == status, (arguments, result.returncode, result.stdout[-2000:], result.stderr)
    media.errors = result.stderr
    return json.loads(result.stdout) if result.stdout else None


def extracted(image, folder, kind):
    """What 7z reads on one side of the disc, or xorriso on ISO 9660's."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if kind == "xorriso":
        made("xorriso", "-osirrox", "on", "-indev", image, "-extract", "/", folder)
        made("chmod", "-R", "u+rwX", folder)
    else:
        made("7z", "x", "-bso0", f"-t{kind}", f"-o{folder}", image)
    return {p: c for p, c in read_files(folder).items() if not p.startswith("[BOOT]")}


def drivers(injection, arch="amd64"):
    folder = injection.pack / "win7" / arch / BLK
    return {f"$WinPEDriver$/{BLK}/{p.name}": p.read_bytes() for p in folder.iterdir() if p.is_file()}


def check_content(injection, before, after, unattend=()):
    new = drivers(injection)
    assert set(after) - set(before) == set(new) | set(unattend), set(after) ^ set(before)
    assert set(before) <= set(after)
    assert {p: after[p] for p in new} == new
    assert {p for p in before if before[p] != after[p]} == WIMS | STORES


def check_wims(folder, after):
    for path in WIMS:
        wim = folder / path.rpartition("/")[2]
        wim.write_bytes(after[path])
        wimlib("verify", wim)
        for tree in wim_reader.trees(wim):
            assert f"Windows/System32/drivers/{BLK}.sys" in tree
    for path in STORES:
        store = folder / "store"
        store.write_bytes(after[path])
        key = f"Objects\\{install_media.windows_tree.LOADER_ID[:-3]}10}}\\Elements\\16000049"
        value = subprocess.run(["hivexget", store, key, "Element"], capture_output=True, timeout=20, check=True)
        assert value.stdout == b"\1", "one byte, and it is on"


def check_readers(image, folder, uefi):
    """All of them see the same files: UDF and Joliet by 7z, ISO 9660 as xorriso reads it, UDF by the letter."""
    joliet = extracted(image, folder / "x", "iso")
    by_letter, label = udf_structure.walk(image.read_bytes())
    assert by_letter == joliet and label in (LABEL, "WINDOWS7")
    assert extracted(image, folder / "x", "udf") == joliet == extracted(image, folder / "x", "xorriso")
    report = made("xorriso", "-indev", image, "-report_el_torito", "plain")
    entries = re.findall(r"El Torito boot img :\s+\d+\s+(\w+)\s+y\s+none\s+0x0000\s+0x00\s+(\d+)", report)
    assert entries == [("BIOS", "8"), ("UEFI", uefi)], report
    # What bootmgr would look for if it read ISO 9660: names longer than 8.3.
    listed = set(made("isoinfo", "-f", "-i", image).splitlines())
    assert {"/BOOTMGR.;1", "/EFI/MICROSOFT/BOOT/BCD.;1", "/SOURCES/BOOT.WIM;1", "/BOOT/FONTS/WGL4_BOOT.TTF;1"} <= listed
    return joliet


def boots(image, folder, label):
    said = install_media.boot(image, "bios", folder / "serial")
    assert "AERO BIOS STUB " + label.ljust(32) in said, said
    if not (OVMF / "OVMF_CODE_4M.fd").exists():
        print("OVMF is missing: not started by UEFI")
        return
    said = install_media.boot(image, "uefi", folder / "serial")
    assert f"AERO UEFI STUB {MARKER.decode()} READ" in said, said[-300:]


def sources(injection, root, folder):
    before, state = read_files(root), None
    out = folder / "out.iso"
    # How much firmware loads at first of the UEFI image: what the source says, and Microsoft's 1 for a folder.
    for source, label, uefi in ((("--iso", install_media.iso_udf(root, folder / "udf.iso")), LABEL, "2880"),
                                (("--iso", install_media.iso_joliet(root, folder / "joliet.iso")), LABEL, "2880"),
                                (("--media-root", root), "WINDOWS7", "1")):
        kept = hashlib.sha256(pathlib.Path(source[1]).read_bytes()).digest() if source[0] == "--iso" else None
        dry = media(injection, *source, "--out", out, "--dry-run")
        assert dry["ok"] and out.exists() == (state is not None) and (state is None or out.read_bytes() == state)
        report = media(injection, *source, "--out", out)
        nothing_beside(folder)
        assert report["wims"] == dry["wims"] and report["boot"] == ["bios", "uefi"] and report["label"] == label, report
        after = check_readers(out, folder, uefi)
        for catalog in ("boot.cat", "boot.catalog"):  # files of what made the source
            after.pop(catalog, None)
        check_content(injection, before, after)
        check_wims(folder, after)
        assert kept is None or kept == hashlib.sha256(pathlib.Path(source[1]).read_bytes()).digest()
        checked = injection.run(*injection.command("verify-image", out))
        assert checked.returncode == DONE, checked
        state = out.read_bytes()
        media(injection, *source, "--out", out)
        assert out.read_bytes() == state, "the same bytes each time"
        print(f"{source[0]}: {report['files']} files, as 7z, xorriso and isoinfo see them")
    again(injection, folder, out)
    # The one made of ours, whose UEFI image is longer than its catalog says, as it is on Microsoft's media.
    boots(folder / "second.iso", folder, "WINDOWS7")


def again(injection, folder, out):
    """Media that have it all: nothing more is put into a WIM or a store."""
    second = folder / "second.iso"
    report = media(injection, "--iso", out, "--out", second)
    assert not any(w["changed"] for w in report["wims"]) and not any(s["changed"] for s in report["boot_stores"])
    assert extracted(second, folder / "x", "udf") == extracted(out, folder / "y", "udf")


def answer_file(injection, root, folder):
    out = folder / "answer.iso"
    media(injection, "--media-root", root, "--out", out, "--autounattend", "--label", "MY_DISC")
    content = extracted(out, folder / "x", "udf")["Autounattend.xml"]
    tree = xml.etree.ElementTree.fromstring(content)
    space = {"u": "urn:schemas-microsoft-com:unattend"}
    component = tree.find("u:settings[@pass='windowsPE']/u:component", space)
    assert component.get("name") == "Microsoft-Windows-PnpCustomizationsWinPE"
    assert component.get("processorArchitecture") == "amd64"
    assert [p.text for p in component.iter(f"{{{space['u']}}}Path")] == ["X:\\Windows\\Drivers\\Aero"]
    media(injection, "--iso", out, "--out", folder / "again.iso", "--autounattend")
    shutil.copytree(root, folder / "root")
    (folder / "root/autounattend.xml").write_bytes(b"<unattend/>")
    media(injection, "--media-root", folder / "root", "--out", out, "--autounattend", status=CHECK_FAILED)
    assert "has an Autounattend.xml already" in media.errors


def names(injection, root, folder):
    """Every letter, and folders whose records fill several blocks, on all sides of the disc."""
    copy = folder / "names"
    shutil.copytree(root, copy)
    (copy / "d\u00e9j\u00e0 vu").mkdir()
    (copy / "d\u00e9j\u00e0 vu/\u6f22\u5b57.txt").write_bytes(b"wide")
    many = copy / "sources/many-files"
    many.mkdir()
    for number in range(150):
        (many / f"A file of Setup with a rather long name, number {number}.mui").write_bytes(b"%d" % number)
    out = folder / "names.iso"
    media(injection, "--media-root", copy, "--out", out)
    expected = read_files(copy)
    by_letter, _ = udf_structure.walk(out.read_bytes())
    assert {p for p in expected if p not in WIMS | STORES and by_letter.get(p) != expected[p]} == set()
    assert set(by_letter) == set(expected) | set(drivers(injection))
    assert extracted(out, folder / "x", "udf") == extracted(out, folder / "y", "iso") == by_letter


def split(injection, root, folder):
    """Parts, each below the limit; together they are the whole WIM again."""
    large = folder / "large"
    shutil.copytree(root, large)
    image = windows_image("Large", installed=False)
    for number in range(8):
        image.add(f"Windows/large{number}.bin", hashlib.shake_128(b"%d" % number).digest(700000))
    make_wim(large / "sources/install.wim", [image])
    out = folder / "split.iso"
    report = media(injection, "--media-root", large, "--out", out, "--wim-limit", "2")
    files = extracted(out, folder / "x", "udf")
    parts = sorted(p for p in files if p.endswith(".swm"))
    assert report["split"] == len(parts) >= 3 and "sources/install.wim" not in files, report
    assert parts[0] == "sources/install.swm" and all(len(files[p]) <= 2 << 20 for p in parts)
    made("wimlib-imagex", "join", folder / "joined.wim", *(folder / "x" / p for p in parts))
    wimlib("verify", folder / "joined.wim")
    tree = wim_reader.trees(folder / "joined.wim")[0]
    assert f"Windows/System32/drivers/{BLK}.sys" in tree and "Windows/large7.bin" in tree
    media(injection, "--iso", out, "--out", folder / "no.iso", status=CHECK_FAILED)
    assert "has a split sources/install.swm" in media.errors


def killed(injection, root, folder):
    work = folder / "killed"
    work.mkdir()
    out = work / "out.iso"
    command = injection.command("media", "--media-root", root, "--out", out)
    begin = time.monotonic()
    assert injection.run(*command).returncode == DONE
    took, whole, unfinished = time.monotonic() - begin, out.read_bytes(), 0
    out.write_bytes(b"what was there")
    for number in range(10):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH})
        try:
            process.wait(took * number / 10)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        unfinished += process.wait(20) == -signal.SIGKILL
        assert out.read_bytes() in (b"what was there", whole)
    assert unfinished > 3, (unfinished, "the moments did not hit the run")
    assert injection.run(*command).returncode == DONE and out.read_bytes() == whole
    assert [p.name for p in work.iterdir()] == ["out.iso"]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        injection = Injection(sys.argv[1], sys.argv[2], sys.argv[3], folder / "injection")
        root = install_media.make_root(folder / "media", folder)
        for check in (sources, answer_file, names, split, killed):
            place = folder / check.__name__
            place.mkdir()
            check(injection, root, place)


main()
