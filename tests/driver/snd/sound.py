# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is played is what was written, what is recorded is what was heard: bit for bit, on every format and device."""
import pathlib
import tempfile
import time

from harness import DIALECTS, Failed, find_in, noise, wav, write_wav
from sound_server import SoundServer, missing

FORMATS = {4: "8", 5: "16", 11: "24", 15: "24/32", 17: "32", 19: "32f", 20: "64f"}  # VIRTIO_SND_PCM_FMT_*
S24 = 15
RATES = (5512, 8000, 11025, 16000, 22050, 32000, 44100, 48000, 64000, 88200, 96000, 176400, 192000, 384000)


def steady(result, direction="render"):
    """No glitch: every frame in its place, no late write, no lost notification, the position never back."""
    r = getattr(result, direction)
    assert r["compared"] and r["found"] and not r["misplaced_frames"] and not r["missing_frames"], r
    assert not r["timeouts"] and not r["late_writes"] and not r["overruns"] and not r["errors"], r
    assert not r["position"]["backward"] and not r["position"]["beyond"], r
    assert result["pool_in_run"] == 0, result["pool_in_run"]


def kept_up(result):
    m = result.model
    assert not (m["starved_frames"] or m["dropped_frames"] or m["silent_frames"] or m["io_errors"] or m["refused"]), m


def judge_wav(path, sound, frame):
    rate, channels, bits, samples = wav(path)
    assert channels * bits // 8 == frame, (channels, bits)
    return rate, find_in(samples, sound, frame)


def played(bench, folder, seconds, *options, rate=48000, channels=2, bits=16):
    """Plays a file; the WAV that the device wrote is compared here, too, not only by nthost."""
    frame = channels * bits // 8
    source, out = pathlib.Path(folder, "in.wav"), pathlib.Path(folder, "out.wav")
    sound = noise(int(rate * seconds) * frame, rate + channels)
    write_wav(source, rate, channels, bits, sound)
    result = bench.run("--wav-in", source, "--wav-out", out, "--format", f"{rate}:{channels}:{bits}", "--seconds",
                       seconds, *options)
    assert judge_wav(out, sound, frame)[0] == rate
    steady(result)
    return result


def playback(bench):
    """Thirty seconds at the baseline format."""
    with tempfile.TemporaryDirectory() as folder:
        if bench.device == "qemu":
            played(bench, folder, 30)
            return "30 s on QEMU"
        for dialect in DIALECTS:
            kept_up(played(bench, folder, 30, "--dialect", dialect, "--seed", 1))
    return "30 s in each dialect"


def short_playback(bench):
    """Two seconds at the baseline format, on QEMU."""
    with tempfile.TemporaryDirectory() as folder:
        played(bench, folder, 2)
    return "2 s"


def every_format(bench):
    """A short sound at other formats, rates and channel counts; on QEMU those that its wav backend can write."""
    count = 0
    if bench.device == "qemu":
        with tempfile.TemporaryDirectory() as folder:
            for rate, channels, bits in ((44100, 2, 16), (96000, 2, 16), (8000, 1, 16), (48000, 1, 16), (48000, 2, 8),
                                         (192000, 2, 16)):
                played(bench, folder, 0.25, rate=rate, channels=channels, bits=bits)
                count += 1
        return f"{count} formats"
    for sample, (number, bits) in enumerate(FORMATS.items()):
        if number == S24:
            continue  # what the device gets differs: twenty_four_bits
        script = []
        for i, rate in enumerate(RATES):
            for channels in {2, 1 + (i + sample) % 8}:
                which = ("render", "capture")[(i + channels) % 2]
                script += [f"open {which} {rate}:{channels}:{bits}", f"run {which} {max(0.03, 400 / rate)}",
                           *(["wait 50"] if which == "capture" else []), f"finish {which}", f"close {which}",
                           f"check {which}"]
                count += 1
        for dialect in DIALECTS:
            bench.run("--dialect", dialect, "--seed", 2, "--capture-format", "96000:2:16",
                      *(x for o in (f"formats={1 << number}", "rates=0x3fff", "out-channels-min=1", "out-channels=8",
                                    "in-channels=8") for x in ("--model", o)), script=script)
    return f"{count} formats in each dialect"


