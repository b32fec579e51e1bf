# SPDX-License-Identifier: MIT OR Apache-2.0
"""rebuild_test.py AEROW7 golden SOURCE | written: the golden rule. From nothing but the parameters of a catalog, `cat
create --spec` makes it again, byte for byte.

golden:  real catalogs of drivers for Windows 7, from the folder golden/catalogs of AERO_SHARED or of ../shared beside
         the source tree; their signatures, which are not ours to make, are taken off first. Exits with 77 where there
         are none.
written: catalogs of this folder's own writer, so that the rule is tested on every machine."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import der

aerow7 = sys.argv[1]


def rebuild(folder, spec):
    (folder / "spec.json").write_text(json.dumps(spec))
    subprocess.run([aerow7, "cat", "create", "--spec", str(folder / "spec.json"), "--out", str(folder / "made.cat")],
                   check=True, timeout=60)
    return (folder / "made.cat").read_bytes()


def check(folder, name, data):
    spec = der.parameters_of(data)
    made = rebuild(folder, spec)
    real_content, our_content = der.write(der.content_of(data)[1]), der.write(der.content_of(made)[1])
    assert real_content in data, f"{name}: the reader of this test does not give back what it read"
    assert our_content == real_content, f"{name}: the list of members differs"
    assert made == der.unsigned(data), f"{name}: the wrapper differs"
    check_shown(folder, spec, data)
    # The order in which parameters are given is not what makes them equal.
    spec["members"].reverse()
    assert rebuild(folder, spec) == made, f"{name}: members are not put in order"
    # And the comparison sees a difference.
    spec["members"][0]["sha1"] = "00" * 20
    assert rebuild(folder, spec) != made, f"{name}: another hash, the same catalog"
    print(f"{name}: {len(spec['members'])} members, {len(spec['attributes'])} attributes, {len(made)} bytes, the same")


def check_shown(folder, spec, data):
    """What `cat show` reads in it is what this folder's reader reads."""
    (folder / "shown.cat").write_bytes(data)
    shown = json.loads(subprocess.run([aerow7, "cat", "show", "--json", str(folder / "shown.cat")], check=True,
                                      capture_output=True, timeout=60).stdout)
    assert shown["identifier"].lower() == spec["identifier"] and shown["time"] == spec["time"]
    assert shown["attributes"] == spec["attributes"] and shown["version"] == 1
    members = [(m["file"], m["kind"], m["digest"].lower(), m["tag"].lower(), m["os_attribute"])
               for m in shown["members"]]
    assert members == [(m["name"], m["kind"], m["sha1"], m["sha1"], m["osattr"]) for m in spec["members"]]


def golden(folder, source):
    shared = pathlib.Path(os.environ.get("AERO_SHARED", pathlib.Path(source).resolve().parent / "shared"))
    catalogs = sorted((shared / "golden/catalogs").glob("*.cat"))
    if not catalogs:
        print("SKIPPED: no real catalogs beside the project (AERO_SHARED), nothing of Microsoft's to compare")
        sys.exit(77)
    for path in catalogs:
        check(folder, path.name, path.read_bytes())
        # Real ones are what Windows 7 takes, and Microsoft's signature is of this very content.
        subprocess.run([aerow7, "cat", "verify", str(path)], check=True, stdout=subprocess.DEVNULL, timeout=60)
    print(len(catalogs), "real catalogs rebuilt")


def written(folder):
    def sha1(text):
        return hashlib.sha1(text.encode()).hexdigest()

    for count, name_length, attribute_count in ((1, 1, 0), (2, 12, 3), (7, 60, 40), (300, 25, 120)):
        spec = {
            "identifier": sha1(str(count))[:32], "time": f"20{count % 50:02}-02-28T23:59:{count % 60:02}Z",
            "attributes": [{"name": f"HWID{i}", "value": "x" * (i * 7 % 300)} for i in range(attribute_count)],
            "members": [{"name": f"{i}".rjust(name_length, "n") + (".sys" if i % 2 else ".inf"),
                         "kind": "pe" if i % 2 else "flat", "sha1": sha1(f"{count} {i}"),
                         "osattr": ",".join(["2:6.1", "2:6.2", "2:10.0"][:1 + i % 3])} for i in range(count)]}
        check(folder, f"{count} members of {name_length} characters", der.catalog(spec))
    # What Microsoft's hardware quality lab adds before OS.
    spec = {"identifier": "5a" * 16, "time": "2013-05-06T07:08:09Z",
            "attributes": [{"name": name, "value": value} for name, value in (
                ("Qualification Level", "10100"), ("DTC", ""), ("Submission ID", "1234567"), ("BundleID", "Driver"),
                ("OS", "7X64,Server2008R2X64"), ("HWID2", "pci\\b"), ("HWID1", "pci\\a"))],
            "members": [{"name": "a.inf", "kind": "flat", "sha1": sha1("a"), "osattr": "2:6.1"}]}
    check(folder, "of the quality lab", der.catalog(spec))
    # Other alphabets in values, one of them in a name of two bytes a character; the last year of UTCTime, and 1950.
    for time in ("2049-12-31T23:59:59Z", "1950-01-01T00:00:00Z"):
        spec = {"identifier": "ff" * 16, "time": time,
                "attributes": [{"name": "Stra\u00dfe", "value": "\u4e2d\u6587 \u20ac"}, {"name": "Empty", "value": ""}],
                "members": [{"name": "a.inf", "kind": "flat", "sha1": "00" * 20, "osattr": "2:6.1"}]}
        check_time_and_text(folder, spec)


def check_time_and_text(folder, spec):
    data = der.catalog(spec)
    assert rebuild(folder, spec) == data, spec["time"]
    print(spec["time"], "and text that is not ASCII: the same")


with tempfile.TemporaryDirectory() as name:
    if sys.argv[2] == "golden":
        golden(pathlib.Path(name), sys.argv[3])
    else:
        written(pathlib.Path(name))
