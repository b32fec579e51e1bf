#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Injection into a large install.wim against wimlib-imagex doing the same update.

usage: run.py --aerow7 FILE [--size GIB] [--images N] [--files N] [--packages DIR] [--folder DIR] [--json FILE]

The WIM has the size of a Windows 7's install.wim: mostly content that does not compress, stored as it is in a file that
says LZX, with many small files, so that metadata and table have their usual size. Each row is the median of three runs;
the memory is the largest that any of them had resident.
"""
import argparse
import hashlib
import json
import os
import pathlib
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # nothing is written into the source tree
SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "tool" / "wim"))
import wim_maker  # noqa: E402
from inject_support import Injection, windows_image  # noqa: E402

BLOCK = 8 << 20


class Big:
    """Content that is not kept in memory: it has the properties that wim_maker asks for."""

    def __init__(self, seed, size):
        self.seed, self.size = seed, size
        self.digest = None  # known once it is written

    def __len__(self):
        return self.size

    def blocks(self):
        noise = random.Random(self.seed)
        for at in range(0, self.size, BLOCK):
            yield noise.randbytes(min(BLOCK, self.size - at))


def build(path, size, images, files):
    """As wim_maker.make_wim, but the big contents go through the file; the same in every image, as editions have it."""
    made = [windows_image(f"edition {i + 1}", kind="os", edition=f"Edition{i + 1}") for i in range(images)]
    big = [Big(i, size // 24) for i in range(24)]
    places, end = {}, 208
    with open(path, "wb") as file:
        file.write(bytes(208))
        for content in big:
            digest = hashlib.sha1()
            for block in content.blocks():
                digest.update(block)
                file.write(block)
            content.digest = digest.digest()
            places[content.digest] = [len(content), end, images]
            end += len(content)
        for image in made:
            for number, content in enumerate(big):
                image.add(f"Windows/winsxs/big/{number}.bin", content, security=wim_maker.descriptor(1))
            for number in range(files):
                image.add(f"Windows/winsxs/folder{number % 300}/a file with a name of usual length {number}.dll",
                          b"content %d" % number, security=wim_maker.descriptor(2), short=f"AFILEW~{number % 10}.DLL")
            for node in image.nodes():
                if isinstance(node.content, bytes) and node.content:
                    digest = hashlib.sha1(node.content).digest()
                    if digest in places:
                        places[digest][2] += 1
                    else:
                        places[digest] = [len(node.content), end, 1]
                        file.write(node.content)
                        end += len(node.content)
        table = [wim_maker.place(s, o) + struct.pack("<HI", 1, r) + d for d, (s, o, r) in places.items()]
        for image in made:
            raw = wim_maker.metadata(image)
            table.append(wim_maker.place(len(raw), end, 2) + struct.pack("<HI", 1, 1) + hashlib.sha1(raw).digest())
            file.write(raw)
            end += len(raw)
        xml = b"\xff\xfe" + ("<WIM>" + "".join(wim_maker.image_xml(i, n) for n, i in enumerate(made, 1)) +
                             "</WIM>").encode("utf-16-le")
        file.write(b"".join(table) + xml)
        table_place = wim_maker.place(50 * len(table), end, 2)
        file.seek(0)
        file.write(b"MSWIM\0\0\0" + struct.pack("<IIII", 208, 0x10D00, 0x40002, 32768) + b"a WIM to measure" +
                   struct.pack("<HHI", 1, 1, images) + table_place +
                   wim_maker.place(len(xml), end + 50 * len(table), 2))


def resident(process):
    """The largest resident memory so far, in KiB; rusage would have this script's own in it."""
    try:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def measure(command, stdin=None):
    """Seconds, and the largest resident memory in MiB, looked at every five milliseconds."""
    most = 0
    begin = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE if stdin else None,
                               stdout=subprocess.DEVNULL)
    if stdin:
        process.stdin.write(stdin.encode())
        process.stdin.close()
    while process.poll() is None:
        most = max(most, resident(process))
        time.sleep(0.005)
    assert process.returncode == 0, command
    return time.monotonic() - begin, most / 1024


def updates(injected, report, folder):
    """What the injection did, as commands of wimlib-imagex update."""
    out = []
    for image in report["images"]:
        target = folder / f"new{image['index']}"
        files = [c["path"] for c in image["changes"] if c["action"] in ("add", "replace")]
        wim_maker.wimlib("extract", injected, image["index"], *[f"/{f}" for f in files], f"--dest-dir={target}",
                         "--no-acls", "--quiet", "--preserve-dir-structure")
        out.append((image["index"], "".join(f"add '{target / f}' '/{f}'\n" for f in files)))
    return out


def restore(wim, state):
    """The WIM as it was: what an update appended is cut off."""
    size, header = state
    with open(wim, "r+b") as file:
        file.write(header)
        file.truncate(size)
        os.fsync(file.fileno())


def wimlib_update(wim, commands):
    seconds = memory = 0
    for index, text in commands:
        took, used = measure(["wimlib-imagex", "update", wim, index, "--quiet"], text)
        seconds, memory = seconds + took, max(memory, used)
    return seconds, memory


def rows(injection, wim, folder):
    with open(wim, "rb") as file:
        state = wim.stat().st_size, file.read(208)
    report = injection.inject(wim)
    commands = updates(wim, report, folder)
    restore(wim, state)
    copy = folder / "copy.wim"
    inject = injection.command("inject", "--wim", wim, "--no-manifest")

    def with_copy():
        first = measure(["cp", "--reflink=auto", wim, copy])
        second = wimlib_update(copy, commands)
        third = measure(["sync", "-d", copy])
        fourth = measure(["mv", copy, wim])
        return sum(p[0] for p in (first, second, third, fourth)), second[1]
    def in_place():
        result = measure(injection.command("inject", "--wim", wim, "--in-place"))
        pathlib.Path(f"{wim}.aerow7.json").unlink()
        return result
    for name, run in (("aerow7 inject", lambda: measure(inject)),
                      ("cp, wimlib-imagex update, sync, mv", with_copy),
                      ("aerow7 inject --in-place", in_place),
                      ("wimlib-imagex update, in place, no sync", lambda: wimlib_update(wim, commands)),
                      ("cp, sync", lambda: tuple(map(sum, zip(measure(["cp", "--reflink=auto", wim, copy]),
                                                              measure(["sync", "-d", copy])))))):
        results = []
        for _ in range(3):
            os.sync()
            results.append(run())
            restore(wim, state)
            copy.unlink(missing_ok=True)
        yield {"what": name, "seconds": round(statistics.median(r[0] for r in results), 2),
               "all_seconds": [round(r[0], 2) for r in results], "mib": round(max(r[1] for r in results), 1)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--aerow7", required=True)
    parser.add_argument("--size", type=float, default=3)
    parser.add_argument("--images", type=int, default=3)
    parser.add_argument("--files", type=int, default=60000)
    parser.add_argument("--packages", default=SOURCE / "build" / "packages")
    parser.add_argument("--folder")
    parser.add_argument("--json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = pathlib.Path(name)
        injection = Injection(options.aerow7, SOURCE, options.packages, folder)
        wim = folder / "install.wim"
        build(wim, int(options.size * (1 << 30)), options.images, options.files)
        wim_maker.wimlib("info", wim)
        table = list(rows(injection, wim, folder))
    for row in table:
        print(f"{row['what']:<42} {row['seconds']:>8.2f} s {row['mib']:>8.1f} MiB   {row['all_seconds']}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"size_gib": options.size, "images": options.images,
                                                          "files": options.files, "rows": table}, indent=2) + "\n")


if __name__ == "__main__":
    main()
