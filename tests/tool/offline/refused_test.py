# SPDX-License-Identifier: MIT OR Apache-2.0
"""refused_test.py AEROW7 SOURCE PACKAGES: what is not fit is refused before anything is written, and the message says
what and where: broken or foreign Windows, packs that do not fit, signatures that it will not accept, obstacles in the
folder, a disk that is full."""
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import zipfile

import malformed
from offline_support import (BAD_INPUT, BLK, CHECK_FAILED, CONFIG, DONE, NOT_WRITTEN, USAGE, Offline, files_of,
                             packing)
import registry
import windows_tree


def refuse(tool, place, status, words, *more, **options):
    before = files_of(place)
    report = tool.inject(place, *more, status=status, **options)
    said = tool.errors + "\n".join(f"{f.get('file')}: {f['message']}" for f in (report or {}).get("findings", []))
    assert words in said, (words, said)
    assert files_of(place) == before, f"{words}: something was written"


def broken_windows(tool, folder):
    for number, (name, (options, changes, status, words)) in enumerate(malformed.CASES.items()):
        place = folder / f"broken{number}"
        files = windows_tree.windows_files(**options)
        for path, change in changes.items():
            content = change(files[path]) if callable(change) else change
            files.pop(path, None)
            if content is not None:
                files[path] = content
        windows_tree.write_files(place, files)
        try:
            refuse(tool, place, status, words)
            inspected = tool.run("inspect", place)
            assert inspected.returncode in (DONE, CHECK_FAILED, BAD_INPUT), inspected
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None
        shutil.rmtree(place)


def copy_pack(tool, folder, name):
    return pathlib.Path(shutil.copytree(tool.pack, folder / name))


def unfit_packs(tool, folder, place):
    blk = pathlib.Path("win7/amd64") / BLK

    def case(name, change, words, status=CHECK_FAILED):
        pack = copy_pack(tool, folder, name)
        change(pack)
        refuse(tool, place, status, words, pack=pack)
        shutil.rmtree(pack)
    case("other-architecture", lambda p: shutil.rmtree(p / "win7/amd64"), "has no package for amd64")
    case("no-catalog", lambda p: (p / blk / f"{BLK}.cat").unlink(), "the catalog is missing")
    case("no-driver", lambda p: (p / blk / f"{BLK}.sys").unlink(), f"{BLK}.sys: is missing")
    case("changed-inf", lambda p: (p / blk / f"{BLK}.inf").write_bytes((p / blk / f"{BLK}.inf").read_bytes() + b"\r\n"),
         "is not what the catalog has under its name")
    case("wrong-machine", lambda p: shutil.copy(p / "win7/x86" / BLK / f"{BLK}.sys", p / blk / f"{BLK}.sys"),
         "is not a driver for this architecture")
    case("other-windows", lambda p: (p / blk / f"{BLK}.inf").write_text(
        (p / blk / f"{BLK}.inf").read_text().replace("NTamd64.6.1", "NTamd64.6.2")), "has no models for Windows 7 on amd64")
    case("twice", lambda p: shutil.copytree(p / blk, p / "more" / "amd64" / BLK), "has two packages named")
    case("odd-name", lambda p: (p / blk).rename(p / blk.parent / "a%PATH%&b"), "the name a%PATH%&b has characters beyond")
    case("odd-inf", lambda p: (p / blk / f"{BLK}.inf").rename(p / blk / "a,b;c.inf"), "the name a,b;c.inf has characters")
    case("broken-catalog", lambda p: (p / blk / f"{BLK}.cat").write_bytes(b"0"), "", BAD_INPUT)
    case("changed-driver", lambda p: change_byte(p / blk / f"{BLK}.sys"), "the signature is broken")
    case("linked", lambda p: (p / blk / "more.txt").symlink_to("/etc/hostname"), "neither a file nor a folder", BAD_INPUT)
    empty = folder / "empty"
    empty.mkdir()
    refuse(tool, place, CHECK_FAILED, "has no package for amd64", pack=empty)
    refuse(tool, place, BAD_INPUT, "", pack=folder / "none")
    cut = folder / "cut.zip"
    cut.write_bytes(tool.zip.read_bytes()[:3000])
    refuse(tool, place, BAD_INPUT, "cut.zip", pack=cut)
    evil = folder / "evil.zip"
    with zipfile.ZipFile(evil, "w") as archive:
        archive.writestr("../out.inf", "[Version]")
    refuse(tool, place, BAD_INPUT, "evil.zip", pack=evil)


