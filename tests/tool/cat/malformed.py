# SPDX-License-Identifier: MIT OR Apache-2.0
"""Malformed catalogs, made and not stored: README.md says what each one is. The tests give them to aerow7, the fuzzer
starts from them."""
import copy

import der

SPEC = {
    "identifier": "00112233445566778899aabbccddeeff", "time": "2026-01-31T23:59:58Z",
    "attributes": [{"name": "OS", "value": "7X64"}, {"name": "HWID1", "value": "pci\\ven_1af4&dev_1042&rev_01"}],
    "members": [{"name": "a.inf", "kind": "flat", "sha1": "11" * 20, "osattr": "2:6.1"},
                {"name": "a.sys", "kind": "pe", "sha1": "22" * 20, "osattr": "2:6.1"}]}
MALFORMED_EXIT = 3


def tree(data):
    """der.read's nodes as lists, so that they can be changed in place."""
    def listed(node):
        tag, content = node
        return [tag, [listed(child) for child in content] if isinstance(content, list) else content]
    return listed(der.read(data)[0])


class Catalog:
    def __init__(self):
        self.root = tree(der.catalog(SPEC))
        self.signed = self.root[1][1][1][0]
        self.content = self.signed[1][2]
        self.ctl = self.content[1][1][1][0]
        self.members = self.ctl[1][4][1]
        self.attributes = self.ctl[1][5][1][0][1]

    def member_attributes(self, index=0):
        return self.members[index][1][1][1]

    def bytes(self):
        return der.write(self.root)


def changed(change):
    catalog = Catalog()
    change(catalog)
    return catalog.bytes()


def member_value(catalog, kind, index=0):
    """The value of the first attribute of that kind."""
    for attribute in catalog.member_attributes(index):
        if der.oid_name(attribute[1][0]) == kind:
            return attribute[1][1][1][0]
    raise KeyError(kind)


def set_oid(node, text):
    node[:] = list(der.oid(text))


def set_content(node, content):
    node[1] = content


def nested(depth):
    data = b""
    for _ in range(depth):
        data = der.write((der.SEQUENCE, data))
    return data


def double(attributes, kind):
    attributes.append(copy.deepcopy(next(a for a in attributes if der.oid_name(a[1][0]) == kind)))


GOOD = der.catalog(SPEC)
NAMEVALUE = der.namevalue("File", "a.inf")

# name: (bytes, what aerow7 says)
CASES = {
    "empty": (b"", "not PKCS #7"),
    "text": (b"This is no catalog.\n", "not PKCS #7"),
    "cut-in-half": (GOOD[:len(GOOD) // 2], "not PKCS #7"),
    "cut-last-byte": (GOOD[:-1], "not PKCS #7"),
    "byte-behind": (GOOD + b"\0", "behind the catalog"),
    "length-of-4-gib": (bytes.fromhex("3084ffffffff") + GOOD[4:], "not PKCS #7"),
    "nested-too-deep": (changed(lambda c: set_content(c.content[1][1], nested(100))), "malformed"),
    "pkcs7-data": (der.write((der.SEQUENCE, [der.oid("1.2.840.113549.1.7.1"),
                                             (0xA0, [(der.OCTETS, b"abc")])])), "not PKCS #7"),
    "other-content": (changed(lambda c: set_oid(c.content[1][0], der.OIDS["indirect"])), "no certificate trust list"),
    "content-missing": (changed(lambda c: c.content[1].pop()), "no certificate trust list"),
    "content-in-octets": (changed(lambda c: c.content.__setitem__(1, [
        c.content[1][0], [0xA0, [(der.OCTETS, der.write(c.ctl))]]])), "malformed"),
    "ctl-of-something-else": (changed(lambda c: set_oid(c.ctl[1][0][1][0], "1.3.6.1.4.1.311.10.3.9")), "not a catalog"),
    "usage-empty": (changed(lambda c: set_content(c.ctl[1][0], [])), "not a catalog"),
    "version-3": (changed(lambda c: set_oid(c.ctl[1][3][1][0], "1.3.6.1.4.1.311.12.1.4")), "version that is not known"),
    "identifier-missing": (changed(lambda c: c.ctl[1].pop(1)), "identifier"),
    "identifier-of-65-bytes": (changed(lambda c: set_content(c.ctl[1][1], b"x" * 65)), "identifier"),
    "time-of-no-day": (changed(lambda c: set_content(c.ctl[1][2], b"260231000000Z")), "time"),
    "time-of-words": (changed(lambda c: set_content(c.ctl[1][2], b"yesterday")), "time"),
    "attribute-is-no-namevalue": (changed(lambda c: set_content(c.attributes[0][1][1], b"\x30\x00")),
        "no name with a value"),
    "attribute-with-bytes-behind": (changed(lambda c: set_content(
        c.attributes[0][1][1], c.attributes[0][1][1][1] + b"\0")), "behind a catalog attribute"),
    "attribute-with-half-a-character": (changed(lambda c: set_content(
        c.attributes[0][1][1], der.write((der.SEQUENCE, [(der.BMP, b"\0O\0"), *der.namevalue("", "7X64")[1][1:]])))),
        "attribute"),
    "attribute-with-a-lone-surrogate": (changed(lambda c: set_content(
        c.attributes[0][1][1], der.write((der.SEQUENCE, [*der.namevalue("OS", "")[1][:2],
            (der.OCTETS, b"\0\xd8\0\0")])))),
        "not text"),
    "attribute-with-escape-sequence": (changed(lambda c: set_content(
        c.attributes[0][1][1], der.write(der.namevalue("OS", "\x1b[2J7X64")))), "not text"),
    "attribute-with-zero-inside": (changed(lambda c: set_content(
        c.attributes[0][1][1], der.write(der.namevalue("OS", "7X\x0064")))), "not text"),
    "tag-is-no-hash": (changed(lambda c: set_content(c.members[0][1][0], "a.sys\0".encode("utf-16-le"))), "no hash"),
    "tag-empty": (changed(lambda c: set_content(c.members[0][1][0], b"")), "no hash"),
    "tag-of-odd-length": (changed(lambda c: set_content(c.members[0][1][0], b"1\0001")), "no hash"),
    "tag-of-one-megabyte": (changed(lambda c: set_content(c.members[0][1][0], b"1\0" * 500000)), "no hash"),
    "member-file-is-no-namevalue": (changed(lambda c: set_content(member_value(c, "namevalue"), [])),
        "no name with a value"),
    "member-attribute-without-value": (changed(lambda c: set_content(c.member_attributes()[0][1][1], [])),
        "exactly one value"),
    "member-attribute-with-two-values": (changed(lambda c: set_content(
        c.member_attributes()[0][1][1], [NAMEVALUE, NAMEVALUE])), "exactly one value"),
    "member-with-two-digests": (changed(lambda c: double(c.member_attributes(), "indirect")), "indirect data twice"),
    "member-with-two-infos": (changed(lambda c: double(c.member_attributes(), "memberinfo")),
        "member information twice"),
    "member-digest-empty": (changed(lambda c: set_content(
        member_value(c, "indirect")[1][1][1][1], b"")), "digest is malformed"),
    "member-digest-of-65-bytes": (changed(lambda c: set_content(
        member_value(c, "indirect")[1][1][1][1], b"x" * 65)), "digest is malformed"),
    "member-digest-is-no-digest": (changed(lambda c: set_content(member_value(c, "indirect"), [])),
        "indirect data is malformed"),
    "member-info-is-no-info": (changed(lambda c: set_content(member_value(c, "memberinfo"), [])),
        "information is malformed"),
}
