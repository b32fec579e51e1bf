# SPDX-License-Identifier: MIT OR Apache-2.0
"""verify_test.py AEROW7: package and catalog are put out of step in one way at a time; `cat verify` finds that one, at
its file, and nothing else. A package in step has no findings."""
import json
import pathlib
import sys
import tempfile

import der
import malformed
import package
import pe

aerow7 = sys.argv[1]
DONE, CHECK_FAILED, USAGE, BAD_INPUT = range(4)
RAN = []


def verify(catalog, *more):
    result = package.run(aerow7, "cat", "verify", catalog, "--json", *more)
    assert result.returncode in (DONE, CHECK_FAILED), result
    found = json.loads(result.stdout)
    assert found["ok"] == (result.returncode == DONE) and not result.stderr, result
    # The same for people: one line each.
    plain = package.run(aerow7, "cat", "verify", catalog, *more)
    lines = [line for line in plain.stdout.splitlines() if not line.startswith(f"{catalog}: good")]
    assert plain.returncode == result.returncode and len(lines) == len(found["findings"]), plain
    for line, finding in zip(lines, found["findings"]):
        assert f"{finding['severity']} {finding['rule']}: {finding['message']}" in line
    RAN.append(found)
    return found


def expect(catalog, wanted, *more):
    """wanted: (rule, what its place or message has in it), of errors, in any order."""
    findings = verify(catalog, "--allow-unsigned", *more)["findings"]
    errors = [f for f in findings if f["severity"] == "error"]
    rules = sorted(f["rule"] for f in errors)
    assert rules == sorted(rule for rule, _ in wanted), (rules, wanted, findings)
    for rule, text in wanted:
        assert any(f["rule"] == rule and text in f["file"] + " " + f["message"] for f in errors), (rule, text, errors)
    return findings


class Case:
    """A package with its catalog, in a folder of its own."""
    count = 0

    def __init__(self, root, arch="amd64"):
        Case.count += 1
        self.folder = package.make(root / f"case {Case.count}")
        self.inf, self.catalog = self.folder / "sample.inf", self.folder / "sample.cat"
        self.files = self.folder / package.FOLDERS[arch].lower()
        self.arch = arch
        package.done(aerow7, "cat", "create", "--inf", self.inf, "--arch", arch, "--out", self.catalog)

    def spec(self):
        return der.parameters_of(self.catalog.read_bytes())

    def write(self, spec):
        self.catalog.write_bytes(der.catalog(spec))

    def expect(self, *wanted):
        # The other architecture's files lie beside: they are notes.
        return expect(self.catalog, wanted, "--inf", self.inf)


def in_step(root):
    case = Case(root)
    notes = case.expect()
    # The files of the other architecture that differ from ours; its readme.txt is the same.
    assert sorted((n["rule"], n["file"].split("/")[-2:]) for n in notes) == [
        ("file-unlisted", ["i386", "Helper.dll"]), ("file-unlisted", ["i386", "sample.sys"])], notes
    Case(root, "x86").expect()
    only = verify(case.catalog, "--allow-unsigned")
    assert only["ok"] and only["findings"] == [] and not only["files_checked"] and not only["chain_checked"]
    assert verify(case.catalog, "--allow-unsigned", "--files", case.folder)["files_checked"]
    found = verify(case.catalog)
    assert [f["rule"] for f in found["findings"]] == ["signature-missing"] and not found["ok"]
    # One catalog for both architectures.
    spec = case.spec()
    spec["attributes"] = [{"name": "OS", "value": "7X86,7X64"}] + [
        {"name": f"HWID{i}", "value": value} for i, value in enumerate(sum(package.HARDWARE_IDS.values(), []))]
    both = {m["sha1"]: m for arch in package.FOLDERS for m in package.members(case.folder, arch)}
    spec["members"] = list(both.values())
    case.write(spec)
    assert case.expect() == []
    result = package.run(aerow7, "cat", "verify", case.catalog, "--arch", "x86")
    assert result.returncode == USAGE and "--arch" in result.stderr


