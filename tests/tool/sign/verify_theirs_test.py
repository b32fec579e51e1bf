# SPDX-License-Identifier: MIT OR Apache-2.0
"""verify_theirs_test.py AEROW7 PACKAGES: what osslsigncode signs, aerow7 verifies, with the same facts: every digest,
page hashes, nested signatures, timestamps of its built-in authority, chains, catalogs; and what is wrong with one is
found: another root, a time outside the certificate, another purpose."""
import sys

from sign_support import *

need("osslsigncode", "openssl")
tool, drivers = Tool(sys.argv[1]), built_drivers(sys.argv[2])


def sign(folder, signer, source, *options):
    out = folder / f"theirs-{len(list(folder.iterdir()))}{source.suffix}"
    must("osslsigncode", "sign", "-certs", signer.certificate, "-key", signer.key, *options, "-in", source, "-out", out)
    return out


def good(signatures, digests):
    assert [s["digest"] for s in signatures] == digests
    assert [s["nested"] for s in signatures] == [i > 0 for i in range(len(digests))]
    for s in signatures:
        assert s["good"] and s["signature_valid"] and s["content_matches"] and s["chain_trusted"] and s["in_time"], s
        assert s["fault"] is None and s["chain_fault"] is None
    return signatures


def check_variants(folder, signer):
    thumbprint = hashlib.sha1(signer.der.read_bytes()).hexdigest().upper()
    for source in drivers.values():
        for digest in ("sha1", "sha256"):
            for pages in ([], ["-ph"]):
                path = sign(folder, signer, source, "-h", digest, *pages)
                found, = tool.verify(path, "--root", signer.der)
                one, = good(found["signatures"], [digest])
                assert one["file_digest"] == digest and one["thumbprint"] == thumbprint and one["subject"] == "CN=one"
                assert one["page_hashes"] == one["page_hashes_match"] == bool(pages) and one["timestamp"] is None
                nested = sign(folder, signer, path, "-nest", "-h", "sha256", *pages)
                found, = tool.verify(nested, "--root", signer.certificate)
                good(found["signatures"], [digest, "sha256"])
                assert found["checksum_right"]
                assert found["architecture"] == ("x64" if source == drivers["amd64"] else "x86")


def check_timestamps(folder, signer):
    root = Signer(folder, "tsa-root", authority=True, usage=None, key_usage="keyCertSign", digest="sha256")
    tsa = Signer(folder, "tsa", issuer=root, timestamps=True, digest="sha256")
    chain = folder / "tsa-chain.pem"
    chain.write_text(tsa.certificate.read_text() + root.certificate.read_text())
    old = Signer(folder, "old", first="20100101", last="20121231")
    stamped = sign(folder, old, drivers["amd64"], "-h", "sha1", "-TSA-certs", chain, "-TSA-key", tsa.key, "-TSA-time",
                   "1325376000")
    found, = tool.verify(stamped, "--root", old.der, "--root", root.der)
    one, = good(found["signatures"], ["sha1"])
    assert one["timestamp"] == "2012-01-01T00:00:00Z" and one["timestamp_trusted"]
    # The same timestamp by an authority that nobody trusts does not hold the certificate's end up.
    found, = tool.verify(stamped, "--root", old.der, status=CHECK_FAILED)
    one, = found["signatures"]
    assert one["timestamp"] and not one["timestamp_trusted"] and not one["in_time"] and not one["chain_trusted"]
    assert "expired" in one["chain_fault"], one
    # Nor does one from after the end.
    late = sign(folder, old, drivers["amd64"], "-h", "sha1", "-TSA-certs", chain, "-TSA-key", tsa.key, "-TSA-time",
                "1600000000")
    found, = tool.verify(late, "--root", old.der, "--root", root.der, status=CHECK_FAILED)
    assert found["signatures"][0]["timestamp_trusted"] and not found["signatures"][0]["in_time"]
    # A timestamp moved to another signature is not over that one.
    image, other = (path.read_bytes() for path in (stamped, sign(folder, old, drivers["x86"], "-h", "sha1")))
    moved = folder / "moved.sys"
    moved.write_bytes(transplant(image, other))
    found, = tool.verify(moved, "--root", old.der, "--root", root.der, status=CHECK_FAILED)
    assert "timestamp is not over this signature" in found["signatures"][0]["fault"], found


