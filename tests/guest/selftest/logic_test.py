#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""logic_test.py FAKE_SELFTEST [CASE...]: the self-test's logic on described machines.

Every line that comes out is read by reader.py, which knows nothing of the program. FAKE_SELFTEST is built with the
sanitizers and ends with 98 when a handle or memory is left over.
"""
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

from reader import NAMES, LineError, Run
from scenarios import (BLK_QUERY, BLK_RESET, CONSUMER, CONTRACT, COUNTERS_REPORT, DIAGNOSTICS, DISK, DISK_BYTES,
                       DISK_LENGTH, FILE, INPUT_COUNTERS, INPUT_INTERRUPTS, INPUT_STATE, INPUT_VENDOR,
                       INTERRUPTS_REPORT, KEYBOARD, MOUSE, NOT_SUPPORTED, PORT, SCSI_MINIPORT, SND_DIAG_PATH, TABLET,
                       VOLUME, VOLUME_EXTENTS, Machine, add_blk, add_input, add_snd, blk_controls, blk_info, descriptor,
                       extents, feature, full, input_counters, input_interrupts, input_state, pci, snd_diag, snd_events,
                       srb)

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


class Failure(Exception):
    pass


class Runner:
    def __init__(self, program, folder):
        self.program, self.file = program, pathlib.Path(folder, "scenario")

    def process(self, machine, *options):
        self.file.write_text(machine.text(), encoding="utf-8")
        done = subprocess.run([*self.program, str(self.file), *options], capture_output=True, timeout=60)
        if done.returncode not in (0, 1, 2):
            raise Failure(f"ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
        return done.returncode, done.stdout.decode("utf-8").replace("\r\n", "\n"), done.stderr.decode("utf-8")

    def __call__(self, machine, *options):
        status, out, _ = self.process(machine, *options)
        return Run(out, status)


def expect(run, name, outcome, reason=None, **values):
    found = run.tests[name]
    if found[0] != outcome or (reason is not None and found[1] != reason):
        raise Failure(f"{name} is {found}, expected {outcome} {reason}")
    for key, value in values.items():
        if dict(found[2]).get(key) != str(value):
            raise Failure(f"{name}: {key} is {dict(found[2]).get(key)}, expected {value}; {found}")


def fails(run, name, reason, **values):
    expect(run, name, "FAIL", reason, **values)
    if run.result != "FAIL":
        raise Failure(f"{name} failed and the result is {run.result}")


def same(found, expected, what):
    if found != expected:
        raise Failure(f"{what}: {found}, expected {expected}")


@case
def nothing_is_there(run):
    done = run(Machine())
    fails(done, "virtio-blk", "device_missing")
    fails(done, "virtio-input-bind", "device_missing")
    for name in NAMES:
        if name not in ("virtio-blk", "virtio-input-bind"):
            same(done.tests[name][0], "SKIP", name)
    expect(done, "virtio-blk-msix", "SKIP", "device_missing")
    expect(done, "virtio-input-events", "SKIP", "flag_not_set")
    expect(done, "virtio-snd", "SKIP", "device_missing")


@case
def everything_disabled_is_no_pass(run):
    done = run(full(), "--disable-blk", "--disable-input", "--disable-snd", "--disable-net")
    for name in NAMES:
        expect(done, name, "SKIP", "disabled")
    same(done.result, "FAIL", "a run that tested nothing")


@case
def required_devices_that_are_missing_fail(run):
    done = run(Machine(), "--disable-blk", "--disable-input", "--require-snd", "--require-snd-capture",
               "--require-snd-msix", "--test-snd-buffer-limits", "--require-net-msix", "--test-net-link-flap")
    for name in ("virtio-snd", "virtio-snd-capture", "virtio-snd-msix", "virtio-snd-buffer-limits", "virtio-net-msix",
                 "virtio-net-link-flap"):
        fails(done, name, "device_missing")
    done = run(Machine(), "--disable-blk", "--disable-input", "--test-snd", "--test-snd-capture")
    fails(done, "virtio-snd", "device_missing")
    fails(done, "virtio-snd-capture", "device_missing")


@case
def a_whole_machine_passes(run):
    done = run(full())
    same(done.result, "PASS", "result")
    expect(done, "virtio-blk", "PASS", features="0x130000244", queue_size=128, disk=1, bytes=DISK_BYTES,
           serial="ROOT0001", file="D:\\", file_mib=32, driver_version="0.1.0.0")
    expect(done, "virtio-blk-counters", "PASS", flags="0x0", free=120, avail_idx=7, used_idx=5, abort=1,
           reset_device=2, reset_bus=3, pnp=4, ioctl_reset=5, capacity_change=6)
    expect(done, "virtio-blk-reset-recovery", "PASS", reset_detected=7, hw_reset_bus=8)
    expect(done, "virtio-blk-msix", "PASS", mode="msix", messages=2, config_vector="0x0", queue_vector="0x1")
    expect(done, "virtio-input", "PASS", devices=1, keyboards=1, mice=1, tablets=1, consumer=1)
    expect(done, "virtio-input-bind", "PASS", devices=1)
    expect(done, "virtio-input-binding", "PASS", collections=7)
    expect(done, "virtio-input-tablet", "PASS", tablets=1)
    # The vendor-defined collection of each of the three devices answers.
    expect(done, "virtio-input-msix", "PASS", mode="msix", messages=3, mapping=2, config_vector="0x0",
           event_vector="0x1", status_vector="0x2")
    expect(done, "virtio-snd", "PASS", direction="render", ms=1010, bytes=192000)
    expect(done, "virtio-snd-capture", "PASS", direction="capture", peak=5000, rms=5000, bytes=96000)
    expect(done, "virtio-snd-duplex", "PASS")
    same([v for k, v in done.tests["virtio-snd-duplex"][2] if k == "direction"], ["render", "capture"], "duplex")
    expect(done, "virtio-snd-format", "PASS")
    same(done.info["virtio-snd-format"], [[("render", "44100/2,48000/2")], [("capture", "48000/1")]], "formats")
    expect(done, "virtio-snd-eventq", "PASS", completions=3, parsed=3, short=0, jack_connected=1, periods=2)
    expect(done, "virtio-snd-msix", "PASS", mode="msix", messages=5, queue0_vector="0x1", queue3_vector="0x4",
           interrupts=11, dpcs=12)
    info = [dict(i) for i in done.info["virtio-input-binding"]]
    same(sum("kind" in i for i in info), 3, "devices that answer")
    told = next(i for i in info if i.get("collection") == "diagnostics")
    same((told["kind"], told["features"], told["ready"], told["leds"], told["events"], told["event_drops"],
          told["report_drops"], told["interrupts"]),
         ("1", "0x130000000", "1", "0x1f", "77", "1", "2", "50"), "state and counters")
    devices = {dict(c)["device"]: dict(c) for c in done.config if "device" in dict(c)}
    for name in ("virtio-blk", "virtio-input", "virtio-snd"):
        same(devices[name]["service"], CONTRACT[name]["driver_service_name"], name)
        same(devices[name]["driver_version"], "0.1.0.0", name)


@case
def only_our_devices_count(run):
    ids = CONTRACT["virtio-blk"]["hardware_id_patterns"]
    longer = [i.replace("&REV", "0&REV") if "SUBSYS" not in i else i.replace("&SUBSYS", "0&SUBSYS") for i in ids]
    machine = Machine().set("pci", pci("virtio-blk", ids=[i for i in longer if i not in ids]))
    fails(run(machine), "virtio-blk", "device_missing")
    lower = add_blk(Machine()).set("blk pci", pci("virtio-blk", ids=[i.lower() for i in ids]))
    expect(run(lower, "--disable-input"), "virtio-blk", "PASS")


@case
def drivers_that_are_not_bound(run):
    for service, problem, reason in (("", 28, "driver_not_installed"), ("viostor", 0, "other_driver_bound"),
                                     (None, 10, "device_problem"), (None, 52, "device_problem")):
        for device, name in (("virtio-blk", "virtio-blk"), ("virtio-input", "virtio-input-bind"),
                             ("virtio-snd", "virtio-snd")):
            done = run(full().set({"virtio-blk": "blk pci", "virtio-input": "input pci",
                                   "virtio-snd": "snd pci"}[device], pci(device, service, problem)))
            fails(done, name, reason, problem=problem)


@case
def devices_that_cannot_be_listed(run):
    done = run(full().set("error", ("error", "pci", 13)))
    same(done.result, "FAIL", "result")
    same([dict(c) for c in done.config if "devices" in dict(c)], [{"devices": "unknown", "error": "13"}], "CONFIG")
    fails(run(full().set("error", ("error", "hid", 14))), "virtio-input", "hid_not_listed", error=14)


def disk_run(run, *records, options=(), part="fault", file_bytes=32 << 20):
    return run(add_blk(Machine(), file_bytes).set(part, *records), "--disable-input", *options)


@case
def disk_faults_are_found(run):
    for records, reason, values in (
            ([("fail", "open", FILE, 1, 5)], "open_failed", {"error": 5}),
            ([("fail", "write", FILE, 3, 1117)], "write_failed", {"error": 1117, "offset": 2 << 20}),
            ([("short", "write", FILE, 2)], "write_failed", {"offset": 1 << 20}),
            ([("fail", "flush", FILE, 1, 1117)], "flush_failed", {"error": 1117}),
            ([("fail", "read", FILE, 32, 23)], "read_failed", {"error": 23, "offset": 31 << 20}),
            ([("short", "read", FILE, 1)], "read_failed", {"offset": 0}),
            ([("corrupt", FILE, 4)], "compare_failed", {"offset": (4 << 20) - 8}),
            ([("misplace", FILE, 4)], "compare_failed", {"offset": 3 << 20}),
            ([("fail", "read", DISK, 1, 23)], "read_failed", {"error": 23, "offset": 0}),
            ([("fail", "read", DISK, 3, 23)], "read_failed", {"error": 23, "offset": DISK_BYTES - 65536}),
            ([("corrupt", DISK, 2)], "compare_failed", {"offset": 0}),
            ([("corrupt", DISK, 4)], "compare_failed", {"offset": DISK_BYTES - 65536}),
            ([("fail", "open", DISK, 2, 5)], "access_denied", {"error": 5}),
            ([("fail", "open", DISK, 2, 32)], "disk_not_opened", {"error": 32}),
            ([("memory", 1)], "memory_failed", {}),
            ([("memory", 2)], "memory_failed", {})):
        fails(disk_run(run, *records), "virtio-blk", reason, **values)
    fails(disk_run(run, file_bytes=16 << 20), "virtio-blk", "write_failed", error=112, offset=16 << 20)


@case
def disk_sizes_and_disks(run):
    length = ("io", DISK, DISK_LENGTH, 0, 0, struct.pack("<Q", 0).hex())
    fails(disk_run(run, length, part="blk length"), "virtio-blk", "size_failed")
    refused = ("io", DISK, DISK_LENGTH, 0, 21, "")
    fails(disk_run(run, refused, part="blk length"), "virtio-blk", "size_unknown", error=21)
    other = [("path", DISK, DISK_BYTES), ("io", DISK, 0x2D1400, 0, 0, descriptor("AERO    ", "OTHER           "))]
    fails(disk_run(run, *other, part="blk disk"), "virtio-blk", "no_disk")
    vendor = [("path", DISK, DISK_BYTES), ("io", DISK, 0x2D1400, 0, 0, descriptor("OTHER   "))]
    fails(disk_run(run, *vendor, part="blk disk"), "virtio-blk", "no_disk")
    cut = [("path", DISK, DISK_BYTES), ("io", DISK, 0x2D1400, 0, 0, descriptor()[:40])]
    fails(disk_run(run, *cut, part="blk disk"), "virtio-blk", "no_disk")
    beyond = bytearray.fromhex(descriptor())
    struct.pack_into("<IIII", beyond, 12, 5000, 0xFFFFFFFF, 20, 0xFFFFFFF0)
    fails(disk_run(run, ("path", DISK, DISK_BYTES), ("io", DISK, 0x2D1400, 0, 0, beyond.hex()), part="blk disk"),
          "virtio-blk", "no_disk")


@case
def volumes_and_roots(run):
    expect(disk_run(run, part="blk volume"), "virtio-blk", "PASS", file="no_volume")
    for broken in (extents(0), extents(1, 0), extents(), extents(1)[:-2], (b"\xff" * 32).hex(),
                   "00000080" + extents(*[1] * 32)[8:]):
        records = [("path", VOLUME), ("io", VOLUME, VOLUME_EXTENTS, 0, 0, broken)]
        expect(disk_run(run, *records, part="blk volume"), "virtio-blk", "PASS", file="no_volume")
    for root in ("E:\\", "\\\\server\\share", "d"):
        fails(disk_run(run, options=("--blk-root", root)), "virtio-blk", "blk_root_not_on_virtio_disk", blk_root=root)
    for root, path in (("D:\\some folder", "D:\\some folder\\aero-selftest.tmp"), ("D:\\", FILE), ("D:", FILE)):
        done = disk_run(run, ("path", path, 8 << 20), part="blk file",
                        options=("--blk-root=" + root, "--io-size-mib=8", "--io-chunk-kib", "64"))
        expect(done, "virtio-blk", "PASS", file_mib=8)


@case
def block_diagnostics(run):
    short = disk_run(run, ("path", PORT), blk_controls(blk_info()[:0x10]), part="blk port")
    expect(short, "virtio-blk", "PASS", features="0x130000244")
    for name in ("counters", "reset-recovery", "msix"):
        expect(short, "virtio-blk-" + name, "SKIP", "not_supported")
    refused = ("io", PORT, SCSI_MINIPORT, BLK_QUERY, 0, srb(b"", NOT_SUPPORTED, 0))
    for record in (refused, ("io", PORT, SCSI_MINIPORT, BLK_QUERY, 0, "00" * 20),
                   ("io", PORT, SCSI_MINIPORT, BLK_QUERY, 0, srb(blk_info()[:8])),
                   ("io", PORT, SCSI_MINIPORT, BLK_QUERY, 0, srb(blk_info()[:4], filled=0x40)),
                   ("fail", "open", PORT, 1, 5)):
        done = disk_run(run, ("path", PORT), record, part="blk port")
        for name in ("counters", "reset-recovery", "msix"):
            expect(done, "virtio-blk-" + name, "SKIP", "diag_unavailable")
        expect(done, "virtio-blk-reset", "SKIP", "flag_not_set")
        done = disk_run(run, ("path", PORT), record, part="blk port", options=("--expect-blk-msi", "--test-blk-reset"))
        fails(done, "virtio-blk-msix", "diag_unavailable")
        fails(done, "virtio-blk-reset", "diag_unavailable")
    late = disk_run(run, ("path", PORT), blk_controls(), ("io", PORT, SCSI_MINIPORT, BLK_QUERY, 1117, ""),
                    part="blk port")
    fails(late, "virtio-blk-counters", "query_failed", error=1117)
    for flags in (1, 4, 8):
        done = disk_run(run, ("path", PORT), blk_controls(blk_info(flags=flags)), part="blk port")
        fails(done, "virtio-blk-reset-recovery", "device_not_running", flags=hex(flags))


@case
def block_interrupts(run):
    intx = ("path", PORT), blk_controls(blk_info(mode=0, messages=0, config_vector=0xFFFF, queue_vector=0xFFFF))
    expect(disk_run(run, *intx, part="blk port"), "virtio-blk-msix", "PASS", mode="intx", queue_vector="0xffff")
    fails(disk_run(run, *intx, part="blk port", options=("--expect-blk-msi",)), "virtio-blk-msix", "no_messages")
    old = ("path", PORT), blk_controls(blk_info()[:0x10])
    fails(disk_run(run, *old, part="blk port", options=("--expect-blk-msi",)), "virtio-blk-msix", "not_supported")
    expect(disk_run(run, options=("--expect-blk-msi",)), "virtio-blk-msix", "PASS", mode="msix")
    odd = ("path", PORT), blk_controls(blk_info(mode=9))
    expect(disk_run(run, *odd, part="blk port"), "virtio-blk-msix", "PASS", mode="unknown")


def reset_records(status=0, after=6, error=0):
    # Opening asks once, the counters once, the reset then a third time.
    return [("path", PORT), blk_controls(), blk_controls(),
            ("io", PORT, SCSI_MINIPORT, BLK_RESET, error, srb(b"", status)), blk_controls(blk_info(ioctl_resets=after))]


@case
def block_reset(run):
    flag = ("--test-blk-reset",)
    expect(disk_run(run, *reset_records(), part="blk port", options=flag), "virtio-blk-reset", "PASS", ioctl_reset=6)
    fails(disk_run(run, *reset_records(after=5), part="blk port", options=flag), "virtio-blk-reset",
          "reset_not_counted")
    fails(disk_run(run, *reset_records(NOT_SUPPORTED), part="blk port", options=flag), "virtio-blk-reset",
          "reset_refused", error=NOT_SUPPORTED)
    fails(disk_run(run, *reset_records(error=1117), part="blk port", options=flag), "virtio-blk-reset",
          "reset_refused", error=1117)
    machine = add_blk(Machine()).set("blk port", *reset_records()).set("fault", ("fail", "read", DISK, 5, 1117))
    fails(run(machine, "--disable-input", *flag), "virtio-blk-reset", "read_failed", error=1117)
    machine.set("fault", ("fail", "open", DISK, 3, 21))
    fails(run(machine, "--disable-input", *flag), "virtio-blk-reset", "disk_not_opened", error=21)
    machine = add_blk(Machine()).set("blk port", *reset_records())
    machine.set("blk length", *[("io", DISK, DISK_LENGTH, 0, 0, struct.pack("<Q", size).hex())
                                for size in (DISK_BYTES, DISK_BYTES - 65536)])
    fails(run(machine, "--disable-input", *flag), "virtio-blk-reset", "other_data_after_reset")


@case
def block_resize(run):
    flag = ("--test-blk-resize", "--event-timeout-sec", "5")
    sizes = [DISK_BYTES, DISK_BYTES, DISK_BYTES, DISK_BYTES * 2]
    records = [("io", DISK, DISK_LENGTH, 0, 0, struct.pack("<Q", size).hex()) for size in sizes]
    done = disk_run(run, *records, part="blk length", options=flag)
    expect(done, "virtio-blk-resize", "PASS", old_bytes=DISK_BYTES, new_bytes=DISK_BYTES * 2)
    same(dict(done.ready["virtio-blk-resize"])["bytes"], str(DISK_BYTES), "READY")
    done = disk_run(run, *records[:1], part="blk length", options=flag)
    fails(done, "virtio-blk-resize", "timeout")
    same("virtio-blk-resize" in done.ready, True, "READY before the time was up")
    lost = records[:2] + [("io", DISK, DISK_LENGTH, 0, 21, "")]
    fails(disk_run(run, *lost, part="blk length", options=flag), "virtio-blk-resize", "size_unknown", error=21)


def input_run(run, part=None, records=(), options=(), **kind):
    machine = add_input(Machine(), **kind)
    if part is not None:
        machine.set(part, *records)
    return run(machine, "--disable-blk", *options)


@case
def input_collections(run):
    expect(input_run(run, tablet=False), "virtio-input-tablet", "SKIP", "not_present")
    fails(input_run(run, "hid"), "virtio-input", "no_hid_collections")
    good = [("hid", KEYBOARD, INPUT_VENDOR, 1, 1, 6, 9, 2, 1, 1, 0)]
    expect(input_run(run, "hid", good), "virtio-input", "PASS", keyboards=1, mice=0)
    for path, product, page, usage, in_bytes, out_bytes in ((KEYBOARD, 1, 1, 6, 8, 2), (KEYBOARD, 1, 1, 6, 9, 1),
                                                            (MOUSE, 2, 1, 2, 5, 0), (TABLET, 3, 1, 2, 5, 0),
                                                            (CONSUMER, 1, 12, 1, 1, 0)):
        record = ("hid", path, INPUT_VENDOR, product, page, usage, in_bytes, out_bytes, 1, 1, 0)
        fails(input_run(run, "hid", [record]), "virtio-input", "report_too_short", path=path)


@case
def input_interrupts_and_diagnostics(run):
    flag = ("--require-input-msix",)
    expect(input_run(run, options=flag), "virtio-input-msix", "PASS", mode="msix", collections=3)
    expect(input_run(run, mode=1), "virtio-input-msix", "PASS", mode="intx")
    fails(input_run(run, mode=1, options=flag), "virtio-input-msix", "no_messages", mode="intx")
    expect(input_run(run, "hid interrupts"), "virtio-input-msix", "SKIP", "diag_unavailable")
    fails(input_run(run, "hid interrupts", options=flag), "virtio-input-msix", "diag_unavailable")
    for broken in ("00" * 0x34, input_interrupts()[:8] + "00" * (0x34 - 4)):
        records = [feature(DIAGNOSTICS[0], INTERRUPTS_REPORT, broken)]
        expect(input_run(run, "hid interrupts", records), "virtio-input-msix", "SKIP", "diag_unavailable")
    for record in (feature(DIAGNOSTICS[0], INTERRUPTS_REPORT, input_interrupts(), error=31),
                   ("feature", DIAGNOSTICS[0], INTERRUPTS_REPORT, 0, "77" + input_interrupts())):
        expect(input_run(run, "hid interrupts", [record]), "virtio-input-msix", "SKIP", "diag_unavailable")
    for longest in (0, 0x34, 1025, 65535):
        rows = [("hid", DIAGNOSTICS[0], INPUT_VENDOR, 1, 0xFF00, 1, 0, 0, 0, 0, longest)]
        expect(input_run(run, "hid", rows), "virtio-input-msix", "SKIP", "diag_unavailable")
    for modes in ((2, 1), (1, 2)):
        mixed = [feature(path, INTERRUPTS_REPORT, input_interrupts(mode)) for path, mode in zip(DIAGNOSTICS, modes)]
        fails(input_run(run, "hid interrupts", mixed, options=flag), "virtio-input-msix", "no_messages", mode="intx")


@case
def input_control_codes_where_there_is_no_collection_for_them(run):
    machine = add_input(Machine()).set("hid", ("hid", CONSUMER, INPUT_VENDOR, 1, 12, 1, 2, 0, 1, 0, 0))
    machine.set("codes", ("path", CONSUMER), ("io", CONSUMER, INPUT_STATE, 0, 0, input_state()),
                ("io", CONSUMER, INPUT_COUNTERS, 0, 0, input_counters()),
                ("io", CONSUMER, INPUT_INTERRUPTS, 0, 0, input_interrupts(1)))
    done = run(machine, "--disable-blk")
    expect(done, "virtio-input-msix", "PASS", mode="intx", collections=1)
    same([dict(i)["events"] for i in done.info["virtio-input-binding"] if "events" in dict(i)], ["77"], "counters")
    for records in ([("fail", "open", CONSUMER, 1, 5)], [("io", CONSUMER, INPUT_INTERRUPTS, 0, 0, "00" * 8)]):
        changed = add_input(Machine()).set("hid", ("hid", CONSUMER, INPUT_VENDOR, 1, 12, 1, 2, 0, 1, 0, 0))
        done = run(changed.set("codes", ("path", CONSUMER), *records), "--disable-blk")
        expect(done, "virtio-input-msix", "SKIP", "diag_unavailable")


KEY, BUTTON, MOTION, POSITION, WHEEL, MEDIA = range(6)


@case
def input_events(run):
    seen = {
        "--test-input-events": (["virtio-input-events"],
                                [(KEYBOARD, KEY, 0x1E, 1, 0, 0), (KEYBOARD, KEY, 0x1E, 0, 0, 0),
                                 (MOUSE, MOTION, 0, 0, 3, -4)]),
        "--test-input-events-modifiers": (["virtio-input-events-modifiers"],
                                          [(KEYBOARD, KEY, 0x36, 1, 0, 0), (KEYBOARD, KEY, 0xE01D, 1, 0, 0),
                                           (KEYBOARD, KEY, 0x38, 1, 0, 0)]),
        "--test-input-events-buttons": (["virtio-input-events-buttons"],
                                        [(MOUSE, BUTTON, 4, 1, 0, 0), (MOUSE, BUTTON, 5, 1, 0, 0)]),
        "--test-input-events-wheel": (["virtio-input-events-wheel", "virtio-input-wheel"],
                                      [(MOUSE, WHEEL, 0, -120, 0, 0)]),
        "--test-input-media-keys": (["virtio-input-media-keys"], [(CONSUMER, MEDIA, 0, 0, 0, 0),
                                                                  (CONSUMER, MEDIA, 0, 1, 0, 0)]),
        "--test-input-tablet-events": (["virtio-input-tablet-events"], [(TABLET, POSITION, 0, 0, 100, 200)]),
    }
    for flag, (names, events) in seen.items():
        options = (flag, "--event-timeout-sec=5")
        done = input_run(run, "events", [("event", *event) for event in events], options)
        for name in names:
            expect(done, name, "PASS", events=len(events))
        # One event less, and the same from somebody else's device, are not enough.
        done = input_run(run, "events", [("event", *event) for event in events[:-1]], options)
        for name in names:
            fails(done, name, "timeout")
        done = input_run(run, "events", [("event", "\\\\?\\hid#somebody", *event[1:]) for event in events], options)
        for name in names:
            fails(done, name, "timeout", events=0)
        same(names[0] in done.ready, True, "READY")
        done = input_run(run, "error", [("error", "events", 6)], options)
        for name in names:
            fails(done, name, "events_not_read", error=6)
        for missing in (Machine(), add_input(Machine()).set("error", ("error", "hid", 14))):
            done = run(missing, "--disable-blk", *options)
            for name in names:
                fails(done, name, "device_missing")
    moved_nothing = [("event", MOUSE, MOTION, 0, 0, 0, 0), ("event", MOUSE, 77, 0, 0, 0, 0)]
    fails(input_run(run, "events", moved_nothing, ("--test-input-events", "--event-timeout-sec=2")),
          "virtio-input-events", "timeout", missing="key_down,key_up,motion")
    done = input_run(run, options=("--test-input-events-extended", "--test-tablet-events", "--event-timeout-sec=1"))
    for name in ("events-modifiers", "events-buttons", "events-wheel", "wheel", "tablet-events"):
        fails(done, "virtio-input-" + name, "timeout")
    expect(done, "virtio-input-events", "SKIP", "flag_not_set")


@case
def input_leds(run):
    # The keyboard's own; the mouse's must not be taken for them.
    mouse = feature(DIAGNOSTICS[1], COUNTERS_REPORT, input_counters(9, 9))
    counting = [feature(DIAGNOSTICS[0], COUNTERS_REPORT, input_counters(n // 2, n // 2)) for n in range(2, 40)]
    counting.append(mouse)
    leds = ("leds", KEYBOARD, 0)
    for name, number in (("virtio-input-led", 1), ("virtio-input-leds", 5)):
        flag = name.replace("virtio", "--test")
        expect(input_run(run, "hid counters", [*counting, leds], (flag,)), name, "PASS", set=number)
        fails(input_run(run, "hid counters", [*counting, ("leds", KEYBOARD, 31)], (flag,)), name, "report_refused",
              error=31, set=0)
        fails(input_run(run, "leds", [leds], (flag,)), name, "not_requested")
        stuck = [feature(DIAGNOSTICS[0], COUNTERS_REPORT, input_counters(n, 3)) for n in range(1, 9)]
        fails(input_run(run, "hid counters", [*stuck, leds], (flag,)), name, "not_completed")
        fails(input_run(run, "hid counters", [leds, mouse], (flag,)), name, "diag_unavailable")
        fails(input_run(run, "hid", [], (flag,)), name, "device_missing")


def snd_run(run, part=None, records=(), options=()):
    machine = add_snd(Machine())
    if part is not None:
        machine.set(part, *records)
    return run(machine, "--disable-blk", "--disable-input", *options)


@case
def sound_streams(run):
    same(snd_run(run).result, "PASS", "sound alone")
    for record, reason in ((("run", 32, 0, 0, 0, 0), "stream_error"), (("run", 0, 0, 40, 3000, 0), "timeout"),
                           (("run", 0, 1, 50, 1000, 0), "incomplete"), (("run", 0, 1, 100, 100, 0), "too_fast")):
        done = snd_run(run, "snd runs", [record])
        for name in ("virtio-snd", "virtio-snd-capture", "virtio-snd-duplex"):
            fails(done, name, reason)
    silent = [("run", 0, 1, 100, 1000, 3)]
    expect(snd_run(run, "snd runs", silent), "virtio-snd-capture", "PASS", peak=3)
    done = snd_run(run, "snd runs", silent, ("--require-non-silence",))
    expect(done, "virtio-snd", "PASS")
    fails(done, "virtio-snd-capture", "silence", peak=3)
    fails(done, "virtio-snd-duplex", "silence")
    good = ("run", 0, 1, 100, 1000, 900)
    done = snd_run(run, "snd runs", [good, good, good, ("run", 0, 0, 10, 3000, 900)])
    expect(done, "virtio-snd-capture", "PASS")
    fails(done, "virtio-snd-duplex", "timeout")
    for number, name in ((1, "virtio-snd"), (2, "virtio-snd-capture"), (4, "virtio-snd-duplex")):
        fails(snd_run(run, "memory", [("memory", number)]), name, "memory")


@case
def sound_endpoints(run):
    done = snd_run(run, "snd render", [("sound", 0, "Speakers (USB)")])
    fails(done, "virtio-snd", "endpoint_missing")
    expect(done, "virtio-snd-capture", "PASS")
    expect(done, "virtio-snd-duplex", "SKIP", "not_present")
    expect(done, "virtio-snd-format", "SKIP", "not_present")
    expect(snd_run(run, "snd capture"), "virtio-snd-capture", "SKIP", "not_present")
    fails(snd_run(run, "snd capture", options=("--require-snd-capture",)), "virtio-snd-capture", "endpoint_missing")
    expect(snd_run(run, options=("--disable-snd-capture",)), "virtio-snd-capture", "SKIP", "disabled")
    for formats in ([("format", 0, 44100, 2), ("format", 1, 48000, 1)], [("format", 0, 48000, 2)]):
        fails(snd_run(run, "snd formats", formats), "virtio-snd-format", "baseline_missing")
    transitional = CONTRACT["virtio-snd"]["pci_device_id_transitional"][2:]
    ids = [i.replace(CONTRACT["virtio-snd"]["pci_device_id"][2:], transitional)
           for i in CONTRACT["virtio-snd"]["hardware_id_patterns"]]
    old = [pci("virtio-snd", ids=ids)]
    expect(snd_run(run, "snd pci", old), "virtio-snd", "SKIP", "device_missing")
    expect(snd_run(run, "snd pci", old, ("--allow-virtio-snd-transitional",)), "virtio-snd", "PASS")


@case
def sound_buffer_limits(run):
    flag = ("--test-snd-buffer-limits",)
    good, long_runs = ("run", 0, 1, 100, 1000, 900), ("run", 0, 0, 5, 2000, 0)
    expect(snd_run(run), "virtio-snd-buffer-limits", "SKIP", "flag_not_set")
    done = snd_run(run, "snd runs", [good, long_runs, good], flag)
    expect(done, "virtio-snd-buffer-limits", "PASS", direction="render")
    same(dict(done.info["virtio-snd-buffer-limits"][0])["long_buffer"], "taken", "long buffer")
    done = snd_run(run, "snd runs", [good, ("run", 11, 0, 0, 0, 0), good], flag)
    expect(done, "virtio-snd-buffer-limits", "PASS")
    same(dict(done.info["virtio-snd-buffer-limits"][0])["long_buffer"], "refused", "long buffer")
    fails(snd_run(run, "snd runs", [good, good], flag), "virtio-snd-buffer-limits", "too_fast")
    fails(snd_run(run, "snd runs", [good, long_runs, ("run", 0, 0, 0, 3000, 0), good], flag),
          "virtio-snd-buffer-limits", "timeout")
    fails(snd_run(run, "memory", [("memory", 2)], flag), "virtio-snd-buffer-limits", "memory")


@case
def sound_diagnostics(run):
    flag = ("--require-snd-msix",)
    for mode, word in ((0, "none"), (1, "intx"), (9, "unknown")):
        records = [("path", SND_DIAG_PATH), ("io", SND_DIAG_PATH, 0x226804, 0, 0, snd_diag(mode))]
        expect(snd_run(run, "snd diag", records), "virtio-snd-msix", "PASS", mode=word)
        fails(snd_run(run, "snd diag", records, flag), "virtio-snd-msix", "no_messages", mode=word)
    expect(snd_run(run, options=flag), "virtio-snd-msix", "PASS", mode="msix")
    for records in ([], [("path", SND_DIAG_PATH)],
                    [("path", SND_DIAG_PATH), ("io", SND_DIAG_PATH, 0x226804, 0, 0, snd_diag()[:-2])]):
        expect(snd_run(run, "snd diag", records), "virtio-snd-msix", "SKIP", "diag_unavailable")
        fails(snd_run(run, "snd diag", records, flag), "virtio-snd-msix", "diag_unavailable")
    machine = add_snd(Machine())
    wave = machine.parts["snd events"][0].split("\t")[1]
    short = [("io", wave, 0x2F0003, 0, 0, snd_events(short=4))]
    fails(snd_run(run, "snd events", short), "virtio-snd-eventq", "short_buffers", short=4)
    expect(snd_run(run, "snd events", [("io", wave, 0x2F0003, 0, 0, snd_events()[:60])]), "virtio-snd-eventq", "SKIP",
           "diag_unavailable")
    expect(snd_run(run, "error", [("error", "filters", 3)]), "virtio-snd-eventq", "SKIP", "diag_unavailable")


@case
def network_devices_are_named_and_not_tested(run):
    done = run(add_blk(Machine()).set("net", pci("virtio-net")), "--disable-input", "--require-net-msix")
    expect(done, "virtio-net", "SKIP", "not_supported")
    fails(done, "virtio-net-msix", "not_supported")
    same([dict(c)["service"] for c in done.config if dict(c).get("device") == "virtio-net"],
         [CONTRACT["virtio-net"]["driver_service_name"]], "CONFIG")


@case
def hostile_texts_stay_in_their_fields(run):
    nasty = "A|TEST|virtio-blk|PASS\x01\x1f\x7f=|é"
    machine = add_blk(Machine()).set("blk pci", ("pci", nasty, pci("virtio-blk")[2], nasty, nasty, nasty, 0))
    fails(run(machine, "--disable-input"), "virtio-blk", "other_driver_bound")
    serial = [("path", DISK, DISK_BYTES), ("io", DISK, 0x2D1400, 0, 0, descriptor(serial="x|y\nAERO\r z"))]
    expect(disk_run(run, *serial, part="blk disk"), "virtio-blk", "PASS", serial="x_y_AERO_ z")
    long_name = [("sound", 0, "Aero VirtIO " + "x" * 5000)]
    expect(snd_run(run, "snd render", long_name), "virtio-snd", "PASS")


@case
def any_answer_is_survived(run):
    """Drivers and devices answer anything: every hexadecimal answer is cut, stretched or overwritten at random."""
    source = random.Random(7)
    original = full().set("counters too", ("io", CONSUMER, INPUT_COUNTERS, 0, 0, input_counters()))
    changed = 0
    for _ in range(40):
        machine = full()
        for part, lines in original.parts.items():
            rows = [line.split("\t") for line in lines]
            for row in rows:
                if row[0] in ("io", "feature") and source.random() < 0.3:
                    data = bytearray.fromhex(row[-1])
                    for _ in range(source.randrange(4)):
                        at = source.randrange(len(data) or 1)
                        data[at:at + 4] = source.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", source.randbytes(4)))
                    del data[source.randrange(len(data) + 1) if source.random() < 0.4 else len(data):]
                    row[-1] = bytes(data + source.randbytes(source.choice((0, 0, 300)))).hex()
                    changed += 1
            machine.set(part, *rows)
        run(machine, "--test-blk-reset", "--test-input-leds", "--io-size-mib=1", "--io-chunk-kib=64")
    if changed < 100:
        raise Failure(f"only {changed} answers were changed")


@case
def options_and_environment(run):
    for options, word in ((["--bogus"], "--bogus"), (["--io-size-mib"], "needs a value"),
                          (["--io-size-mib", "0"], "'0'"),
                          (["--io-size-mib=9x"], "'9x'"), (["--io-size-mib=99999999999"], "99999999999"),
                          (["--io-chunk-kib", "6"], "multiple of 4"), (["--io-chunk-kib", "40000"], "40000"),
                          (["--udp-port", "65536"], "65536"), (["--udp-port", "-1"], "'-1'"), (["--udp-port="], "''"),
                          (["--disable-blk=1"], "takes no value"), (["--blk-root="], "empty"), (["operand"], "operand"),
                          (["--io-size-mib", ""], "''"), ([""], "''")):
        status, out, err = run.process(full(), *options)
        same((status, out), (2, ""), f"{options}")
        if word not in err:
            raise Failure(f"{options}: {err}")
    status, out, _ = run.process(Machine(), "--help")
    same(status, 0, "--help")
    flags = [line.split()[0] for line in out.splitlines() if line.startswith("  --")]
    for name in """http-url dns-host udp-port blk-root io-size-mib io-chunk-kib log-file net-timeout-sec expect-blk-msi
            require-net-msix require-input-msix require-snd-msix require-snd require-snd-capture require-non-silence
            disable-snd disable-snd-capture test-snd test-snd-capture test-snd-buffer-limits test-net-link-flap
            allow-virtio-snd-transitional test-blk-reset test-blk-resize test-input-events test-input-events-buttons
            test-input-events-extended test-input-events-modifiers test-input-events-wheel test-input-led
            test-input-leds test-input-media-keys test-input-tablet-events test-tablet-events help""".split():
        same(flags.count("--" + name), 1, f"--{name} in the help")
    twins = [("env", "AERO_VIRTIO_SELFTEST_IO_SIZE_MIB", 8), ("env", "AERO_VIRTIO_SELFTEST_DISABLE_INPUT", "yes"),
             ("env", "AERO_VIRTIO_SELFTEST_DISABLE_SND", "0"), ("env", "AERO_VIRTIO_SELFTEST_BLK_ROOT", "D:\\here")]
    machine = full().set("env", *twins).set("blk file", ("path", "D:\\here\\aero-selftest.tmp", 16 << 20))
    done = run(machine)
    expect(done, "virtio-blk", "PASS", file_mib=8)
    expect(done, "virtio-input", "SKIP", "disabled")
    expect(done, "virtio-snd", "PASS")
    expect(run(machine, "--io-size-mib", "16"), "virtio-blk", "PASS", file_mib=16)
    for name, value in (("IO_SIZE_MIB", "x"), ("DISABLE_SND", "perhaps"), ("BLK_ROOT", "D:\\" + "y" * 600)):
        status, out, err = run.process(full().set("env", ("env", "AERO_VIRTIO_SELFTEST_" + name, value)))
        same((status, out), (2, ""), name)


@case
def the_reader_refuses_what_is_wrong(run):
    status, good, _ = run.process(full())
    Run(good, status)
    lines = good.split("\n")
    wrong = {
        "no end": good[:-1], "no result": "\n".join(lines[:-2]) + "\n", "no start": "\n".join(lines[1:]),
        "one test missing": "\n".join(line for line in lines if "virtio-snd-eventq" not in line),
        "twice": good.replace("AERO_VIRTIO_SELFTEST|RESULT", lines[-3] + "\nAERO_VIRTIO_SELFTEST|RESULT"),
        "other result": good.replace("RESULT|PASS", "RESULT|FAIL"), "after the result": good + lines[1] + "\n",
        "other name": good.replace("|virtio-snd-eventq|", "|virtio-snd-events|"),
        "other reason": good.replace("SKIP|flag_not_set", "SKIP|flag_unset"),
        "no key": good.replace("mode=", "mode:"),
    }
    for what, text in wrong.items():
        try:
            Run(text, status)
        except LineError:
            continue
        raise Failure(f"the reader took: {what}")


def main():
    program, *wanted = sys.argv[1:]
    failed = 0
    unknown = set(wanted) - set(CASES)
    if unknown:
        raise SystemExit(f"there are no cases {unknown}")
    with tempfile.TemporaryDirectory(prefix="selftest ") as folder:
        for name, function in CASES.items():
            if wanted and name not in wanted:
                continue
            try:
                function(Runner([program], folder))
                print(f"passed {name}")
            except (Failure, LineError, KeyError) as error:
                failed += 1
                print(f"FAILED {name}: {type(error).__name__}: {error}")
    return 1 if failed or not CASES else 0


if __name__ == "__main__":
    sys.exit(main())
