# SPDX-License-Identifier: MIT OR Apache-2.0
"""pack_test.py AEROW7 CONTRACT PACKAGES DIST: the driver pack, read by other programs (Python's zipfile and hashlib,
Info-ZIP's unzip), the same bytes each time, and every way in which a build can be unfit refused with its exit status."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

aerow7, contract, packages, dist = sys.argv[1:]
DONE, CHECK_FAILED, USAGE, BAD_INPUT, NOT_WRITTEN = range(5)
EPOCH = "1700000000"


def pack(build, out, *more, epoch=EPOCH, **environment):
    return subprocess.run([aerow7, "pack", "--from-build", str(build), "--out", str(out), "--contract", contract, *more],
                          capture_output=True, text=True, timeout=60,
                          env={**os.environ, "SOURCE_DATE_EPOCH": epoch, **environment})


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def snapshot(folder):
    return {str(p.relative_to(folder)): digest(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def check_manifest(manifest, root, itself):
    listed = {entry["path"]: entry for entry in manifest["files"]}
    there = {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()} - {itself}
    assert set(listed) == there, set(listed) ^ there
    assert list(listed) == sorted(listed)
    for path, entry in listed.items():
        assert entry["size"] == (root / path).stat().st_size and entry["sha256"] == digest(root / path), path


def check_dist(root):
    staging = root / "aero-win7-driver-pack"
    check_manifest(json.loads((root / "manifest.json").read_text()), root, "manifest.json")
    check_manifest(json.loads((staging / "manifest.json").read_text()), staging, "manifest.json")
    for arch in ("x86", "amd64"):
        for name in ("aero_virtio_blk.sys", "aero_virtio_blk.inf"):
            assert (staging / "win7" / arch / "aero_virtio_blk" / name).is_file()
        assert (root / "symbols" / arch / "aero_virtio_blk.pdb").is_file()
    assert not list(staging.rglob("*.pdb")), "symbols are kept apart"
    archive = root / "aero-win7-driver-pack.zip"
    with zipfile.ZipFile(archive) as reader:
        assert reader.testzip() is None
        names = reader.namelist()
        assert names == sorted(names) and len(set(names)) == len(names)
        inside = {i.filename: hashlib.sha256(reader.read(i)).hexdigest() for i in reader.infolist()}
    assert inside == snapshot(staging), "the archive holds exactly the staging folder"
    subprocess.run(["unzip", "-tqq", str(archive)], check=True)


def copy_build(folder, name):
    target = folder / name
    shutil.copytree(packages, target)
    return target


def check_repeats(folder):
    first, second = folder / "first", folder / "second"
    result = pack(packages, first)
    assert result.returncode == DONE, result.stderr
    copied = copy_build(folder, "copied")
    for path in copied.rglob("*"):
        os.utime(path, (1, 1))
    old_mask = os.umask(0o077)
    assert pack(copied, second, TZ="Pacific/Auckland").returncode == DONE
    os.umask(old_mask)
    assert snapshot(first) == snapshot(second), "the same bytes at another time, place, umask and time zone"
    # Over what an earlier run left: files that are no longer made are gone.
    (second / "aero-win7-driver-pack" / "win7" / "old.sys").write_text("x")
    assert pack(copied, second).returncode == DONE
    assert snapshot(first) == snapshot(second)
    third = folder / "third"
    assert pack(packages, third, "--source-date-epoch", "1700000100").returncode == DONE
    assert digest(third / "aero-win7-driver-pack.zip") != digest(first / "aero-win7-driver-pack.zip")
    assert json.loads((third / "manifest.json").read_text())["created_utc"] == "2023-11-14T22:15:00Z"
    assert pack(packages, folder / "fourth", epoch="0").returncode == DONE
    check_dist(folder / "fourth")
    check_dist(first)


def refuse(folder, name, change, status, message):
    build = copy_build(folder, name)
    change(build)
    out = folder / (name + "-out")
    result = pack(build, out)
    assert result.returncode == status and message in result.stderr, (name, result)
    assert not out.exists(), f"{name}: something was written"
    print(f"{name}: status {status}: {result.stderr.strip().splitlines()[0]}")


def check_refusals(folder):
    blk = "aero_virtio_blk"

    def swap(build):
        shutil.copy(build / "x86" / blk / f"{blk}.sys", build / "amd64" / blk / f"{blk}.sys")

    def rename_driver(build):
        for arch in ("x86", "amd64"):
            (build / arch / blk).rename(build / arch / "viostor")

    def link(build):
        (build / "x86" / blk / "z.sys").symlink_to("/etc/passwd")

    refuse(folder, "empty", lambda b: [shutil.rmtree(p) for p in b.iterdir()], CHECK_FAILED, "has no driver")
    refuse(folder, "one_architecture", lambda b: shutil.rmtree(b / "x86"), CHECK_FAILED, "is missing")
    refuse(folder, "no_symbols", lambda b: (b / "x86" / blk / f"{blk}.pdb").unlink(), CHECK_FAILED, "is missing")
    refuse(folder, "no_inf", lambda b: (b / "amd64" / blk / f"{blk}.inf").unlink(), CHECK_FAILED, "is missing")
    refuse(folder, "swapped", swap, CHECK_FAILED, "is not a driver for this architecture")
    refuse(folder, "not_a_pe", lambda b: (b / "x86" / blk / f"{blk}.sys").write_text("MZ"), CHECK_FAILED,
           "is not a driver for this architecture")
    refuse(folder, "unknown_driver", rename_driver, CHECK_FAILED, "the contract names no such INF")
    refuse(folder, "key", lambda b: (b / "x86" / blk / "aero.pfx").write_text("x"), CHECK_FAILED, "is neither .sys nor")
    refuse(folder, "misplaced", lambda b: (b / "arm64").mkdir() or (b / "arm64" / "x.sys").write_text("x"), CHECK_FAILED,
           "is not at ARCH/DRIVER/FILE")
    refuse(folder, "symbolic_link", link, BAD_INPUT, "is neither a file nor a folder")
    refuse(folder, "two_cases", lambda b: (b / "x86" / blk / f"{blk.upper()}.sys").write_text("x"), BAD_INPUT,
           "without regard to case")
    refuse(folder, "windows_name", lambda b: (b / "x86" / blk / "con.sys").write_text("x"), BAD_INPUT, "reserved")
    for arguments, status in (((folder / "none", folder / "o"), BAD_INPUT), ((packages, "/dev/null/o"), NOT_WRITTEN),
                              ((packages, folder / "o", "--source-date-epoch", "soon"), USAGE),
                              ((packages, folder / "o", "--source-date-epoch", "-1"), USAGE),
                              ((packages, folder / "o", "extra"), USAGE)):
        result = pack(*arguments)
        assert result.returncode == status and result.stderr.startswith("aerow7: "), (arguments, result)
    assert not (folder / "o").exists()


with tempfile.TemporaryDirectory() as name:
    root = pathlib.Path(name)
    check_dist(pathlib.Path(dist))
    check_repeats(root)
    check_refusals(root)
    left = [p for p in root.rglob("*.part-*")]
    assert not left, left