def files_out_of_step(root):
    case = Case(root)
    with open(case.files / "readme.txt", "ab") as file:
        file.write(b"!")
    # The other architecture's copy still is what the catalog lists: without an INF that would do.
    expect(case.catalog, [], "--files", case.folder)
    case.expect(("package-file-unlisted", "readme.txt"))

    case = Case(root)
    driver = bytearray((case.files / "sample.sys").read_bytes())
    driver[pe.HEADERS + 3] ^= 1
    (case.files / "sample.sys").write_bytes(driver)
    case.expect(("file-changed", "amd64/sample.sys"))

    # What the Authenticode hash leaves out may change: CheckSum here, a signature in signed_test.py.
    case = Case(root)
    driver = bytearray((case.files / "sample.sys").read_bytes())
    driver[pe.PE_OFFSET + 24 + 64] ^= 0xFF
    (case.files / "sample.sys").write_bytes(driver)
    case.expect()

    case = Case(root)
    (case.files / "sample.sys").write_bytes(b"MZ")
    case.expect(("file-changed", "begins like a PE image"))

    case = Case(root)
    (case.files / "sample.sys").unlink()
    (case.folder / "i386/sample.sys").unlink()
    case.expect(("file-missing", "sample.sys"), ("package-file-missing", "AMD64/Sample.SYS"))

    case = Case(root)
    (case.files / "sample.sys").rename(case.files / "other.sys")
    case.expect(("file-renamed", "amd64/other.sys"), ("package-file-missing", "AMD64/Sample.SYS"))

    case = Case(root)
    (case.files / "extra.sys").write_bytes(pe.image("amd64", b"extra"))
    notes = case.expect()
    assert any(n["severity"] == "note" and "extra.sys" in n["file"] for n in notes), notes


def inf_out_of_step(root):
    def changed(old, new, *wanted):
        case = Case(root)
        text = case.inf.read_bytes()
        assert old.encode() in text
        case.inf.write_bytes(text.replace(old.encode(), new.encode()))
        case.expect(("file-changed", "sample.inf"), ("package-inf", "sample.inf"), *wanted)

    changed("; A package", "; The package")
    changed("\r\n", "\n")
    changed("PCI\\VEN_ABCD&DEV_0003", "PCI\\VEN_ABCD&DEV_0004",
            ("catalog-hwid", "pci\\ven_abcd&dev_0004, which the INF has"),
            ("catalog-hwid", "HWID3 = pci\\ven_abcd&dev_0003"))
    changed("Sample.CAT", "other.cat", ("package-catalog", "other.cat"))
    changed("CatalogFile=Sample.CAT\r\n", "", ("package-catalog", "names no catalog"))

    # A file that the INF copies and that came after the catalog.
    case = Case(root)
    text = case.inf.read_bytes()
    case.inf.write_bytes(text.replace(b"helper.dll", b"later.dll"))
    (case.files / "later.dll").write_bytes(b"later")
    case.expect(("file-changed", "sample.inf"), ("package-inf", "sample.inf"), ("package-file-unlisted", "later.dll"))

    # An INF that is not among the files.
    case = Case(root)
    other = case.folder.parent / "other.inf"
    other.write_bytes(case.inf.read_bytes() + b"\r\n")
    expect(case.catalog, [("package-inf", "other.inf")], "--inf", other, "--files", case.folder)
    case.inf.write_bytes(case.inf.read_bytes().replace(b",NTamd64.6.1", b""))
    result = package.run(aerow7, "cat", "verify", case.catalog, "--inf", case.inf)
    assert result.returncode == CHECK_FAILED and "Windows 7 on amd64" in result.stderr, result
    # For the other architecture it has models; then the catalog does not name that.
    findings = verify(case.catalog, "--allow-unsigned", "--inf", case.inf, "--arch", "x86")["findings"]
    assert any(f["rule"] == "catalog-os" and "7X86" in f["message"] for f in findings), findings


