# SPDX-License-Identifier: MIT OR Apache-2.0
"""script_rules.py GUEST: rules of the guest scripts that no run under Wine can show. Each rule proves itself on planted
faults first.

Batch: ASCII, CR LF, no label twice, none missing, tools by their full path (cmd.exe looks into the current folder
first), and nothing that Wine's cmd and cmd.exe do differently. PowerShell: nothing newer than 2.0, which is all that
Windows 7 comes with, and brackets that match."""
import pathlib
import re
import sys

BUILT_IN = {"call", "copy", "del", "echo", "echo.", "exit", "for", "goto", "if", "md", "pause", "rd", "rem", "ren",
            "set",
            "setlocal", "endlocal", "shift", "type", "ver", ")", "@echo", "@rem", "@goto"}
# A name of what came after 2.0, and why it is not there.
NEWER = {
    r"\[ordered\]": "3.0", r"\[pscustomobject\]": "3.0", r"ConvertTo-Json\b|ConvertFrom-Json\b": "3.0",
    r"Get-CimInstance|Invoke-CimMethod|New-CimSession": "3.0", r"Invoke-RestMethod|Invoke-WebRequest": "3.0",
    r"\$PSScriptRoot|\$PSCommandPath": "3.0 in scripts", r"-(?:not)?in\b(?=\s+[@$(])": "3.0", r"-Raw\b": "3.0",
    r"^\s*(?:class|enum)\s+\w+": "5.0", r"&&|\|\|": "7.0", r"\?\?|\?\.": "7.0",
    r"\busing\s+(?:namespace|module)": "5.0",
    r"Get-FileHash|New-Guid|Expand-Archive|Compress-Archive": "4.0 or 5.0", r"::new\(": "5.0", r"-shl\b|-shr\b": "3.0",
    r"Where-Object\s+\w+\s+-|\|\s*(?:Where-Object|ForEach-Object)\s+[A-Za-z]\w*\s": "3.0: no block",
    r"Get-ChildItem\b[^|\r\n]*\s-(?:File|Directory)\b": "3.0",
    r"Test-NetConnection|Get-NetAdapter|Get-PnpDevice": "Windows 8",
    r"\.(?:Where|ForEach)\(": "4.0", r"-AsHashtable|-Parallel": "6.0 or later", r"(?<!`)`[eu]\{?": "6.0"}


def common(name, data):
    if any(byte > 126 or (byte < 32 and byte not in (9, 10, 13)) for byte in data):
        yield name, "is not ASCII"
    if re.search(rb"(?<!\r)\n|\r(?!\n)", data) or not data.endswith(b"\r\n"):
        yield name, "has a line that does not end with CR LF"
    for number, line in enumerate(data.decode("ascii", "replace").splitlines(), 1):
        if line.rstrip() != line:
            yield f"{name}:{number}", "ends with a blank"
        if len(line) > 120:
            yield f"{name}:{number}", f"has {len(line)} columns"


def batch(name, text):
    labels = re.findall(r"(?m)^:(\w+)", text)
    for label in {label for label in labels if labels.count(label) > 1}:
        yield name, f"label {label} is there twice"
    for target in re.findall(r"(?mi)\bgoto :?([\w%]+)|\bcall :(\w+)", text):
        target = target[0] or target[1]
        if target not in labels and target != "%1":
            yield name, f"there is no label {target}"
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{name}:{number}"
        words = line.strip()
        if not words or words.startswith((":", "rem ", "@rem ")) or words == "rem":
            continue
        unquoted = re.sub(r'"[^"]*"', '""', words)
        if "&&" in unquoted or "||" in unquoted:
            yield place, "&& and ||: Wine's cmd runs both sides"
        if re.search(r"exit /b %errorlevel%", words, re.I):
            yield place, "exit /b %errorlevel%: Wine's cmd makes 1 of it"
        if line.startswith("    ") and re.search(r"\bexit\b", words):
            yield place, "exit in a block: Wine's cmd goes on after the block"
        if re.search(r'\bin \("[^")]*[*?]', words):
            yield place, "a quoted wildcard in for: Wine's cmd finds nothing"
        if re.search(r'^set "\w+=.*"[^"]*".*"$', words):
            yield place, "quotes inside quotes: an ampersand in a value would split the line"
        # What is started, after conditions, loops and redirections.
        start = re.sub(r"^(?:>>?&?\d? ?\"\"|>>?\d?&\d|\d?>>?\S+) ?", "", unquoted)
        while True:
            shorter = re.sub(r"^if (?:/i )?(?:not )?(?:defined \S+|exist \S+|errorlevel \d+|\S+==\S+) ", "", start)
            shorter = re.sub(r"^for (?:/\w )?(?:\"\" )?%%\w in \(.*?\) do ", "", shorter)
            shorter = re.sub(r"^(?:>>?&?\d? ?\"\"|>>?&\d|\d?>>?\S+) ?", "", shorter)
            if shorter == start:
                break
            start = shorter
        first = re.split(r"[ (]", start, maxsplit=1)[0] if not start.startswith(")") else ")"
        if first and first.lower() not in BUILT_IN and first != '""':
            yield place, f"starts {first}, without its folder"


