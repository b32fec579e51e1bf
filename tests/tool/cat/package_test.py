# SPDX-License-Identifier: MIT OR Apache-2.0
"""package_test.py AEROW7: the catalog of a package is what its INF and files say, by another reader and other hashes;
the same each time; and refused, without a trace, when the package is not fit."""
import hashlib
import json
import pathlib
import shutil
import sys
import tempfile

import der
import package
import pe

aerow7 = sys.argv[1]
DONE, CHECK_FAILED, USAGE, BAD_INPUT, NOT_WRITTEN = range(5)


def create(folder, arch, *more, out=None, **options):
    out = out or folder.parent / "made.cat"
    package.done(aerow7, "cat", "create", "--inf", folder / "sample.inf", "--arch", arch, "--out", out, *more,
                 **options)
    return out.read_bytes()


def content(root):
    folder = package.make(root / "content")
    for arch in package.FOLDERS:
        found = der.parameters_of(create(folder, arch))
        assert found["attributes"] == package.attributes(arch), found["attributes"]
        assert found["members"] == package.members(folder, arch), found["members"]
        assert found["time"] == package.TIME, found["time"]
    made = create(folder, "amd64", "--os", "7X64,Server2008R2X64", "--os-attr", "2:6.0,2:6.1")
    found = der.parameters_of(made)
    assert found["attributes"] == package.attributes("amd64", "7X64,Server2008R2X64")
    assert found["members"] == package.members(folder, "amd64", "2:6.0,2:6.1")
    # By other people's readers.
    (root / "made.cat").write_bytes(made)
    text = package.done("openssl", "asn1parse", "-inform", "DER", "-in", root / "made.cat")
    assert "1.3.6.1.4.1.311.10.1" in text and text.count("BMPSTRING") == 4 * 3
    text = package.done("openssl", "pkcs7", "-inform", "DER", "-in", root / "made.cat", "-print", "-noout")
    assert "signer_info:\n      <EMPTY>" in text and "md_algs:\n      <EMPTY>" in text, text[-300:]


def same_bytes(root):
    first, second = package.make(root / "first"), package.make(root / "another place")
    made = create(first, "amd64")
    assert create(first, "amd64") == made and create(second, "amd64") == made
    # Times: SOURCE_DATE_EPOCH, above it the option, below it the date of DriverVer.
    by_environment = create(first, "amd64", epoch=1700000000)
    assert der.parameters_of(by_environment)["time"] == "2023-11-14T22:13:20Z"
    assert create(first, "amd64", "--source-date-epoch", "1700000000", epoch=5) == by_environment
    # The identifier is another one whenever anything else is.
    (second / "amd64/readme.txt").write_bytes(b"something else\n")
    identifiers = {der.parameters_of(data)["identifier"]
                   for data in (made, by_environment, create(second, "amd64"), create(first, "x86"))}
    assert len(identifiers) == 4, identifiers
    # Files may be elsewhere than the INF.
    elsewhere = root / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(first / "sample.inf", elsewhere)
    assert create(elsewhere, "amd64", "--files", first) == made


def same_content_once(root):
    """Windows looks a file up by its hash: two files with the same content are one member, named as the first."""
    folder = package.make(root / "twins", package.INF.replace("helper.dll", "twin.sys"))
    shutil.copy(folder / "amd64/sample.sys", folder / "amd64/twin.sys")
    names = [member["name"] for member in der.parameters_of(create(folder, "amd64"))["members"]]
    assert sorted(names) == ["readme.txt", "sample.inf", "sample.sys"], names


def report(root):
    folder = package.make(root / "report")
    text = package.done(aerow7, "cat", "create", "--inf", folder / "sample.inf", "--arch", "x86", "--out",
                        root / "r.cat", "--json")
    made = json.loads(text)
    shown = json.loads(package.done(aerow7, "cat", "show", root / "r.cat", "--json"))
    assert made == shown
    assert shown["version"] == 1 and shown["time"] == package.TIME and shown["signatures"] == []
    assert shown["attributes"] == package.attributes("x86")
    for member, wanted in zip(shown["members"], package.members(folder, "x86"), strict=True):
        assert (member["file"], member["kind"], member["os_attribute"]) == (wanted["name"], wanted["kind"], "2:6.1")
        assert member["tag"] == member["digest"] == wanted["sha1"].upper() and member["digest_algorithm"] == "sha1"
    plain = package.done(aerow7, "cat", "show", root / "r.cat")
    values = [a["value"] for a in package.attributes("x86")]
    for text in values + [m["sha1"].upper() for m in package.members(folder, "x86")]:
        assert text in plain, text