def transplant(donor, target):
    """`target` with the unauthenticated attributes of `donor`."""
    def signer_info(message):
        signed = list(children(message, list(children(message, list(children(message, 0))[1]))[0]))
        return signed, list(children(message, signed[-1]))[0]

    message = message_of(donor)
    attributes = [at for at in children(message, signer_info(message)[1]) if message[at] == 0xA1][0]
    attributes = message[attributes:read_der(message, attributes)[2]]
    message = message_of(target)
    signed, info = signer_info(message)
    info = der(0x30, message[read_der(message, info)[1]:read_der(message, info)[2]], attributes)
    signed = der(0x30, message[signed[0]:signed[-1]], der(0x31, info))
    message = der(0x30, oid("1.2.840.113549.1.7.2"), der(0xA0, signed))
    message += bytes(-len(message) % 8)
    at = struct.unpack_from("<I", target, pe_offsets(target)[1])[0]
    image = bytearray(target[:at] + struct.pack("<IHH", len(message) + 8, 0x200, 2) + message)
    struct.pack_into("<I", image, pe_offsets(image)[1] + 4, len(message) + 8)
    return fix_checksum(image)


def check_wrong(folder, signer):
    driver = drivers["amd64"]
    other = Signer(folder, "other")
    path = sign(folder, signer, driver, "-h", "sha1")
    found, = tool.verify(path, "--root", other.der, status=CHECK_FAILED)
    assert [f["rule"] for f in found["findings"]] == ["chain-untrusted"] and found["signatures"][0]["good"]
    for name, options, rule in (
            ("expired", {"first": "20100101", "last": "20101231"}, "chain-untrusted"),
            ("early", {"first": "20480101"}, "chain-untrusted"),
            ("server", {"usage": "serverAuth"}, "signature-broken")):
        bad = Signer(folder, name, **options)
        path = sign(folder, bad, driver, "-h", "sha1")
        found, = tool.verify(path, "--root", bad.der, status=CHECK_FAILED)
        assert rule in [f["rule"] for f in found["findings"]], found
        if rule == "chain-untrusted":
            found, = tool.verify(path, status=CHECK_FAILED)
            assert [f["rule"] for f in found["findings"]] == ["certificate-not-valid"], found
    # Unsigned, and unsigned with leave.
    found, = tool.verify(driver, status=CHECK_FAILED)
    assert [f["rule"] for f in found["findings"]] == ["unsigned"]
    tool.verify(driver, "--allow-unsigned")


def check_chain(folder):
    root = Signer(folder, "root", authority=True, usage=None, key_usage="keyCertSign")
    middle = Signer(folder, "middle", issuer=root, authority=True, usage=None, key_usage="keyCertSign")
    leaf = Signer(folder, "leaf", issuer=middle)
    whole = sign(folder, leaf, drivers["amd64"], "-h", "sha1", "-ac", middle.certificate)
    one, = good(tool.verify(whole, "--root", root.der)[0]["signatures"], ["sha1"])
    assert one["authority"] == "unknown" and one["authority_name"] == "CN=root"
    torn = sign(folder, leaf, drivers["amd64"], "-h", "sha1")
    found, = tool.verify(torn, "--root", root.der, status=CHECK_FAILED)
    assert not found["signatures"][0]["chain_trusted"] and found["signatures"][0]["authority_name"] == "CN=middle"


def check_catalogs(folder, signer):
    driver, inf = drivers["amd64"], folder / "x.inf"
    inf.write_bytes(b"[Version]\r\n")
    unsigned, listed = folder / "plain.cat", [
        (driver.name, authenticode_hash(driver.read_bytes(), "sha1"), True),
        (inf.name, hashlib.sha1(inf.read_bytes()).digest(), False)]
    unsigned.write_bytes(catalog(listed))
    for digest in ("sha1", "sha256"):
        path = sign(folder, signer, unsigned, "-h", digest)
        good(tool.verify(path, "--root", signer.der)[0]["signatures"], [digest])
        files = tool.verify(driver, inf, "--catalog", path, "--root", signer.der)
        assert [(f["kind"], f["catalog"]["lists_file"]) for f in files] == [("pe", True), ("other", True)]
        found, = tool.verify(drivers["x86"], "--catalog", path, "--root", signer.der, status=CHECK_FAILED)
        assert "not-in-catalog" in [f["rule"] for f in found["findings"]]
    (folder / "y.inf").write_bytes(b"[Version]\n")
    found, = tool.verify(folder / "y.inf", "--catalog", path, status=CHECK_FAILED)
    assert [f["rule"] for f in found["findings"]] == ["not-in-catalog"]
    found, = tool.verify(driver, "--catalog", unsigned, status=CHECK_FAILED)
    assert "unsigned" in [f["rule"] for f in found["findings"]]


with temporary() as where:
    one = Signer(where, "one")
    check_variants(where, one)
    check_timestamps(where, one)
    check_wrong(where, one)
    check_chain(where)
    check_catalogs(where, one)