def twenty_four_bits(bench):
    """A device whose only format has 24 bits at the bottom of 32: Windows keeps them at the top. Both directions."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = pathlib.Path(folder, "in.wav"), pathlib.Path(folder, "out.wav")
        top = bytearray(noise(48000 * 8 // 4, 9))
        top[::4] = bytes(len(top) // 4)
        bottom = bytearray(len(top))
        for i in range(3):
            bottom[i::4] = top[i + 1::4]
        signs = bytes(255 if b & 128 else 0 for b in top[3::4])
        for dialect in DIALECTS:
            options = ("--dialect", dialect, "--seed", 2, "--format", "48000:2:24/32", "--inexact", "--seconds", 0.25, "--model",
                       f"formats={1 << S24}", "--model", "in-channels=2")
            write_wav(source, 48000, 2, 32, bytes(top))
            bench.run("--wav-in", source, "--wav-out", out, *options)
            found = bytearray(wav(out)[3])
            for i, wanted in ((0, bottom[0::4]), (1, bottom[1::4]), (2, bottom[2::4])):
                assert found[i::4].startswith(wanted) and not found[i::4][len(wanted):].strip(b"\0"), (dialect, i)
            assert found[3::4][:len(signs)] in (signs, bytes(len(signs))), "bits 24 to 31 are neither sign nor 0"
            bottom[3::4] = signs
            write_wav(source, 48000, 2, 32, bytes(bottom))
            bench.run("--mode", "capture", "--wav-in", source, "--wav-out", out, *options)
            found = wav(out)[3]
            start = found.find(bytes(top[:64]))
            assert start >= 0 and start % 8 == 0 and len(found) > start + 40000, (dialect, start)
            rest = found[start:start + 40000]
            assert rest == bytes(top[:len(rest)]), dialect
    return "both directions in each dialect"


def periods(bench):
    """Periods from 1 to 100 ms, buffers of 2 to 16 of them, with notifications and without."""
    count = 0
    for dialect in DIALECTS:
        for period, buffers, notifications in ((10000, 2, 2), (3000, 2, 2), (5000, 4, 2), (10000, 3, 2), (20000, 2, 2), (100000, 2, 2), (10000, 16, 2),
                                               (10000, 4, 0)):
            result = bench.run("--dialect", dialect, "--seed", 3, "--period-us", period, "--periods", buffers,
                               "--notifications", notifications, "--mode", "duplex", "--seconds", 1)
            assert not result.render["late_writes"], result.render
            count += 1
    return f"{count} buffers"


def capture(bench):
    """What the device heard is what the program recorded."""
    if bench.device == "qemu":
        return capture_qemu(bench)
    for dialect in DIALECTS:
        result = bench.run("--dialect", dialect, "--seed", 4, "--mode", "capture", "--seconds", 10)
        steady(result, "capture")
        kept_up(result)
        assert result.capture["frames"] > 9.9 * 48000, result.capture
    return "10 s in each dialect"


def longest_run(found, wanted, frame, least):
    """`wanted` as `found` has it: whole runs of at least `least` frames, in order. Returns the frames of the longest."""
    best, at = 0, 0
    while at + 64 * frame <= len(found):
        place = wanted.find(found[at:at + 64 * frame])
        if place < 0:
            at += frame
            continue
        length = 0
        while length < len(found) - at and length < len(wanted) - place and \
                found[at + length:at + length + frame] == wanted[place + length:place + length + frame]:
            length += frame
        best = max(best, length // frame)
        at += max(length, frame)
        if best >= least:
            break
    return best


QEMU_SOUND = ("--qemu", "argument=-audiodev", "--qemu",
              "argument=alsa,id=audio0,in.dev=feed,out.dev=ear,in.mixing-engine=off,out.mixing-engine=off,"
              "in.buffer-length=200000,out.buffer-length=200000")


def capture_qemu(bench):
    """From a sound server of our own, through QEMU, into the program's buffer: sample by sample."""
    if missing():
        return f"SKIPPED: {', '.join(missing())} not installed"
    with SoundServer() as server, tempfile.TemporaryDirectory() as folder:
        raw, out = pathlib.Path(folder, "feed.raw"), pathlib.Path(folder, "out.wav")
        sound = noise(48000 * 2 * 8, 5)
        raw.write_bytes(sound)
        server.feed(raw)
        bench.run("--mode", "capture", "--seconds", 4, "--wav-out", out, "--inexact", *QEMU_SOUND,
                  environment=server.environment)
        rate, channels, bits, samples = wav(out)
        assert (rate, channels, bits) == (48000, 1, 16), (rate, channels, bits)
        best = longest_run(samples, sound, 2, 48000 * 3)
        assert best >= 48000 * 2, f"the longest piece in its place has {best} frames of {len(samples) // 2}"
    return f"{best} frames in their place"


