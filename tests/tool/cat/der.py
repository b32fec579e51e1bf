# SPDX-License-Identifier: MIT OR Apache-2.0
"""DER and security catalogs, read and written without any code of aerow7's: what the tests here compare with.

A node is (tag, content): content is bytes for a primitive, a list of nodes for a constructed one."""

OIDS = {
    "signed_data": "1.2.840.113549.1.7.2",
    "ctl": "1.3.6.1.4.1.311.10.1",
    "list": "1.3.6.1.4.1.311.12.1.1",
    "members_v1": "1.3.6.1.4.1.311.12.1.2",
    "members_v2": "1.3.6.1.4.1.311.12.1.3",
    "namevalue": "1.3.6.1.4.1.311.12.2.1",
    "memberinfo": "1.3.6.1.4.1.311.12.2.2",
    "memberinfo_v2": "1.3.6.1.4.1.311.12.2.3",
    "indirect": "1.3.6.1.4.1.311.2.1.4",
    "pe": "1.3.6.1.4.1.311.2.1.15",
    "flat": "1.3.6.1.4.1.311.2.1.25",
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
}
NAMES = {value: name for name, value in OIDS.items()}
GUIDS = {"pe": "{C689AAB8-8E78-11D0-8C47-00C04FC295EE}", "flat": "{DE351A42-8E59-11D0-8C47-00C04FC295EE}"}
SUBJECTS = {"pe": bytes.fromhex("300a030205a0a004a2028000"), "flat": bytes.fromhex("a2028000")}
INTEGER, OCTETS, NULL, OID, UTC_TIME, BMP, SEQUENCE, SET = 0x02, 0x04, 0x05, 0x06, 0x17, 0x1E, 0x30, 0x31


def read(data, at=0, end=None):
    """All nodes of data[at:end]."""
    end, nodes = len(data) if end is None else end, []
    while at < end:
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(data[at:at + count], "big"), at + count
        assert at + length <= end, "a length reaches beyond its parent"
        nodes.append((tag, read(data, at, at + length) if tag & 0x20 else data[at:at + length]))
        at += length
    return nodes


def write(node):
    tag, content = node
    if isinstance(content, list):
        content = b"".join(write(child) for child in content)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def oid(text):
    first, second, *rest = [int(part) for part in OIDS.get(text, text).split(".")]
    out = bytearray([first * 40 + second])
    for part in rest:
        digits = [part & 0x7F]
        while part := part >> 7:
            digits.append(part & 0x7F | 0x80)
        out += bytes(reversed(digits))
    return OID, bytes(out)


