# SPDX-License-Identifier: MIT OR Apache-2.0
"""cert_test.py AEROW7: certificates are what Windows 7 wants and openssl reads them so; keys are their owner's only and
never overwritten; --reuse takes a pair that fits, makes a lost .cer again, and refuses one that does not fit."""
import stat
import sys

from sign_support import *

need("openssl", "osslsigncode")
tool = Tool(sys.argv[1])


def text_of(path):
    return must("openssl", "x509", "-in", path, "-inform", "DER", "-noout", "-text").stdout


def failed(text, status, *arguments):
    result = tool("cert", "create", *arguments, status=status)
    assert text in result.stderr, result.stderr


def check_defaults(folder):
    tool("cert", "create", "--out", folder / "a")
    cer, key = folder / "a/aero-test.cer", folder / "a/aero-test.pem"
    assert sorted(p.name for p in (folder / "a").iterdir()) == ["aero-test.cer", "aero-test.pem"]
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    text = text_of(cer)
    for wanted in ("Version: 3", "Signature Algorithm: sha1WithRSAEncryption", "Subject: CN = Aero Test Driver Signing",
                   "Issuer: CN = Aero Test Driver Signing", "Not Before: Jan  1 00:00:00 2009 GMT", "(2048 bit)",
                   "Not After : Dec 31 23:59:59 2049 GMT", "Exponent: 65537", "X509v3 Key Usage: critical",
                   "Digital Signature", "X509v3 Extended Key Usage", "Code Signing"):
        assert wanted in text, wanted
    lines = must("openssl", "asn1parse", "-inform", "DER", "-in", cer).stdout.splitlines()
    times = [line for line in lines if "TIME" in line]
    assert len(times) == 2 and all("UTCTIME" in t for t in times), times
    public = must("openssl", "pkey", "-in", key, "-pubout").stdout
    assert public == must("openssl", "x509", "-in", cer, "-inform", "DER", "-noout", "-pubkey").stdout
    assert must("openssl", "rsa", "-in", key, "-check", "-noout").stdout.startswith("RSA key ok")
    shown = json.loads(tool("cert", "show", cer, "--json").stdout)["certificates"][0]
    assert shown["thumbprint"] == hashlib.sha1(cer.read_bytes()).hexdigest().upper()
    assert shown["sha256"] == hashlib.sha256(cer.read_bytes()).hexdigest()
    assert (shown["not_before"], shown["not_after"]) == ("2009-01-01T00:00:00Z", "2049-12-31T23:59:59Z")
    assert shown["self_signed"] and shown["code_signing"] and shown["valid_now"] and not shown["private_key"]
    serial = must("openssl", "x509", "-in", cer, "-inform", "DER", "-noout", "-serial").stdout
    assert serial.strip() == "serial=" + shown["serial"]
    plain = tool("cert", "show", cer).stdout
    assert shown["thumbprint"] in plain and "For code signing     yes" in plain
    # What it signs, osslsigncode takes.
    pem, driver = folder / "a.pem", folder / "d.sys"
    must("openssl", "x509", "-in", cer, "-inform", "DER", "-out", pem)
    driver.write_bytes(pe(AMD64))
    tool("sign", driver, "--cert", cer, "--key", key)
    must("osslsigncode", "verify", "-CAfile", pem, "-in", driver)


def check_reuse(folder):
    cer, key = folder / "a/aero-test.cer", folder / "a/aero-test.pem"
    before = cer.read_bytes(), key.read_bytes()
    failed("exists already and is left as it is", NOT_WRITTEN, "--out", folder / "a")
    tool("cert", "create", "--out", folder / "a", "--reuse")
    assert before == (cer.read_bytes(), key.read_bytes())
    # A lost certificate is made again: the same one.
    cer.unlink()
    failed("exists already", NOT_WRITTEN, "--out", folder / "a")
    tool("cert", "create", "--out", folder / "a", "--reuse")
    assert before == (cer.read_bytes(), key.read_bytes())
    failed("is signed with RSA-SHA1, not with sha256", BAD_INPUT, "--out", folder / "a", "--reuse", "--digest",
           "sha256")
    key.chmod(0o644)
    failed("others than its owner", BAD_INPUT, "--out", folder / "a", "--reuse")
    key.chmod(0o600)
    # Two places, and a pair that does not belong together.
    tool("cert", "create", "--key", folder / "k/x.pem", "--cer", folder / "c/x.cer", "--pfx", "--reuse")
    assert (folder / "k/x.pfx").exists() and not (folder / "c/x.pfx").exists()
    failed("is not the key of", BAD_INPUT, "--key", folder / "k/x.pem", "--cer", cer, "--reuse")
    assert cer.read_bytes() == before[0], "somebody else's certificate is left alone"
    (folder / "k/x.pem").unlink()
    failed("the key that belongs to it does not", NOT_WRITTEN, "--key", folder / "k/x.pem", "--cer", folder / "c/x.cer",
           "--reuse")
    key.write_text("no key")
    failed("is not a private key", BAD_INPUT, "--out", folder / "a", "--reuse")
    assert key.read_text() == "no key"
    # A certificate that ends in less than five years.
    year = int(must("date", "-u", "+%Y").stdout)
    tool("cert", "create", "--out", folder / "short", "--not-after", f"{year + 4}-01-01")
    failed("in less than 5 years", BAD_INPUT, "--out", folder / "short", "--reuse")
    for name, options in (("server", {"usage": "serverAuth"}), ("gone", {"first": "20100101", "last": "20111231"})):
        bad = Signer(folder, name, **options)
        failed(str(bad.der), BAD_INPUT, "--key", bad.key, "--cer", bad.der, "--reuse")