def powershell(name, text):
    # Strings and comments, whichever begins first.
    code = re.sub(r"'[^'\n]*'|\"(?:`.|[^\"`\n])*\"|#.*", lambda m: "" if m.group()[0] == "#" else "''", text)
    for number, line in enumerate(code.splitlines(), 1):
        for pattern, version in NEWER.items():
            if re.search(pattern, line):
                yield f"{name}:{number}", f"needs PowerShell {version}: {line.strip()}"
    stack = []
    pairs = {")": "(", "]": "[", "}": "{"}
    for number, line in enumerate(code.splitlines(), 1):
        for character in line:
            if character in "([{":
                stack.append((character, number))
            elif character in pairs and (not stack or stack.pop()[0] != pairs[character]):
                yield f"{name}:{number}", f"{character} closes nothing"
                return
    for character, number in stack:
        yield f"{name}:{number}", f"{character} is not closed"


def verdicts(name, data):
    yield from common(name, data)
    text = data.decode("ascii", "replace").replace("\r\n", "\n")
    yield from (batch if name.endswith(".cmd") else powershell)(name, text)


def prove():
    planted = {
        "a.cmd": ["echo \u00e9", "echo a ", ":x\r\n:x", "goto nowhere", "call :nowhere", "echo a && echo b",
                  "echo a || echo b",
                  "exit /b %errorlevel%", "    if errorlevel 1 exit /b 1", 'for %%F in ("x\\*.inf") do echo %%F',
                  'set "text=no "%path%" here"', "pnputil -a x", "if not defined a reg query x", ">nul certutil x",
                  "for %%F in (a b) do reg query %%F", "echo " + "x" * 120],
        "a.ps1": ["$a = [ordered]@{}", "ConvertTo-Json $a", "if ($a -in @(1)) { }", "Get-CimInstance X", "class A { }",
                  "a && b", "$x = $PSScriptRoot", "Get-ChildItem x -File", "$a | Where-Object Name -eq 1",
                  "Get-Content x -Raw",
                  "[int]::new()", "if (1) { ", "foo)", "($a]", "$a ?? 1", "Invoke-RestMethod x", "$l.Where({ 1 })"]}
    clean = {"a.cmd": ['if not "%a%"=="b" if exist "x y" goto end', '>&2 echo a: "b & c"',
                       '"%sys%\\reg.exe" query "x" >nul 2>&1',
                       'for /f "delims=" %%F in (\'dir /b "x\\*.inf" 2^>nul\') do set "a=%%F"', ":end", "exit /b 0",
                       '>>"%state%\\x.txt" echo a=%b%', "if errorlevel 1 exit /b 1", "echo.", "rem a || b"],
             "a.ps1": ["$a = @{}", "if ($a -eq 'a && b ?? c') { }", "# [ordered] and && ) are told of",
                       "$x | Where-Object { $_ -ne 1 }",
                       'Write-Host "a ) $($b) `" ("', "foreach ($a in @(1, 2)) { }"]}
    for name, lines in planted.items():
        for line in lines:
            data = (line + "\r\n").encode("utf-8")
            assert list(verdicts(name, data)), f"the rules do not see: {line}"
    for name, lines in clean.items():
        data = ("\r\n".join(lines) + "\r\n").encode("ascii")
        assert not list(verdicts(name, data)), list(verdicts(name, data))
    assert list(common("a.cmd", b"echo a\n")) and list(common("a.cmd", b"echo a"))


def main():
    guest = pathlib.Path(sys.argv[1])
    prove()
    files = [path for folder in (guest, guest / "tools")
             for path in sorted(folder.iterdir()) if path.suffix in (".cmd", ".ps1")]
    assert len(files) >= 14, files
    findings = []
    for path in files:
        findings += verdicts(path.relative_to(guest).as_posix(), path.read_bytes())
    for place, reason in findings:
        print(f"{place}: {reason}")
    print(f"{len(files)} scripts, {len(findings)} findings")
    sys.exit(1 if findings else 0)


main()