def oid_name(node):
    data, value, parts = node[1], 0, []
    for byte in data:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            parts, value = parts + [value], 0
    text = ".".join(str(part) for part in [min(parts[0] // 40, 2), parts[0] - 40 * min(parts[0] // 40, 2), *parts[1:]])
    return NAMES.get(text, text)


def namevalue(name, value):
    return SEQUENCE, [(BMP, name.encode("utf-16-be")), (INTEGER, bytes.fromhex("10010001")),
                      (OCTETS, (value + "\0").encode("utf-16-le"))]


def read_namevalue(node):
    name, flags, value = node[1]
    assert tuple(flags) == (INTEGER, bytes.fromhex("10010001"))
    text = value[1].decode("utf-16-le")
    assert text.endswith("\0")
    return name[1].decode("utf-16-be"), text[:-1]


def content_of(data):
    """The nodes of a catalog's SignedData, and its CTL."""
    (info,) = read(data)
    assert oid_name(info[1][0]) == "signed_data"
    signed = info[1][1][1][0]
    content = signed[1][2]
    assert oid_name(content[1][0]) == "ctl"
    return signed[1], content[1][1][1][0]


def parameters_of(data):
    """What `cat create --spec` wants to know."""
    usage, identifier, time, algorithm, members, *extensions = content_of(data)[1][1]
    assert oid_name(usage[1][0]) == "list" and len(extensions) <= 1
    assert oid_name(algorithm[1][0]) == "members_v1"
    t = time[1].decode()
    century = 1900 if int(t[:2]) >= 50 else 2000
    out = {"identifier": identifier[1].hex(), "attributes": [], "members": [],
           "time": f"{century + int(t[:2]):04}-{t[2:4]}-{t[4:6]}T{t[6:8]}:{t[8:10]}:{t[10:12]}Z"}
    for extension in extensions[0][1][0][1] if extensions else []:
        kind, value = extension[1]
        assert oid_name(kind) == "namevalue"
        name, text = read_namevalue(read(value[1])[0])
        out["attributes"].append({"name": name, "value": text})
    for member in members[1]:
        found = {}
        for attribute in member[1][1][1]:
            kind, (value,) = oid_name(attribute[1][0]), attribute[1][1][1]
            if kind == "namevalue":
                name, text = read_namevalue(value)
                found[{"File": "name", "OSAttr": "osattr"}[name]] = text
            elif kind == "indirect":
                subject, digest = value[1]
                found["kind"] = oid_name(subject[1][0])
                assert oid_name(digest[1][0][1][0]) == "sha1"
                found["sha1"] = digest[1][1][1].hex()
            else:
                assert kind == "memberinfo"
        out["members"].append(found)
    return out


def unsigned(data):
    """The same catalog without what a signature brings: digest algorithms, certificates, signers."""
    signed, _ = content_of(data)
    return wrap(signed[2])


def wrap(content):
    return write((SEQUENCE, [oid("signed_data"), (0xA0, [(SEQUENCE, [
        (INTEGER, b"\1"), (SET, []), content, (SET, [])])])]))


def member_v1(member):
    digest = bytes.fromhex(member["sha1"])
    values = [
        ("namevalue", namevalue("File", member["name"].lower())),
        ("namevalue", namevalue("OSAttr", member["osattr"])),
        ("indirect", indirect(member["kind"], "sha1", digest)),
        ("memberinfo", (SEQUENCE, [(BMP, GUIDS[member["kind"]].encode("utf-16-be")), (INTEGER, b"\2\0")])),
    ]
    return member_of((digest.hex().upper() + "\0").encode("utf-16-le"), values)


def members_v2(member):
    """Each file twice: by its SHA-1 without indirect data, by its SHA-256 with it."""
    common = [("namevalue", namevalue("File", member["name"].lower())),
              ("namevalue", namevalue("OSAttr", member["osattr"])),
              ("memberinfo_v2", (0x80 if member["kind"] == "pe" else 0x82, b""))]
    sha256 = bytes.fromhex(member["sha256"])
    return [member_of(bytes.fromhex(member["sha1"]), common),
            member_of(sha256, common + [("indirect", indirect(member["kind"], "sha256", sha256))])]


def indirect(kind, algorithm, digest):
    return SEQUENCE, [(SEQUENCE, [oid(kind), read(SUBJECTS[kind])[0]]),
                      (SEQUENCE, [(SEQUENCE, [oid(algorithm), (NULL, b"")]), (OCTETS, digest)])]


def member_of(tag, values):
    attributes = [(SEQUENCE, [oid(kind), (SET, [value])]) for kind, value in values]
    return SEQUENCE, [(OCTETS, tag), (SET, sorted(attributes, key=write))]


def catalog(spec, version=1):
    """A catalog of the parameters that parameters_of() gives."""
    if version == 1:
        members = [member_v1(member) for member in spec["members"]]
    else:
        members = [made for member in spec["members"] for made in members_v2(member)]
    members.sort(key=lambda member: member[1][0][1])
    time = spec["time"].replace("-", "").replace("T", "").replace(":", "")[2:]
    attributes = [(SEQUENCE, [oid("namevalue"), (OCTETS, write(namevalue(a["name"], a["value"])))])
                  for a in spec["attributes"]]
    ctl = (SEQUENCE, [
        (SEQUENCE, [oid("list")]), (OCTETS, bytes.fromhex(spec["identifier"])), (UTC_TIME, time.encode()),
        (SEQUENCE, [oid(f"members_v{version}"), (NULL, b"")]), (SEQUENCE, members),
        *([(0xA0, [(SEQUENCE, attributes)])] if attributes else [])])
    return wrap((SEQUENCE, [oid("ctl"), (0xA0, [ctl])]))
