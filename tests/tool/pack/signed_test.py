# SPDX-License-Identifier: MIT OR Apache-2.0
"""signed_test.py AEROW7 SOURCE PACKAGES: packs of several drivers, several INFs in a folder, opt-in packages and
disabled INFs, signed with a key that OpenSSL made. osslsigncode judges every signature and every catalog's
membership; INFs, which it cannot look up, are found in the catalog by their SHA-1."""
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from packing import (ARCHES, BLK, CHECK_FAILED, DONE, PACK, Tool, add_driver, block_driver_only, check_manifest,
                     digest, inf_text, make_key,
                     snapshot)

tool, packages = Tool(sys.argv[1], sys.argv[2]), pathlib.Path(sys.argv[3])
ALIAS = "aero_virtio_input_qemu"


def osslsigncode(*arguments):
    return subprocess.run(["osslsigncode", *map(str, arguments)], capture_output=True, text=True, timeout=60)


def verify(authority, path, *more):
    result = osslsigncode("verify", "-CAfile", authority, *more, "-in", path)
    assert result.returncode == 0 and "Signature verification: ok" in result.stdout, (path, result)
    return result.stdout


def add_alias(build):
    """The input driver for QEMU's subsystem, by hand: an opt-in package whose INF is disabled."""
    for arch in ARCHES:
        target = build / arch / "opt-in" / ALIAS
        target.mkdir(parents=True)
        for suffix in (".sys", ".pdb"):
            shutil.copy(packages / arch / BLK / (BLK + suffix), target / ("aero_virtio_input" + suffix))
        text = inf_text("aero_virtio_input", ["PCI\\VEN_1AF4&DEV_1052&SUBSYS_11001AF4&REV_01"],
                        catalog="virtio-input.cat")
        (target / "virtio-input.inf.disabled").write_text(text, newline="")


def make_build(folder):
    build = block_driver_only(packages, folder / "build")
    add_driver(tool, packages, build, "virtio-net")
    add_driver(tool, packages, build, "virtio-snd")
    tablet = tool.device("aero-virtio-input-tablet")
    ids = [p for p in tablet["hardware_id_patterns"] if "REV_" in p]
    add_driver(tool, packages, build, "virtio-input", more_infs=[
        (tablet["inf_name"], inf_text("aero_virtio_input", ids, catalog="aero_virtio_tablet.cat"))])
    add_alias(build)
    return build


def pack(build, out, key, *more):
    return tool.run("pack", "--from-build", build, "--out", out, "--cert", key[0], "--key", key[1], *more)


def check_folder(authority, folder):
    """Each INF's catalog has the INF and every driver beside it; each driver is signed in itself."""
    infs = [p for p in folder.iterdir() if p.name.endswith((".inf", ".inf.disabled"))]
    drivers = list(folder.glob("*.sys"))
    assert infs and len(drivers) == 1
    assert {p.suffix for p in folder.iterdir()} <= {".sys", ".inf", ".cat", ".disabled"}
    verify(authority, drivers[0])
    for inf in infs:
        text = inf.read_text()
        catalog = folder / next(line.split("=")[1].strip() for line in text.splitlines()
                                if line.startswith("CatalogFile"))
        verify(authority, drivers[0], "-catalog", catalog)
        tag = hashlib.sha1(inf.read_bytes()).hexdigest().upper().encode("utf-16-le")
        assert tag in catalog.read_bytes(), f"{inf} is not in {catalog}"
        assert inf.name.removesuffix(".disabled").lower().encode("utf-16-le") in catalog.read_bytes()
    assert len(list(folder.glob("*.cat"))) == len(infs)
    return len(infs)


