#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs other Windows 7 StorPort miniports for virtio-blk through our workloads, and prints them side by side with ours.

usage: third_party.py --nthost FILE --driver FILE [DIR]

DIR (or the environment variable AERO_THIRD_PARTY) holds the .sys files that the user has put there, at any depth.
Without it the test says that it is skipped (exit status 77). A miniport that does not start, fails an I/O or breaks a
rule fails the test; rules that only our own driver is held to are tolerated and reported.
"""
import argparse
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True  # nothing is written into the source tree
sys.path.insert(0, os.path.join(ROOT, "bench", "blk"))
import runs  # noqa: E402

SKIPPED = 77
WORKLOADS = ["randread:bs=4k:qd=1:count=1000", "randread:bs=4k:qd=32:count=4000", "randread:bs=4k:burst=32:count=3200",
             "randwrite:bs=4k:qd=32:count=4000", "mixed:bs=64k:qd=8:count=1000", "mixed:bs=1M:qd=2:count=60"]
STEPPED = {"randread:bs=4k:qd=1:count=1000": "randread:bs=4k:qd=1:count=100",
           "randread:bs=4k:burst=32:count=3200": "randread:bs=4k:burst=32:count=320"}
# Rules that a driver may break and still move data rightly.
TOLERATED = ("reset-left-requests,queue-depth-early,port-configuration,uncached-extension,stall-too-long,"
             "callback-context")
HEADING = ["driver, workload", "irq", "I/O per s", "p50 us", "doorbells", "isr reads", "other mmio", "interrupts",
           "instructions"]


def find(folder, arch):
    found = []
    for directory, _, files in sorted(os.walk(folder)):
        found += [os.path.join(directory, name) for name in sorted(files) if name.lower().endswith(".sys")]
    return [path for path in found if runs.machine_of(path) == arch]


def measure(options, driver, irq, workload):
    common = ["--device", "qemu", "--qemu-device", "virtio-blk-pci,disable-legacy=on,event_idx=off", "--irq", irq,
              "--capacity", "64M", "--seed", "1",
              "--scenario", "third-party", "--tolerate", TOLERATED]
    result = runs.run(options.nthost, driver, [*common, "--workload", workload])
    if workload in STEPPED:
        stepped = runs.run(options.nthost, driver, [*common, "--processors", "1", "--count-instructions",
                                                    "--workload", STEPPED[workload]])
        result["instructions_per_io"] = stepped["instructions_per_io"]
    return result


def row_of(name, irq, workload, result):
    counted = result["instructions_per_io"]
    return [f"{name}, {workload.rsplit(':count', 1)[0]}", irq, f"{result['io_per_second']:.0f}",
            str(result["latency_us"]["p50"]),
            *(f"{runs.per_io(result, key):.3f}" for key in ("doorbells", "isr_reads", "other_mmio", "interrupts")),
            f"{counted:.1f}" if counted is not None else "-"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nthost", required=True)
    parser.add_argument("--driver", required=True)
    parser.add_argument("folder", nargs="?", default=os.environ.get("AERO_THIRD_PARTY"))
    options = parser.parse_args()
    arch = runs.machine_of(options.driver)
    if not options.folder:
        print("skipped: no folder of third-party miniports (./test.sh --third-party DIR)")
        return SKIPPED
    others = find(options.folder, arch)
    if not others:
        print(f"skipped: no {arch} .sys file in {options.folder}")
        return SKIPPED
    rows, failed = [HEADING], 0
    for irq in ("intx", "msix"):
        for workload in WORKLOADS:
            for path in [options.driver, *others]:
                try:
                    rows.append(row_of(os.path.basename(path), irq, workload, measure(options, path, irq, workload)))
                except runs.RunFailed as failure:
                    failed += 1
                    print(f"{path}, {irq}, {workload}: {failure}")
    runs.print_table(rows)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
