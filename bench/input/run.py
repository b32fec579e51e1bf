#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The input driver's benchmark: one table, and JSON.

usage: run.py [--quick] [--arch amd64|x86]... [--kind KIND]... [--device model|qemu]... [--workload NAME]...
              [--driver FILE] [--nthost FILE] [--json FILE]

Workloads: "typist" sends a packet of one to four events and waits until it is read, "burst" sends some two dozen events
at once, "random" has readers that pause and a device that sleeps, restarts, is reset and pulled. Every row's
transitions are compared with those of the reports (transitions.py). Counts are per 1,000 events, the SYN after each
packet not counted.
"""
import argparse
import itertools
import json
import os
import pathlib
import random
import re
import struct
import sys

sys.dont_write_bytecode = True  # nothing is written into the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "blk"))
import runs  # noqa: E402
import transitions  # noqa: E402

HEADING = ["driver", "device", "irq", "workload", "events/s", "p50 us", "p99 us", "doorbells", "isr reads",
           "interrupts", "dpcs", "instructions", "transitions", "lost"]
EVENTS = {"model": {"typist": 4000, "burst": 10000, "random": 10000},
          "qemu": {"typist": 400, "burst": 800, "random": 400}}
WORKLOADS = ["typist", "burst", "random"]
PACE = {"model": "wait 1", "qemu": "wait 5"}
TYPIST_PACE = {"model": "wait 1", "qemu": "wait 20"}  # a read that takes longer is counted from the next packet
BURST = 24  # QEMU's device has 64 buffers; an event of a wheel or a contact takes up to four, a SYN one
DPCS = 0x70  # of the driver's counters, drivers/input/diagnostics.h
VENDOR_PAGE = 0xFF00
QUICK = 8


def paced(kind, device, events, at_once, pace):
    s = transitions.Script(kind, device, random.Random(1))
    last = 0
    while s.events < events:
        s.packet()
        if s.events - last >= at_once:
            s.lines.append(pace)
            last = s.events
    s.release_all()
    return s.lines + ["wait 30"]


def script_of(workload, kind, device, events):
    if workload == "random":
        return transitions.random_script(kind, device, events, 1)
    if workload == "typist":
        return paced(kind, device, events, 1, TYPIST_PACE[device])
    return paced(kind, device, events, BURST, PACE[device])


def counted(bench, driver, device, irq, kind, script, collection=None):
    """A run, and how many DPCs the driver counts: nthost does not."""
    lines = script + ([f"feature {collection} 0x20 177"] if collection is not None else [])
    result = transitions.run(bench, driver, device, irq, kind, lines, ["--seed", 1])
    found = re.findall(r"^feature 32: ([0-9a-f ]+)$", result["output"], re.M)
    report = bytes.fromhex(found[-1].replace(" ", "")) if found else None
    result["dpcs"] = struct.unpack_from("<I", report, 1 + DPCS)[0] if report else 0
    return result


def measure(bench, driver, device, irq, kind, workload, quick):
    events = EVENTS[device][workload] // (QUICK if quick else 1)
    script = script_of(workload, kind, device, events)
    start = counted(bench, driver, device, irq, kind, ["wait 5"])
    collection = next(i for i, c in enumerate(start["collections"]) if c["usage_page"] == VENDOR_PAGE)
    start = counted(bench, driver, device, irq, kind, ["wait 5"], collection)
    result = counted(bench, driver, device, irq, kind, script, collection)
    result.update(transitions.compare(kind, script, result))
    result["workload"] = workload
    for name in ("interrupts", "dpcs"):  # those of the start are not the events'
        result[name] -= start[name]
    result["instructions_per_event"] = None
    if device == "model" and workload != "random":
        result["instructions_per_event"] = transitions.run(
            bench, driver, device, irq, kind, script_of(workload, kind, device, min(events, 1000)),
            ["--seed", 1, "--processors", 1, "--count-instructions"])["instructions_per_event"]
    # QEMU's rate is that of QMP and of the script's pauses; the model's time is not real. The counters start anew with
    # the device, which the random workload restarts on the model.
    if device == "qemu" or workload != "burst":
        result["events_per_second"] = None
    if device == "model" or workload != "typist":
        result["latency_us"] = None
    if device == "model" and workload == "random":
        result["dpcs"] = None
    for name in ("reports", "output"):
        del result[name]
    return result


def row_of(r):
    def per_1000(name):
        return "-" if r[name] is None else f"{1000 * r[name] / r['events']:.0f}"

    latency = [str(r["latency_us"][p]) for p in ("p50", "p99")] if r["latency_us"] else ["-", "-"]
    return [f"{r['arch']} {r['kind']}", r["device"], r["irq"], r["workload"],
            f"{r['events_per_second']:.0f}" if r["events_per_second"] else "-", *latency,
            *(per_1000(n) for n in ("doorbells", "isr_reads", "interrupts", "dpcs")),
            f"{r['instructions_per_event']:.0f}" if r["instructions_per_event"] else "-", str(r["transitions"]),
            str(r["lost"] + r["invented"] + r["held"])]


def default_driver(arch):
    return os.path.join(runs.ROOT, "dist/aero-win7-driver-pack/win7", arch, "aero_virtio_input/aero_virtio_input.sys")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="an eighth of the events, MSI-X only")
    parser.add_argument("--arch", action="append", choices=sorted(runs.BENCHES))
    parser.add_argument("--kind", action="append", choices=transitions.KINDS)
    parser.add_argument("--device", action="append", choices=["model", "qemu"])
    parser.add_argument("--workload", action="append", choices=WORKLOADS)
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
    results, rows, lost = [], [HEADING], 0
    try:
        for arch, kind, device, irq, workload in itertools.product(
                arches, o.kind or transitions.KINDS, o.device or ["model", "qemu"], ["msix"] if o.quick else
                ["intx", "msix"], o.workload or WORKLOADS):
            r = measure(o.nthost or runs.default_bench(arch), o.driver or default_driver(arch), device, irq, kind,
                        workload, o.quick)
            results.append(r)
            rows.append(row_of(r))
            lost += r["lost"] + r["invented"] + r["held"]
            print(".", end="", file=sys.stderr, flush=True)
    except transitions.Wrong as wrong:
        print(f"\nrun.py: {arch} {kind} {device} {irq} {workload}: {wrong}", file=sys.stderr)
        return 1
    print(file=sys.stderr)
    runs.print_table(rows)
    if o.json:
        with open(o.json, "w", encoding="ascii") as file:
            json.dump(results, file, indent=2)
            file.write("\n")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
