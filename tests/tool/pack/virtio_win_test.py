# SPDX-License-Identifier: MIT OR Apache-2.0
"""virtio_win_test.py AEROW7 SOURCE PACKAGES: packs made of a virtio-win medium, which this test makes with
genisoimage the way that project makes its own (-r -iso-level 4, identical files hard-linked), from drivers under
virtio-win's names."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from packing import (ARCHES, BAD_INPUT, BLK, CHECK_FAILED, DONE, EPOCH, PACK, USAGE, Tool, check_manifest, digest,
                     inf_text,
                     make_key, snapshot)

tool, packages = Tool(sys.argv[1], sys.argv[2]), pathlib.Path(sys.argv[3])
IDS = {"viostor": ["PCI\\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00", "PCI\\VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01"],
       "netkvm": ["PCI\\VEN_1AF4&DEV_1041&SUBSYS_11001AF4&REV_01"],
       "viosnd": ["PCI\\VEN_1AF4&DEV_1059&SUBSYS_11001AF4&REV_01"],
       "vioinput": ["PCI\\VEN_1AF4&DEV_1052&SUBSYS_11001AF4&REV_01"]}
UPSTREAM = {"viostor": "viostor", "netkvm": "NetKVM", "viosnd": "viosnd", "vioinput": "vioinput"}


def add_upstream(root, name, system="w7", arches=ARCHES, folders=None):
    for arch in arches:
        target = root / UPSTREAM[name] / system / (folders or {}).get(arch, arch)
        target.mkdir(parents=True)
        shutil.copy(packages / arch / BLK / f"{BLK}.sys", target / f"{name}.sys")
        (target / f"{name}.inf").write_text(inf_text(name, IDS[name]), newline="")
        (target / f"{name}.cat").write_bytes(b"a catalog")
        (target / f"{name}.pdb").write_bytes(b"symbols")


def make_root(folder, names, **options):
    root = folder / "root"
    for name in names:
        add_upstream(root, name, **options)
        # Another Windows with the very same files: hard links, as virtio-win's scripts make them.
        for arch in options.get("arches", ARCHES):
            source = root / UPSTREAM[name] / options.get("system", "w7") / options.get("folders", {}).get(arch, arch)
            target = root / UPSTREAM[name] / "2k8R2" / arch
            target.mkdir(parents=True)
            for path in source.iterdir():
                os.link(path, target / path.name)
    (root / "virtio-win_license.txt").write_text("somebody's licence\n")
    (root / "COPYING").write_text("GPL\n")
    (root / "README.txt").write_text("read\n")
    (root / "other.bin").write_bytes(b"\0" * 5000)
    return root


def make_iso(root, path, label="virtio-win-0.1.173"):
    subprocess.run(["genisoimage", "-quiet", "-r", "-iso-level", "4", "-cache-inodes", "-V", label, "-o", str(path),
                    str(root)],
                   check=True, capture_output=True, timeout=60)
    return path


def pack(out, *more, **environment):
    return tool.run("pack", "--out", out, *more, **environment)


def check_pack(out, names, missing=()):
    staging = out / PACK
    manifest = json.loads((staging / "manifest.json").read_text())
    check_manifest(manifest, staging, "manifest.json")
    check_manifest(json.loads((out / "manifest.json").read_text()), out, "manifest.json")
    for key in ("pack", "created_utc", "source", "drivers_requested", "drivers", "optional_drivers_missing",
                "optional_drivers_missing_any", "warnings", "driver_results", "targets"):
        assert key in manifest, key
    assert manifest["drivers"] == sorted(names) and manifest["targets"] == ["win7-x86", "win7-amd64"]
    assert manifest["optional_drivers_missing"] == list(missing)
    assert manifest["optional_drivers_missing_any"] is bool(missing) and len(manifest["warnings"]) == len(missing)
    assert manifest["contract"]["name"].endswith("-virtio-win") and manifest["signing"] == {"signed_here": False}
    for arch in ARCHES:
        assert sorted(p.name for p in (staging / "win7" / arch).iterdir()) == sorted(names)
        for name in names:
            folder = staging / "win7" / arch / name
            assert sorted(p.name for p in folder.iterdir()) == [f"{name}.cat", f"{name}.inf", f"{name}.sys"]
            assert digest(folder / f"{name}.sys") == digest(packages / arch / BLK / f"{BLK}.sys"), "signed as it came"
            assert (folder / f"{name}.cat").read_bytes() == b"a catalog"
    assert (staging / "licenses/virtio-win/COPYING").read_bytes() == b"GPL\n"
    assert not (staging / "licenses/virtio-win/other.bin").exists()
    assert (staging / "licenses/LICENSE-MIT").is_file() and (staging / "install.cmd").is_file()
    assert "virtio-win" in (staging / "THIRD_PARTY_NOTICES.md").read_text() and not (out / "symbols").exists()
    return manifest


def check_iso(folder):
    root = make_root(folder / "all", IDS)
    iso = make_iso(root, folder / "virtio-win-0.1.173.iso")
    result = pack(folder / "iso", "--virtio-win-iso", iso, "--json")
    assert result.returncode == DONE, result.stderr
    assert json.loads(result.stdout)["drivers"] == sorted(IDS)
    manifest = check_pack(folder / "iso", IDS)
    source = manifest["source"]
    assert source["virtio_win_iso"] == source["path"] == iso.name and source["virtio_win_root"] is None
    assert source["hash"] == {"algorithm": "sha256", "value": digest(iso)}
    assert source["volume_label"] == "virtio-win-0.1.173" and source["derived_version"] == "0.1.173"
    assert source["timestamp_utc"] == manifest["created_utc"] == "2023-11-14T22:13:20Z" and EPOCH == "1700000000"
    assert {"COPYING", "README.txt"} <= set(source["license_notice_files_copied"])
    assert manifest["drivers_requested"] == list(IDS)
    for entry in manifest["driver_results"]:
        assert set(entry) == {"name", "upstream", "required", "status", "included_targets", "missing_targets", "errors"}
        assert entry["upstream"] == UPSTREAM[entry["name"]] and entry["status"] == "included" and entry["errors"] == []
        assert entry["required"] is (entry["name"] in ("viostor", "netkvm"))
        assert entry["included_targets"] == ["win7-x86", "win7-amd64"] and entry["missing_targets"] == []
    assert (folder / "iso" / "aero-virtio-win7-drivers.iso").is_file()
    # The same from a folder, but for what the manifest says of the source; and again, the same bytes.
    assert pack(folder / "root", "--virtio-win-root", root).returncode == DONE
    from_root = check_pack(folder / "root", IDS)["source"]
    assert from_root["virtio_win_root"] == "root" and from_root["hash"] is None and from_root["virtio_win_iso"] is None
    shutil.copytree(root, folder / "elsewhere" / "root")
    assert pack(folder / "again", "--virtio-win-root", folder / "elsewhere" / "root").returncode == DONE
    assert snapshot(folder / "again") == snapshot(folder / "root")
    return root, iso


def check_choices(folder, root, iso):
    assert pack(folder / "two", "--virtio-win-iso", iso, "--drivers", "viostor,netkvm").returncode == DONE
    assert check_pack(folder / "two", ["viostor", "netkvm"])["drivers_requested"] == ["viostor", "netkvm"]
    # The required two are in every pack; --drivers may be repeated and is spelled as one likes.
    assert pack(folder / "three", "--virtio-win-root", root, "--drivers", "VIOSND", "--no-zip").returncode == DONE
    assert check_pack(folder / "three", ["viostor", "netkvm", "viosnd"])
    assert not list((folder / "three").glob("*.zip"))
    other = make_root(folder / "names", IDS, system="win7", folders={"amd64": "x64", "x86": "i386"})
    assert pack(folder / "candidates", "--virtio-win-root", other).returncode == DONE
    check_pack(folder / "candidates", IDS)
    strange = make_root(folder / "strange", ["viostor", "netkvm"], system="seven", folders={"amd64": "64", "x86": "32"})
    result = pack(folder / "o", "--virtio-win-root", strange)
    assert result.returncode == CHECK_FAILED and not (folder / "o").exists(), result
    result = pack(folder / "named", "--virtio-win-root", strange, "--os-folder-candidates", "nine,seven",
                  "--arch-candidates-amd64", "64", "--arch-candidates-x86=32")
    assert result.returncode == DONE, result.stderr
    check_pack(folder / "named", ["viostor", "netkvm"], missing=["viosnd", "vioinput"])


def check_missing(folder):
    root = make_root(folder / "some", ["viostor", "netkvm"])
    add_upstream(root, "vioinput", arches=["amd64"])
    result = pack(folder / "partial", "--virtio-win-root", root)
    assert result.returncode == DONE and result.stdout.count("warning: ") == 2, result
    manifest = check_pack(folder / "partial", ["viostor", "netkvm"], missing=["viosnd", "vioinput"])
    status = {e["name"]: e for e in manifest["driver_results"]}
    assert status["viosnd"]["status"] == "missing" and status["vioinput"]["status"] == "partial"
    assert status["vioinput"]["missing_targets"] == ["win7-x86"]
    result = pack(folder / "o", "--virtio-win-root", root, "--strict-optional")
    assert result.returncode == CHECK_FAILED and "--strict-optional" in result.stderr and not (folder / "o").exists()
    # An optional driver whose INF copies what is not there is not whole.
    add_upstream(root, "viosnd")
    (root / "viosnd/w7/x86/viosnd.sys").unlink()
    assert pack(folder / "unwhole", "--virtio-win-root", root).returncode == DONE
    manifest = check_pack(folder / "unwhole", ["viostor", "netkvm"], missing=["viosnd", "vioinput"])
    status = {e["name"]: e for e in manifest["driver_results"]}
    assert status["viosnd"]["status"] == "partial" and len(status["viosnd"]["errors"]) == 1
    (root / "viostor/w7/x86/viostor.sys").unlink()
    result = pack(folder / "o", "--virtio-win-root", root)
    assert result.returncode == CHECK_FAILED and "viostor" in result.stderr and not (folder / "o").exists()


def check_refusals(folder, root, iso):
    cut = folder / "cut.iso"
    cut.write_bytes(iso.read_bytes()[:40000])
    cer, key, _ = make_key(folder / "keys")
    for arguments, status in ((("--virtio-win-iso", folder / "none"), BAD_INPUT), (("--virtio-win-iso", cut), None),
                              (("--virtio-win-root", folder / "none"), BAD_INPUT),
                              (("--virtio-win-root", root, "--drivers", "viogpu"), USAGE),
                              (("--virtio-win-root", root, "--drivers", ""), USAGE),
                              (("--virtio-win-root", root, "--os-folder-candidates", "a,,b"), USAGE),
                              (("--virtio-win-root", root, "--arch-candidates-x86", "../x86"), USAGE),
                              (("--virtio-win-root", root, "--virtio-win-iso", iso), USAGE),
                              (("--virtio-win-root", root, "--cert", cer, "--key", key), USAGE), ((), USAGE)):
        result = pack(folder / "o", *arguments)
        assert result.returncode == status if status else result.returncode in (1, 3), (arguments, result)
        assert result.stderr.startswith("aerow7: ") and not (folder / "o").exists(), (arguments, result)


if shutil.which("genisoimage") is None:
    print("SKIPPED: genisoimage is not installed")
    sys.exit(77)
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    made_root, made_iso = check_iso(folder)
    check_choices(folder, made_root, made_iso)
    check_missing(folder)
    check_refusals(folder, made_root, made_iso)
    assert not [p for p in folder.rglob("*.part-*")]