def refused(root, expected, *texts, command):
    out = root / "refused.cat"
    out.write_bytes(b"what was there")
    result = package.run(aerow7, "cat", "create", *command, "--out", out)
    assert result.returncode == expected, (expected, result)
    for text in texts:
        assert text in result.stderr, (text, result.stderr)
    assert out.read_bytes() == b"what was there", "a failure leaves the old file"
    assert not [p for p in root.iterdir() if p.name.startswith("refused.cat.")], "and nothing beside it"


def unfit(root):
    def of(folder, arch="amd64"):
        return ["--inf", folder / "sample.inf", "--arch", arch]

    folder = package.make(root / "unfit")
    (folder / "amd64/readme.txt").unlink()
    (folder / "amd64/Helper.dll").unlink()
    refused(root, CHECK_FAILED, "unfit/sample.inf", "AMD64/readme.txt", "AMD64/helper.dll", command=of(folder))
    (folder / "amd64/readme.txt").mkdir()
    (folder / "amd64/helper.dll").write_bytes(b"MZ and nothing more")
    refused(root, BAD_INPUT, "amd64/readme.txt", "not a regular file", command=of(folder))
    (folder / "amd64/readme.txt").rmdir()
    (folder / "amd64/readme.txt").write_bytes(b"")
    refused(root, BAD_INPUT, "helper.dll", "begins like a PE image", command=of(folder))
    (folder / "amd64/helper.dll").write_bytes(b"MSCF\0\0\0\0")
    refused(root, BAD_INPUT, "helper.dll", "cabinet", command=of(folder))
    damaged = bytearray(pe.image("amd64", b"x"))
    entry = pe.PE_OFFSET + 24 + 112 + 8 * pe.SECURITY
    damaged[entry:entry + 8] = (0x100).to_bytes(4, "little") + (0x10).to_bytes(4, "little")
    (folder / "amd64/helper.dll").write_bytes(damaged)
    refused(root, BAD_INPUT, "helper.dll", "certificate table", command=of(folder))

    only_x86 = package.make(root / "only x86", package.INF.replace(",NTamd64.6.1", ""))
    refused(root, CHECK_FAILED, "Windows 7 on amd64", command=of(only_x86))
    create(only_x86, "x86")
    no_date = package.make(root / "no date", package.INF.replace("02/28/2011", "02/30/2011"))
    refused(root, BAD_INPUT, "DriverVer", command=of(no_date))
    refused(root, BAD_INPUT, "no.inf", command=["--inf", root / "no.inf", "--arch", "x86"])
    (root / "text.inf").write_text("This is no INF.\n")
    refused(root, BAD_INPUT, "text.inf", command=["--inf", root / "text.inf", "--arch", "x86"])
    refused(root, USAGE, "--arch", command=of(only_x86, "arm"))
    refused(root, USAGE, "--arch", command=["--inf", only_x86 / "sample.inf"])
    refused(root, USAGE, "one of", command=["--arch", "x86"])
    refused(root, USAGE, "one of", command=[*of(only_x86), "--spec", root / "x.json"])
    refused(root, USAGE, "epoch", command=[*of(only_x86, "x86"), "--source-date-epoch", "soon"])
    refused(root, BAD_INPUT, "1950 to 2049", command=[*of(only_x86, "x86"), "--source-date-epoch", "2524608000"])
    result = package.run(aerow7, "cat", "create", *of(only_x86, "x86"), "--out", root / "text.inf/x.cat")
    assert result.returncode == NOT_WRITTEN and "text.inf" in result.stderr, result


GOOD_SPEC = {"time": package.TIME, "osattr": "2:6.1",
             "members": [{"name": "a.sys", "kind": "pe", "sha1": "12" * 20}]}


