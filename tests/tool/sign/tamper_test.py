# SPDX-License-Identifier: MIT OR Apache-2.0
"""tamper_test.py AEROW7 [WAYS]: every byte of small signed images, and of a signed catalog, is changed, one at a time,
in one bit or in WAYS of its eight. The header's checksum is put right again each time, so that it does not find what
the signature has to find. Every change is found but those in places that no signature covers, which are listed here by what
they are."""
import sys

from sign_support import *

need("openssl")
tool = Tool(sys.argv[1])
BATCH = 1500
WAYS = int(sys.argv[2]) if len(sys.argv) > 2 else 1


def spans(message, base):
    """Named parts of a PKCS#7 message, nested ones too: name -> [begin, end) in the file, and what it covers."""
    found = {}

    def put(name, at):
        found[name] = (base + at, base + read_der(message, at)[2])

    outer = list(children(message, 0))
    signed = list(children(message, list(children(message, outer[1]))[0]))
    put("digest algorithms", signed[1])
    put("content", signed[2])
    if message[signed[3]] == 0xA0:
        put("certificates", signed[3])
    info = list(children(message, signed[-1]))[0]
    names = ["version", "issuer and serial", "digest algorithm", "attributes", "signature algorithm", "signature"]
    for name, at in zip(names, children(message, info)):
        put(name, at)
    for at in children(message, info):
        if message[at] == 0xA1:
            put("unauthenticated attributes", at)
    return found


# rsaEncryption and the algorithm with the digest in its name differ in one byte and mean the same; both are written.
ALIKE = ["the last byte of the signature algorithm's OID"]


def parts_of(message, base):
    found = spans(message, base)
    last = found["signature algorithm"][0] + 2 + 11
    return found | {ALIKE[0]: (last - 1, last)}


def undetected(folder, original, name, root, fix, ways):
    """Offsets at which a change goes unnoticed, in one of the ways of changing."""
    missed = set()
    changes = [(at, 1 << (at + 3 * way) % 8) for at in range(len(original)) for way in range(ways)]
    for first in range(0, len(changes), BATCH):
        batch = {}
        for at, mask in changes[first:first + BATCH]:
            data = bytearray(original)
            data[at] ^= mask
            path = folder / f"{at}-{mask}{name}"
            path.write_bytes(fix(data, at))
            batch[str(path)] = at
        result = run(tool.path, "verify", *batch, "--root", root, "--json")
        assert result.returncode in (CHECK_FAILED, BAD_INPUT), result.stderr
        files = {f["file"]: f for f in json.loads(result.stdout)["files"]}
        for path, at in batch.items():
            if path in files and not files[path]["findings"]:
                missed.add(at)
            elif path not in files:
                assert f"aerow7: {path}: " in result.stderr, "no word about " + path
            pathlib.Path(path).unlink()
    return missed


def keep_checksum(data, at):
    """A checksum put right, unless that is what was changed or there is no image any more to have one."""
    begin = pe_offsets(ORIGINAL)[0]
    if at in range(0x3C, 0x40) or begin <= at < begin + 4:
        return bytes(data)
    total = checksum_at(data, begin)
    return bytes(data[:begin]) + struct.pack("<I", total) + bytes(data[begin + 4:])


def checksum_at(data, at):
    data = bytes(data[:at]) + bytes(4) + bytes(data[at + 4:])
    total = sum(struct.unpack(f"<{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total + len(data)


def explain(missed, parts, allowed):
    unexplained = sorted(at for at in missed if not any(
        parts[name][0] <= at < parts[name][1] for name in allowed if name in parts))
    assert not unexplained, [(at, [n for n, (b, e) in parts.items() if b <= at < e]) for at in unexplained]
    return {name: sum(parts[name][0] <= at < parts[name][1] for at in missed) for name in allowed if name in parts}


with temporary() as where:
    signer = Signer(where, "one")
    plain = where / "plain.sys"
    plain.write_bytes(pe(AMD64, sections=((0x1000, b"\xC3" * 0x80),), tail=b"odd"))
    for digest in ("sha1", "sha256"):
        signed = where / "signed.sys"
        tool.sign(plain, signer, "--digest", digest, "--page-hashes", out=signed)
        ORIGINAL = signed.read_bytes()
        message = message_of(ORIGINAL)
        missed = undetected(where, ORIGINAL, ".sys", signer.der, keep_checksum, WAYS)
        found = explain(missed, parts_of(message, len(ORIGINAL) - len(message)), ALIKE)
        print(digest, len(ORIGINAL), "bytes; not covered:", found)
    # Dual: the nested signature is an unauthenticated attribute of the first. Its own bytes are verified; what makes it
    # an attribute of that kind is covered by nothing, so a change there makes it vanish.
    tool.sign(plain, signer, "--digest", "dual", out=signed)
    ORIGINAL = signed.read_bytes()
    message = message_of(ORIGINAL)
    base = len(ORIGINAL) - len(message)
    parts = parts_of(message, base)
    begin = parts["unauthenticated attributes"][0]
    parts["the nested signature's attribute type"] = (begin, begin + 4 + 4 + 12)
    missed = undetected(where, ORIGINAL, ".sys", signer.der, keep_checksum, WAYS)
    found = explain(missed, parts, [*ALIKE, "the nested signature's attribute type"])
    print("dual", len(ORIGINAL), "bytes; not covered:", found)
    unsigned, signed = where / "unsigned.cat", where / "signed.cat"
    unsigned.write_bytes(catalog([("a.sys", bytes(range(20)), True)]))
    tool.sign(unsigned, signer, out=signed)
    original = signed.read_bytes()
    missed = undetected(where, original, ".cat", signer.der, lambda data, at: bytes(data), WAYS)
    print("catalog", len(original), "bytes; not covered:", explain(missed, parts_of(original, 0), ALIKE))