def change_byte(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def signatures(tool, folder, place):
    """64-bit: no test signing, no driver; SHA-256 needs updates; what this is ignored for is said."""
    refuse(tool, place, CHECK_FAILED, "this Windows (stock SP1, test signing off) will not load it", "--test-signing", "off")
    report = tool.inject(place, "--test-signing", "off", "--ignore-signatures", "--dry-run")
    assert any(f["severity"] == "warning" and "will not load it" in f["message"] for f in report["findings"])
    other, _, _ = packing.make_key(folder / "other", "somebody-else")
    mine, tool.cer = tool.cer, other
    refuse(tool, place, CHECK_FAILED, "it is signed by CN=aero-test of a test, not by the certificate given")
    tool.cer = mine
    sha2 = Offline(tool.program, tool.tool.source, sys.argv[3], folder / "sha2", devices=(), digest="sha256")
    refuse(sha2, place, CHECK_FAILED, "the signature needs SHA-2")
    for updates, good in ((("KB4474419",), False), (("KB4474419", "KB4490628"), True), (("KB3033929",), True)):
        updated = folder / "-".join(updates)
        windows_tree.make_windows(updated, updates=updates)
        report = sha2.inject(updated, "--dry-run", status=DONE if good else CHECK_FAILED)
        unknown = [f for f in report["findings"] if "is not known" in f["message"]]
        assert bool(unknown) == (updates == ("KB3033929",)), report["findings"]
    on = folder / "on"
    windows_tree.write_files(on, {**windows_tree.windows_files(),
                                  CONFIG + "BCD-Template": windows_tree.bcd_store(test_signing=1)})
    tool.inject(on, "--test-signing", "off", "--dry-run")
    report = tool.inject(place, "--test-signing", "on", "--dry-run", cert=False)
    assert any(f["rule"] == "publisher" for f in report["findings"]), report["findings"]


def obstacles(tool, folder):
    """Links lead nowhere; a name that only differs in case is the file that is meant."""
    place = folder / "links"
    windows_tree.make_windows(place)
    outside = folder / "outside"
    outside.mkdir()
    (place / "Windows/Drivers").symlink_to(outside)
    refuse(tool, place, BAD_INPUT, "Windows/Drivers is no folder")
    (place / "Windows/Drivers").unlink()
    system = place / CONFIG / "SYSTEM"
    shutil.move(system, outside / "SYSTEM")
    system.symlink_to(outside / "SYSTEM")
    refuse(tool, place, BAD_INPUT, "is a link, and a file is expected there")
    assert not list(outside.glob("*.part*")) and len(list(outside.iterdir())) == 1
    system.unlink()
    shutil.move(outside / "SYSTEM", place / CONFIG / "System")
    (place / "Windows").rename(place / "WINDOWS")
    tool.inject(place)
    assert (place / "WINDOWS/System32/config/System").exists() and not (place / "Windows").exists()
    assert not (place / "WINDOWS/System32/config/SYSTEM").exists()


def full(tool, folder):
    """No more room while it writes: status 4, and everything is as it was."""
    place = folder / "full"
    windows_tree.make_windows(place)
    before = files_of(place)

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
    result = subprocess.run([tool.program, "inject", "--folder", place, "--driver-pack", tool.pack, "--cert", tool.cer],
                            capture_output=True, text=True, timeout=50, preexec_fn=limit)
    assert result.returncode == NOT_WRITTEN, result
    assert files_of(place) == before and not [p for p in place.rglob("*") if "Aero" in p.name or ".part" in p.name]


def usage(tool, place):
    for arguments, words in (
            (["inject", "--folder", place], "--driver-pack is missing"),
            (["inject", "--folder", place, "--wim", place], "exactly one of"),
            (["inject", "--folder", place, "--driver-pack", tool.pack, "--out", place], "--folder takes neither"),
            (["verify-image", place], "--driver-pack is missing"),
            (["verify-image", place, "--driver-pack", tool.pack, "--index", "1"], "--index is for a WIM"),
            (["inspect", place, "--cert", tool.cer], "--driver-pack is missing")):
        result = tool.run(*arguments)
        assert result.returncode == USAGE and words in result.stderr, (arguments, result)
    for path, words in ((place / "none", "cannot be opened"), (tool.cer, "is no WIM, no ISO image"),
                        (tool.pack, "holds neither a Windows"), ("/dev/null", "is neither a file nor a folder")):
        result = tool.run("inspect", path)
        assert result.returncode == BAD_INPUT and words in result.stderr, (path, result)


def sound(data):
    try:
        registry.Hive(data)
    except (AssertionError, IndexError, struct.error, RecursionError, UnicodeDecodeError):
        return False
    return True


def bits_flipped(tool, folder):
    """One bit of a hive is another: what the reader of these tests does not accept, aerow7 does not either."""
    place, refused = folder / "flipped", 0
    hive = windows_tree.make_windows(place)[CONFIG + "SYSTEM"]
    dice = random.Random(7)
    for _ in range(300 if os.environ.get("AERO_SOAK") == "1" else 12):
        data = bytearray(hive)
        data[dice.randrange(4096, len(hive) - 2048)] ^= 1 << dice.randrange(8)
        (place / CONFIG / "SYSTEM").write_bytes(data)
        report = json.loads(tool.run("inspect", place, "--json").stdout)
        clean = report["windows"][0]["identity"]["hives"][0]["state"] == "clean"
        assert sound(bytes(data)) or not clean, "an unsound hive was taken for a sound one"
        refused += not clean
    assert refused, "no bit mattered: this shows nothing"


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tool = Offline(*sys.argv[1:4], folder / "tool", devices=())
        place = folder / "good"
        windows_tree.make_windows(place)
        broken_windows(tool, folder)
        unfit_packs(tool, folder, place)
        signatures(tool, folder, place)
        obstacles(tool, folder)
        full(tool, folder)
        bits_flipped(tool, folder)
        usage(tool, place)
    print(f"ok: {len(malformed.CASES)} broken Windows and more")


main()
