# SPDX-License-Identifier: MIT OR Apache-2.0
"""text_test.py AEROW7: encodings and syntax, read as Windows reads them ("General Syntax Rules for INF Files")."""
import pathlib
import sys
import tempfile

from good import GOOD, check, line_of, replaced, run, show

aerow7 = sys.argv[1]


def values(folder, body, strings="", data=None):
    """What the registry lines in `body` say: lists of root, key, name, flags, data..."""
    text = replaced(GOOD, ("[Blk_HW_AddReg]\n", "[Blk_HW_AddReg]\n" + body + "\n[Blk_Rest]\n"),
                    ('DeviceName = "Disk"\n', 'DeviceName = "Disk"\n' + strings))
    path = folder / "syntax.inf"
    path.write_bytes(text.encode() if data is None else data(text))
    status, package, errors = show(aerow7, path, "amd64")
    assert status == 0, errors
    return [[v["key"], v["name"], *v["data"]] for v in package["hardware_values"]]


def encodings(folder):
    text = replaced(GOOD, ('"Aero Project"', '"A\u00e9ro \u20ac \u0152uvre"')).replace("\n", "\r\n")
    path = folder / "encoding.inf"
    provider = "A\u00e9ro \u20ac \u0152uvre"
    for name, data, encoding in (
            ("cp1252", text.encode("cp1252"), "code-page"),
            ("UTF-16LE with mark", b"\xff\xfe" + text.encode("utf-16-le"), "utf-16-le"),
            ("UTF-16LE without mark", text.encode("utf-16-le"), "utf-16-le"),
            ("UTF-8 with mark", b"\xef\xbb\xbf" + text.encode(), "utf-8-bom"),
            ("UTF-8 without mark is a code page", text.encode(), "code-page"),
            ("ASCII", GOOD.encode(), "ascii"),
            ("line ends of Unix", text.replace("\r\n", "\n").encode("cp1252"), "code-page"),
            ("line ends of old", text.replace("\r\n", "\r").encode("cp1252"), "code-page")):
        path.write_bytes(data)
        status, package, errors = show(aerow7, path, "amd64")
        assert status == 0, (name, errors)
        assert package["encoding"] == encoding, (name, package["encoding"])
        expected = {"UTF-8 without mark is a code page": text.encode()[text.encode().index(b"A\xc3"):]
                    .split(b'"')[0].decode("cp1252"), "ASCII": "Aero Project"}.get(name, provider)
        assert package["provider"] == expected, (name, package["provider"])
        assert package["models"][0]["line"] == line_of(GOOD, "; amd64"), name
        rules = [f["rule"] for f in check(aerow7, path)[1]["findings"]]
        assert rules == (["1003"] if encoding == "utf-8-bom" else []), (name, rules)
    # Beyond the Basic Multilingual Plane.
    path.write_bytes(b"\xff\xfe" + text.replace("\u20ac", "\U0001F4BE").encode("utf-16-le"))
    assert show(aerow7, path, "x86")[1]["provider"] == "A\u00e9ro \U0001F4BE \u0152uvre"


def refused_encodings(folder):
    path = folder / "refused.inf"
    text = GOOD.encode()
    for name, data, line in (
            ("UTF-16BE", b"\xfe\xff" + GOOD.encode("utf-16-be"), 1),
            ("half a UTF-16 character", b"\xff\xfe" + GOOD.encode("utf-16-le")[:-1], 1),
            ("high surrogate alone", b"\xff\xfe" + (";\n".encode("utf-16-le") + b"\x00\xd8;\x00"), 2),
            ("high surrogate at the end", b"\xff\xfe" + ";\n".encode("utf-16-le") + b"\x00\xd8", 2),
            ("low surrogate alone", b"\xff\xfe" + (";\n".encode("utf-16-le") + b"\x00\xdc;\x00"), 2),
            ("UTF-8 mark, over-long form", b"\xef\xbb\xbf;\n;\xc0\xaf", 2),
            ("UTF-8 mark, surrogate", b"\xef\xbb\xbf;\xed\xa0\x80", 1),
            ("UTF-8 mark, beyond Unicode", b"\xef\xbb\xbf;\xf4\x90\x80\x80", 1),
            ("UTF-8 mark, cut off", b"\xef\xbb\xbf" + text + b"\xe2\x82", len(GOOD.splitlines()) + 1),
            ("zero byte", text.replace(b"; a disk\n", b"; a disk\n\0"), 2),
            ("control character", text.replace(b"; a disk\n", b"; a disk\n\x01"), 2),
            ("a program", b"MZ\x90\0\3\0\0\0\4\0\0\0", 1)):
        path.write_bytes(data)
        status, _, errors = show(aerow7, path, "amd64")
        assert status == 3, (name, status)
        assert errors.startswith(f"aerow7: {path}:{line}: "), (name, errors)


