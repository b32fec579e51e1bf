# SPDX-License-Identifier: MIT OR Apache-2.0
"""pack_test.py AEROW7 SOURCE PACKAGES: the driver pack of what was built, unsigned: read by other programs (Python's
zipfile and hashlib, Info-ZIP's unzip, xorriso), the same bytes each time, and every way in which a build can be unfit
refused with its exit status."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent / "pack"))
from packing import (ARCHES, BAD_INPUT, BLK, CHECK_FAILED, DONE, EPOCH, ISO, NOT_WRITTEN, PACK, USAGE, Tool,
                     block_driver_only,
                     check_manifest,
                     digest, snapshot)

tool = Tool(sys.argv[1], sys.argv[2])


def pack(build, out, *more, epoch=EPOCH, **environment):
    return tool.run("pack", "--from-build", build, "--out", out, *more, epoch=epoch, **environment)


def read_iso(image, folder):
    """The image's Joliet tree, as xorriso reads it."""
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", str(image), "-extract", "/", str(folder)],
                   check=True, capture_output=True, timeout=60)
    subprocess.run(["chmod", "-R", "u+rwX", str(folder)], check=True)
    return snapshot(folder)


def check_out(root, folder):
    staging = root / PACK
    outer, inner = (json.loads((p / "manifest.json").read_text()) for p in (root, staging))
    check_manifest(outer, root, "manifest.json")
    check_manifest(inner, staging, "manifest.json")
    for manifest in (outer, inner):
        assert manifest["schema_version"] == 1 and manifest["pack"] == PACK and manifest["drivers"] == [BLK]
        assert manifest["targets"] == ["win7-x86", "win7-amd64"]
        assert manifest["contract"]["version"] == tool.contract["contract_version"]
        assert manifest["signing"] == {"signed_here": False} and manifest["opt_in_drivers"] == []
    for arch in ARCHES:
        for suffix in (".sys", ".inf", ".cat"):
            assert (staging / "win7" / arch / BLK / (BLK + suffix)).is_file()
        for suffix in (".sys", ".inf"):
            assert digest(staging / "win7" / arch / BLK / (BLK + suffix)) == digest(packages / arch / BLK / (BLK
                                                                                                             + suffix))
        assert (root / "symbols" / arch / f"{BLK}.pdb").is_file()
    for name in ("install.cmd", "enable-testsigning.cmd", "README.md", "THIRD_PARTY_NOTICES.md", "licenses/LICENSE-MIT",
                 "licenses/LICENSE-APACHE"):
        assert (staging / name).stat().st_size > 100, name
        data = (staging / name).read_bytes()
        assert data.count(b"\n") == data.count(b"\r\n") > 3, f"{name}: for Windows 7's Notepad"
    assert not list(staging.rglob("*.pdb")) and not (staging / "certs").exists()
    archive = root / f"{PACK}.zip"
    with zipfile.ZipFile(archive) as reader:
        assert reader.testzip() is None
        names = reader.namelist()
        assert names == sorted(names) and len(set(names)) == len(names)
        reader.extractall(folder / "unzipped")
    assert snapshot(folder / "unzipped") == snapshot(staging), "the archive holds exactly the staging folder"
    shutil.rmtree(folder / "unzipped")
    subprocess.run(["unzip", "-tqq", str(archive)], check=True)
    assert read_iso(root / ISO, folder / "from-iso") == snapshot(staging), "and so does the image"
    shutil.rmtree(folder / "from-iso")
    assert (root / ISO).read_bytes()[0x8028:0x8048].rstrip() == b"AERO_VIRTIO"


def copy_build(folder, name):
    target = folder / name
    shutil.copytree(packages, target)
    return target


