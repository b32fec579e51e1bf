#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""setupapi_test.py WINE_PREFIX.SH PREFIX INSTALL_INF.EXE PACK AEROW7 packed|refused

Wine's SetupAPI installs each driver of the pack for each of its hardware IDs, from a copy whose INF lost the ".6.1" of
its decorations (which Wine 8 does not match). What it leaves in system32 and in the registry must be what a third
reading of the INF says (inf_reading.py), what aerow7 reads in it (tool_reading.py) and what was published
(published.py).

Only 64-bit Wine is used. The x86 package is installed all the same: on its copy the NTx86 models take the name of the
NTamd64 ones, so the x86 lines of the INF and the x86 files are what is installed.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from inf_reading import Inf, InfError
from published import ERROR_NORMAL, PUBLISHED, SERVICE_KERNEL_DRIVER
from tool_reading import ToolReading

SKIPPED = 77
# SERVICE_* values that the service control manager adds by itself.
SCM_OWN = {"ObjectName", "PreshutdownTimeout", "WOW64", "Description"}
# What SetupAPI notes in the driver key about the installation itself.
INSTALLER_OWN = {"InfPath", "InfSection", "InfSectionExt", "ProviderName", "DriverDate", "DriverDateData",
                 "DriverVersion", "DriverDesc", "MatchingDeviceId"}


class Failure(Exception):
    pass


def expect(condition, message):
    if not condition:
        raise Failure(message)


class Wine:
    def __init__(self, script, prefix, program):
        self.script, self.program = script, program
        made = subprocess.run([script, prefix], stdout=subprocess.PIPE, text=True, timeout=230)
        if made.returncode == SKIPPED:
            sys.exit(SKIPPED)
        expect(made.returncode == 0, f"wine_prefix.sh ended with {made.returncode}")
        self.prefix = made.stdout.strip()
        self.windows = pathlib.Path(self.prefix, "drive_c/windows")

    def install(self, inf, hardware_id):
        windows_name = "Z:" + str(inf).replace("/", "\\")
        done = subprocess.run([self.script, "--run", self.prefix, "60", self.program, windows_name, hardware_id],
                              stdout=subprocess.PIPE, timeout=90)
        lines = done.stdout.decode("utf-8").replace("\r\n", "\n").splitlines()
        expect(lines, f"install_inf printed nothing and ended with {done.returncode}")
        return Facts(lines, done.returncode)

    def stop(self):
        subprocess.run([self.script, "--stop", self.prefix], timeout=60, check=True)


class Facts:
    """The lines of install_inf.exe."""

    def __init__(self, lines, status):
        self.failure = None
        self.drivers, self.keys = [], set()
        self.values = {"hardware": {}, "software": {}, "service": {}, "event": {}}
        for line in lines:
            kind, *rest = line.split("\t")
            if kind == "failed":
                self.failure = " ".join(rest)
            elif kind == "class":
                self.device_class = tuple(rest)
            elif kind == "driver":
                self.drivers.append(rest[0])
            elif kind == "key":
                self.keys.add(tuple(rest))
            elif kind in self.values and len(rest) == 4:
                self.values[kind][(rest[0], rest[1])] = (int(rest[2]), bytes.fromhex(rest[3]))
            elif kind != "installed":
                raise Failure(f"install_inf printed: {line}")
        expect(self.failure is not None or (lines[-1] == "installed" and status == 0),
               f"install_inf ended with {status} after: {lines[-1]}")


def as_typed(value):
    if isinstance(value, int):
        return 4, value.to_bytes(4, "little")
    return (2 if "%" in value else 1), (value + "\0").encode("utf-16-le")


def wine_copy(package, architecture, folder):
    """A copy of a package that 64-bit Wine 8 matches. Returns the INFs in it."""
    shutil.copytree(package, folder)
    infs = sorted(folder.glob("*.inf"))
    for inf in infs:
        text = inf.read_bytes().decode("ascii")
        expect(f"NT{architecture}.6.1" in text, f"{inf.name}: there are no NT{architecture}.6.1 models")
        text = text.replace(".6.1", "")
        if architecture == "x86":
            text = re.sub(r"(?i)NTamd64", "NTother", text)
            text = re.sub(r"(?i)NTx86", "NTamd64", text)
        inf.write_bytes(text.encode("ascii"))
    return infs


