# SPDX-License-Identifier: MIT OR Apache-2.0
"""private_keys_test.py AEROW7 SOURCE PACKAGES: a private key in any form that OpenSSL can write, under an innocent
name or a telling one, among scripts or drivers, never gets onto a medium; certificates and texts about keys are not
taken for one."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

from guest import BLK, CHECK_FAILED, DONE, SPEC, Bench, Tool, spec_with

tool, packages = Tool(sys.argv[1], sys.argv[2]), pathlib.Path(sys.argv[3])


def openssl(*arguments, optional=False):
    result = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, timeout=60)
    assert optional or result.returncode == 0, (arguments, result)
    return result.stdout


def forms(folder, key):
    """name: bytes of one private key in every form."""
    rsa, certificate = key[1], key[2]
    ec = folder / "ec.pem"
    ec.write_bytes(openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"))
    ed = folder / "ed.pem"
    ed.write_bytes(openssl("genpkey", "-algorithm", "ED25519"))
    made = {
        "pem_pkcs8": rsa.read_bytes(), "pem_ec": ec.read_bytes(), "pem_ed25519": ed.read_bytes(),
        "pem_pkcs1": openssl("rsa", "-in", rsa, "-traditional"),
        "pem_sec1": openssl("ec", "-in", ec),
        "pem_encrypted": openssl("pkcs8", "-topk8", "-in", rsa, "-passout", "pass:x"),
        "pem_encrypted_traditional": openssl("rsa", "-in", rsa, "-traditional", "-aes128", "-passout", "pass:x"),
        "der_pkcs8": openssl("pkcs8", "-topk8", "-nocrypt", "-in", rsa, "-outform", "DER"),
        "der_pkcs1": openssl("rsa", "-in", rsa, "-traditional", "-outform", "DER"),
        "der_ec": openssl("ec", "-in", ec, "-outform", "DER"),
        "der_ed25519": openssl("pkey", "-in", ed, "-outform", "DER"),
        "der_encrypted": openssl("pkcs8", "-topk8", "-in", rsa, "-outform", "DER", "-passout", "pass:x"),
        "pkcs12": openssl("pkcs12", "-export", "-inkey", rsa, "-in", certificate, "-passout", "pass:x"),
        "pkcs12_no_password": openssl("pkcs12", "-export", "-inkey", rsa, "-in", certificate, "-passout", "pass:"),
        "key_blob": openssl("rsa", "-in", rsa, "-outform", "MS\\ PRIVATEKEYBLOB"),
    }
    pvk = openssl("rsa", "-in", rsa, "-outform", "PVK", "-pvk-none", optional=True)
    # OpenSSL 3.0 writes PVK only where its legacy provider is; the form is a header before the key blob.
    blob = made["key_blob"]
    made["pvk"] = pvk or \
        b"\x1e\xf1\xb5\xb0" + bytes(4) + b"\2\0\0\0" + bytes(8) + len(blob).to_bytes(4, "little") + blob
    text = made["pem_pkcs8"].decode()
    made["pem_utf16"] = text.encode("utf-16")
    made["pem_in_script"] = b"@echo off\r\nrem " + b"x" * 5000 + b"\r\n" + made["pem_pkcs8"].replace(b"\n", b"\r\n")
    made["pem_behind_zeros"] = b"MZ" + b"\0" * 70000 + made["pem_pkcs8"]
    made["certificate_and_key"] = certificate.read_bytes() + made["pem_pkcs8"]
    return made


def check_refused(bench, name, change, spec=None):
    folder = bench.case(change, spec)
    result = bench.make(folder)
    assert result.returncode == CHECK_FAILED and "it must not be handed out" in result.stderr, (name, result)
    assert not (folder / "out").exists()
    shutil.rmtree(folder)


def check_forms(bench):
    loose = spec_with(allow_extensions=["bin"])
    made = forms(bench.root, bench.key)
    for name, data in made.items():
        assert len(data) > 40, name
        check_refused(bench, name, lambda d, g: (g / "tools/notes.bin").write_bytes(data))
        check_refused(bench, name + "_beside_driver", lambda d, g: (d / "x86" / BLK / "notes.bin").write_bytes(data),
                      loose)
    check_refused(bench, "in_certs", lambda d, g: (g / "certs/aero-test.cer").write_bytes(made["certificate_and_key"]))
    check_refused(bench, "over_setup", lambda d, g: (g / "setup.cmd").write_bytes(made["pem_in_script"]))
    print(len(made), "forms")


def check_names(bench):
    for name in ("a.pfx", "A.PFX", "a.p12", "a.pvk", "a.key", "a.snk", "a.jks", "a.ppk", "a.p8", "id_rsa",
                 "ID_ED25519"):
        check_refused(bench, name, lambda d, g: (g / "tools" / name).write_text("x"))
    # Left out as a leftover is not good enough: the folder of somebody who builds must not have one in it.
    check_refused(bench, "in_leftover",
                  lambda d, g: (d / "x86" / BLK / "build.log").write_bytes(bench.key[1].read_bytes()))


def check_innocent(bench):
    def add(drivers, guest):
        (guest / "licenses/keys.txt").write_text("Never hand out a PRIVATE KEY.\n-----BEGIN\nPRIVATE KEY is two lines\n"
                                                 "-----BEGIN PUBLIC KEY-----\n")
        (guest / "tools/certificate.pem").write_bytes(bench.key[2].read_bytes())
        (guest / "tools/empty").write_bytes(b"")
        (guest / "tools/sequence.der").write_bytes(bytes.fromhex("3003020105"))
        # A DigestInfo has the shape of an encrypted key.
        (guest / "tools/digest.der").write_bytes(bytes.fromhex("3021300906052b0e03021a05000414" + "11" * 20))
        openssl("crl2pkcs7", "-nocrl", "-certfile", bench.key[2], "-outform", "DER", "-out", guest / "certs/store.p7b")
        openssl("rsa", "-in", bench.key[1], "-pubout", "-outform", "DER", "-out", guest / "tools/public.der")
    result = bench.make(bench.case(add))
    assert result.returncode == DONE, result.stderr


with tempfile.TemporaryDirectory() as name:
    bench = Bench(tool, packages, pathlib.Path(name))
    check_innocent(bench)
    check_forms(bench)
    check_names(bench)