def syntax(folder):
    for body, expected in (
            ('HKR,a,b,0,"c"', ["a", "b", "c"]),
            ("HKR, a b , c ,0,  d  e  ", ["a b", "c", "d  e"]),
            ('HKR,a,b,0,"  c  "', ["a", "b", "  c  "]),
            ('HKR,a,b,0,"c;d,e=f"', ["a", "b", "c;d,e=f"]),
            ('HKR,a,b,0,c;d', ["a", "b", "c"]),
            ('HKR,a,b,0,"say ""yes"" twice"', ["a", "b", 'say "yes" twice']),
            ('HKR,a,b,0,""""', ["a", "b", '"']),
            ('HKR,a,b,0,"c" d "e"', ["a", "b", "c d e"]),
            ('HKR,a,b,0,""', ["a", "b", ""]),
            ("HKR,a,b,0,c=d", ["a", "b", "c=d"]),
            ("HKR,a,b,0,", ["a", "b", ""]),
            ("HKR,a,b", ["a", "b"]),
            ("HKR,a", ["a", ""]),
            ("\tHKR\t,\ta,b,0,c\t", ["a", "b", "c"]),
            ("HKR,a,\\\nb,\\\n  0, c", ["a", "b", "c"]),
            ("HKR,a,\\ ; a comment\n  b,0,c", ["a", "b", "c"]),
            ("HKR,a,b\\\n  c,0,d", ["a", "bc", "d"]),
            ('HKR,"a\\"\\\n,b,0,c', ["a\\", "b", "c"]),
            ("HKR,a\\\\\n,b,0,c", ["a", "b", "c"]),
            ("HKR,a\\b,c,0,d\\e", ["a\\b", "c", "d\\e"]),
            ("HKR,\\a,b,0,\\c", ["\\a", "b", "\\c"]),
            ('HKR,a,b,0,"c\\"', ["a", "b", "c\\"]),
            ('HKR,a,b,0,"%%SystemRoot%%\\x"', ["a", "b", "%SystemRoot%\\x"]),
            ("HKR,a,b,0,%DeviceName%", ["a", "b", "Disk"]),
            ("HKR,a,b,0,%devicename%", ["a", "b", "Disk"]),
            ("HKR,a,b,0,x%DeviceName%y%DiskName%z", ["a", "b", "xDiskyDriversz"]),
            ("HKR,%DeviceName%,%DiskName%,0,c", ["Disk", "Drivers", "c"]),
            ("HKR,a,b,0,%12%\\c", ["a", "b", "%12%\\c"]),
            ("HKR,a,b,0,50%", ["a", "b", "50%"]),
            ("HKR,a,b,0,%%", ["a", "b", "%"]),
            ("HKR,a,b,0,%nowhere%", ["a", "b", "%nowhere%"]),
            ("HKR,a,b,0,%quoted%", ["a", "b", 'with "quotes", a comma; and more']),
            ("HKR,a,b,0,%nested%", ["a", "b", "%DeviceName%"]),
            ("HKR,a,b,0,%itself%", ["a", "b", "%itself%"]),
            ("HKR,a,b,0,%100%%", ["a", "b", "%100%%"]),
            ("HKR,a,b,0,%plain%", ["a", "b", "not quoted at all"]),
            ("HKR,a,b,0,%empty%", ["a", "b", ""]),
            ("HKR,a,b,0,%12% %99%", ["a", "b", "%12% own"])):
        found = values(folder, body, 'quoted = "with ""quotes"", a comma; and more"\nnested = "%DeviceName%"\n'
                                     'itself = "%itself%"\nplain = not quoted at all ; comment\nempty =\n99 = own\n')
        assert found == [expected], (body, found)