def check_repeats(folder):
    first, second = folder / "first", folder / "second"
    result = pack(packages, first)
    assert result.returncode == DONE and "not signed" in result.stdout, result
    check_out(first, folder)
    copied = copy_build(folder, "copied")
    for path in copied.rglob("*"):
        os.utime(path, (1, 1))
    old_mask = os.umask(0o077)
    assert pack(copied, second, TZ="Pacific/Auckland").returncode == DONE
    os.umask(old_mask)
    assert snapshot(first) == snapshot(second), "the same bytes at another time, place, umask and time zone"
    # Over what an earlier run left: files that are no longer made are gone.
    (second / PACK / "win7" / "old.sys").write_text("x")
    (second / "certs").mkdir()
    (second / "certs" / "old.cer").write_text("x")
    assert pack(copied, second).returncode == DONE
    assert snapshot(first) == snapshot(second)
    third = folder / "third"
    result = pack(packages, third, "--source-date-epoch", "1700000100", "--json")
    assert json.loads(result.stdout)["drivers"] == [BLK]
    assert digest(third / f"{PACK}.zip") != digest(first / f"{PACK}.zip")
    assert json.loads((third / "manifest.json").read_text())["created_utc"] == "2023-11-14T22:15:00Z"
    # Without archives, and those of an earlier run do not stay as if they were of this one.
    assert pack(packages, third, "--no-zip").returncode == DONE
    assert not (third / f"{PACK}.zip").exists() and not (third / ISO).exists()
    assert snapshot(third / PACK) == snapshot(first / PACK)
    check_manifest(json.loads((third / "manifest.json").read_text()), third, "manifest.json")
    assert pack(packages, folder / "fourth", epoch="0").returncode == DONE
    check_out(folder / "fourth", folder)


def refuse(folder, name, change, status, message):
    build = copy_build(folder, name)
    change(build)
    out = folder / (name + "-out")
    result = pack(build, out)
    assert result.returncode == status and message in result.stderr, (name, result)
    assert all(line.startswith("aerow7: ") for line in result.stderr.splitlines()), result.stderr
    assert not out.exists(), f"{name}: something was written"
    print(f"{name}: status {status}: {result.stderr.strip().splitlines()[0]}")
    shutil.rmtree(build)


def edit(path, old, new):
    text = path.read_bytes()
    assert old in text, (path, old)
    path.write_bytes(text.replace(old, new))