def check_files(reading, section, package, wine):
    files = reading.copied_files(section)
    expect(any(name.endswith(".sys") for name in files), f"[{section}] copies no .sys")
    for source, place in files.items():
        target = wine.windows / place
        expect(target.is_file(), f"{place} was not copied")
        expect(target.read_bytes() == (package / source).read_bytes(), f"{place} is not the package's {source}")


def check_values(kind, found, expected, own=()):
    """All that is expected, and nothing beside it but what the system notes by itself."""
    for place, value in expected.items():
        expect(place in found, f"{kind}: {place} is missing")
        expect(found[place] == value, f"{kind}: {place} is {found[place]}, not {value}")
    beside = {place for place in set(found) - set(expected) if place[1] not in own}
    expect(not beside, f"{kind}: {beside} come from nowhere")


def check_services(reading, section, facts):
    services = reading.services(section)
    expected, events = {}, {}
    for name, (place, event_section, log, source) in services.items():
        binary = reading.value(place, "ServiceBinary")
        expected[(name, "Type")] = as_typed(int(reading.value(place, "ServiceType"), 0))
        expected[(name, "Start")] = as_typed(int(reading.value(place, "StartType"), 0))
        expected[(name, "ErrorControl")] = as_typed(int(reading.value(place, "ErrorControl"), 0))
        expected[(name, "ImagePath")] = as_typed(binary.replace("%12%", "C:\\windows\\system32\\drivers"))
        for key, value in (("DisplayName", "DisplayName"), ("LoadOrderGroup", "Group")):
            if reading.value(place, key) is not None:
                expected[(name, value)] = as_typed(reading.value(place, key))
        added, keys = reading.added_values(place)
        expected.update({(f"{name}\\{key}" if key else name, value): data for (key, value), data in added.items()})
        for key in keys:
            expect(("service", f"{name}\\{key}") in facts.keys, f"service key {name}\\{key} is missing")
        if event_section:
            added, _ = reading.added_values(event_section)
            events.update({(f"{log}\\{source}", value): data for (_, value), data in added.items()})
    check_values("service", facts.values["service"], expected, SCM_OWN)
    check_values("event source", facts.values["event"], events)


def check_reading(reading, section, facts):
    check_services(reading, section, facts)
    hardware, keys = reading.added_values(section + ".HW") if reading.has(section + ".HW") else ({}, set())
    check_values("hardware key", facts.values["hardware"], hardware)
    for key in keys:
        expect(("hardware", key) in facts.keys, f"hardware key: {key} is missing")
    software, _ = reading.added_values(section)
    check_values("driver key", facts.values["software"], software, INSTALLER_OWN)


def check_published(published, facts):
    name, guid = published["class"]
    expect((facts.device_class[0].lower(), facts.device_class[1].upper()) == (name.lower(), guid),
           f"class is {facts.device_class}, published {published['class']}")
    service = published["service"]
    wanted = {(service, "Type"): SERVICE_KERNEL_DRIVER, (service, "Start"): published["start"],
              (service, "ErrorControl"): ERROR_NORMAL}
    if published["group"]:
        wanted[(service, "Group")] = published["group"]
    wanted.update({(f"{service}\\{key}", value): data for (key, value), data in published["parameters"].items()})
    compare = [("service", wanted), ("hardware", published["hardware"])]
    compare.append(("event", {(f"System\\{service}", k): v for k, v in published.get("events", {}).items()}))
    for kind, values in compare:
        for place, value in values.items():
            found = facts.values[kind].get(place)
            expect(found == as_typed(value), f"published {kind} value {place} is {found}, not {value!r}")


def check_tool(said, hardware_id, facts, reading, section):
    """Wine and aerow7 agree. An INF with several install sections is shown as one: then nothing may go beyond it."""
    expect(hardware_id in said.ids(), f"aerow7 does not see {hardware_id}")
    expect(reading.copied_files(section).items() <= said.files().items(), f"aerow7's files are {said.files()}")
    for kind, told, own in (("service", said.services(), SCM_OWN), ("hardware", said.hardware(), ()),
                            ("software", said.software(), INSTALLER_OWN)):
        expected = told
        if len(said.sections) > 1:
            expected = {place: told[place] for place in set(told) & set(facts.values[kind])}
        check_values(f"aerow7's {kind}", facts.values[kind], expected, own)


