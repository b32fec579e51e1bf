#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a request may cost: exits, allocations, instructions. One test per line of the table in main().

usage: costs.py --nthost FILE --driver FILE NAME
"""
import argparse
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True  # nothing is written into the source tree
sys.path.insert(0, os.path.join(ROOT, "bench", "blk"))
import runs  # noqa: E402

# EVENT_IDX is off on every Aero device and on by default in QEMU.
EVENT_IDX = {
    "off": ["--device", "qemu", "--qemu-device", "virtio-blk-pci,disable-legacy=on,event_idx=off"],
    "on": ["--device", "qemu", "--qemu-device", "virtio-blk-pci,disable-legacy=on,event_idx=on"],
    "contract": ["--device", "model", "--model", "vectors=2"],
}
INSTRUCTIONS = {"amd64": 300}  # per 4 KiB request at depth 1 and in bursts, submission and completion together
GROWTH = 1.25  # at depth 32 a request may cost this much more than at depth 1


def run(options, device, irq, workload, *more):
    return runs.run(options.nthost, options.driver, [*EVENT_IDX[device], "--irq", irq, "--capacity", "64M", "--seed",
                                                     "1", "--workload", workload, *more])


def expect(name, value, low, high):
    if not low <= value <= high:
        raise runs.RunFailed(f"{name}: {value}, expected {low}" + ("" if low == high else f" to {high}"))


def check_interrupts(result, irq):
    expect("ISR reads per INTx interrupt, none with MSI-X", result["isr_reads"],
           *([result["interrupts"]] * 2 if irq == "intx" else [0, 0]))
    expect("other register accesses", result["other_mmio"], 0, 0)
    expect("allocations", result["pool_allocations"], 0, 0)


def depth_one(options, device, irq):
    for kind in ("randread", "randwrite"):
        result = run(options, device, irq, f"{kind}:bs=4k:qd=1:count=1000")
        expect(f"{kind} doorbells per request at depth 1", result["doorbells"], result["ios"], result["ios"])
        check_interrupts(result, irq)


def burst(options, device, irq):
    for kind in ("randread", "randwrite"):
        result = run(options, device, irq, f"{kind}:bs=4k:burst=32:count=3200")
        expect(f"{kind} doorbells for {result['ios'] // 32} bursts of 32", result["doorbells"], 1,
               2 * (result["ios"] // 32))
        check_interrupts(result, irq)


def instructions(options, device, irq):
    counted = [run(options, device, irq, f"randread:bs=4k:{shape}", "--processors", "1",
                   "--count-instructions")["instructions_per_io"]
               for shape in ("qd=1:count=100", "qd=32:count=320", "burst=32:count=320")]
    print(f"instructions per 4 KiB read, {device}, {irq}: depth 1 {counted[0]}, depth 32 {counted[1]}, "
          f"burst of 32 {counted[2]}")
    expect("instructions at depth 32 against depth 1", counted[1], 1, counted[0] * GROWTH)
    expect("instructions in a burst of 32 against depth 1", counted[2], 1, counted[0] * GROWTH)
    limit = INSTRUCTIONS.get(runs.machine_of(options.driver))
    if limit is not None and max(counted[0], counted[2]) > limit:
        print(f"the aim of {limit} is missed by {max(counted[0], counted[2]) - limit:.0f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nthost", required=True)
    parser.add_argument("--driver", required=True)
    parser.add_argument("test", help="WHAT.DEVICE.IRQ")
    options = parser.parse_args()
    what, device, irq = options.test.split(".")
    try:
        {"depth-one": depth_one, "burst": burst, "instructions": instructions}[what](options, device, irq)
    except runs.RunFailed as failure:
        print(f"{options.test}: {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