def check_refusals(folder):
    def swap(build):
        shutil.copy(build / "x86" / BLK / f"{BLK}.sys", build / "amd64" / BLK / f"{BLK}.sys")

    def rename_inf(build):
        for arch in ARCHES:
            (build / arch / BLK / f"{BLK}.inf").rename(build / arch / BLK / "viostor.inf")

    def both(*change):
        return lambda build: [edit(build / arch / BLK / f"{BLK}.inf", *change) for arch in ARCHES]

    def second_inf(build):
        for arch in ARCHES:
            shutil.copy(build / arch / BLK / f"{BLK}.inf", build / arch / BLK / "other.inf.disabled")

    def one_more_inf(build):
        shutil.copy(x86(build) / blk_inf, x86(build) / "x.inf.disabled")
        edit(x86(build) / "x.inf.disabled", b"CatalogFile = aero", b"CatalogFile = other")

    x86, blk_inf = lambda build: build / "x86" / BLK, f"{BLK}.inf"
    refuse(folder, "empty", lambda b: [shutil.rmtree(p) for p in b.iterdir()], CHECK_FAILED, "has no driver")
    refuse(folder, "one_architecture", lambda b: shutil.rmtree(b / "x86"), CHECK_FAILED, "is missing for the other")
    refuse(folder, "no_symbols", lambda b: (x86(b) / f"{BLK}.pdb").unlink(), CHECK_FAILED, "is missing: a driver")
    refuse(folder, "no_inf", lambda b: (x86(b) / blk_inf).unlink(), CHECK_FAILED, "has no INF")
    refuse(folder, "no_sys", lambda b: (x86(b) / f"{BLK}.sys").unlink(), CHECK_FAILED,
           "is missing: aero_virtio_blk.inf")
    refuse(folder, "swapped", swap, CHECK_FAILED, "is not a driver for this architecture")
    refuse(folder, "not_a_pe", lambda b: (x86(b) / f"{BLK}.sys").write_text("MZ"), CHECK_FAILED,
           "is not a driver for this architecture")
    refuse(folder, "unknown_inf", rename_inf, CHECK_FAILED, "the contract names no such INF")
    refuse(folder, "other_service", both(b"AddService = aero_virtio_blk,", b"AddService = other_blk,"), CHECK_FAILED,
           "does not add the service aero_virtio_blk")
    refuse(folder, "other_id", both(b"&REV_01", b"&REV_02"), CHECK_FAILED, "which the contract does not give to it")
    refuse(folder, "other_device", both(b"DEV_1042", b"DEV_1043"), CHECK_FAILED, "binds no hardware ID of virtio-blk")
    refuse(folder, "for_windows_8", both(b".6.1", b".6.2"), CHECK_FAILED, "has no models for Windows 7")
    refuse(folder, "no_catalog_file", both(b"CatalogFile", b"CatalogFail"), CHECK_FAILED, "names no CatalogFile")
    refuse(folder, "catalog_elsewhere", both(b"CatalogFile = a", b"CatalogFile = ..\\a"), CHECK_FAILED,
           "CatalogFile is not")
    refuse(folder, "one_catalog_for_two", second_inf, CHECK_FAILED, "has the CatalogFile of another INF")
    refuse(folder, "inf_of_one_architecture", one_more_inf, CHECK_FAILED, "other architecture does not have this INF")
    refuse(folder, "no_inf_at_all", lambda b: (x86(b) / blk_inf).write_text("not an INF"), BAD_INPUT, "[Version]")
    refuse(folder, "key", lambda b: (x86(b) / "aero.pfx").write_text("x"), CHECK_FAILED, "is neither .inf nor .pdb")
    refuse(folder, "misplaced", lambda b: (b / "arm64").mkdir() or (b / "arm64" / "x.sys").write_text("x"),
           CHECK_FAILED,
           "is not at ARCH/DRIVER/FILE")
    refuse(folder, "symbolic_link", lambda b: (x86(b) / "z.sys").symlink_to("/etc/passwd"), BAD_INPUT,
           "is neither a file nor a folder")
    refuse(folder, "two_cases", lambda b: (x86(b) / f"{BLK.upper()}.sys").write_text("x"), BAD_INPUT,
           "without regard to case")
    refuse(folder, "windows_name", lambda b: (x86(b) / "con.sys").write_text("x"), BAD_INPUT, "reserved")
    empty = folder / "no-guest"
    empty.mkdir()
    for arguments, status in (((folder / "none", folder / "o"), BAD_INPUT), ((packages, "/dev/null/o"), NOT_WRITTEN),
                              ((packages, folder / "o", "--guest-dir", empty), BAD_INPUT),
                              ((packages, folder / "o", "--resources", folder / "none"), BAD_INPUT),
                              ((packages, folder / "o", "--license", folder / "none"), BAD_INPUT),
                              ((packages, folder / "o", "--contract", folder / "none"), BAD_INPUT),
                              ((packages, folder / "o", "--source-date-epoch", "soon"), USAGE),
                              ((packages, folder / "o", "--source-date-epoch", "-1"), USAGE),
                              ((packages, folder / "o", "--cert", "x.cer"), USAGE),
                              ((packages, folder / "o", "--digest", "md5"), USAGE),
                              ((packages, folder / "o", "--drivers", "viostor"), USAGE),
                              ((packages, folder / "o", "--virtio-win-root", folder), USAGE),
                              ((packages, folder / "o", "extra"), USAGE)):
        result = pack(*arguments)
        assert result.returncode == status and result.stderr.startswith("aerow7: "), (arguments, result)
    assert not (folder / "o").exists()


with tempfile.TemporaryDirectory() as name:
    root = pathlib.Path(name)
    packages = block_driver_only(pathlib.Path(sys.argv[3]), root / "packages")
    check_repeats(root)
    check_refusals(root)
    left = [p for p in root.rglob("*.part-*")]
    assert not left, left
