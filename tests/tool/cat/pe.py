# SPDX-License-Identifier: MIT OR Apache-2.0
"""Small PE images, and their Authenticode hash ("Windows Authenticode Portable Executable Signature Format"), without
any code of aerow7's."""
import hashlib
import struct

MACHINES = {"x86": 0x014C, "amd64": 0x8664}
PE_OFFSET, HEADERS, ALIGNMENT = 0x80, 0x200, 0x200
SECURITY = 4


def image(arch, payload):
    """A driver of one section that holds the payload. It has all headers, and does nothing."""
    plus = arch == "amd64"
    size = -(-len(payload) // ALIGNMENT) * ALIGNMENT
    optional = struct.pack("<HBBIIIII", 0x20B if plus else 0x10B, 14, 0, size, 0, 0, 0x1000, 0x1000)
    optional += struct.pack("<Q", 0x140000000) if plus else struct.pack("<II", 0x1000, 0x10000)
    optional += struct.pack("<IIHHHHHHIIIIHH", 0x1000, ALIGNMENT, 6, 1, 0, 0, 6, 1, 0, 0x2000, HEADERS, 0, 1, 0x0100)
    optional += struct.pack("<QQQQ" if plus else "<IIII", 0x100000, 0x1000, 0x100000, 0x1000)
    optional += struct.pack("<II", 0, 16) + bytes(16 * 8)
    coff = struct.pack("<HHIIIHH", MACHINES[arch], 1, 0, 0, 0, len(optional), 0x0022 if plus else 0x0102)
    section = struct.pack("<8sIIIIIIHHI", b".text", len(payload), 0x1000, size, HEADERS, 0, 0, 0, 0, 0x60000020)
    head = (b"MZ" + bytes(0x3A) + struct.pack("<I", PE_OFFSET)).ljust(PE_OFFSET, b"\0") + b"PE\0\0" + coff + optional
    return (head + section).ljust(HEADERS, b"\0") + payload.ljust(size, b"\0")


def authentihash(data, algorithm="sha1"):
    pe = struct.unpack_from("<I", data, 0x3C)[0]
    optional = pe + 24
    plus = struct.unpack_from("<H", data, optional)[0] == 0x20B
    checksum, entry = optional + 64, optional + (112 if plus else 96) + 8 * SECURITY
    table, size = struct.unpack_from("<II", data, entry)
    end = table if size else len(data)
    padding = bytes(-end % 8) if not size else b""
    hashed = data[:checksum] + data[checksum + 4:entry] + data[entry + 8:end] + padding
    return hashlib.new(algorithm, hashed).hexdigest()
