#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The block driver's benchmark: one table, and JSON.

usage: run.py [--quick] [--arch amd64|x86]... [--device qemu|model] [--driver FILE] [--nthost FILE] [--json FILE]

Throughput and latency come from a run at full speed on the real clock; instructions per I/O from a second, shorter one
that single-steps the driver. What a row costs a hypervisor, its doorbells, ISR reads and other register accesses, is
counted. Throughput includes nthost and the way to QEMU (a doorbell takes about 50 us there): compare rows with each
other and with other drivers on the same bench, not with real machines.
"""
import argparse
import itertools
import json
import os
import sys

sys.dont_write_bytecode = True  # nothing is written into the source tree
import runs  # noqa: E402

COUNTS = {"4k": 4000, "64k": 1000, "1M": 120}
STEPPED = {"4k": 200, "64k": 100, "1M": 20}
BYTES = {"4k": 4096, "64k": 65536, "1M": 1 << 20}
HEADING = ["workload", "irq", "event_idx", "I/O per s", "MiB/s", "p50 us", "p99 us", "doorbells", "isr reads",
           "other mmio", "interrupts",
           "allocations", "instructions"]


def device_arguments(device, event_idx):
    state = "on" if event_idx else "off"
    if device == "model":
        return ["--device", "model", "--model", "layout=qemu", "--model", "isr=spec", "--model", "vectors=2",
                *(["--model", "features=event_idx"] if event_idx else [])]
    return ["--device", "qemu", "--qemu-device", f"virtio-blk-pci,disable-legacy=on,event_idx={state}"]


def measure(bench, driver, device, irq, event_idx, kind, size, depth):
    common = [*device_arguments(device, event_idx), "--irq", irq, "--capacity", "256M", "--seed", "1"]
    shape = f"{kind}:bs={size}:{depth}"
    fast = runs.run(bench, driver, [*common, "--workload", f"{shape}:count={COUNTS[size]}"])
    slow = runs.run(bench, driver, [*common, "--processors", "1", "--count-instructions", "--workload",
                                    f"{shape}:count={STEPPED[size]}"])
    fast["instructions_per_io"] = slow["instructions_per_io"]
    fast["event_idx"] = event_idx
    return fast


def row_of(result):
    size = result["workload"].split("bs=")[1].split(":")[0]
    return [f"{result['arch']} {result['workload'].rsplit(':count', 1)[0]}", result["irq"],
            "on" if result["event_idx"] else "off",
            f"{result['io_per_second']:.0f}", f"{result['io_per_second'] * BYTES[size] / (1 << 20):.0f}",
            str(result["latency_us"]["p50"]), str(result["latency_us"]["p99"]),
            *(f"{runs.per_io(result, name):.3f}" for name in ("doorbells", "isr_reads", "other_mmio", "interrupts",
                                                              "pool_allocations")),
            f"{result['instructions_per_io']:.1f}"]


def shapes(quick):
    sizes = ["4k"] if quick else list(COUNTS)
    depths = ["qd=1", "qd=32"] if quick else ["qd=1", "qd=8", "qd=32", "qd=128"]
    kinds = ["randread"] if quick else ["randread", "randwrite"]
    yield from itertools.product(kinds, sizes, depths)
    yield from itertools.product(kinds, ["4k"], ["burst=32"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="4 KiB reads only")
    parser.add_argument("--arch", action="append", choices=sorted(runs.BENCHES))
    parser.add_argument("--device", choices=["qemu", "model"], default="qemu")
    parser.add_argument("--driver", help="instead of the packed one; its architecture is chosen")
    parser.add_argument("--nthost", help="instead of the one in build/, with --driver or one --arch")
    parser.add_argument("--json")
    options = parser.parse_args()

    built = [arch for arch in runs.BENCHES if os.path.exists(options.nthost or runs.default_bench(arch))]
    arches = options.arch or built
    if options.driver:
        arches = [runs.machine_of(options.driver)]
    if not arches or None in arches:
        print("run.py: build nthost first (./test.sh, or cmake --build --preset host), and give a driver for amd64 "
              "or x86", file=sys.stderr)
        return 2
    results, rows = [], [HEADING]
    try:
        for arch in arches:
            driver = options.driver or runs.default_driver(arch)
            for irq, event_idx, (kind, size, depth) in itertools.product(["intx", "msix"], [False, True],
                                                                         shapes(options.quick)):
                results.append(measure(options.nthost or runs.default_bench(arch), driver, options.device, irq,
                                       event_idx, kind, size, depth))
                rows.append(row_of(results[-1]))
                print(".", end="", file=sys.stderr, flush=True)
    except runs.RunFailed as failure:
        print(f"\nrun.py: {failure}", file=sys.stderr)
        return 1
    print(file=sys.stderr)
    print(f"per I/O, device: {options.device}")
    runs.print_table(rows)
    if options.json:
        with open(options.json, "w", encoding="ascii") as file:
            json.dump(results, file, indent=2)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
