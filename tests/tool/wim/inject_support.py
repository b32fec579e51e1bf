# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the tests of injection into WIMs share: a signed pack, boot.wim and install.wim, running the tool."""
import json
import os
import pathlib
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "offline"), str(TESTS / "pack"), str(TESTS / "wim")]
import packing  # noqa: E402
import windows_tree  # noqa: E402
from wim_maker import Image, compress, descriptor, make_wim  # noqa: E402

DONE, CHECK_FAILED, USAGE, BAD_INPUT, NOT_WRITTEN = range(5)
EPOCH = "1700000000"
BLK = packing.BLK


class Injection:
    """aerow7 with a pack of the block driver, signed with a key of this run."""

    def __init__(self, program, source, packages, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        if not (pathlib.Path(packages) / "amd64" / BLK / f"{BLK}.sys").exists():
            print("SKIPPED: the drivers are not built")
            sys.exit(77)
        tool = packing.Tool(program, source)
        build = packing.block_driver_only(pathlib.Path(packages), self.folder / "build")
        self.cer, key, _ = packing.make_key(self.folder / "keys")
        result = tool.run("pack", "--from-build", build, "--out", self.folder / "dist", "--cert", self.cer, "--key",
                          key)
        assert result.returncode == DONE, result.stderr
        self.pack = self.folder / "dist" / packing.PACK
        self.zip = self.folder / "dist" / f"{packing.PACK}.zip"

    def command(self, *arguments, pack=None, cert=True):
        return [str(a) for a in (self.program, *arguments, "--driver-pack", pack or self.pack,
                                 *(["--cert", self.cer] if cert else []))]

    def inject(self, wim, *more, status=DONE, **options):
        """The report of inject --json."""
        result = self.run(*self.command("inject", "--wim", wim, "--json", *more, **options))
        assert result.returncode == status, (result.returncode, result.stdout[-1500:], result.stderr)
        self.errors = result.stderr
        return json.loads(result.stdout) if result.stdout else None

    def undo(self, manifest, *more, status=DONE):
        result = self.run(self.program, "undo", "--manifest", manifest, "--json", *more)
        assert result.returncode == status, (result.returncode, result.stdout, result.stderr)
        self.errors = result.stderr
        return json.loads(result.stdout) if result.stdout else None

    @staticmethod
    def run(*command, **options):
        environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
        return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=50, env=environment,
                              **options)


def windows_image(name, arch="amd64", replace=None, **options):
    """An image with a Windows; each file with a security descriptor of its own."""
    image = Image(name)
    files = {**windows_tree.windows_files(arch=arch, **options), **(replace or {})}
    for number, (path, content) in enumerate(sorted(files.items())):
        short = "BCD-TE~1" if path.endswith("BCD-Template") else ""
        image.add(path, content, security=descriptor(0x120000 + number), short=short)
    return image


def boot_wim(path, arch="amd64", kind="LZX", integrity=True):
    images = [windows_image("PE", arch, kind="pe"), windows_image("Setup", arch, kind="setup")]
    return compress(make_wim(path, images, boot=2), kind, integrity)


def install_wim(path, arch="amd64", kind="LZX", integrity=False, editions=("Starter", "Professional")):
    images = [windows_image(e, arch, kind="os", edition=e) for e in editions]
    for image in images:
        system32 = image.root.children["Windows"].children["System32"].children
        template = system32["config"].children["BCD-Template"]
        template.link = 5
        image.add("Windows/winsxs/bcd-template", template.content, security=template.security, link=5)
    return compress(make_wim(path, images), kind, integrity)
