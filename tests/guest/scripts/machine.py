# SPDX-License-Identifier: MIT OR Apache-2.0
"""A make-believe Windows 7 in a folder, for the guest scripts to run on under Wine: stand-ins for the programs that
they start (standin.h), a registry in a text file, a driver store, certificate stores. Runs of scripts are collected
and done in one batch by one cmd.exe, because starting Wine takes longer than most of them."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

TOOLS = ("reg", "bcdedit", "pnputil", "certutil", "icacls", "attrib", "find", "fltmc", "shutdown", "hold")
LOADER = r"HKLM\BCD00000000\Objects\{4636856e-540f-4170-a130-a84776f4c654}\Elements"
TESTSIGNING = LOADER + r"\16000049"
NO_CHECKS = LOADER + r"\16000048"
VERSION = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
RECORD = r"HKLM\SOFTWARE\AeroGuestTools"
SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
DEVICES = r"HKLM\SYSTEM\CurrentControlSet\Control\CriticalDeviceDatabase"
# As a browser names what it saves twice.
MEDIA = "media (1) & more"
BARE = r"PCI#VEN_1AF4&DEV_1042"


def crlf(text):
    return text.replace("\n", "\r\n").encode("ascii")


def windows(path):
    return "Z:" + str(path).replace("/", "\\")


class Machine:
    """One machine with one medium, media/; `scripts` are copied to its root."""

    def __init__(self, folder, standin, version="6.1"):
        self.folder = pathlib.Path(folder)
        self.media = self.folder / MEDIA
        system = self.folder / "root/System32"
        for made in (self.media, system / "drivers", self.folder / "root/inf", self.folder / "drive",
                     self.folder / "temp"):
            made.mkdir(parents=True)
        for tool in TOOLS:
            os.link(standin, system / f"{tool}.exe")
        self.set_registry({"HKLM": {}, "HKLM\\SOFTWARE": {}, "HKLM\\SYSTEM": {}, LOADER: {}, SERVICES: {}, DEVICES: {},
                           VERSION: {"CurrentVersion": ("REG_SZ", version)}})
        self.runs = 0

    def clone(self, folder):
        """Another machine in this one's state, with no call logged yet."""
        other = object.__new__(Machine)
        other.folder = pathlib.Path(folder)
        other.media = other.folder / MEDIA
        other.runs = 0
        def link_or_copy(source, to):
            (os.link if source.endswith(".exe") else shutil.copy)(source, to)

        shutil.copytree(self.folder, other.folder, ignore=shutil.ignore_patterns("run*.*", "calls.log"),
                        copy_function=link_or_copy)
        return other

    # -- what the machine is
    def file(self, name, content=""):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else crlf(content))
        return path

    def set_registry(self, keys):
        lines = set()
        for key, values in keys.items():
            parts = key.split("\\")
            lines.update("\\".join(parts[:n]) for n in range(1, len(parts) + 1))
            lines.update("\t".join((key, name, *value)) for name, value in values.items())
        (self.folder / "registry.txt").write_text("\n".join(sorted(lines, key=str.lower)) + "\n", newline="")

    def registry(self):
        keys = {}
        for line in (self.folder / "registry.txt").read_bytes().decode("ascii").splitlines():
            key, *value = line.split("\t")
            values = keys.setdefault(key, {})
            if value:
                values[value[0]] = tuple(value[1:])
        return keys

    def add_registry(self, key, **values):
        keys = self.registry()
        keys.setdefault(key, {}).update(values)
        self.set_registry(keys)

    def flag(self, element):
        value = self.registry().get(element, {}).get("Element")
        return None if value is None else value[1]

    def state(self, name):
        path = self.folder / "drive/AeroGuestTools" / name
        return path.read_bytes().decode("ascii") if path.exists() else None

    def packages(self):
        return sorted(path.name for path in (self.folder / "root/inf").glob("oem*.inf"))

    def certificates(self):
        stores = self.folder / "stores"
        return sorted(str(path.relative_to(stores)) for path in stores.rglob("*") if path.is_file())

    def drivers(self):
        return {path.name: path.read_bytes() for path in (self.folder / "root/System32/drivers").iterdir()}

    def snapshot(self):
        """Everything that a script could have changed, apart from its own logs."""
        return (self.registry(), self.drivers(), self.certificates(),
                {path.name: path.read_bytes() for path in (self.folder / "root/inf").iterdir()},
                sorted(path.name for path in self.folder.joinpath("drive").rglob("*")))

    def original(self):
        """What was there before setup: all but what stays on purpose, the state folder with its logs and the record
        that it is setup's. Keys are found without regard to case, and one made anew may be spelled in another way."""
        registry, drivers, certificates, infs, files = self.snapshot()
        record = registry.pop(RECORD, None)
        assert record is None or set(record) == {"StateFolder"}, record
        return ({key.lower(): values for key, values in registry.items()}, drivers, certificates, infs,
                [name for name in files if name not in ("AeroGuestTools", "install.log", "uninstall.log")])

    def calls(self):
        path = self.folder / "calls.log"
        return path.read_bytes().decode("ascii", "replace").splitlines() if path.exists() else []

    def called(self, text):
        return [call for call in self.calls() if text in call]

    # -- media
    def driver_package(self, folder, service, body="", name=None):
        name = name or service
        self.file(f"{MEDIA}/{folder}/{name}.inf",
                  f"; a package\n[Version]\nSignature=\"$WINDOWS NT$\"\n[X.Services]\n"
                  f"AddService\t= {service}, 2, S ; c\n"
                  f"[S]\nHKR, \"Parameters\\P\", \"5\", 0x00010001, \"a=b & c\"\n{body}")
        self.file(f"{MEDIA}/{folder}/{name}.sys", f"driver {service} {folder}".encode())

    def manifest(self, policy="test", **more):
        files = []
        for path in sorted(self.media.rglob("*")):
            # Without the scripts, each file of which would take a call more to verify.
            if path.is_file() and path.name != "manifest.json" and path.suffix not in (".cmd", ".ps1"):
                content = path.read_bytes()
                files.append({"path": path.relative_to(self.media).as_posix(), "size": len(content),
                              "sha256": hashlib.sha256(content).hexdigest()})
        manifest = {"schema_version": 4, "package": {"name": "aero-guest-tools", "version": "1.2.3", "build_id": "b7",
                                                     "source_date_epoch": 0},
                    "inputs": {"packaging_spec": {"path": "nowhere.json", "sha256": "00"},
                               "aero_packager_version": "9.9.9"},
                    "signing_policy": policy, "certs_required": policy == "test", "files": files}
        manifest.update(more)
        (self.media / "manifest.json").write_text(json.dumps(manifest, indent="\t"))

    # -- runs
    def run(self, batch, script, *options, answers="", environment=None, hold=None):
        """Adds a run to the batch; its output and exit status can be read when the batch is done."""
        self.runs += 1
        run = Run(self, self.folder / f"run{self.runs}")
        self.file(f"run{self.runs}.in", answers)
        variables = {"AERO_CASE": windows(self.folder), "SystemRoot": windows(self.folder / "root"),
                     "SystemDrive": windows(self.folder / "drive"), "TEMP": windows(self.folder / "temp"),
                     "PROCESSOR_ARCHITECTURE": "AMD64", **(environment or {})}
        # Wine's cmd makes 1 of every exit status that a script ends with when it was started by "call", and gives a
        # new cmd.exe the real SystemRoot: so each run is a cmd.exe that goes over to the script from another one.
        settings = [f'set "{name}={value}"' for name, value in variables.items()]
        start = f'"{windows(self.media / script)}" {" ".join(options)}'
        self.file(f"run{self.runs}.cmd", "\n".join(["@echo off", *settings, start, ""]))
        path = windows(run.path)
        if hold:
            batch.add(self, [f"set AERO_CASE={windows(self.folder)}",
                             f'start /b "" {windows(self.folder)}\\root\\System32\\hold.exe {windows(hold)} '
                             f"{path}.status"])
        batch.add(self, [f'C:\\windows\\system32\\cmd.exe /c {path}.cmd <{path}.in >{path}.out 2>&1',
                         f">{path}.status echo %errorlevel%"])
        return run


