# SPDX-License-Identifier: MIT OR Apache-2.0
"""signed_test.py AEROW7: signed catalogs. osslsigncode finds the driver in ours and openssl verifies the signature;
aerow7 verifies what osslsigncode signed; all see a driver or a catalog that was changed, and a root that is not the
signer's."""
import json
import pathlib
import shutil
import sys
import tempfile

import der
import package
import pe

aerow7 = sys.argv[1]
DONE, CHECK_FAILED = 0, 1
for tool in ("osslsigncode", "openssl"):
    if not shutil.which(tool):
        print(f"SKIPPED: {tool} is not installed, and it is the judge here")
        sys.exit(77)


def rules(catalog, *more):
    result = package.run(aerow7, "cat", "verify", catalog, "--json", *more)
    assert result.returncode in (DONE, CHECK_FAILED), result
    return sorted(f["rule"] for f in json.loads(result.stdout)["findings"] if f["severity"] == "error")


def make_keys(root):
    for name in ("ours", "another"):
        package.done(aerow7, "cert", "create", "--out", root, "--name", name, "--subject", f"CN=Test {name}")
        package.done("openssl", "x509", "-inform", "DER", "-in", root / f"{name}.cer", "-out", root / f"{name}.crt.pem")


def judge_driver(root, catalog, driver, root_name="ours"):
    return package.run("osslsigncode", "verify", "-catalog", catalog, "-CAfile", root / f"{root_name}.crt.pem",
                       "-in", driver)


def judge_signature(root, catalog):
    content = root / "content"
    content.write_bytes(b"".join(der.write(node) for node in der.content_of(catalog.read_bytes())[1][1]))
    return package.run("openssl", "smime", "-verify", "-inform", "DER", "-in", catalog, "-binary", "-purpose", "any",
                       "-CAfile", root / "ours.crt.pem", "-content", content, "-out", "/dev/null")


def good(root, folder, catalog, arch):
    driver = folder / package.FOLDERS[arch].lower() / "sample.sys"
    assert rules(catalog, "--inf", folder / "sample.inf", "--root", root / "ours.cer") == []
    judged = judge_driver(root, catalog, driver)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    judged = judge_signature(root, catalog)
    assert judged.returncode == 0 and "successful" in judged.stderr, judged
    return driver


def check(root, digest, arch):
    folder = package.make(root / f"{digest} {arch}")
    catalog = folder / "sample.cat"
    package.done(aerow7, "cat", "create", "--inf", folder / "sample.inf", "--arch", arch, "--out", catalog)
    before = catalog.read_bytes()
    sign = [aerow7, "sign", catalog, "--cert", root / "ours.cer", "--key", root / "ours.pem", "--digest", digest]
    package.done(*sign)
    signed = catalog.read_bytes()
    assert der.unsigned(signed) == before, "signing leaves the list as it was"
    driver = good(root, folder, catalog, arch)

    # An embedded signature does not take the driver out of its catalog; made before it or after, the hash is one.
    package.done(aerow7, "sign", driver, *sign[3:])
    assert rules(catalog, "--inf", folder / "sample.inf", "--root", root / "ours.cer") == []
    package.done(aerow7, "cat", "create", "--inf", folder / "sample.inf", "--arch", arch, "--out", root / "after.cat")
    assert (root / "after.cat").read_bytes() == before
    good(root, folder, catalog, arch)

    # Signed by somebody else's program.
    (root / "in.cat").write_bytes(before)
    theirs = root / "theirs/sample.cat"
    theirs.parent.mkdir(exist_ok=True)
    theirs.unlink(missing_ok=True)
    package.done("osslsigncode", "sign", "-certs", root / "ours.crt.pem", "-key", root / "ours.pem", "-h", digest,
                 "-in", root / "in.cat", "-out", theirs)
    assert rules(theirs, "--inf", folder / "sample.inf", "--root", root / "ours.cer") == []

    # Not trusted, not signed.
    assert rules(catalog, "--root", root / "another.cer") == ["signature-chain"]
    assert rules(catalog, "--root", root / "another.cer", "--root", root / "ours.cer") == []
    assert judge_driver(root, catalog, driver, "another").returncode != 0
    assert rules(root / "in.cat") == ["signature-missing"] and rules(root / "in.cat", "--allow-unsigned") == []

    # One member's name, changed after signing.
    at = signed.index("sample.sys".encode("utf-16-le"))
    catalog.write_bytes(signed[:at] + b"S" + signed[at + 1:])
    assert "signature-content" in rules(catalog, "--root", root / "ours.cer")
    assert judge_driver(root, catalog, driver).returncode != 0 and judge_signature(root, catalog).returncode != 0
    # The signature itself.
    catalog.write_bytes(signed[:-1] + bytes([signed[-1] ^ 1]))
    assert "signature-invalid" in rules(catalog, "--root", root / "ours.cer")
    assert judge_driver(root, catalog, driver).returncode != 0
    catalog.write_bytes(signed)

    # The driver, changed after the catalog.
    changed = bytearray(driver.read_bytes())
    changed[pe.HEADERS + 1] ^= 1
    driver.write_bytes(changed)
    assert rules(catalog, "--inf", folder / "sample.inf") == ["file-changed"]
    assert judge_driver(root, catalog, driver).returncode != 0


with tempfile.TemporaryDirectory() as name:
    root = pathlib.Path(name)
    make_keys(root)
    for digest in ("sha1", "sha256"):
        for arch in package.FOLDERS:
            check(root, digest, arch)
            print(digest, arch)