def duplex(bench):
    """Both directions at once."""
    if bench.device == "qemu":
        return duplex_qemu(bench)
    for dialect in DIALECTS:
        for seed in (5, 6, 7):
            result = bench.run("--dialect", dialect, "--seed", seed, "--mode", "duplex", "--seconds", 5)
            steady(result)
            steady(result, "capture")
            kept_up(result)
    return "5 s, three times in each dialect"


def duplex_qemu(bench):
    if missing():
        return f"SKIPPED: {', '.join(missing())} not installed"
    with SoundServer() as server, tempfile.TemporaryDirectory() as folder:
        raw, ear, out = (pathlib.Path(folder, n) for n in ("feed.raw", "ear.raw", "out.wav"))
        source = pathlib.Path(folder, "in.wav")
        fed, sound = noise(48000 * 2 * 8, 6), noise(48000 * 4 * 2, 7)
        raw.write_bytes(fed)
        write_wav(source, 48000, 2, 16, sound)
        server.feed(raw)
        server.listen(ear)
        time.sleep(0.3)
        bench.run("--mode", "duplex", "--seconds", 2, "--wav-in", source, "--heard", out, "--inexact", *QEMU_SOUND,
                  environment=server.environment)
        time.sleep(0.7)
        best = longest_run(wav(out)[3], fed, 2, 48000)
        heard = longest_run(ear.read_bytes(), sound, 4, len(sound) // 4)
        if best < 48000 or heard < 48000:
            raise Failed(f"recorded {best} frames in their place, played {heard}")
    return f"recorded {best} frames in their place, played {heard}"


def soak(bench, seconds=60):
    """A minute (AERO_SOAK=1: ten) of both directions on a device whose clock drifts and whose completions come late, on
    four processors that are interrupted anywhere."""
    for ppm in (-300, 300):
        result = bench.run("--dialect", "standard", "--seed", 8, "--mode", "duplex", "--seconds", seconds, "--processors",
                           4, "--preempt", 50, "--model", f"drift-ppm={ppm}", "--model", "jitter-us=1500", "--periods", 4,
                           timeout=1200)
        for which in ("render", "capture"):
            steady(result, which)
        kept_up(result)
    return f"{seconds} s at -300 and +300 ppm"


def loaded_soak(bench):
    import os
    return soak(bench, 600 if os.environ.get("AERO_SOAK") else 60)


SCENARIOS = {f.__name__.replace("_", "-"): f for f in
             (playback, short_playback, every_format, twenty_four_bits, periods, capture, duplex)} | {"soak": loaded_soak}
