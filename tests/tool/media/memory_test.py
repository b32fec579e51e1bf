# SPDX-License-Identifier: MIT OR Apache-2.0
"""memory_test.py AEROW7: making, comparing and extracting a 1 GiB image takes less than 64 MiB of memory, whatever
is in it: large files, a ZIP of zeros, or many small files. (Not the sanitized tool: the sanitizer takes more.)"""
import os
import pathlib
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from media_tools import *

tool = sys.argv[1]
LIMIT = 64 << 20


def peak(*arguments):
    begun = time.monotonic()
    process = os.posix_spawn(tool, [tool, *map(str, arguments)], os.environ,
                             file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(process, 0)
    assert os.waitstatus_to_exitcode(status) == DONE, arguments
    memory = usage.ru_maxrss * 1024
    print(f"{arguments[0]} {' '.join(a for a in map(str, arguments[1:]) if a.startswith('--'))}: "
          f"{memory / 2**20:.1f} MiB, {time.monotonic() - begun:.2f} s")
    assert memory < LIMIT, arguments


with tempfile.TemporaryDirectory() as name:
    root = pathlib.Path(name)
    source = write_files(root / "source", REQUIRED)
    with open(source / "large.bin", "wb") as file:
        file.write(b"begin")
        file.truncate((1 << 30) - 5)
        file.seek(0, os.SEEK_END)
        file.write(b"  end")
    image = root / "x.iso"
    peak("iso", "--out", image, source)
    assert image.stat().st_size > 1 << 30
    assert image.stat().st_blocks * 512 < 64 << 20, "zeros are holes in the image"
    peak("iso", "--verify", image, source)
    peak("extract", "--virtio-win-iso", image, "--out-root", root / "drivers")
    with open(source / "large.bin", "r+b") as file:
        file.truncate(128 << 20)
    peak("iso", "--out", image, source)
    peak("extract", "--all", "--virtio-win-iso", image, "--out-root", root / "all")
    assert digest(root / "all" / "large.bin") == digest(source / "large.bin")
    with zipfile.ZipFile(root / "x.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, content in REQUIRED.items():
            archive.writestr(path, content)
        # In pieces: a child's peak begins with what its parent had when it was started.
        with archive.open("large.bin", "w") as file:
            for _ in range(128):
                file.write(bytes(1 << 20))
    peak("extract", "--all", "--virtio-win-iso", root / "x.zip", "--out-root", root / "zip")
    many = root / "many"
    for i in range(100):
        (many / str(i)).mkdir(parents=True)
        for j in range(100):
            (many / str(i) / f"a file, number {j}").touch()
    peak("iso", "--out", root / "many.iso", many)
    peak("iso", "--verify", root / "many.iso", many)
