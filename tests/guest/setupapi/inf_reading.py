# SPDX-License-Identifier: MIT OR Apache-2.0
"""A reading of an INF that shares no code with aerow7 or Wine: what its installation has to leave behind.

Follows the pages "General Syntax Rules for INF Files", "INF AddReg Directive", "INF AddService Directive" and
"INF CopyFiles Directive". Small on purpose: it knows what driver packages use, and fails loudly on the rest.
"""
import re

FLG_NOCLOBBER, FLG_KEYONLY = 0x2, 0x10
# INF AddReg Directive: the flags that say a value's type, and the registry's number of that type.
VALUE_TYPES = {0x0: 1, 0x20000: 2, 0x1: 3, 0x10001: 4, 0x10000: 7}
DIRECTORIES = {"12": "system32/drivers", "11": "system32", "10": ""}


class InfError(Exception):
    pass


def fields_of(text):
    """The fields of a line: quoted parts keep commas and blanks, a doubled quote stands for one."""
    fields, field, quoted, i = [], "", False, 0
    while i < len(text):
        c = text[i]
        if quoted and c == '"' and text[i + 1:i + 2] == '"':
            field += '"'
            i += 1
        elif c == '"':
            quoted = not quoted
        elif c == "," and not quoted:
            fields.append(field.strip())
            field = ""
        elif c == ";" and not quoted:
            break
        else:
            # A blank in quotes is the text's own: marked so that strip() leaves it.
            field += "\0" if quoted and c == " " else c
        i += 1
    if quoted:
        raise InfError(f"a quote is not closed: {text}")
    fields.append(field.strip())
    return [f.replace("\0", " ") for f in fields]


class Inf:
    def __init__(self, data):
        text = data.decode("utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data.decode("ascii")
        self.sections = {}
        current = None
        for line in re.sub(r"\\\r?\n", " ", text).splitlines():
            line = line.strip()
            if not line or line.startswith(";"):
                continue
            heading = re.match(r"\[([^\]]*)\]", line)
            if heading:
                current = self.sections.setdefault(heading[1].strip().lower(), [])
            elif current is None:
                raise InfError(f"a line before the first section: {line}")
            else:
                current.append(line)
        self.strings = {}
        for key, value in self.pairs("strings", expand=False):
            self.strings[key.lower()] = fields_of(value)[0]

    def lines(self, section):
        if section.lower() not in self.sections:
            raise InfError(f"there is no section [{section}]")
        return self.sections[section.lower()]

    def has(self, section):
        return section.lower() in self.sections

    def expand(self, text):
        """%name% by [Strings], %% by %, %12% left alone: directory numbers have their own meaning."""
        def put(match):
            name = match[1]
            if name == "":
                return "%"
            if name.isdigit():
                return match[0]
            if name.lower() not in self.strings:
                raise InfError(f"%{name}% is not in [Strings]")
            return self.strings[name.lower()]
        return re.sub(r"%([^%]*)%", put, text)

    def pairs(self, section, expand=True):
        found = []
        for line in self.lines(section) if self.has(section) else []:
            key, equals, value = line.partition("=")
            if not equals:
                raise InfError(f"[{section}]: no '=' in: {line}")
            key = key.strip().strip('"')
            found.append((self.expand(key) if expand else key, value.strip()))
        return found

    def values(self, section, key):
        """The expanded fields of each line KEY = ... of a section."""
        return [[self.expand(f) for f in fields_of(value)] for name, value in self.pairs(section)
                if name.lower() == key.lower()]

    def value(self, section, key, default=None):
        found = self.values(section, key)
        return found[0][0] if found else default

    def models(self, decoration):
        """(description, install section, [IDs]) of each model that the decoration selects."""
        found = []
        for _, value in self.pairs("Manufacturer"):
            name, *decorations = fields_of(value)
            if decoration.lower() in [d.lower() for d in decorations]:
                for description, line in self.pairs(f"{name}.{decoration}"):
                    section, *ids = [self.expand(f) for f in fields_of(line)]
                    found.append((description, section, ids))
        return found

    def section_for(self, name, architecture):
        """The decorated install section, most specific first (INF DDInstall Section)."""
        for suffix in (".NT" + architecture, ".NT", ""):
            if self.has(name + suffix):
                return name + suffix
        raise InfError(f"there is no section [{name}]")

    def added_values(self, section):
        """AddReg of a section: ({(key, name): (type, bytes)}, {keys})."""
        values, keys = {}, set()
        for sections in self.values(section, "AddReg"):
            for one in sections:
                for line in self.lines(one):
                    fields = [self.expand(f) for f in fields_of(line)]
                    root, key, name, flags = (fields + [""] * 4)[:4]
                    if root.upper() != "HKR":
                        raise InfError(f"[{one}]: only HKR is known here: {line}")
                    if key:
                        keys.add(key)
                    number = int(flags or "0", 0)
                    if not number & FLG_KEYONLY:
                        values[(key, name)] = self.typed(number & ~FLG_NOCLOBBER, fields[4:], line)
        return values, keys

    @staticmethod
    def typed(flags, data, line):
        if flags not in VALUE_TYPES:
            raise InfError(f"flags {flags:#x} are not known here: {line}")
        kind = VALUE_TYPES[flags]
        if kind == 4:
            return kind, int(data[0], 0).to_bytes(4, "little")
        if kind == 3:
            return kind, bytes(int(byte, 16) for byte in data)
        text = "\0".join(data) + ("\0\0" if kind == 7 else "\0")
        return kind, text.encode("utf-16-le")

    def copied_files(self, section):
        """{file's name on the medium: its place below the Windows folder}"""
        found = {}
        for lists in self.values(section, "CopyFiles"):
            for one in lists:
                entries = [one[1:]] if one.startswith("@") else self.lines(one)
                number = self.value("DestinationDirs", one) or self.value("DestinationDirs", "DefaultDestDir")
                if number not in DIRECTORIES:
                    raise InfError(f"directory {number} is not known here")
                for entry in entries:
                    target, *rest = fields_of(entry)
                    source = rest[0] if rest and rest[0] else target
                    found[source] = f"{DIRECTORIES[number]}/{target}".lstrip("/")
        return found

    def services(self, section):
        """{name: (service section, event section or '', log, source)}"""
        found = {}
        services = section + ".Services"
        for fields in self.values(services, "AddService") if self.has(services) else []:
            name, _, place, events, log, source = (fields + [""] * 6)[:6]
            found[name] = (place, events, log or "System", source or name)
        return found