def catalog_out_of_step(root):
    def changed(change, *wanted, version=1):
        case = Case(root)
        spec = case.spec()
        change(spec)
        case.catalog.write_bytes(der.catalog(spec, version))
        case.expect(*wanted)

    def member(spec, name):
        return next(m for m in spec["members"] if m["name"] == name)

    changed(lambda spec: None)
    changed(lambda spec: spec["members"].remove(member(spec, "sample.sys")), ("package-file-unlisted", "Sample.SYS"))
    changed(lambda spec: spec["members"].append({**member(spec, "sample.sys"), "name": "gone.sys", "sha1": "77" * 20}),
            ("file-missing", "gone.sys"))
    changed(lambda spec: spec["members"].append(member(spec, "sample.sys")), ("member-twice", ""))
    changed(lambda spec: member(spec, "sample.sys").update(osattr="2:6.0,2:6.2"), ("member-osattr", "2:6.0,2:6.2"))
    changed(lambda spec: member(spec, "sample.sys").update(osattr="2:6.10"), ("member-osattr", "2:6.10"))
    changed(lambda spec: member(spec, "sample.sys").update(osattr="2:6.0,2:6.1,2:6.2"))
    changed(lambda spec: spec["attributes"].pop(-1), ("catalog-hwid", package.HARDWARE_IDS["amd64"][0]))
    changed(lambda spec: spec["attributes"].append({"name": "HWID5", "value": "pci\\x"}), ("catalog-hwid", "HWID5"))
    changed(lambda spec: spec["attributes"][1].update(value="*Sample"), ("catalog-hwid", "does not have *sample"),
            ("catalog-hwid", "has HWID4 = *Sample"))
    # Windows finds the file by its kind's hash.
    changed(lambda spec: member(spec, "readme.txt").update(kind="pe"))


def catalog_alone(root):
    path = root / "alone.cat"

    def changed(change, *wanted):
        path.write_bytes(malformed.changed(change))
        expect(path, wanted)

    def set_value(catalog, kind, spec):
        malformed.member_value(catalog, kind)[:] = list(spec)

    changed(lambda c: None)
    changed(lambda c: c.members.clear(), ("catalog-empty", "no members"))
    changed(lambda c: c.attributes.pop(0), ("catalog-os", "neither"))
    changed(lambda c: malformed.set_content(c.members[0][1][0], ("AB" * 20 + "\0").encode("utf-16-le")),
            ("member-tag", "AB" * 20))
    changed(lambda c: set_value(c, "memberinfo", der.member_v1({
        **malformed.SPEC["members"][1]})[1][1][1][-1][1][1][1][0]), ("member-kind", "one thing"))
    changed(lambda c: set_value(c, "indirect", der.indirect("flat", "sha256", b"\x11" * 20)),
            ("member-digest", "sha256"))
    for kind, wanted in (("memberinfo", ("member-kind", "does not say")), ("indirect", ("member-digest", "no digest"))):
        changed(lambda c: c.member_attributes().remove(
            next(a for a in c.member_attributes() if der.oid_name(a[1][0]) == kind)), wanted)
    changed(lambda c: drop(c, "File"), ("member-name", "11" * 20))
    changed(lambda c: drop(c, "OSAttr"), ("member-osattr", "absent"))
    # Version 2 is read, and is nothing for Windows 7.
    spec = {**malformed.SPEC, "members": [{**m, "sha256": m["sha1"][:2] * 32} for m in malformed.SPEC["members"]]}
    path.write_bytes(der.catalog(spec, version=2))
    expect(path, [("catalog-version", "version 2")])
    shown = json.loads(package.done(aerow7, "cat", "show", path, "--json"))
    assert shown["version"] == 2 and [(m["file"], m["kind"], m["tag"]) for m in shown["members"]] == [
        (m["name"], m["kind"], m["sha1"][:2] * count) for m in malformed.SPEC["members"] for count in (20, 32)], shown


def drop(catalog, name):
    attributes = catalog.member_attributes()
    for attribute in attributes:
        if der.oid_name(attribute[1][0]) == "namevalue" and der.read_namevalue(attribute[1][1][1][0])[0] == name:
            attributes.remove(attribute)
            return
    raise KeyError(name)


def unreadable(root):
    case = Case(root)
    for command, text in ((["--files", root / "no folder"], "no folder"), (["--inf", root / "no.inf"], "no.inf"),
                          (["--root", case.inf], "sample.inf"), (["--root", root / "no.cer"], "no.cer")):
        result = package.run(aerow7, "cat", "verify", case.catalog, *command)
        assert result.returncode == BAD_INPUT and text in result.stderr and not result.stdout, result


with tempfile.TemporaryDirectory() as name:
    for test in (in_step, files_out_of_step, inf_out_of_step, catalog_out_of_step, catalog_alone, unreadable):
        (pathlib.Path(name) / test.__name__).mkdir()
        before = len(RAN)
        test(pathlib.Path(name) / test.__name__)
        print(f"{test.__name__}: {len(RAN) - before} verifications")
rules = {finding["rule"] for found in RAN for finding in found["findings"]}
print(len(rules), "rules seen:", *sorted(rules))
