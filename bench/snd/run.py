#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The sound driver's benchmark: one table, and JSON; --readme puts the table into README.md.

usage: run.py [--quick] [--readme] [--arch amd64|x86]... [--driver FILE] [--nthost FILE] [--json FILE]

Each row is a stream, or both, at the baseline format with periods of 10 ms. Every row's sound is compared frame by
frame; on QEMU playback only, for what its device records there depends on a sound server.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing is written into the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "blk"))
import runs  # noqa: E402

HEADING = ["driver", "device", "dialect", "irq", "mode", "buffer ms", "doorbells/s", "interrupts/s",
           "instructions/period", "start ms",
           "queued ms", "glitches", "position max us", "rms us"]
PERIODS_A_SECOND = 100
README = pathlib.Path(__file__).with_name("README.md")
BEGIN, END = "<!-- begin: run.py -->", "<!-- end: run.py -->"


def run(bench, driver, *options):
    with tempfile.TemporaryDirectory(prefix="nthost-") as folder:
        path = pathlib.Path(folder, "result.json")
        command = [bench, "snd", "--driver", driver, "--seed", "1", "--inexact", "--json", str(path), *options]
        if "qemu" in options:
            command += ["--wav-out", str(pathlib.Path(folder, "out.wav"))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=runs.SECONDS, check=False)
        if done.returncode != 0:
            raise runs.RunFailed(f"exit status {done.returncode}: {' '.join(command)}\n{done.stdout}{done.stderr}")
        return json.loads(path.read_text())


def difference(long, short, key, seconds):
    """Per second of sound, without what starts and ends a stream."""
    return (long[key] - short[key]) / seconds


def measure(bench, driver, device, dialect, irq, mode, seconds):
    common = ["--device", device, "--irq", irq, "--mode", mode]
    # QEMU's clock is the machine's: a long buffer, so that what else the machine does is not measured.
    common += ["--dialect", dialect] if device == "model" else ["--periods", "50"]
    polled = ["--poll-us", "1500"] if device == "model" else []
    short = run(bench, driver, *common, *polled, "--seconds", "1")
    result = run(bench, driver, *common, *polled, "--seconds", str(1 + seconds))
    which = "capture" if mode == "capture" else "render"
    row = {"arch": result["arch"], "device": device, "dialect": dialect, "irq": irq, "mode": mode,
           "streams": 2 if mode == "duplex" else 1,
           "doorbells": difference(result, short, "doorbells", seconds),
           "interrupts": difference(result, short, "interrupts", seconds),
           "glitches": sum(result[w][n] for w in ("render", "capture") if w in result and result[w]["compared"]
                           for n in ("misplaced_frames", "missing_frames", "other_frames", "overruns"))}
    position = result[which]["position"]
    row["instructions"] = row["queued_ms"] = None
    row["buffer_ms"] = 20 if device == "model" else 500
    row["start_ms"] = result[which]["first_moved_us"] / 1000
    if device == "model":
        one = ["--processors", "1", "--count-instructions"]
        counted = [run(bench, driver, *common, *one, "--seconds", str(s)) for s in (0.5, 1.5)]
        row["instructions"] = difference(counted[1], counted[0], "instructions", 1) / PERIODS_A_SECOND / row["streams"]
        row["queued_ms"] = result[which]["queued_mean_frames"] / 48
        row["position_max_us"], row["position_rms_us"] = position["largest_us"], position["rms_us"]
        if which == "render":
            row["start_ms"] = result["model"]["first_frame_us"] / 1000
    else:
        row["position_max_us"], row["position_rms_us"] = position["fit_largest_us"], position["fit_rms_us"]
    return row


def text(value, form):
    return "-" if value is None else format(value, form)


def row_of(r):
    return [r["arch"], r["device"], r["dialect"], r["irq"], r["mode"], str(r["buffer_ms"]), text(r["doorbells"], ".1f"),
            text(r["interrupts"], ".1f"), text(r["instructions"], ".0f"), text(r["start_ms"], ".1f"),
            text(r["queued_ms"], ".1f"), str(r["glitches"]), text(r["position_max_us"], ".0f"),
            text(r["position_rms_us"], ".0f")]


def put_into_readme(rows):
    words = README.read_text()
    head, rest = words.split(BEGIN)
    tail = rest.split(END)[1]
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    lines += ["| " + " | ".join(row) + " |" for row in rows[1:]]
    README.write_text(head + BEGIN + "\n" + "\n".join(lines) + "\n" + END + tail)


def default_driver(arch):
    return os.path.join(runs.ROOT, "dist/aero-win7-driver-pack/win7", arch, "aero_virtio_snd/aero_virtio_snd.sys")


def rows_wanted(quick):
    for irq in ("msix",) if quick else ("intx", "msix"):
        for mode in ("render", "capture", "duplex"):
            for dialect in ("aero", "standard"):
                yield "model", dialect, irq, mode
        yield "qemu", "standard", irq, "render"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="three seconds instead of ten, MSI-X only")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    parser.add_argument("--arch", action="append", choices=sorted(runs.BENCHES))
    parser.add_argument("--driver", help="instead of the packed one; its architecture is chosen")
    parser.add_argument("--nthost", help="instead of the one in build/, with --driver or one --arch")
    parser.add_argument("--json")
    o = parser.parse_args()
    arches = o.arch or [arch for arch in runs.BENCHES if os.path.exists(o.nthost or runs.default_bench(arch))]
    if o.driver:
        arches = [runs.machine_of(o.driver)]
    if not arches or None in arches or (o.nthost and len(arches) > 1):
        print("run.py: build nthost first (./test.sh, or cmake --build --preset host), and give a driver for amd64 or "
              "x86; --nthost is of one architecture", file=sys.stderr)
        return 2
    results, rows = [], [HEADING]
    try:
        for arch in arches:
            for device, dialect, irq, mode in rows_wanted(o.quick):
                results.append(measure(o.nthost or runs.default_bench(arch), o.driver or default_driver(arch), device,
                                       dialect, irq, mode, 3 if o.quick else 10))
                rows.append(row_of(results[-1]))
                print(".", end="", file=sys.stderr, flush=True)
    except runs.RunFailed as failed:
        print(f"\nrun.py: {failed}", file=sys.stderr)
        return 1
    print(file=sys.stderr)
    runs.print_table(rows)
    if o.readme:
        put_into_readme(rows)
    if o.json:
        with open(o.json, "w", encoding="ascii") as file:
            json.dump(results, file, indent=2)
            file.write("\n")
    return 1 if any(r["glitches"] for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