def lines(folder):
    """Values of a continued line have lines and columns of their own, and Ctrl-Z ends a file."""
    path = folder / "lines.inf"
    text = replaced(GOOD, ("AddReg = Blk_HW_AddReg", "AddReg = Blk_HW_AddReg, \\\n  Blk_Gone, \\\n\n"))
    path.write_text(text)
    findings = check(aerow7, path)[1]["findings"]
    assert [(f["rule"], f["line"]) for f in findings] == [("1203", line_of(text, "Blk_Gone"))], findings
    path.write_bytes((GOOD + "\x1a[Blk_Nobody]\nx\n").encode())
    assert check(aerow7, path)[1]["findings"] == []
    # Sections of one name are one, entries before the first are ignored, names are compared without case.
    path.write_text(replaced(GOOD, ("[Blk_HW_AddReg]\n", "[Blk_HW_AddReg]\nHKR,,First,0\n[Other]\n[BLK_hw_ADDREG]\n"),
                             ("; a disk\n", "HKR,,Never,0\n")))
    names = [v["name"] for v in show(aerow7, path, "x86")[1]["hardware_values"]]
    assert names == ["First", "", "MSISupported", "MessageNumberLimit"], names
    # An English Windows takes English strings, whole sections of them.
    for more, expected in (("[Strings.0409]\nProvider=US\nDiskName=d\nDeviceName=n", "US"),
                           ("[Strings.0407]\nProvider=DE\nDiskName=d\nDeviceName=n", "Aero Project"),
                           ("[Strings.0009]\nProvider=EN\nDiskName=d\nDeviceName=n", "EN"),
                           ("[Strings.0809]\nProvider=UK\nDiskName=d\nDeviceName=n", "UK"),
                           ("[Strings.0809]\nProvider=UK\n[Strings.0009]\nProvider=EN\n"
                            "[Strings.0409]\nProvider=US", "US")):
        path.write_text(GOOD + more)
        assert show(aerow7, path, "x86")[1]["provider"] == expected, more


def refused(folder):
    """What stops Windows stops here, with the line."""
    path = folder / "refused.inf"
    for old, new, line in (
            ('"Drivers"', '"Drivers', line_of(GOOD, '"Drivers"')),
            ("[Strings]", "[Strings", line_of(GOOD, "[Strings]")),
            ("[Strings]", "[Strings] text", line_of(GOOD, "[Strings]")),
            ("[Strings]", "[" + "s" * 256 + "]", line_of(GOOD, "[Strings]")),
            ("[Version]", "[Versions]", None)):
        path.write_text(replaced(GOOD, (old, new)))
        status, _, errors = show(aerow7, path, "amd64")
        where = f"aerow7: {path}:{line}: " if line else f"aerow7: {path}: "
        assert status == 3 and errors.startswith(where), (new, status, errors)
    for name in ("nowhere.inf", "."):
        assert run(aerow7, "check", folder / name).returncode == 3
    # The other files are checked nevertheless.
    other = folder / "other.inf"
    other.write_text(replaced(GOOD, ("0.1.0.0", "0.1")))
    status, report, errors = check(aerow7, path, other)
    assert status == 3 and [f["rule"] for f in report["findings"]] == ["1217"] and str(path) in errors
    assert run(aerow7, "check").returncode == 2
    assert run(aerow7, "show", other, "--arch", "arm").returncode == 2
    assert run(aerow7).returncode == 2
    for command in ([], ["check"], ["show"]):
        result = run(aerow7, *command, "--help")
        assert result.returncode == 0 and "Exit status" in result.stdout and "Example" in result.stdout


def large(folder):
    """Files that ask for much are refused, and at once: strings that grow, values, lines and sections without end."""
    path = folder / "large.inf"
    huge = "x" * 4000
    for name, text in (
            ("strings", GOOD + f'A = "{huge}"\n[More]\n' + "%A%,%A%,%A%,%A%\n" * 20000),
            ("values", GOOD + "[More]\n" + "," * 600000 + "\n"),
            ("lines", GOOD + "[More]\n" + "a\n" * 70000),
            ("sections", GOOD + "".join(f"[s{i}]\n" for i in range(17000))),
            ("size", GOOD + ";" * (5 << 20))):
        path.write_text(text)
        status, _, errors = show(aerow7, path, "amd64")
        assert status == 3, (name, status, errors)
    # Much, but not too much.
    path.write_text(replaced(GOOD, ("[Strings]", "".join(f"[m{i}]\n" for i in range(8000)) + "[Strings]"))
                    + "".join(f"s{i} = {i}\n" for i in range(20000)))
    assert show(aerow7, path, "amd64")[0] == 0


with tempfile.TemporaryDirectory() as name:
    for test in (encodings, refused_encodings, syntax, lines, refused, large):
        test(pathlib.Path(name))
        print(test.__name__)
