# SPDX-License-Identifier: MIT OR Apache-2.0
"""What must hold whatever programs, Windows and the device do."""
import os
import pathlib
import re
import tempfile

from harness import DIALECTS, DONE, in_order, noise, wav, write_wav
from sound import kept_up, steady

PLAY = ["open render", "run render 0.2", "finish render", "close render", "check render"]
RECORD = ["open capture", "run capture", "wait 200", "finish capture", "close capture", "check capture"]
EVERYTHING = ["formats=0x1a8830", "rates=0x3fff", "out-channels-min=1", "out-channels=8", "in-channels=8"]


def model(*options):
    return [x for o in options for x in ("--model", o)]


def disturbed(bench, script, seconds, most_lost, *options, **more):
    """A run in which something happens to the sound: what is played is in order and nothing comes twice; at most so
    many frames are lost."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = pathlib.Path(folder, "in.wav"), pathlib.Path(folder, "out.wav")
        sound = noise(int(48000 * seconds) * 4, 9)
        write_wav(source, 48000, 2, 16, sound)
        result = bench.run("--wav-in", source, "--wav-out", out, "--inexact", "--seconds", seconds, *options,
                           script=script,
                           **more)
        lost = in_order(wav(out)[3], sound, 4)
    assert lost <= most_lost, (lost, script)
    assert not result.render["position"]["backward"], result.render
    return result


def position(bench):
    """In the manner of the kit's KS Position test: never back, never beyond, within a millisecond of the device after
    it has found its clock; on QEMU, of the straight line through all readings."""
    if bench.device == "qemu":
        result = bench.run("--seconds", 4, "--period-us", 10000, "--periods", 10, "--notifications", 0)
        p = result.render["position"]
        assert not p["backward"] and not p["beyond"] and p["queries"] > 100, p
        assert p["fit_rms_us"] < 5000 and abs(p["fit_ppm"]) < 20000, p
        return f"rms {p['fit_rms_us']:.0f} us, largest {p['fit_largest_us']:.0f} us"
    words = []
    for dialect in DIALECTS:
        for ppm in (0, 300, -300) if dialect == "standard" else (0,):
            for mode in ("render", "capture"):
                result = bench.run("--dialect", dialect, "--seed", 1, "--mode", mode, "--seconds", 3, "--poll-us", 1500,
                                   *model(f"drift-ppm={ppm}", "jitter-us=500"))
                p = getattr(result, mode)["position"]
                assert not p["backward"] and not p["beyond"] and p["compared"] > 1800, p
                # What is recorded exists for Windows when its period is complete.
                assert mode == "capture" or (p["rms_us"] < 1000 and p["largest_us"] < 4000), (dialect, ppm, mode, p)
                words.append(f"{dialect} {ppm} ppm {mode}: rms {p['rms_us']:.0f}, largest {p['largest_us']:.0f} us")
    # Without notifications what is recorded is told as steadily as time passes, a period late.
    result = bench.run("--dialect", "standard", "--seed", 1, "--mode", "capture", "--seconds", 3, "--poll-us", 1500,
                       "--periods", 8, "--notifications", 0, *model("jitter-us=500"))
    p = result.capture["position"]
    assert not p["backward"] and not p["beyond"] and p["compared"] > 500, p
    assert abs(p["mean_us"] + 10000) < 1000 and p["largest_us"] + p["mean_us"] < 1000, p
    more = p["largest_us"] + p["mean_us"]
    words.append(f"capture without notifications: {-p['mean_us']:.0f} us late, {more:.0f} more at most")
    return "; ".join(words)


def pauses(bench):
    """Pause, stop and run in any order: nothing is lost, nothing comes twice."""
    script = ["open render", "run render 1"]
    for ms in (15, 40, 3, 100, 1):
        script += [f"wait {ms}", "pause render", f"wait {ms}", "go render"]
    script += ["finish render", "close render", "check render"]
    for dialect in DIALECTS:
        for seed in range(1, 6):
            bench.run("--dialect", dialect, "--seed", seed, script=script)
            bench.run("--dialect", dialect, "--seed", seed,
                      script=["open capture", "run capture", "wait 55", "pause capture", "wait 30", "go capture",
                              "wait 80", "halt capture", "close capture"] + RECORD, expect=None)
    return "20 runs"


def storms(bench):
    """Programs that open, close, allocate and change state in any order, one on each pin; then both play."""
    for dialect in DIALECTS:
        for seed in range(1, 7):
            bench.run("--dialect", dialect, "--seed", seed, "--processors", 1 + seed % 4, "--preempt", 20 * (seed % 2),
                      script=["storm render 150", "storm capture 150", "storm render 50",
                              "check render"] + PLAY + RECORD)
    return "12 storms of 350 steps"


def topology(bench):
    """Every property of every filter, pin and node: GET, SET, BASICSUPPORT, wrong sizes."""
    requests = bench.run("--dialect", "standard", "--seed", 1, *model("jacks=2"), script=["topology"])["requests"]
    assert bench.run("--seed", 1, *model(*EVERYTHING), script=["topology"] + PLAY)["requests"] > 300
    assert requests > 300, requests
    return f"{requests} requests"


def formats_offered(bench):
    """A pin opens with what the device has, and with nothing else, for every rate, number of channels and sample; every
    data range intersects with itself to a format that opens."""
    devices = (EVERYTHING, ["formats=0x20020", "rates=0x40c0", "out-channels=6"], ["formats=0x8000", "rates=0x80"])
    for i, options in enumerate(devices):
        bench.run("--dialect", DIALECTS[i % 2], "--seed", 1, *model(*options),
                  script=["formats render", "formats capture"])
    return f"{len(devices)} devices, 784 formats in each direction"


def jacks(bench):
    """Jack events reach a program that asked for them; jacks that there are none of are ignored."""
    script = ["jack-is 0 on", "jack-is 1 on", "watch-jack 0", "watch-jack 1", "jack 0 off", "jack-event 0",
              "jack-is 0 off",
              "jack-is 1 on", "jack 1 off", "jack-event 1", "jack-is 1 off", "jack 0 on", "jack-event 0",
              "jack-is 0 on",
              "event 0x1001 7", "event 0x1000 0xffffffff", "event 0x1001 0x80000000", "wait 20", "jack-is 0 on",
              "jack-is 1 off"] + PLAY
    for dialect in DIALECTS:
        for jacks_there in (0, 2):
            bench.run("--dialect", dialect, "--seed", 2, *model(f"jacks={jacks_there}"), script=script)
    return "four devices"


def sleep(bench):
    """Sleep and wake in mid-stream, a stop and a start in between streams: what was on its way may be lost, nothing
    comes twice, and afterwards sound is exact."""
    for dialect in DIALECTS:
        for seed in range(1, 5):
            disturbed(bench, ["open render", "run render", f"wait {100 + seed * 7}", "sleep", "wait 300", "wake",
                              "wait 100",
                              "sleep", "wake", "finish render", "close render"], 0.6, 4 * 960, "--dialect", dialect,
                      "--seed",
                      seed)
            bench.run("--dialect", dialect, "--seed", seed, script=[
                "sleep", "wake", *PLAY, *RECORD, "sleep", "wait 50", "wake", "restart", *PLAY, *RECORD])
            bench.run("--dialect", dialect, "--seed", seed, "--mode", "duplex", "--inexact", script=[
                "open render", "open capture", "run render 1", "run capture", "wait 105", "sleep", "wait 50", "wake",
                "wait 200", "finish render", "finish capture", "close render", "close capture"])
    return "24 runs"


def resets(bench):
    """The device asks for a reset in mid-stream: the stream goes on with little lost and nothing twice, no program
    hangs, each reset is logged, and afterwards sound is exact again."""
    for dialect in DIALECTS:
        for at in (3, 9, 20, 45, 60):
            result = disturbed(bench, [
                "open render", "open capture", "run render", "run capture", "wait 30", f"fault needs-reset:{at}",
                "finish render", "finish capture", "close render", "close capture"], 0.5, 6 * 480, "--dialect", dialect,
                "--seed", at, logged=[14])
            assert result.model["resets"] >= 2, result.model
    return "10 resets"


def starvation(bench):
    """A program that stalls: what it wrote is heard once, then silence; when it goes on, so does the sound."""
    for dialect in DIALECTS:
        for periods, ms in ((2, 100), (4, 300), (8, 500)):
            disturbed(bench, ["open render", "run render", "wait 200", f"stall render {ms}", "finish render",
                              "close render"], 0.6, 0, "--dialect", dialect, "--seed", 3, "--periods", periods,
                      *model("xrun-events=on"))
    return "6 stalls"


def change_format(bench):
    """The format of an open pin, between streams: the next sound has it."""
    for dialect in DIALECTS:
        bench.run("--dialect", dialect, "--seed", 4, *model(*EVERYTHING), script=[
            "open render 48000:2:16", "run render 0.1", "finish render", "format render 44100:2:16", "format render "
            "48000:2:16", "format render 12345:2:16 refused", "run render 0.1", "finish render", "close render",
            "refused render 12345:2:16", "refused render 48000:9:16"] + ["check render"] + PLAY, expect=DONE)
    return "two dialects"


def volume(bench):
    """0 dB is exact, mute is silence, less is quieter, and 0 dB again is exact again."""
    for dialect in DIALECTS:
        bench.run("--dialect", dialect, "--seed", 5, script=PLAY + ["volume render -1 0", "mute render -1 0"] + PLAY)
        muted = bench.run("--dialect", dialect, "--seed", 5, "--inexact", script=["mute render -1 1"] + PLAY)
        assert not muted.render["found"], muted.render
        quiet = bench.run("--dialect", dialect, "--seed", 5, "--inexact", script=["volume render -1 -655360"] + PLAY)
        assert not quiet.render["found"], quiet.render
        bench.run("--dialect", dialect, "--seed", 5,
                  script=["volume render -1 -655360", "mute render -1 1", "volume render -1 0",
                          "mute render -1 0"] + PLAY)
    return "two dialects"


CONTROL = ("control-bad-msg", "control-not-supp", "control-io-err", "control-nonsense", "control-short", "control-late",
           "control-never")
TRANSFER = ("transfer-bad-msg", "transfer-not-supp", "transfer-io-err", "transfer-nonsense", "transfer-no-status",
            "transfer-short", "transfer-long", "transfer-half", "transfer-at-once", "transfer-never",
            "transfer-latency")
EVENT = ("event-unknown", "event-short", "event-long", "event-xrun", "event-flood")
INFO = ("info-no-formats", "info-no-rates", "info-no-channels", "info-channels-reversed", "info-direction", "info-ones",
        "info-short", "config-streams-huge", "config-streams-zero", "config-jacks-huge")
RING = ("bad-used-id", "duplicate-used-id", "unused-used-id", "used-len-too-long", "used-index-jump", "used-index-back",
        "lost-request", "hang", "gone", "interrupt-lost", "spurious-interrupt", "late-completion", "needs-reset")
START = ("features-refused", "queue-size-zero", "notify-off-huge", "no-common", "no-notify", "no-isr", "reset-hangs",
         "wrong-revision")


def hostile_device(bench):
    """No lie of the device breaks a rule, hangs a program for long, or leaks."""
    count = 0
    both = ["open render", "open capture", "run render 0.1", "run capture", "wait 50", "event 0x1101 0",
            "event 0x1100 9",
            "wait 50", "finish render", "finish capture", "close render", "close capture"]
    for dialect in DIALECTS:
        for fault in CONTROL + TRANSFER + EVENT + INFO + RING:
            often = fault in CONTROL + TRANSFER
            for when in ("", ":4", "+") if often else ("", ":9") if fault in RING else ("", "+"):
                bench.run("--dialect", dialect, "--seed", 6, "--inexact", "--quiet",
                          *model(f"fault={fault}{when}", "period-events=on", "jacks=2"), script=both, expect=None)
                count += 1
        for fault in START:
            result = bench.run("--dialect", dialect, "--seed", 6, "--quiet", *model(f"fault={fault}"), script=PLAY,
                               expect=None)
            assert result.status != DONE and len(result.ids) >= 1, (fault, result.ids)
            count += 1
    return f"{count} lies"


def odd_devices(bench):
    """Streams in the other order, several of them, one direction only, other queue sizes, EVENT_IDX, message counts."""
    play = PLAY + RECORD
    for options in (["input-first=on"], ["outputs=2", "inputs=2"], ["tx-size=64"], ["queue-size=8"], ["tx-size=16"],
                    ["features=event_idx"], ["vectors=1"], ["vectors=2"], ["vectors=3"], ["vectors=8"],
                    ["jitter-us=3000"],
                    ["period-events=on"], ["xrun-events=on"]):
        for dialect in DIALECTS:
            bench.run("--dialect", dialect, "--seed", 7, *model(*options), script=play)
    for dialect in DIALECTS:
        bench.run("--dialect", dialect, "--seed", 7, *model("inputs=0"), script=PLAY)
        bench.run("--dialect", dialect, "--seed", 7, *model("outputs=0"), script=RECORD)
    return "28 devices"


def registry(bench):
    """Dialect, ForceNullBackend and StrictContract."""
    null = bench.run("--seed", 8, "--inexact", "--registry", "ForceNullBackend=1", script=PLAY, logged=None)
    assert null.model["played_transfers"] == 0, null.model
    bench.run("--seed", 8, "--dialect", "standard", "--registry", "Dialect=1", script=PLAY)
    bench.run("--seed", 8, "--registry", "Dialect=2", script=PLAY)
    strict = bench.run("--seed", 8, "--dialect", "standard", "--registry", "StrictContract=1", script=PLAY, expect=None)
    assert strict.status != DONE and strict.ids == [4], strict.ids
    return "five devices"


def polling(bench):
    """AllowPollingOnly: without any interrupt the device starts, says so in the log, and plays and records exactly (in
    a buffer of 80 ms); without the value it does not start."""
    for dialect in DIALECTS:
        sweep = bench.run("--dialect", dialect, "--seed", 9, "--inexact", "--failure-sweep", script=["wait 1"])
        number = re.search(r"injected failure (\d+): interrupt", sweep.output)
        assert number, sweep.output
        options = ("--dialect", dialect, "--seed", 9, "--periods", 8, "--fail-nth", number.group(1))
        refused = bench.run(*options, script=PLAY, expect=None)
        assert refused.ids == [15] and not refused.model["played_transfers"], (refused.ids, refused.model)
        result = bench.run(*options, "--registry", "AllowPollingOnly=1", script=PLAY + RECORD, logged=[20])
        assert result["interrupts"] == 0 and result.model["played_transfers"] >= 5, result.data
    return "two dialects"


def every_failing_call(bench):
    """Each allocation, mapping or other call that may fail, fails once; nothing leaks and no rule is broken."""
    words = []
    for dialect in DIALECTS:
        result = bench.run("--dialect", dialect, "--seed", 9, "--inexact", "--failure-sweep", "--mode", "duplex",
                           "--seconds", 0.05)
        count = int(re.search(r"ok: \d+ disturbed runs: (\d+) calls that may fail", result.output).group(1))
        assert count >= 20, count
        words.append(str(count))
    return " and ".join(words) + " failures"


def every_step_of_removal(bench):
    """The device is pulled at each of some hundred steps between start and removal, with both streams running."""
    words = []
    for dialect in DIALECTS:
        result = bench.run("--dialect", dialect, "--seed", 10, "--inexact", "--surprise-sweep", "--mode", "duplex",
                           "--seconds", 0.05, "--sweep-runs", 400 if os.environ.get("AERO_SOAK") else 40)
        words.append(re.search(r"ok: (\d+) disturbed runs", result.output).group(1))
    return " and ".join(words) + " removals"


def any_request(bench):
    """Properties and pins of any content, with and without a stream: nothing breaks, and it plays afterwards."""
    for dialect in DIALECTS:
        for seed in (11, 12, 13):
            bench.run("--dialect", dialect, "--seed", seed, *model(*EVERYTHING),
                      script=["fuzz 1500", "open render", "state render pause", "fuzz 500", "state render stop",
                              "close render", "volume render -1 0", "mute render -1 0"] + PLAY)
    return "12000 requests"


def many_schedules(bench):
    """Both directions under other seeds, on up to four processors, interrupted at any instruction."""
    for seed in range(1, 21):
        result = bench.run("--dialect", DIALECTS[seed % 2], "--seed", seed, "--processors", 1 + seed % 4, "--preempt",
                           10,
                           "--mode", "duplex", "--seconds", 0.3)
        steady(result)
        steady(result, "capture")
        kept_up(result)
    return "20 schedules"


SCENARIOS = {f.__name__.replace("_", "-"): f for f in
             (position, pauses, storms, topology, formats_offered, jacks, sleep, resets, starvation, change_format,
              volume,
              hostile_device, odd_devices, registry, polling, every_failing_call, every_step_of_removal, any_request,
              many_schedules)}
