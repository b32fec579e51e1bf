# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the tests of the guest tools share: a driver pack, a folder of scripts, a spec, and the call."""
import json
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "pack"))
from packing import *  # noqa: F401,F403 - the helpers of the pack's tests are these tests' helpers, too
from packing import BLK, DONE, PACK, add_driver, block_driver_only, make_key

SCRIPTS = ("setup.cmd", "uninstall.cmd", "verify.cmd", "verify.ps1")
SPEC = {"drivers": [{"name": BLK, "required": True, "expected_inf_files": [BLK + ".inf"],
                     "expected_add_services": [BLK],
                     "expected_add_services_from_devices_cmd_var": "AERO_VIRTIO_BLK_SERVICE",
                     "expected_hardware_ids": ["^PCI\\\\VEN_1AF4&DEV_1042"],
                     "expected_hardware_ids_from_devices_cmd_var": "AERO_VIRTIO_BLK_HWIDS"}],
        "require_optional_drivers_on_all_arches": False, "fail_on_unlisted_driver_dirs": True}


class Bench:
    """One folder with the inputs; `case` copies them, so that each case breaks its own."""

    def __init__(self, tool, packages, root):
        self.tool, self.root = tool, root
        self.key = make_key(root / "keys")
        block = block_driver_only(packages, root / "build")
        result = tool.run("pack", "--from-build", block, "--out", root / "pack", "--cert", self.key[0], "--key",
                          self.key[1])
        assert result.returncode == DONE, result.stderr
        build = root / "more-build"
        shutil.copytree(block, build)
        add_driver(tool, packages, build, "virtio-net")
        result = tool.run("pack", "--from-build", build, "--out", root / "more", "--cert", self.key[0], "--key",
                          self.key[1])
        assert result.returncode == DONE, result.stderr
        self.net = root / "more" / PACK / "win7"
        # The folder form of the drivers, with nothing of a pack around it.
        shutil.copytree(root / "pack" / PACK / "win7", root / "drivers")
        guest = root / "guest"
        (guest / "certs").mkdir(parents=True)
        shutil.copy(self.key[0], guest / "certs/aero-test.cer")
        for name in SCRIPTS:
            (guest / name).write_text(f"rem {name}\r\n")
        (guest / "tools/amd64").mkdir(parents=True)
        (guest / "tools/amd64/program.exe").write_bytes(b"MZ a program")
        (guest / "README.md").write_text("read\nme\n")
        (guest / "licenses").mkdir()
        (guest / "licenses/other.txt").write_text("a licence\n")
        (root / "spec.json").write_text(json.dumps(SPEC))
        self.count = 0

    def case(self, change=None, spec=None, drivers=None):
        """Copies of drivers, guest and spec, with `change(drivers, guest)` applied."""
        self.count += 1
        folder = self.root / f"case-{self.count}"
        folder.mkdir()
        shutil.copytree(drivers or self.root / "drivers", folder / "drivers", symlinks=True)
        shutil.copytree(self.root / "guest", folder / "guest")
        (folder / "spec.json").write_text(json.dumps(spec if spec is not None else SPEC))
        if change is not None:
            change(folder / "drivers", folder / "guest")
        return folder

    def add_net(self, drivers):
        """The network driver, signed with the same key."""
        for arch in ("x86", "amd64"):
            shutil.copytree(self.net / arch / "aero_virtio_net", drivers / arch / "aero_virtio_net")

    def make(self, folder, *more, out=None, drivers=None, **environment):
        return self.tool.run("guest-tools", "--drivers-dir", drivers or folder / "drivers", "--guest-tools-dir",
                             folder / "guest", "--out-dir", out or folder / "out", "--spec", folder / "spec.json",
                             *more,
                             **environment)


def spec_with(**changes):
    spec = json.loads(json.dumps(SPEC))
    spec["drivers"][0].update(changes)
    spec["drivers"][0] = {k: v for k, v in spec["drivers"][0].items() if v is not None}
    return spec