def packages(pack):
    for architecture in ("amd64", "x86"):
        # What is installed only by those who ask for it has to be right, too.
        for part in ("win7", "opt-in/win7"):
            for inf in sorted((pack / part / architecture).rglob("*.inf")):
                yield architecture, inf


def install_all(wine, pack, tool, work):
    count = 0
    for number, (architecture, original) in enumerate(packages(pack)):
        copy = work / f"{number}-{original.stem} {architecture}"
        infs = wine_copy(original.parent, architecture, copy)
        inf = next(i for i in infs if i.name == original.name)
        reading = Inf(inf.read_bytes())
        said = ToolReading(tool, original, architecture)
        models = reading.models("NTamd64")
        expect(models, f"{original.name}: no models for {architecture}")
        for description, name, ids in models:
            section = reading.section_for(name, "amd64")
            for hardware_id in ids:
                where = f"{original.name} {architecture} {hardware_id}"
                try:
                    for place in reading.copied_files(section).values():
                        (wine.windows / place).unlink(missing_ok=True)
                    facts = wine.install(inf, hardware_id)
                    expect(facts.failure is None, f"not installed: {facts.failure}")
                    expect(facts.drivers == [description], f"drivers that match: {facts.drivers}")
                    check_files(reading, section, copy, wine)
                    check_reading(reading, section, facts)
                    check_tool(said, hardware_id, facts, reading, section)
                    if original.name in PUBLISHED:
                        check_published(PUBLISHED[original.name], facts)
                except (Failure, InfError) as error:
                    raise Failure(f"{where}: {error}") from error
                count += 1
                print(f"installed {where}" + ("" if original.name in PUBLISHED else " (nothing published to compare)"))
    expect(count > 0, f"there is no INF in {pack}")


def refuse(wine, pack, _, work):
    """Each of these must be noticed; otherwise the first test proves nothing."""
    architecture, original = next(packages(pack))
    copy = work / "package"
    inf = next(i for i in wine_copy(original.parent, architecture, copy) if i.name == original.name)
    text = inf.read_bytes().decode("ascii")
    hardware_id = Inf(text.encode()).models("NTamd64")[0][2][0]

    for other in (hardware_id.replace("REV_01", "REV_00"), re.sub("DEV_....", "DEV_FFFF", hardware_id)):
        expect(wine.install(inf, other).failure is not None, f"{other} was installed")
    # As packed, with the decorations that Wine 8 does not match: when this installs, the copies are needed no more.
    if wine.install(original, hardware_id).failure is None:
        print("note: this Wine matches .6.1 decorations")
    faults = {
        "no signature": (r"(?m)^Signature.*$", "Nonsense = 1", None),
        "another start type": (r"(StartType\s*=\s*)\d", r"\g<1>4", "Start"),
        "another message limit": (r'("MessageNumberLimit", 0x00010001, )\d+', r"\g<1>77", "MessageNumberLimit"),
        "another group": (r"(LoadOrderGroup\s*=\s*).*", r"\g<1>Base", "Group"),
    }
    for name, (pattern, replacement, word) in faults.items():
        changed, count = re.subn(pattern, replacement, text)
        if count == 0:
            expect(original.name != "aero_virtio_blk.inf", f"fault '{name}' does not fit the INF any more")
            continue
        inf.write_bytes(changed.encode("ascii"))
        facts = wine.install(inf, hardware_id)
        if word is None:
            expect(facts.failure is not None, f"{name}: installed all the same")
            continue
        expect(facts.failure is None, f"{name}: {facts.failure}")
        try:
            check_published(PUBLISHED[original.name], facts)
        except Failure as noticed:
            expect(word in str(noticed), f"{name}: noticed as: {noticed}")
            print(f"noticed: {noticed}")
        else:
            raise Failure(f"{name}: not noticed")


def main():
    script, prefix, program, pack, tool, what = sys.argv[1:]
    pack = pathlib.Path(pack)
    if not pack.is_dir():
        print(f"skipped: {pack} is not there (build.sh makes it)")
        return SKIPPED
    wine = Wine(script, prefix, program)
    try:
        with tempfile.TemporaryDirectory(prefix="setupapi ") as work:
            {"packed": install_all, "refused": refuse}[what](wine, pack, tool, pathlib.Path(work))
    except Failure as failure:
        print(f"FAILED: {failure}")
        return 1
    finally:
        wine.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
