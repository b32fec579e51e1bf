# SPDX-License-Identifier: MIT OR Apache-2.0
"""osslsigncode_judges_test.py AEROW7 PACKAGES: what aerow7 signs, osslsigncode and openssl verify: both architectures,
every digest, page hashes, sizes that are no multiple of 8, certificates of others embedded, catalogs. The page hashes
are those that osslsigncode makes, byte for byte."""
import sys

from sign_support import *

need("osslsigncode", "openssl")
tool, packages = Tool(sys.argv[1]), sys.argv[2]
drivers = built_drivers(packages)


def accepted(path, root, count, *more):
    result = run("osslsigncode", "verify", "-CAfile", root, *more, "-in", path)
    assert result.returncode == 0 and result.stdout.count("Signature verification: ok") == count and \
        f"Number of verified signatures: {count}" in result.stdout, result.stdout + result.stderr
    return result.stdout


def page_hashes(image):
    """From the moniker: SET { SEQUENCE { OID, SET { OCTET STRING } } }."""
    whole, _ = content_of(message_of(image))
    data = list(children(whole, list(children(whole, 0))[0]))[1]
    link = list(children(whole, list(children(whole, data))[1]))[0]
    tag, start, end = read_der(whole, list(children(whole, link))[1])
    assert tag == 4
    return whole[start:end]


def check_images(folder, signer):
    images = {name: path.read_bytes() for name, path in drivers.items()}
    images |= {"tiny-amd64": pe(AMD64), "tiny-x86": pe(X86), "odd-amd64": pe(AMD64, tail=b"abc"),
               "odd-driver": images["amd64"] + b"12345", "many-sections":
               pe(AMD64, sections=[(0x1000 * (2 * i + 1), b"x" * (0x801 + 0x1000 * (i % 2))) for i in range(8)])}
    variants = 0
    for name, content in images.items():
        source = folder / f"{name}.sys"
        source.write_bytes(content)
        for digest in ("sha1", "sha256", "dual"):
            for pages in ([], ["--page-hashes"]):
                out = folder / "out.sys"
                tool.sign(source, signer, "--digest", digest, *pages, out=out)
                text = accepted(out, signer.certificate, 2 if digest == "dual" else 1)
                image = out.read_bytes()
                assert checksum(image) == int.from_bytes(image[pe_offsets(image)[0]:][:4], "little")
                for kind in ("sha1", "sha256") if digest == "dual" else (digest,):
                    assert authenticode_hash(image, kind).hex().upper() in text, kind
                    assert authenticode_hash(content, kind) == authenticode_hash(image, kind), "hash before and after"
                if pages and digest != "dual":
                    theirs = folder / "theirs.sys"
                    theirs.unlink(missing_ok=True)
                    must("osslsigncode", "sign", "-certs", signer.certificate, "-key", signer.key, "-h", digest, "-ph",
                         "-in", source, "-out", theirs)
                    assert page_hashes(image) == page_hashes(theirs.read_bytes()), (name, digest)
                variants += 1
        assert source.read_bytes() == content, "--out leaves the input alone"
    print(variants, "signed images accepted")


def check_chains(folder):
    root = Signer(folder, "root", authority=True, usage=None, key_usage="keyCertSign")
    leaf = Signer(folder, "leaf", issuer=root)
    out = folder / "chain.sys"
    tool.sign(drivers["amd64"], leaf, "--cross-cert", root.certificate, out=out)
    text = accepted(out, root.certificate, 1)
    assert "CN=root" in text and "CN=leaf" in text
    must("osslsigncode", "extract-signature", "-pem", "-in", out, "-out", folder / "chain.p7")
    listed = must("openssl", "pkcs7", "-in", folder / "chain.p7", "-print_certs", "-noout").stdout
    assert listed.count("subject=") == 2, listed


def check_catalogs(folder, signer):
    driver = drivers["amd64"]
    other = folder / "other.sys"
    other.write_bytes(pe(AMD64))
    hashes = [(driver.name, authenticode_hash(driver.read_bytes(), "sha1"), True),
              ("x.inf", hashlib.sha1(b"[Version]").digest(), False)]
    unsigned = folder / "unsigned.cat"
    unsigned.write_bytes(catalog(hashes))
    for digest in ("sha1", "sha256", "dual"):
        signed = folder / f"{digest}.cat"
        tool.sign(unsigned, signer, "--digest", digest, out=signed)
        accepted(driver, signer.certificate, 1, "-catalog", signed)
        wrong = run("osslsigncode", "verify", "-CAfile", signer.certificate, "-catalog", signed, "-in", other)
        assert wrong.returncode != 0
        whole, value = content_of(signed.read_bytes())
        assert whole == content_of(unsigned.read_bytes())[0], "the list is kept byte for byte"
        (folder / "value").write_bytes(value)
        must("openssl", "smime", "-verify", "-inform", "DER", "-in", signed, "-binary", "-purpose", "any", "-CAfile",
             signer.certificate, "-content", folder / "value", "-out", folder / "verified")
        (folder / "value").write_bytes(value[:-1] + bytes([value[-1] ^ 1]))
        changed = run("openssl", "smime", "-verify", "-inform", "DER", "-in", signed, "-binary", "-purpose", "any",
                      "-CAfile", signer.certificate, "-content", folder / "value", "-out", folder / "verified")
        assert changed.returncode != 0
    print("3 catalogs accepted")


with temporary() as where:
    one = Signer(where, "one")
    check_images(where, one)
    check_chains(where)
    check_catalogs(where, one)
