# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the signature tests share: running the tools, making certificates with openssl, PE files and a catalog made here
byte by byte, so that no writer under test stands on both sides, and a walk over DER."""
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

DONE, CHECK_FAILED, USAGE, BAD_INPUT, NOT_WRITTEN = range(5)
SKIP = 77
X86, AMD64 = 0x14C, 0x8664


def need(*programs):
    missing = [p for p in programs if shutil.which(p) is None]
    if missing:
        print("SKIPPED: this test needs", ", ".join(missing))
        sys.exit(SKIP)


def run(*command, **options):
    options.setdefault("timeout", 60)
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)


def must(*command, status=0, **options):
    result = run(*command, **options)
    assert result.returncode == status, f"{command}: status {result.returncode}\n{result.stdout}\n{result.stderr}"
    return result


@contextlib.contextmanager
def temporary():
    with tempfile.TemporaryDirectory(prefix="aero-sign-") as name:
        yield pathlib.Path(name)


class Signer:
    """A self-signed certificate and key, or one issued by another, made by openssl. Dates as openssl x509 has them."""

    def __init__(self, folder, name, issuer=None, digest="sha1", usage="codeSigning", authority=False, first="20090101",
                 last="20491231", key_usage="digitalSignature", algorithm=("RSA", "rsa_keygen_bits:2048"),
                 timestamps=False):
        self.certificate, self.key, self.der = (folder / f"{name}{end}" for end in (".pem", ".key", ".cer"))
        if self.key.exists():
            self.key.unlink()
        must("openssl", "genpkey", "-algorithm", algorithm[0], "-pkeyopt", algorithm[1], "-out", self.key)
        self.key.chmod(0o600)
        extensions = [f"keyUsage=critical,{key_usage}"] if key_usage else []
        if authority:
            extensions += ["basicConstraints=critical,CA:TRUE"]
        if usage:
            extensions += [f"extendedKeyUsage={'critical,timeStamping' if timestamps else usage}"]
        # openssl ca is the one command of OpenSSL 3.0 that takes a first day.
        base = folder / f"{name}.ca"
        base.mkdir(exist_ok=True)
        (base / "index").write_text("")
        (base / "index.attr").write_text("unique_subject = no\n")
        (base / "serial").write_text(hashlib.sha256(name.encode()).hexdigest()[:16] + "\n")
        (base / "config").write_text(
            "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n[ca]\ndefault_ca=this\n[this]\n"
            f"database={base}/index\nserial={base}/serial\nnew_certs_dir={base}\npolicy=any\ndefault_md={digest}\n"
            "[any]\ncommonName=supplied\n[ext]\n" + "\n".join(extensions) + "\n")
        request = base / "request"
        must("openssl", "req", "-new", "-key", self.key, "-subj", f"/CN={name}", "-config", base / "config", "-out",
             request)
        signer = issuer or self
        issued = ["-cert", issuer.certificate] if issuer else ["-selfsign"]
        must("openssl", "ca", "-batch", "-notext", "-config", base / "config", *issued, "-keyfile", signer.key, "-in",
             request, "-out", self.certificate, "-startdate", first + "000000Z", "-enddate", last + "235959Z",
             "-extensions", "ext", *([] if extensions else ["-noemailDN"]))
        must("openssl", "x509", "-in", self.certificate, "-outform", "DER", "-out", self.der)


class Tool:
    def __init__(self, path):
        self.path = path

    def __call__(self, *arguments, status=DONE, **options):
        result = run(self.path, *arguments, **options)
        assert result.returncode == status, \
            f"{arguments}: status {result.returncode}, not {status}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
        return result

    def sign(self, source, signer, *options, out=None, status=DONE):
        return self("sign", source, "--cert", signer.der, "--key", signer.key, *options,
                    *(["--out", out] if out else []), status=status)

    def verify(self, *arguments, status=DONE):
        result = self("verify", *arguments, "--json", status=status)
        return json.loads(result.stdout)["files"]


def pe(machine=AMD64, tail=b"", sections=((0x1000, b"\xC3" * 0x1F3), (0x2000, bytes(range(256)) * 2))):
    """A native image with a header of 0x200 bytes and sections aligned to 0x200 in the file, 0x1000 in memory."""
    plus = machine == AMD64
    optional = 240 if plus else 224
    body, headers, offset = b"", b"", 0x200 if len(sections) < 4 else 0x400
    first = offset
    for index, (address, content) in enumerate(sections):
        raw = content + bytes(-len(content) % 0x200)
        headers += struct.pack("<8sIIIIIIHHI", b".s%d" % index, len(content), address, len(raw), offset, 0, 0, 0, 0,
                               0x60000020)
        body += raw
        offset += len(raw)
    end = max(a + len(c) for a, c in sections)
    size = end + -end % 0x1000
    header = b"MZ" + bytes(0x3A) + struct.pack("<I", 0x40) + b"PE\0\0"
    header += struct.pack("<HHIIIHH", machine, len(sections), 0x4D000000, 0, 0, optional, 0x22 if plus else 0x102)
    header += struct.pack("<HBBIIIII", 0x20B if plus else 0x10B, 14, 0, len(body), 0, 0, 0x1000, 0x1000)
    header += struct.pack("<Q", 0x140000000) if plus else struct.pack("<II", 0x2000, 0x10000)
    header += struct.pack("<IIHHHHHHIIIIHH", 0x1000, 0x200, 6, 1, 0, 0, 6, 1, 0, size, first, 0, 1, 0x140)
    header += (struct.pack("<QQQQ", 0x40000, 0x1000, 0x100000, 0x1000) if plus
               else struct.pack("<IIII", 0x40000, 0x1000, 0x100000, 0x1000))
    header += struct.pack("<II", 0, 16) + bytes(128) + headers
    assert len(header) <= first
    return fix_checksum(header + bytes(first - len(header)) + body + tail)


def pe_offsets(image):
    """Where CheckSum and the security directory's entry are."""
    header = struct.unpack_from("<I", image, 0x3C)[0]
    plus = struct.unpack_from("<H", image, header + 24)[0] == 0x20B
    return header + 24 + 64, header + 24 + (112 if plus else 96) + 32


