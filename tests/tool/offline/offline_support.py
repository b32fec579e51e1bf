# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the tests of offline injection share: a signed pack of three drivers, Windows in folders, running the tool."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "offline"), str(TESTS / "pack")]
import packing  # noqa: E402
import registry  # noqa: E402
import windows_tree  # noqa: E402

DONE, CHECK_FAILED, USAGE, BAD_INPUT, NOT_WRITTEN = range(5)
EPOCH = "1700000000"
BLK = packing.BLK
CONFIG = "Windows/System32/config/"
STAGED = "Windows/Drivers/Aero/"
CERTIFICATES = "Microsoft\\SystemCertificates\\{}\\Certificates\\{}"
CDD = "Control\\CriticalDeviceDatabase\\"


class Offline:
    """aerow7 with a pack of the block, network and input drivers, signed with a key of this run."""

    def __init__(self, program, source, packages, folder, devices=("virtio-net", "virtio-input"), digest="sha1"):
        self.program, self.folder = program, pathlib.Path(folder)
        packages = pathlib.Path(packages)
        if not (packages / "amd64" / BLK / f"{BLK}.sys").exists():
            print("SKIPPED: the drivers are not built")
            sys.exit(77)
        self.tool = packing.Tool(program, source)
        build = packing.block_driver_only(packages, self.folder / "build")
        self.services = [BLK] + [packing.add_driver(self.tool, packages, build, d) for d in devices]
        packing.add_driver(self.tool, packages, build, "virtio-snd", folder="left_out", opt_in=True)
        self.cer, key, _ = packing.make_key(self.folder / "keys", digest_name=digest)
        result = self.tool.run("pack", "--from-build", build, "--out", self.folder / "dist", "--cert", self.cer,
                               "--key", key, "--digest", digest)
        assert result.returncode == DONE, result.stderr
        self.pack = self.folder / "dist" / packing.PACK
        self.zip = self.folder / "dist" / f"{packing.PACK}.zip"
        self.thumbprint = hashlib.sha1(self.cer.read_bytes()).hexdigest().upper()
        self.errors = ""

    def run(self, *arguments, **options):
        environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
        return subprocess.run([str(a) for a in (self.program, *arguments)], capture_output=True, text=True, timeout=50,
                              env=environment, errors="backslashreplace", **options)

    def json(self, *arguments, status=DONE, pack=None, cert=True):
        certificate = ["--cert", self.cer] if cert else []
        result = self.run(*arguments, "--json", "--driver-pack", pack or self.pack, *certificate)
        assert result.returncode == status, (arguments, result.returncode, result.stdout[-3000:], result.stderr)
        self.errors = result.stderr
        return json.loads(result.stdout) if result.stdout else None

    def inject(self, folder, *more, **options):
        return self.json("inject", "--folder", folder, *more, **options)

    def verify(self, folder, *more, **options):
        return self.json("verify-image", folder, *more, **options)

    def packages(self, arch):
        """{staged path: bytes} of the pack."""
        root = self.pack / "win7" / arch
        return {STAGED + str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}

    def infs(self, arch):
        root = self.pack / "win7" / arch
        return sorted(str(p.relative_to(root)).replace("/", "\\") for p in root.glob("*/*.inf"))


def files_of(folder):
    folder = pathlib.Path(folder)
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def hive_change(before, after, name):
    """What is new in a hive of the two trees; nothing may be gone and no key's security may be other than it was."""
    path = CONFIG + name
    new, gone = registry.difference(registry.read(before[path]), registry.read(after[path]))
    old = registry.securities(before[path])
    for key, security in registry.securities(after[path]).items():
        if key in old:
            assert old[key] == security, key
        else:
            assert security == old[""] or security is not None, key
    return new, gone
