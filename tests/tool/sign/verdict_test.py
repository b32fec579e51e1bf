# SPDX-License-Identifier: MIT OR Apache-2.0
"""verdict_test.py AEROW7: what Windows 7 will say, against a table written here from the documentation (pages
kernel-mode-code-signing-requirements, the-testsigning-boot-configuration-option, signature-categories-and-driver-
installation, appendix-4--driver-signing-issues), for every way in which a driver and its catalog can be signed."""
import sys

from sign_support import *

need("openssl")
tool = Tool(sys.argv[1])
STOCK, KB2015, KB2019 = "stock SP1", "KB3033929", "KB4474419 + KB4490628"


def load(case, embedded, listed, authority):
    """`embedded`, `listed`: None or the digest. In words of the pages, not of the program."""
    x64, old = case["architecture"] == "x64", case["updates"] == STOCK
    boot, test = case["boot_start"], case["test_signing"]
    if not x64 and not boot:
        return "loads"

    def usable(digest):
        return digest is not None and not (old and digest == "sha256")

    counts = [d for d in ([embedded] if boot else [embedded, listed]) if usable(d)]
    if not counts:
        verdict = "refused"
    elif not test and authority == "self":
        verdict = "refused"
    elif not test and authority == "unknown":
        verdict = "unknown"
    elif boot and case["updates"] == KB2015 and counts[0] == "sha256":
        verdict = "unknown"
    else:
        verdict = "loads"
    # 32-bit: the pages disagree about boot-start drivers.
    return "unknown" if not x64 and verdict != "loads" else verdict


def install(case, listed, authority):
    if listed is None:
        return "unknown"
    if listed == "" or (listed == "sha256" and case["updates"] == STOCK):
        return "warn"
    return "silent" if authority == "microsoft" else "ask"


def check(files, embedded, listed, authority):
    cases = files[0]["windows7"]
    assert len(cases) == 12 and len({(c["updates"], c["test_signing"], c["boot_start"]) for c in cases}) == 12
    for case in cases:
        wanted = load(case, embedded, listed or None, authority), install(case, listed, authority)
        assert (case["load"], case["install"]) == wanted, (case, embedded, listed, authority, wanted)
        assert len(case["load_reason"]) > 20 and len(case["install_reason"]) > 20
    return len(cases)


def authorities(folder):
    """Certificates under roots of these names: what counts without the root's key is the name."""
    yield "self", Signer(folder, "one"), []
    for name, kind in (("Somebody", "unknown"), ("Microsoft Code Verification Root", "cross"),
                       ("Microsoft Root Certificate Authority", "microsoft")):
        root = Signer(folder, name, authority=True, usage=None, key_usage="keyCertSign")
        middle = Signer(folder, f"cross {kind}", issuer=root, authority=True, usage=None, key_usage="keyCertSign")
        yield kind, Signer(folder, f"leaf {kind}", issuer=middle), ["--cross-cert", middle.certificate]


with temporary() as where:
    judged = 0
    for authority, signer, cross in authorities(where):
        for machine in (AMD64, X86):
            plain = where / "plain.sys"
            plain.write_bytes(pe(machine))
            listing = where / "plain.cat"
            listing.write_bytes(catalog([(plain.name, authenticode_hash(plain.read_bytes(), "sha1"), True)]))
            for embedded in (None, "sha1", "sha256", "dual"):
                path = plain
                if embedded:
                    path = where / "signed.sys"
                    tool.sign(plain, signer, "--digest", embedded, *cross, out=path)
                # Only the first signature counts on Windows 7: a dual one is a SHA-1 one.
                counts = "sha1" if embedded == "dual" else embedded
                files = tool.verify(path, *([] if embedded else ["--allow-unsigned"]))
                judged += check(files, counts, None, authority)
                for listed in ("", "sha1", "sha256"):
                    cat = listing
                    if listed:
                        cat = where / "signed.cat"
                        tool.sign(listing, signer, "--digest", listed, *cross, out=cat)
                    files = tool.verify(path, "--catalog", cat, "--allow-unsigned")
                    judged += check(files, counts, listed, authority)
    # Broken, and for other purposes: as good as none.
    good = where / "good.sys"
    tool.sign(plain, signer, *cross, out=good)
    data = bytearray(good.read_bytes())
    data[0x250] ^= 1
    good.write_bytes(fix_checksum(data))
    judged += check(tool.verify(good, status=CHECK_FAILED), None, None, authority)
    old = Signer(where, "old", first="20100101", last="20111231")
    stale = where / "stale.sys"
    if shutil.which("osslsigncode"):
        must("osslsigncode", "sign", "-certs", old.certificate, "-key", old.key, "-h", "sha1", "-in", plain, "-out",
             stale)
        found, = tool.verify(stale, status=CHECK_FAILED)
        assert {c["load"] for c in found["windows7"] if c["boot_start"]} == {"unknown"}
    text = tool("verify", plain, "--catalog", where / "signed.cat", "--allow-unsigned").stdout
    assert "What Windows 7 will say" in text and "[1] " in text and "boot-start" in text
    print(judged, "cases")
