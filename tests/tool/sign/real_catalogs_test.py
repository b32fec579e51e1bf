# SPDX-License-Identifier: MIT OR Apache-2.0
"""real_catalogs_test.py AEROW7 SOURCE: virtio-win's catalogs for Windows 7, made by Microsoft's tools: every signature
and timestamp is right, cross-signed, and what Windows 7 will say follows; a changed byte in what they sign is found.
Exits with 77 where the record of them (../shared/golden beside the project, or AERO_SHARED) is not there."""
import sys

from sign_support import *

tool, folder = Tool(sys.argv[1]), shared_folder(sys.argv[2]) / "golden/catalogs"
catalogs = sorted(folder.glob("*.cat"))
if not catalogs:
    print(f"SKIPPED: {folder} with virtio-win's catalogs is not there")
    sys.exit(SKIP)
need("openssl")
assert len(catalogs) == 12
for found in tool.verify(*catalogs):
    one, = found["signatures"]
    assert one["good"] and one["digest"] == "sha1" and one["in_time"] and not one["chain_trusted"], one
    assert one["authority"] == "cross-signed" and "CN=Microsoft Code Verification Root" in one["authority_name"]
    assert "Red Hat" in one["subject"] and one["timestamp"][:4] in ("2018", "2019") and not one["timestamp_trusted"]
    message = pathlib.Path(found["file"])
    signers = run("openssl", "pkcs7", "-inform", "DER", "-in", message, "-print_certs", "-noout").stdout
    assert "Red Hat" in signers
    for case in found["windows7"]:
        assert case["install"] == "ask"
        wanted = "loads" if not case["boot_start"] else "refused" if case["architecture"] == "x64" else "unknown"
        assert case["load"] == wanted, case
with temporary() as where:
    signer = Signer(where, "one")
    for path in catalogs:
        data = path.read_bytes()
        whole, _ = content_of(data)
        begin = data.index(whole)
        changed = [(name, at) for name, at in (("first", begin + 4), ("middle", begin + len(whole) // 2),
                                               ("last", begin + len(whole) - 1))]
        for name, at in changed:
            bad = where / f"{name}.cat"
            bad.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
            result = run(tool.path, "verify", bad)
            assert result.returncode in (CHECK_FAILED, BAD_INPUT), (path, name)
        # Signed anew by somebody else: the same list, another signature.
        again = where / path.name
        tool.sign(path, signer, out=again)
        assert content_of(again.read_bytes())[0] == whole
        one, = tool.verify(again, "--root", signer.der)[0]["signatures"]
        assert one["good"] and one["authority"] == "self-signed" and one["timestamp"] is None
print(len(catalogs), "catalogs")