def check_options(folder):
    tool("cert", "create", "--out", folder / "b", "--name", "mine", "--subject", "CN=Me\\, myself,O=\u00c4rger",
         "--digest", "sha256", "--not-before", "2015-02-28", "--not-after", "2045-06-30")
    shown = json.loads(tool("cert", "show", folder / "b/mine.cer", "--json").stdout)["certificates"][0]
    assert shown["subject"] == shown["issuer"] == "O=\u00c4rger,CN=Me\\, myself", shown
    assert shown["signature"] == "RSA-SHA256"
    assert (shown["not_before"], shown["not_after"]) == ("2015-02-28T00:00:00Z", "2045-06-30T23:59:59Z")
    for text, options in (("is no date", ["--not-after", "2050-01-01"]), ("is no date", ["--not-after", "2030-02-30"]),
                          ("is no date", ["--not-before", "2030-1-1"]), ("lies before", ["--not-after", "2008-01-01"]),
                          ("the subject is not", ["--subject", "Me"]), ("the subject is not", ["--subject", ""]),
                          ("the subject is not", ["--subject", "XX=a"]), ("sha1 or sha256", ["--digest", "md5"]),
                          ("a file name", ["--name", "a/b"]), ("of no use", ["--pfx-password-file", "x"]),
                          ("give --out DIR, or", ["--key", "k"])):
        failed(text, USAGE, "--out", folder / "never", *options)
    failed("give --out DIR, or", USAGE)
    failed("give --out DIR, or", USAGE, "--key", folder / "never")
    assert not (folder / "never").exists()
    (folder / "file").write_text("")
    failed("file", NOT_WRITTEN, "--out", folder / "file/below")


def check_pfx(folder):
    password = folder / "password"
    password.write_text("geheim \u00e4\n")
    tool("cert", "create", "--out", folder / "p", "--pfx", "--pfx-password-file", password)
    pfx = folder / "p/aero-test.pfx"
    assert stat.S_IMODE(pfx.stat().st_mode) == 0o600
    info = run("openssl", "pkcs12", "-in", pfx, "-info", "-noout", "-passin", "pass:geheim \u00e4").stderr
    # What Windows 7 can read: nothing newer than this.
    assert "MAC: sha1" in info and info.count("pbeWithSHA1And3-KeyTripleDES-CBC") == 2 and "PBES2" not in info, info
    inside = must("openssl", "pkcs12", "-in", pfx, "-nokeys", "-passin", "pass:geheim \u00e4").stdout
    certificate = inside[inside.index("-----BEGIN"):]
    der_bytes = subprocess.run(["openssl", "x509", "-outform", "DER"], input=certificate.encode(), capture_output=True,
                               check=True).stdout
    assert der_bytes == (folder / "p/aero-test.cer").read_bytes()
    shown = json.loads(tool("cert", "show", pfx, "--pfx-password-file", password, "--json").stdout)["certificates"][0]
    assert shown["private_key"]
    assert "right password" in tool("cert", "show", pfx, status=BAD_INPUT).stderr
    content = pfx.read_bytes()
    tool("cert", "create", "--out", folder / "p", "--pfx", "--reuse")
    assert pfx.read_bytes() == content
    (folder / "p/aero-test.pem").unlink()
    (folder / "p/aero-test.cer").unlink()
    failed("aero-test.pfx: exists", NOT_WRITTEN, "--out", folder / "p", "--pfx")
    for name, data in (("a.cer", b""), ("b.cer", b"0\x82"), ("c.cer", b"-----BEGIN CERTIFICATE-----\n"),
                       ("d.pfx", b"0\0")):
        (folder / name).write_bytes(data)
        assert name in tool("cert", "show", folder / name, status=BAD_INPUT).stderr


with temporary() as where:
    check_defaults(where)
    check_reuse(where)
    check_options(where)
    check_pfx(where)