class Run:
    def __init__(self, machine, path):
        self.machine = machine
        self.path = path

    @property
    def status(self):
        return int(self.path.with_suffix(".status").read_text())

    @property
    def out(self):
        return self.path.with_suffix(".out").read_bytes().decode("ascii", "replace")


class Batch:
    def __init__(self, prefix_script, prefix, folder):
        self.prefix_script = prefix_script
        self.prefix = prefix
        self.folder = pathlib.Path(folder)
        self.runs = {}

    def add(self, machine, lines):
        self.runs.setdefault(machine, []).extend(lines)

    def do(self, seconds=250):
        """The runs of one machine one after the other; machines in as many threads as there are processors."""
        queues = [[] for _ in range(min(os.cpu_count() or 1, 4))]
        for lines in sorted(self.runs.values(), key=len, reverse=True):
            min(queues, key=len).extend(lines)
        self.runs = {}
        programs = []
        for number, lines in enumerate(queue for queue in queues if queue):
            name = f"batch{number}.cmd"
            (self.folder / name).write_bytes(crlf("\n".join(["@echo off", *lines, "exit /b 0", ""])))
            programs.append(subprocess.Popen(
                [self.prefix_script, "--run", self.prefix, str(seconds), "cmd", "/c", name], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                errors="replace"))
        for program in programs:
            out, _ = program.communicate()
            assert program.returncode == 0, f"cmd /c: exit status {program.returncode}\n{out}"


def clean(folder):
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o700)
    shutil.rmtree(folder)


def say(*words):
    print(*words, file=sys.stderr)
