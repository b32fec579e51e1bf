#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""aerow7's pack, sign, iso and extract beside other programs on the same work: time and peak memory.

usage: run.py [--quick] [--aerow7 FILE] [--measure FILE] [--packages DIR] [--json FILE]

Each row is the best of three runs (--quick: one run, smaller files). Every result is looked at before its time counts:
signatures are verified by osslsigncode, images and folders are compared with their sources file by file. A program that
is not installed has no row. Prints a Markdown table; --json also writes the numbers to FILE.
"""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MIB = 1 << 20
EPOCH = "1577836800"


class BenchError(Exception):
    pass


class Bench:
    def __init__(self, arguments, work):
        self.aerow7, self.meter = str(arguments.aerow7.resolve()), str(arguments.measure.resolve())
        self.runs = 1 if arguments.quick else 3
        self.quick, self.packages, self.work, self.rows = arguments.quick, arguments.packages.resolve(), work, []
        self.environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "LC_ALL": "C.UTF-8"}

    def call(self, *words):
        done = subprocess.run([str(w) for w in words], capture_output=True, text=True, cwd=self.work,
                              env=self.environment, timeout=600)
        if done.returncode != 0:
            raise BenchError(f"{words}: ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
        return done.stdout

    def row(self, work, size, program, prepare, words, check):
        """Measures one program; `prepare` puts everything back before each run, `check` raises when it did not work."""
        if shutil.which(str(words[0])) is None:
            print(f"{words[0]} is not installed: no row", file=sys.stderr)
            return
        best = None
        for _ in range(self.runs):
            prepare()
            done = subprocess.run([self.meter, *[str(w) for w in words]], capture_output=True, text=True, cwd=self.work,
                                  env=self.environment, timeout=600)
            fields = done.stdout.split()
            if len(fields) != 4 or fields[0] != "0":
                raise BenchError(f"{work}: {program}: {done.stdout} {done.stderr[-1500:]}")
            check()
            seconds, cpu, peak = float(fields[1]), float(fields[2]), int(fields[3]) / 1024
            best = (seconds, cpu, peak) if best is None else (min(best[0], seconds), min(best[1], cpu),
                                                              max(best[2], peak))
        self.rows.append({"work": work, "bytes": size, "program": program, "seconds": best[0], "cpu_seconds": best[1],
                          "peak_mib": best[2]})


def fill(path, size, seed):
    """Bytes that compress badly and differ from file to file."""
    block = hashlib.shake_256(str(seed).encode()).digest(1 << 16)
    with open(path, "wb") as stream:
        for at in range(0, size, len(block)):
            stream.write(block[:min(len(block), size - at)])


def tree_digest(root):
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            digest = hashlib.sha256()
            with open(path, "rb") as stream:
                while block := stream.read(MIB):
                    digest.update(block)
            found[str(path.relative_to(root))] = digest.hexdigest()
    return found


def a_driver(bench):
    found = sorted(bench.packages.rglob("*.sys"))
    if not found:
        raise BenchError(f"there is no driver in {bench.packages}: run ./build.sh first")
    return found[0]


def sign_rows(bench):
    cer, key, pem = bench.work / "test.cer", bench.work / "test.pem", bench.work / "test.crt"
    bench.call(bench.aerow7, "cert", "create", "--cer", cer, "--key", key)
    bench.call("openssl", "x509", "-inform", "DER", "-in", cer, "-out", pem)
    driver, big = bench.work / "driver.sys", bench.work / "big.sys"
    shutil.copy(a_driver(bench), driver)
    # What follows the sections of an image is hashed, too: the same driver with a long tail.
    shutil.copy(driver, big)
    size = (16 if bench.quick else 128) * MIB
    fill(bench.work / "tail", size, "tail")
    with open(big, "ab") as stream, open(bench.work / "tail", "rb") as tail:
        shutil.copyfileobj(tail, stream, MIB)
    (bench.work / "tail").unlink()
    for name, source in (("a driver", driver), (f"a driver of {size // MIB} MiB", big)):
        out = bench.work / "signed.sys"

        def verify():
            bench.call("osslsigncode", "verify", "-CAfile", pem, "-in", out)

        for digest, other in (("sha1", "sha1"), ("sha256", "sha256")):
            work, total = f"sign {name}, {digest}", source.stat().st_size
            bench.row(work, total, "aerow7", lambda: out.unlink(missing_ok=True),
                      [bench.aerow7, "sign", source, "--cert", cer, "--key", key, "--digest", digest, "--out", out],
                      verify)
            bench.row(work, total, "osslsigncode", lambda: out.unlink(missing_ok=True),
                      ["osslsigncode", "sign", "-certs", pem, "-key", key, "-h", other, "-in", source, "-out", out],
                      verify)
    out.unlink()
    big.unlink()


def make_tree(bench, name, files):
    root = bench.work / name
    for number, size in enumerate(files):
        folder = root / f"folder {number // 50:03}"
        folder.mkdir(parents=True, exist_ok=True)
        fill(folder / f"A long file name {number:05}.bin", size, number)
    return root


def iso_rows(bench):
    small, large = (300, 64) if bench.quick else (3000, 1024)
    works = ((f"image of {small} files of 20 KiB", [20480 + i % 999 for i in range(small)]),
             (f"image of one file of {large} MiB", [large * MIB - 1]))
    for work, files in works:
        root = make_tree(bench, "tree", files)
        expected, total, image = tree_digest(root), sum(files), bench.work / "made.iso"

        def compare():
            out = bench.work / "read"
            shutil.rmtree(out, ignore_errors=True)
            bench.call("7z", "x", "-y", f"-o{out}", image)
            if tree_digest(out) != expected:
                raise BenchError(f"{work}: what 7z reads is not what went in")
            shutil.rmtree(out)

        def clear():
            image.unlink(missing_ok=True)

        bench.row(work, total, "aerow7", clear, [bench.aerow7, "iso", "--label", "BENCH", "--out", image, root], compare)
        bench.row(work, total, "xorriso", clear,
                  ["xorriso", "-as", "mkisofs", "-quiet", "-V", "BENCH", "-J", "-joliet-long", "--norock", "-o", image,
                   root], compare)
        bench.row(work, total, "genisoimage", clear,
                  ["genisoimage", "-quiet", "-V", "BENCH", "-J", "-joliet-long", "-o", image, root], compare)
        extract_rows(bench, work.replace("image", "extract", 1), root, expected, total)
        shutil.rmtree(root)
        image.unlink(missing_ok=True)


def extract_rows(bench, work, root, expected, total):
    """The image as virtio-win makes its own: Rock Ridge and long ISO names."""
    image, out = bench.work / "given.iso", bench.work / "out"
    bench.call("genisoimage", "-quiet", "-r", "-iso-level", "4", "-V", "BENCH", "-o", image, root)

    def clear():
        if out.exists():
            subprocess.run(["chmod", "-R", "u+w", str(out)], check=True)
            shutil.rmtree(out)

    def compare():
        found = tree_digest(out)
        found.pop("virtio-win-provenance.json", None)
        if found != expected:
            raise BenchError(f"{work}: what came out is not what went in")

    bench.row(work, total, "aerow7", clear,
              [bench.aerow7, "extract", "--virtio-win-iso", image, "--out-root", out, "--all"], compare)
    bench.row(work, total, "xorriso", clear,
              ["xorriso", "-osirrox", "on", "-indev", image, "-extract", "/", out], compare)
    bench.row(work, total, "7z", clear, ["7z", "x", "-y", f"-o{out}", image], compare)
    clear()
    image.unlink()


def pack_rows(bench):
    """The whole pack, and what osslsigncode and xorriso need for its signatures and its image alone."""
    out, cer, key = bench.work / "pack", bench.work / "test.cer", bench.work / "test.pem"
    total = sum(f.stat().st_size for f in bench.packages.rglob("*") if f.is_file())
    signed = bench.work / "by others"

    def clear():
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(signed, ignore_errors=True)
        signed.mkdir()

    def check():
        image = out / "aero-virtio-win7-drivers.iso"
        bench.call(bench.aerow7, "iso", "--verify", image, out / "aero-win7-driver-pack")

    bench.row("pack: sign, catalogs, ZIP, ISO", total, "aerow7", clear,
              [bench.aerow7, "pack", "--from-build", bench.packages, "--out", out, "--cert", cer, "--key", key,
               "--contract", ROOT / "contract/devices.json", "--guest-dir", ROOT / "guest", "--resources",
               ROOT / "packaging/driver-pack", "--license", ROOT / "LICENSE-MIT"], check)
    script = ["set -e"]
    for number, driver in enumerate(sorted(bench.packages.rglob("*.sys"))):
        script.append(f"osslsigncode sign -certs test.crt -key test.pem -h sha1 -in '{driver}' "
                      f"-out 'by others/{number}.sys'")
    script.append(f"xorriso -as mkisofs -quiet -J --norock -o 'by others/drivers.iso' '{bench.packages}'")
    if shutil.which("osslsigncode") and shutil.which("xorriso"):
        bench.row("of that: sign the drivers, one ISO", total, "osslsigncode, xorriso", clear,
                  ["sh", "-c", "\n".join(script)], lambda: None)


def table(rows):
    lines = ["| work | program | seconds | MiB/s | CPU s | peak MiB |", "|---|---|---:|---:|---:|---:|"]
    for row in rows:
        lines.append(f"| {row['work']} | {row['program']} | {row['seconds']:.3f} | "
                     f"{row['bytes'] / MIB / row['seconds']:.1f} | {row['cpu_seconds']:.3f} | {row['peak_mib']:.1f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="smaller files, one run each")
    parser.add_argument("--aerow7", type=pathlib.Path, default=ROOT / "build/host/aerow7/aerow7")
    parser.add_argument("--measure", type=pathlib.Path, default=ROOT / "build/host/bench/tools/measure")
    parser.add_argument("--packages", type=pathlib.Path, default=ROOT / "build/packages", help="drivers that were built")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    for program in (arguments.aerow7, arguments.measure):
        if not program.is_file():
            parser.error(f"{program} is not there: run ./build.sh, then cmake --build --preset host --target measure")
    try:
        with tempfile.TemporaryDirectory(prefix="bench-tools-") as name:
            bench = Bench(arguments, pathlib.Path(name))
            sign_rows(bench)
            iso_rows(bench)
            pack_rows(bench)
    except BenchError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 1
    print(table(bench.rows))
    if arguments.json:
        arguments.json.write_text(json.dumps({"quick": arguments.quick, "rows": bench.rows}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