def bad_specs():
    member = GOOD_SPEC["members"][0]
    yield "$", []
    yield "$.surprise", {**GOOD_SPEC, "surprise": 1}
    yield "$.members", {"time": package.TIME}
    yield "$.members", {**GOOD_SPEC, "members": []}
    yield "no time", {"osattr": "2:6.1", "members": [member]}
    yield "OSAttr", {"time": package.TIME, "members": [member]}
    yield "$.time", {**GOOD_SPEC, "time": "2026-02-29T00:00:00Z"}
    yield "$.time", {**GOOD_SPEC, "time": "2026-01-01"}
    yield "$.time", {**GOOD_SPEC, "time": 5}
    yield "1950 to 2049", {**GOOD_SPEC, "time": "2050-01-01T00:00:00Z"}
    yield "1950 to 2049", {**GOOD_SPEC, "time": "1949-12-31T23:59:59Z"}
    yield "$.identifier", {**GOOD_SPEC, "identifier": "12"}
    yield "$.identifier", {**GOOD_SPEC, "identifier": "g" * 32}
    yield "$.attributes[0]", {**GOOD_SPEC, "attributes": [{"name": "x"}]}
    yield "$.attributes[0].colour", {**GOOD_SPEC, "attributes": [{"name": "x", "value": "y", "colour": "red"}]}
    yield "attributes", {**GOOD_SPEC, "attributes": {}}
    yield "attribute 1", {**GOOD_SPEC, "attributes": [{"name": "x", "value": "\U0001F600"}]}
    yield "attribute 1", {**GOOD_SPEC, "attributes": [{"name": "x", "value": "a\nb"}]}
    yield "attribute 1", {**GOOD_SPEC, "attributes": [{"name": "", "value": "a"}]}
    yield "$.hwids", {**GOOD_SPEC, "hwids": ["a", 1]}
    yield "$.members[1]", {**GOOD_SPEC, "members": [member, 7]}
    yield "$.members[0]", {**GOOD_SPEC, "members": [{"name": "a.sys", "kind": "pe"}]}
    yield "$.members[0]", {**GOOD_SPEC, "members": [{**member, "sha1": "12" * 32}]}
    yield "$.members[0]", {**GOOD_SPEC, "members": [{**member, "kind": "cab"}]}
    yield "$.members[0].sha1", {**GOOD_SPEC, "members": [{"file": "a.sys", "sha1": "12" * 20}]}
    yield "$.members[0]", {**GOOD_SPEC, "members": [{"file": "../a.sys"}]}
    yield "$.members[0]", {**GOOD_SPEC, "members": [{"file": "/etc/passwd"}]}
    yield "missing.sys", {**GOOD_SPEC, "members": [{"file": "missing.sys"}]}
    yield "without folders", {**GOOD_SPEC, "members": [{**member, "name": "x\\a.sys"}]}
    yield "must be ASCII", {**GOOD_SPEC, "members": [{**member, "name": "tr\u00e4ger.sys"}]}


def specs(root):
    path = root / "spec.json"
    for where, spec in bad_specs():
        path.write_text(json.dumps(spec))
        refused(root, BAD_INPUT, where, command=["--spec", path])
    path.write_text("{")
    refused(root, BAD_INPUT, "spec.json", command=["--spec", path])
    refused(root, USAGE, "--inf", command=["--spec", path, "--arch", "x86"])

    # Files and hardware IDs by their names: the same catalog as with everything spelled out.
    (root / "B.TXT").write_bytes(b"b")
    short = {"identifier": "ab" * 16, "time": package.TIME, "osattr": "2:6.1",
             "os": "7X86", "hwids": ["first", "second"],
             "attributes": [{"name": "Before", "value": "all"}], "members": [{"file": "B.TXT"}]}
    long = {"identifier": "ab" * 16, "time": package.TIME,
            "attributes": [{"name": "Before", "value": "all"}, {"name": "OS", "value": "7X86"},
                           {"name": "HWID2", "value": "second"}, {"name": "HWID1", "value": "first"}],
            "members": [{"name": "b.txt", "kind": "flat", "sha1": hashlib.sha1(b"b").hexdigest(), "osattr": "2:6.1"}]}
    made = []
    for spec in (short, long):
        path.write_text(json.dumps(spec))
        package.done(aerow7, "cat", "create", "--spec", path, "--out", root / "spec.cat")
        made.append((root / "spec.cat").read_bytes())
    assert made[0] == made[1] == der.catalog(long)
    print(len(list(bad_specs())), "bad specifications refused")


def help_fits():
    text = package.done(aerow7, "cat", "--help")
    assert package.done(aerow7, "cat", "verify", "--help") == text
    for option in ("--inf", "--arch", "--files", "--os ", "--os-attr", "--spec", "--out", "--source-date-epoch",
                   "--json", "--root", "--allow-unsigned"):
        assert f"\n  {option}" in text, option
    assert max(len(line) for line in text.splitlines()) <= 116


with tempfile.TemporaryDirectory() as name:
    for test in (content, same_bytes, same_content_once, report, unfit, specs):
        (pathlib.Path(name) / test.__name__).mkdir()
        test(pathlib.Path(name) / test.__name__)
        print(test.__name__)
    help_fits()