def checksum(image):
    at = pe_offsets(image)[0]
    data = bytes(image[:at]) + bytes(4) + bytes(image[at + 4:])
    total = sum(struct.unpack(f"<{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total + len(data)


def fix_checksum(image):
    at = pe_offsets(image)[0]
    return bytes(image[:at]) + struct.pack("<I", checksum(image)) + bytes(image[at + 4:])


def authenticode_hash(image, name):
    total, directory = pe_offsets(image)
    table = struct.unpack_from("<I", image, directory)[0] or len(image)
    data = image[:total] + image[total + 4:directory] + image[directory + 8:table]
    if table == len(image):
        data += bytes(-len(image) % 8)
    return hashlib.new(name, data).digest()


def message_of(image):
    """The PKCS#7 message of a signed image, padding and all."""
    at, size = struct.unpack_from("<II", image, pe_offsets(image)[1])
    assert at + size == len(image) and at % 8 == 0
    length, revision, kind = struct.unpack_from("<IHH", image, at)
    assert (length, revision, kind) == (size, 0x200, 2)
    return image[at + 8:]


def der(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def oid(text):
    first, second, *rest = map(int, text.split("."))
    content = bytes([40 * first + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.insert(0, number & 0x7F | 0x80)
        content += bytes(groups)
    return der(6, content)


def read_der(data, at=0):
    """(tag, start of content, end) of the element at `at`."""
    size, start = data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, start = int.from_bytes(data[start:start + count], "big"), start + count
    assert start + size <= len(data)
    return data[at], start, start + size


def children(data, at):
    tag, start, end = read_der(data, at)
    assert tag & 0x20
    while start < end:
        yield start
        start = read_der(data, start)[2]


def content_of(message):
    """The whole element that a SignedData signs, and its value octets."""
    signed = list(children(message, list(children(message, list(children(message, 0))[1]))[0]))
    wrapper = list(children(message, list(children(message, signed[2]))[1]))[0]
    tag, start, end = read_der(message, wrapper)
    return message[wrapper:end], message[start:end]


def catalog(members, when=b"260101000000Z"):
    """An unsigned catalog of version 1: (name, SHA-1, is it a PE file)."""
    null, empty = der(5), der(0x80)

    def named(name, value):
        return der(0x30, der(0x1E, name.encode("utf-16-be")), der(2, b"\x10\x01\x00\x01"),
                   der(4, value.encode("utf-16-le") + b"\0\0"))

    def attribute(kind, value):
        return der(0x30, oid(kind), der(0x31, value))

    def member(name, digest, is_pe):
        kind, data, guid = (("1.3.6.1.4.1.311.2.1.15", der(0x30, der(3, b"\x05\xA0"), der(0xA0, der(0xA2, empty))),
                             "{C689AAB8-8E78-11D0-8C47-00C04FC295EE}") if is_pe else
                            ("1.3.6.1.4.1.311.2.1.25", der(0xA2, empty), "{DE351A42-8E59-11D0-8C47-00C04FC295EE}"))
        info = der(0x30, der(0x30, oid("1.3.14.3.2.26"), null), der(4, digest))
        attributes = [
            attribute("1.3.6.1.4.1.311.12.2.1", named("File", name)),
            attribute("1.3.6.1.4.1.311.12.2.1", named("OSAttr", "2:6.1")),
            attribute("1.3.6.1.4.1.311.2.1.4", der(0x30, der(0x30, oid(kind), data), info)),
            attribute("1.3.6.1.4.1.311.12.2.2", der(0x30, der(0x1E, guid.encode("utf-16-be")), der(2, b"\x02\x00")))]
        return der(0x30, der(4, digest.hex().upper().encode("utf-16-le") + b"\0\0"), der(0x31, *sorted(attributes)))

    listed = sorted(member(*one) for one in members)
    system = der(0x30, oid("1.3.6.1.4.1.311.12.2.1"), der(4, named("OS", "7X64")))
    ctl = der(0x30, der(0x30, oid("1.3.6.1.4.1.311.12.1.1")), der(4, bytes(range(16))), der(0x17, when),
              der(0x30, oid("1.3.6.1.4.1.311.12.1.2"), null), der(0x30, *listed), der(0xA0, der(0x30, system)))
    signed = der(0x30, der(2, b"\1"), der(0x31), der(0x30, oid("1.3.6.1.4.1.311.10.1"), der(0xA0, ctl)), der(0x31))
    return der(0x30, oid("1.2.840.113549.1.7.2"), der(0xA0, signed))


def built_drivers(packages):
    """The drivers that the build made, by architecture."""
    found = {}
    for architecture in ("amd64", "x86"):
        for path in sorted(pathlib.Path(packages).glob(f"{architecture}/*/*.sys")):
            found.setdefault(architecture, path)
    if len(found) != 2:
        print(f"SKIPPED: no built drivers of both architectures below {packages}")
        sys.exit(SKIP)
    return found


def shared_folder(source):
    return pathlib.Path(os.environ.get("AERO_SHARED", pathlib.Path(source).parent / "shared"))
