# SPDX-License-Identifier: MIT OR Apache-2.0
"""sign_rules_test.py AEROW7 CASE: the rules that signing keeps.

bytes     the same input, key and options give the same bytes; signing what is signed, by whomever, is the same as
          signing it for the first time; attributes are signtool's, in DER's order; nothing else in the file changes
refusals  keys and certificates that are unfit, and files that cannot be signed, are refused with a reason, and nothing
          is written; several files are all signed or none"""
import sys

from sign_support import *

need("openssl", "osslsigncode")
tool, case = Tool(sys.argv[1]), sys.argv[2]


def refused(text, *arguments, status=BAD_INPUT):
    result = tool(*arguments, status=status)
    assert text in result.stderr and result.stderr.startswith("aerow7: "), result.stderr
    assert result.stdout == ""


def check_attributes(image):
    """OpusInfo, contentType, StatementType, messageDigest, as in files signed by signtool, sorted by their encoding."""
    message = message_of(image)
    signed = list(children(message, list(children(message, list(children(message, 0))[1]))[0]))
    info = list(children(message, list(children(message, signed[-1]))[0]))
    found = [message[at:read_der(message, at)[2]] for at in children(message, info[3])]
    assert found == sorted(found)
    kinds = [f[2:2 + 2 + f[3]] for f in found]
    assert set(kinds) == {oid("1.3.6.1.4.1.311.2.1.12"), oid("1.2.840.113549.1.9.3"), oid("1.3.6.1.4.1.311.2.1.11"),
                          oid("1.2.840.113549.1.9.4")} and len(kinds) == 4
    assert message[info[4]:read_der(message, info[4])[2]] == der(0x30, oid("1.2.840.113549.1.1.1"), der(5))
    whole, value = content_of(message)
    assert found[kinds.index(oid("1.2.840.113549.1.9.4"))].endswith(hashlib.sha1(value).digest())


def check_bytes(folder, signer):
    other = Signer(folder, "other")
    for name, content in (("even", pe(AMD64)), ("odd", pe(X86, tail=b"123"))):
        plain = folder / f"{name}.sys"
        plain.write_bytes(content)
        for options in ([], ["--digest", "sha256"], ["--digest", "dual", "--page-hashes"]):
            outs = [folder / f"out-{i}.sys" for i in range(4)]
            tool.sign(plain, signer, *options, out=outs[0])
            tool.sign(plain, signer, *options, out=outs[1])
            tool.sign(outs[0], signer, *options, out=outs[2])
            tool.sign(plain, other, "--digest", "sha256", out=outs[3])
            tool.sign(outs[3], signer, *options)
            contents = [path.read_bytes() for path in outs]
            assert len(set(contents)) == 1, (name, options)
            signed = bytearray(contents[0])
            total, directory = pe_offsets(signed)
            table = struct.unpack_from("<I", signed, directory)[0]
            signed[total:total + 4] = content[total:total + 4]
            signed[directory:directory + 8] = bytes(8)
            assert signed[:table] == content + bytes(-len(content) % 8)
        theirs = folder / "theirs.sys"
        theirs.unlink(missing_ok=True)
        must("osslsigncode", "sign", "-certs", other.certificate, "-key", other.key, "-h", "sha256", "-in", plain,
             "-out", theirs)
        tool.sign(plain, signer, out=outs[0])
        tool.sign(theirs, signer, out=outs[1])
        assert outs[0].read_bytes() == outs[1].read_bytes()
        check_attributes(outs[0].read_bytes())
    # A header at an odd offset puts the checksum across words (found by fuzzing).
    content = pe(AMD64)
    plain.write_bytes(content[:0x3C] + b"\x53\0\0\0" + bytes(0x13) + content[0x40:0x200 - 0x13] + content[0x200:])
    tool.sign(plain, signer, out=outs[0])
    image = outs[0].read_bytes()
    assert struct.unpack_from("<I", image, pe_offsets(image)[0])[0] == checksum(image)
    tool.verify(outs[0], "--root", signer.der)
    unsigned, once = folder / "unsigned.cat", folder / "once.cat"
    unsigned.write_bytes(catalog([("a.sys", bytes(range(20)), True)]))
    tool.sign(unsigned, signer, out=once)
    first = once.read_bytes()
    tool.sign(once, other, "--digest", "sha256")
    assert once.read_bytes() != first
    tool.sign(once, signer)
    assert once.read_bytes() == first
    before = once.stat().st_mtime_ns
    tool.sign(once, signer)
    assert once.stat().st_mtime_ns == before, "an unchanged file is not written"
    result = json.loads(tool("sign", once, plain, "--cert", signer.der, "--key", signer.key, "--digest", "dual",
                             "--json").stdout)
    assert [(e["kind"], e["digest"]) for e in result["signed"]] == [("catalog", "sha1"), ("pe", "dual")]
    assert result["signer"]["subject"] == "CN=one"