def check_many(folder, build, key):
    out = folder / "out"
    result = pack(build, out, key, "--json")
    assert result.returncode == DONE, result.stderr
    report = json.loads(result.stdout)
    names = sorted(["aero_virtio_blk", "aero_virtio_input", "aero_virtio_net", "aero_virtio_snd"])
    assert report["drivers"] == names and report["opt_in_drivers"] == [ALIAS]
    staging = out / PACK
    manifest = json.loads((out / "manifest.json").read_text())
    check_manifest(manifest, out, "manifest.json")
    assert manifest["drivers"] == names
    certificate = manifest["signing"]["certificate"]
    assert certificate["path"] == "certs/aero-test.cer" and certificate["digest"] == "sha1"
    assert certificate["thumbprint"] == hashlib.sha1(key[0].read_bytes()).hexdigest().upper()
    for copy in (out / "certs/aero-test.cer", staging / certificate["path"]):
        assert copy.read_bytes() == key[0].read_bytes()
    infs = 0
    for arch in ARCHES:
        assert sorted(p.name for p in (staging / "win7" / arch).iterdir()) == names
        assert [p.name for p in (staging / "opt-in/win7" / arch).iterdir()] == [ALIAS]
        for driver in names:
            infs += check_folder(key[2], staging / "win7" / arch / driver)
        infs += check_folder(key[2], staging / "opt-in/win7" / arch / ALIAS)
        assert sorted(p.name for p in (out / "symbols" / arch).iterdir()) == [n + ".pdb" for n in names]
    assert infs == 2 * 6
    key_text = key[1].read_bytes().split(b"\n")[1]
    for path in out.rglob("*"):
        assert not path.is_file() or key_text not in path.read_bytes(), f"{path} has the private key in it"
    # The same key and input in another place: the same bytes. Another key: other signatures, the same symbols.
    again, other = folder / "again", folder / "other"
    moved = folder / "moved" / "build"
    shutil.copytree(build, moved)
    keys = folder / "moved" / "keys"
    shutil.copytree(key[0].parent, keys)
    assert pack(moved, again, [keys / p.name for p in key]).returncode == DONE
    assert snapshot(again) == snapshot(out)
    stranger = make_key(folder / "stranger")
    assert pack(build, other, stranger).returncode == DONE
    differing = {p for p, d in snapshot(other).items() if snapshot(out).get(p) != d}
    assert all(p.endswith((".sys", ".cat", ".cer", ".json", ".zip", ".iso")) for p in differing), differing
    assert sum(p.endswith(".sys") for p in differing) == 10
    sample = f"{PACK}/win7/x86/{BLK}/{BLK}.sys"
    assert osslsigncode("verify", "-CAfile", key[2], "-in", other / sample).returncode != 0, "the judge can say no"


def check_digests(folder, build, key):
    sample = f"{PACK}/win7/amd64/{BLK}/{BLK}"
    for name, words in (("sha1", ["sha1"]), ("sha256", ["sha256"]), ("dual", ["sha1", "sha256"])):
        out = folder / name
        result = pack(build, out, key, "--digest", name, "--page-hashes", "--no-zip")
        assert result.returncode == DONE, result.stderr
        told = verify(key[2], out / (sample + ".sys")).lower()
        for word in words:
            assert word in told, (word, told)
        assert "page hash" in told, told
        verify(key[2], out / (sample + ".sys"), "-catalog", out / (sample + ".cat"))


def check_refusals(folder, build, key):
    out = folder / "refused"
    cer, pem = key[0], key[1]
    open_key = folder / "open.pem"
    shutil.copy(pem, open_key)
    open_key.chmod(0o644)
    stranger = make_key(folder / "wrong")
    for arguments, status in (((cer, open_key), None), ((cer, stranger[1]), None), ((cer, folder / "none"), 3),
                              ((folder / "none", pem), 3), ((pem, pem), None)):
        result = pack(build, out, arguments)
        assert result.returncode in ((1, 2, 3) if status is None else (status,)), (arguments, result)
        assert result.stderr.startswith("aerow7: ") and not out.exists(), (arguments, result)
    # Two packages of one driver name with different symbols would overwrite each other's.
    (build / "x86/opt-in" / ALIAS / "aero_virtio_input.pdb").write_bytes(b"another")
    result = pack(build, out, key)
    assert result.returncode == CHECK_FAILED and "differs from the symbols" in result.stderr, result
    assert not out.exists()


if shutil.which("osslsigncode") is None:
    print("SKIPPED: osslsigncode is not installed")
    sys.exit(77)
with tempfile.TemporaryDirectory() as name:
    root = pathlib.Path(name)
    key, build = make_key(root / "keys"), make_build(root)
    check_many(root, build, key)
    check_digests(root, build, key)
    check_refusals(root, build, key)
    assert not [p for p in root.rglob("*.part-*")]
