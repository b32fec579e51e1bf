# SPDX-License-Identifier: MIT OR Apache-2.0
"""dist_test.py AEROW7 SOURCE DIST: what build.sh left in dist/, judged by other programs: every file is listed with its
digest, every driver and catalog verifies under the certificate that lies beside them, the media hold what they should,
and no private key is anywhere."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

from packing import ARCHES, BLK, ISO, PACK, Tool, check_manifest, digest, snapshot

tool, dist = Tool(sys.argv[1], sys.argv[2]), pathlib.Path(sys.argv[3])
GUEST = {"aero-guest-tools.iso", "aero-guest-tools.zip", "aero-guest-tools-manifest.json"}
staging = dist / PACK


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, (command, result)
    return result.stdout


def unpack(image, folder):
    run("xorriso", "-osirrox", "on", "-indev", image, "-extract", "/", folder)
    run("chmod", "-R", "u+rwX", folder)
    return snapshot(folder)


def check_lists():
    outer, inner = (json.loads((p / "manifest.json").read_text()) for p in (dist, staging))
    check_manifest(outer, dist, "manifest.json", GUEST)
    check_manifest(inner, staging, "manifest.json")
    assert BLK in outer["drivers"] and outer["signing"]["signed_here"] is True
    for name in outer["drivers"]:
        for arch in ARCHES:
            assert (staging / "win7" / arch / name).is_dir(), name
    return outer


def check_signatures(folder):
    certificates = list((dist / "certs").glob("*.cer"))
    assert [c.name for c in certificates] == ["aero-test.cer"]
    assert digest(certificates[0]) == digest(staging / "certs/aero-test.cer")
    authority = folder / "authority.pem"
    run("openssl", "x509", "-inform", "DER", "-in", certificates[0], "-out", authority)
    # Windows 7 as released reads SHA-1 only, and a guest's clock may say anything: long before and after today.
    text = run("openssl", "x509", "-in", authority, "-noout", "-text", "-dates")
    assert "sha1WithRSAEncryption" in text and "Code Signing" in text and "Public-Key: (2048 bit)" in text
    assert re.search(r"notBefore=.* 20(0\d|1[01]) GMT", text) and re.search(r"notAfter=.* 204\d GMT", text), text
    drivers, catalogs = list(staging.rglob("*.sys")), list(staging.rglob("*.cat"))
    for driver in drivers:
        assert "Signature verification: ok" in run("osslsigncode", "verify", "-CAfile", authority, "-in", driver)
        beside = [c for c in catalogs if c.parent == driver.parent]
        assert beside, f"{driver} has no catalog"
        for catalog in beside:
            run("osslsigncode", "verify", "-CAfile", authority, "-catalog", catalog, "-in", driver)
    infs = [p for p in staging.rglob("*") if p.name.endswith((".inf", ".inf.disabled"))]
    assert len(catalogs) == len(infs) >= 2 and len(drivers) >= 2
    return len(drivers), len(catalogs)


def check_media(folder):
    with zipfile.ZipFile(dist / f"{PACK}.zip") as reader:
        assert reader.testzip() is None
        reader.extractall(folder / "pack-zip")
    assert snapshot(folder / "pack-zip") == snapshot(staging) == unpack(dist / ISO, folder / "pack-iso")
    for name, label in ((ISO, "AERO_VIRTIO"), ("aero-guest-tools.iso", "AERO_GUEST_TOOLS")):
        assert f"Volume id: {label}\n" in run("isoinfo", "-d", "-i", dist / name)
        assert "Everything is Ok" in run("7z", "t", dist / name)
    with zipfile.ZipFile(dist / "aero-guest-tools.zip") as reader:
        assert reader.testzip() is None
        reader.extractall(folder / "guest-zip")
    medium = folder / "guest-zip"
    assert snapshot(medium) == unpack(dist / "aero-guest-tools.iso", folder / "guest-iso")
    manifest = json.loads((dist / "aero-guest-tools-manifest.json").read_text())
    assert (medium / "manifest.json").read_bytes() == (dist / "aero-guest-tools-manifest.json").read_bytes()
    check_manifest(manifest, medium, "manifest.json")
    assert manifest["schema_version"] == 4
    assert manifest["signing_policy"] == "test" and manifest["certs_required"] is True
    for arch in ARCHES:
        assert snapshot(medium / "drivers" / arch / BLK) == snapshot(staging / "win7" / arch / BLK)
        assert (medium / "tools" / arch / "aero-selftest.exe").read_bytes()[:2] == b"MZ"
    for script in ("setup.cmd", "uninstall.cmd", "verify.cmd", "verify.ps1", "README.md", "config/devices.cmd"):
        assert (medium / script).stat().st_size > 100, script
    # Every script that one of the medium's scripts calls is there.
    for script in [p for p in medium.rglob("*.cmd") if p.parent.name in ("tools", medium.name)]:
        for called in re.findall(r"tools\\([\w-]+\.(?:cmd|ps1))", script.read_text()):
            assert (medium / "tools" / called).is_file(), f"{script.name} names tools\\{called}"


def check_no_key():
    for path in dist.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"PRIVATE KEY" not in data and path.suffix not in (".pem", ".key", ".pfx"), path


missing = [p for p in ("osslsigncode", "xorriso", "isoinfo", "7z", "openssl") if shutil.which(p) is None]
if missing:
    print("SKIPPED: not installed:", ", ".join(missing))
    sys.exit(77)
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    check_lists()
    print("%d drivers and %d catalogs verify under dist/certs" % check_signatures(folder))
    check_media(folder)
    check_no_key()
