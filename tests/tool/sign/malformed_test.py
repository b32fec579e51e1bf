# SPDX-License-Identifier: MIT OR Apache-2.0
"""malformed_test.py AEROW7 README: a corpus of malformed signed files, made here; README.md beside this file says what
each one is, and the two lists are held to each other. Every one gets its status and a reason, in bounded time."""
import re
import sys
import time

from sign_support import *

need("openssl")
tool, readme = Tool(sys.argv[1]), pathlib.Path(sys.argv[2])
SIGNED_DATA, PE_DATA, NESTED = "1.2.840.113549.1.7.2", "1.3.6.1.4.1.311.2.1.4", "1.3.6.1.4.1.311.2.4.1"


class Message:
    """A SignedData taken apart, to be put together differently."""

    def __init__(self, data):
        signed = list(children(data, list(children(data, list(children(data, 0))[1]))[0]))
        parts = [data[at:read_der(data, at)[2]] for at in signed[:4]]
        self.version, self.digests, self.content, self.certificates = parts
        self.info = [data[at:read_der(data, at)[2]] for at in children(data, list(children(data, signed[-1]))[0])]

    def build(self, infos=None, certificates=None, content=None, digests=None, version=None):
        signed = der(0x30, version or self.version, digests or self.digests, content or self.content,
                     self.certificates if certificates is None else certificates,
                     der(0x31, *(infos if infos is not None else [self.signer()])))
        return der(0x30, oid(SIGNED_DATA), der(0xA0, signed))

    def signer(self, **parts):
        info = self.info[:6]
        for index, part in parts.items():
            info[int(index[1:])] = part
        return der(0x30, *[p for p in info if p is not None])


def wrap(image, message, length=None, revision=0x200, kind=2, entries=1, table=None, extra=b""):
    """The image without its signature, with this message behind it."""
    total, directory = pe_offsets(image)
    at = struct.unpack_from("<I", image, directory)[0]
    message += bytes(-len(message) % 8)
    size = len(message) + 8 if length is None else length
    behind = (struct.pack("<IHH", size & 0xFFFFFFFF, revision, kind) + message) * entries + extra
    out = bytearray(image[:at] + behind)
    struct.pack_into("<II", out, directory, *(table or (at, len(behind))))
    return fix_checksum(out)


def indirect(digest="1.3.14.3.2.26", size=20, kind="1.3.6.1.4.1.311.2.1.15", data=None, parameters=der(5)):
    if data is None:
        data = der(0x30, der(3, b"\0"), der(0xA0, der(0xA2, der(0x80))))
    return der(0x30, der(0x30, oid(kind), data), der(0x30, der(0x30, oid(digest), parameters), der(4, bytes(size))))


def content(value, kind=PE_DATA):
    return der(0x30, oid(kind), der(0xA0, value))


def moniker(identifier=bytes.fromhex("A6B586D5B4A12466AE05A217DA8E60D6"), kind="1.3.6.1.4.1.311.2.3.1", pages=b"",
            tag=0x31):
    serialized = der(tag, der(0x30, oid(kind), der(0x31, der(4, pages))))
    return der(0x30, der(3, b"\0"), der(0xA0, der(0xA1, der(4, identifier), der(4, serialized))))


def nest(message, inner, times=1):
    attribute = der(0x30, oid(NESTED), der(0x31, *[inner] * times))
    return message.build([der(0x30, *message.info[:6], der(0xA1, attribute))])


def deep(levels):
    value = b""
    for _ in range(levels):
        value = der(0x30, value)
    return value


def attributes(message, change):
    """The authenticated attributes changed; then the signature is wrong too, so what is wrong first is not asked."""
    found = [message.info[3][at:read_der(message.info[3], at)[2]] for at in children(message.info[3], 0)]
    return message.build([message.signer(_3=der(0xA0, *change(found)))])