def check_refusals(folder, signer):
    plain = folder / "plain.sys"
    plain.write_bytes(pe(AMD64))
    before = plain.read_bytes()

    def unfit(text, certificate=None, key=None, path=plain, status=BAD_INPUT, more=()):
        refused(text, "sign", path, "--cert", certificate or signer.der, "--key", key or signer.key, *more,
                status=status)

    for mode in (0o644, 0o640, 0o602):
        signer.key.chmod(mode)
        unfit("others than its owner")
    signer.key.chmod(0o600)
    other = Signer(folder, "other")
    unfit("is not the key of", key=other.key)
    unfit("is not a private key in PEM", key=signer_copy(folder, signer.certificate))
    unfit("is not a certificate", certificate=signer.key)
    must("openssl", "pkey", "-in", signer.key, "-aes128", "-passout", "pass:x", "-out", folder / "locked.key")
    (folder / "locked.key").chmod(0o600)
    unfit("is encrypted", key=folder / "locked.key")
    for name, options, text in (("expired", {"first": "20100101", "last": "20101231"},
                                 "expired at 2010-12-31T23:59:59Z"),
                                ("early", {"first": "20480101"}, "is not valid before 2048-01-01T00:00:00Z"),
                                ("server", {"usage": "serverAuth"}, "does not allow code signing"),
                                ("keyusage", {"key_usage": "keyEncipherment"}, "does not allow digital signatures"),
                                ("curve", {"algorithm": ("EC", "ec_paramgen_curve:P-256")}, "is not an RSA key")):
        bad = Signer(folder, name, **options)
        unfit(text, certificate=bad.der, key=bad.key)
    both = folder / "both.pem"
    both.write_text(signer.certificate.read_text() + other.certificate.read_text())
    unfit("holds 2 certificates", certificate=both)
    unfit("--out takes the result of one FILE", more=[plain, "--out", folder / "x"], status=USAGE)
    unfit("--digest is sha1, sha256 or dual", more=["--digest", "md5"], status=USAGE)
    refused("--key is missing", "sign", plain, "--cert", signer.der, status=USAGE)

    image = bytearray(before)
    directory = pe_offsets(image)[1]
    bad = folder / "bad.sys"
    for text, change in (
            ("certificate table is not at the end", lambda i: struct.pack_into("<II", i, directory, len(i) - 16, 8)),
            ("certificate table is not at the end",
             lambda i: struct.pack_into("<II", i, directory, 0x200, len(i) - 0x200)),
            ("certificate table is not at the end", lambda i: struct.pack_into("<II", i, directory, 0xFFFFFFF8, 8)),
            ("no entry for a certificate table", lambda i: struct.pack_into("<I", i, directory - 36, 4)),
            ("headers reach beyond the end", lambda i: struct.pack_into("<I", i, directory - 84, len(i) + 0x200)),
            ("no PE header", lambda i: struct.pack_into("<I", i, 0x3C, 0x7FFFFFFF)),
            ("outside the file", lambda i: struct.pack_into("<I", i, directory + 96 + 16, 0x7FFFFFFF)),
            ("neither a PE file nor a catalog", lambda i: struct.pack_into("<H", i, 0, 0x4141)),
            ("MZ", lambda i: i.__delitem__(slice(2, None)))):
        data = bytearray(before)
        change(data)
        bad.write_bytes(data)
        unfit(text, path=bad)
        assert bad.read_bytes() == data
    misaligned = bytearray(before)
    struct.pack_into("<I", misaligned, directory - 32 - 80, 0x2000)
    bad.write_bytes(misaligned)
    unfit("aligned to pages", path=bad, more=["--page-hashes"])
    whole = catalog([("a.sys", bytes(20), True)])
    for text, data in (("not one PKCS#7 message", whole[:-1]), ("not one PKCS#7 message", whole + b"\0"),
                       ("not PKCS#7 SignedData", der(0x30, oid("1.2.840.113549.1.7.1"), der(0xA0, der(4, b"x")))),
                       ("not a certificate trust list",
                        whole.replace(oid("1.3.6.1.4.1.311.10.1"), oid("1.3.6.1.4.1.311.10.2"))),
                       ("not PKCS#7 SignedData", der(0x30, oid("1.2.840.113549.1.7.2")))):
        bad = folder / "bad.cat"
        bad.write_bytes(data)
        unfit(text, path=bad)
    refused("cannot be", "sign", folder / "absent.sys", "--cert", signer.der, "--key", signer.key)
    # One bad file among good ones: nothing is written.
    refused("bad.cat", "sign", plain, bad, "--cert", signer.der, "--key", signer.key)
    assert plain.read_bytes() == before
    # A folder in the way of the output: status 4, and nothing is left beside it.
    target = folder / "taken.sys"
    target.mkdir()
    (target / "file").write_text("")
    refused("taken.sys", "sign", plain, "--cert", signer.der, "--key", signer.key, "--out", target, status=NOT_WRITTEN)
    assert not [p for p in folder.iterdir() if ".part-" in p.name]


def signer_copy(folder, path):
    copy = folder / "copy.key"
    shutil.copy(path, copy)
    copy.chmod(0o600)
    return copy


with temporary() as where:
    {"bytes": check_bytes, "refusals": check_refusals}[case](where, Signer(where, "one"))