def cases(image, listing):
    """name -> (status, text of the reason, file)."""
    m, bad, broken = Message(message_of(image)), BAD_INPUT, CHECK_FAILED
    plain = m.build()

    def behind(message, **how):
        return wrap(image, message, **how)

    def signs(value, kind=PE_DATA):
        return behind(m.build(content=content(value, kind)))

    unsigned = "behind the message that nobody signed"
    yield "table-of-nothing", bad, "end of the file", behind(plain, table=(len(image), 0))
    yield "table-beyond-the-file", bad, "end of the file", behind(plain, table=(0x7FFFFFF8, 8))
    yield "table-wraps-around", bad, "end of the file", behind(plain, table=(0xFFFFFFF8, 0x10))
    yield "table-over-a-section", bad, "end of the file", behind(plain, table=(0x200, len(behind(plain)) - 0x200))
    yield "table-over-the-headers", bad, "end of the file", behind(plain, table=(8, len(behind(plain)) - 8))
    yield "table-not-at-the-end", bad, "end of the file", fix_checksum(behind(plain) + bytes(8))
    yield "entry-shorter-than-its-header", bad, "does not fit", behind(plain, length=7)
    yield "entry-of-no-length", bad, "does not fit", behind(plain, length=0)
    yield "entry-longer-than-the-table", bad, "does not fit", behind(plain, length=0x7FFFFFFF)
    yield "entry-of-revision-1", bad, "unknown kind", behind(plain, revision=0x100)
    yield "entry-of-another-type", bad, "unknown kind", behind(plain, kind=1)
    yield "entry-and-a-half", bad, "does not fit", behind(plain, extra=b"\x10\0\0\0\0\0\0\0")
    yield "bytes-behind-the-message", bad, unsigned, behind(plain + b"payload")
    yield "zeros-behind-the-message", bad, unsigned, behind(plain + bytes(64))
    yield "message-cut-short", bad, "not PKCS#7", behind(plain[:-20])
    yield "message-of-nothing", bad, "not PKCS#7", behind(b"\x30\0")
    yield "message-without-content", bad, "not PKCS#7", behind(der(0x30, oid(SIGNED_DATA)))
    yield "message-of-indefinite-length", bad, "not PKCS#7", behind(m.build(content=der(0x30, oid(PE_DATA), der(
        0xA0, b"\x30\x80" + indirect()[2:] + b"\0\0"))))
    yield "message-not-der", bad, "not encoded in DER", behind(plain[:1] + b"\x83\0" + plain[2:])
    yield "issuer-in-other-case", broken, "certificate is not in the message", behind(m.build([m.signer(
        _1=m.info[1].replace(b"one", b"One"))]))
    yield "message-nested-deep", bad, "cannot be read", signs(deep(4000))
    yield "data-and-no-structure", bad, "not PKCS#7", signs(der(4, b"x"), "1.2.840.113549.1.7.1")
    yield "octets-and-no-structure", bad, "not PKCS#7", signs(der(4, b"x"))
    yield "no-content-at-all", bad, "not PKCS#7", behind(m.build(content=der(0x30, oid(PE_DATA))))
    yield "a-list-in-an-image", bad, "SpcIndirectData", signs(indirect(), "1.3.6.1.4.1.311.10.1")
    yield "version-3", bad, "version 1", behind(m.build(version=der(2, b"\3")))
    yield "signer-of-version-3", bad, "version 1", behind(m.build([m.signer(_0=der(2, b"\3"))]))
    yield "no-signer", bad, "digest algorithms", behind(m.build([]))
    yield "two-signers", bad, "not one signer", behind(m.build([m.signer(), m.signer()]))
    yield "many-signers", bad, "too many", behind(m.build([m.signer()] * 40))
    yield "digests-of-nobody", bad, "digest algorithms", behind(m.build(digests=der(0x31, der(
        0x30, oid("2.16.840.1.101.3.4.2.1"), der(5)))))
    yield "many-certificates", bad, "too many", behind(m.build(certificates=der(0xA0, *[
        m.certificates[read_der(m.certificates, 0)[1]:]] * 100)))
    yield "no-certificate", broken, "certificate is not in the message", behind(m.build(certificates=b""))
    yield "no-attributes", broken, "no authenticated attributes", behind(m.build([m.signer(_3=None)]))
    yield "digest-given-twice", broken, "", behind(attributes(m, lambda a: a + [a[-1]]))
    yield "digest-left-out", broken, "", behind(attributes(m, lambda a: a[:-1]))
    yield "type-left-out", broken, "", behind(attributes(
        m, lambda a: [x for x in a if oid("1.2.840.113549.1.9.3") not in x]))
    yield "signature-of-no-bytes", broken, "wrong under the key", behind(m.build([m.signer(_5=der(4))]))
    yield "signature-of-zeros", broken, "wrong under the key", behind(m.build([m.signer(_5=der(4, bytes(256)))]))
    yield "signature-too-long", broken, "wrong under the key", behind(m.build([m.signer(_5=der(4, b"\xFF" * 512))]))
    yield "algorithm-pss", broken, "does not use", behind(m.build([m.signer(
        _4=der(0x30, oid("1.2.840.113549.1.1.10")))]))
    yield "algorithm-of-another-digest", broken, "does not use", behind(m.build([m.signer(
        _4=der(0x30, oid("1.2.840.113549.1.1.11"), der(5)))]))
    yield "digest-md5", bad, "unknown kind", signs(indirect("1.2.840.113549.2.5", 16))
    yield "digest-too-short", bad, "wrong length", signs(indirect(size=19))
    yield "digest-of-another-file", broken, "not the one that was signed", signs(indirect())
    yield "subject-is-no-image", bad, "not a PE image", signs(indirect(kind="1.3.6.1.4.1.311.2.1.25"))
    yield "image-data-missing", bad, "not a PE image", signs(indirect(data=b""))
    yield "image-data-of-garbage", bad, "cannot be read", signs(indirect(data=der(0x30, b"\4\1x")))
    yield "moniker-of-unknown-class", bad, "unknown class", signs(indirect(data=moniker(bytes(16))))
    yield "moniker-of-unknown-kind", bad, "unknown kind", signs(indirect(
        data=moniker(kind="1.3.6.1.4.1.311.2.3.9")))
    yield "moniker-of-garbage", bad, "cannot be read", signs(indirect(data=moniker(tag=4)))
    yield "page-hashes-of-nothing", broken, "", signs(indirect(data=moniker()))
    yield "nested-garbage", bad, "nested signature is not a structure", behind(nest(m, der(4, b"x")))
    yield "nested-cut-short", bad, "not PKCS#7", behind(nest(m, der(0x30, plain[4:80])))
    yield "nested-many-times", bad, "too many", behind(nest(m, plain, 30))
    yield "two-entries-for-one-image", DONE, "", behind(plain, entries=2)
    yield "catalog-of-nothing", bad, "not PKCS#7", b"\x30\0"
    yield "catalog-with-bytes-behind", bad, unsigned, listing + b"\0"
    yield "catalog-that-signs-an-image", bad, "certificate trust list", plain


with temporary() as where:
    signer = Signer(where, "one")
    source, listing = where / "plain.sys", where / "plain.cat"
    source.write_bytes(pe(AMD64))
    tool.sign(source, signer)
    listing.write_bytes(catalog([("a.sys", bytes(range(20)), True)]))
    tool.sign(listing, signer)
    names = []
    for name, status, reason, data in cases(source.read_bytes(), listing.read_bytes()):
        path = where / name
        path.write_bytes(data)
        start = time.monotonic()
        result = run(tool.path, "verify", path, "--root", signer.der)
        assert time.monotonic() - start < 5, name
        said = result.stderr if status == BAD_INPUT else result.stdout
        assert result.returncode == status and reason in said and str(path) in said, \
            f"{name}: status {result.returncode}\n{result.stdout}\n{result.stderr}"
        names.append(name)
    listed = re.findall(r"^\| `([a-z0-9-]+)` \|", readme.read_text(), re.M)
    assert listed == names, f"README.md and the corpus differ: {set(listed) ^ set(names) or 'in order'}"
    print(len(names), "malformed files")
