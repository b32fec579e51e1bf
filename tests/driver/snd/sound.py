# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is played is what was written, what is recorded is what was heard: bit for bit, on every format and device."""
import os
import pathlib
import subprocess
import tempfile

from harness import DIALECTS, find_in, in_order, noise, wav, write_wav

FORMATS = {4: "8", 5: "16", 11: "24", 15: "24/32", 17: "32", 19: "32f", 20: "64f"}  # VIRTIO_SND_PCM_FMT_*
S24 = 15
RATES = (5512, 8000, 11025, 16000, 22050, 32000, 44100, 48000, 64000, 88200, 96000, 176400, 192000, 384000)


# Half a second, because QEMU's clock is the machine's, and this process has to keep up with it on a busy one.
PATIENT = ("--periods", 50)


def steady(result, direction="render"):
    """No glitch: every frame in its place, no late write, no lost notification, the position never back."""
    r = getattr(result, direction)
    assert r["compared"] and r["found"] and not r["misplaced_frames"] and not r["missing_frames"], r
    assert not r["timeouts"] and not r["overruns"] and not r["errors"] and not r["early_notifications"], r
    assert result["device"] == "qemu" or not r["late_writes"], r
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
                       seconds, *options, *(PATIENT if bench.device == "qemu" else ()))
    assert judge_wav(out, sound, frame)[0] == rate
    steady(result)
    in_time(bench, result, seconds)
    return result


def in_time(bench, result, seconds):
    """QEMU's file does not show where its device had nothing to play, but the clock does."""
    late = result.render["ran_us"] / 1e6 - seconds
    assert bench.device == "model" or late < 1.5 + seconds / 50, f"{seconds} s took {late:.2f} s longer"


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
            # Two channels: QEMU's mixer doubles what is in one. Up to 96 kHz: its wav backend takes 1024 frames a
            # hundred times a second.
            for rate, channels, bits in ((44100, 2, 16), (96000, 2, 16), (8000, 2, 16), (48000, 2, 8), (22050, 2, 16)):
                played(bench, folder, 0.4, rate=rate, channels=channels, bits=bits)
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
            options = ("--dialect", dialect, "--seed", 2, "--format", "48000:2:24/32", "--inexact", "--seconds", 0.25,
                       "--model",
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
        for period, buffers, notifications in ((10000, 2, 2), (3000, 2, 2), (5000, 4, 2), (10000, 3, 2), (20000, 2, 2),
                                               (100000, 2, 2), (10000, 16, 2),
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


# QEMU's ALSA backend, with ALSA's file and null devices instead of a sound card: what is recorded comes from a file,
# what is played goes to one. A hundred times a second QEMU takes a buffer, which is a hundredth of a second long. Two channels,
# because QEMU's mixer doubles what is recorded in one.
ALSA = ("alsa,id=audio0,in.dev=feed,out.dev=ear,in.frequency=48000,in.channels=2,in.format=s16,in.try-poll=off,"
        "in.buffer-length=10000,out.frequency=48000,out.channels=2,out.format=s16,out.try-poll=off,"
        "out.buffer-length=10000")


def alsa(folder, sound):
    """Options and environment of a run whose device hears `sound`; None when QEMU has no such backend."""
    listed = subprocess.run(["qemu-system-x86_64", "-audiodev", "help"], capture_output=True, text=True, check=True)
    if "alsa" not in listed.stdout.split():
        return None, None
    pathlib.Path(folder, "feed.raw").write_bytes(sound)
    pathlib.Path(folder, "asound.conf").write_text(
        "pcm.quiet { type null }\n"
        f"pcm.feed {{ type file slave.pcm quiet file /dev/null infile {folder}/feed.raw format raw }}\n"
        f"pcm.ear {{ type file slave.pcm quiet file {folder}/ear.raw format raw }}\n")
    return (("--qemu", "argument=-audiodev", "--qemu", f"argument={ALSA}", "--format", "48000:2:16", "--inexact",
             *PATIENT),
            os.environ | {"ALSA_CONFIG_PATH": f"{folder}/asound.conf"})


def recorded(path, sound, least):
    """The program's file is one piece of the sound, from its start on, maybe after silence."""
    rate, channels, bits, samples = wav(path)
    assert (rate, channels, bits) == (48000, 2, 16), (rate, channels, bits)
    start = next((i for i in range(0, len(samples), 4) if samples[i:i + 4] != bytes(4)), len(samples))
    found = samples[start:]
    at = sound.find(found[:64])
    assert len(found) // 4 >= least and at >= 0 and at % 4 == 0, (len(found) // 4, at)
    assert sound[at:at + len(found)] == found, "frames are out of place"
    return len(found) // 4


def capture_qemu(bench):
    with tempfile.TemporaryDirectory() as folder:
        sound, out = noise(48000 * 4 * 6, 5), pathlib.Path(folder, "out.wav")
        options, environment = alsa(folder, sound)
        if options is None:
            return "SKIPPED: this QEMU has no ALSA backend"
        bench.run("--mode", "capture", "--seconds", 3, "--wav-out", out, *options, environment=environment)
        return f"{recorded(out, sound, 48000 * 2)} frames in their place"


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


def notification_at_a_timeout(bench):
    """A notification that comes just when the program's wait has ended is seen by its next one. Seed 1 lost one at 9.46
    and another at 10.63 s: the program woke too late for its half of the buffer."""
    result = bench.run("--dialect", "aero", "--seed", 1, "--mode", "duplex", "--seconds", 11, "--poll-us", 1500)
    steady(result)
    steady(result, "capture")
    kept_up(result)
    return f"{result.render['notifications']} notifications"


def duplex_qemu(bench):
    with tempfile.TemporaryDirectory() as folder:
        heard, played_sound = noise(48000 * 4 * 6, 6), noise(48000 * 4 * 2, 7)
        source, out = pathlib.Path(folder, "in.wav"), pathlib.Path(folder, "out.wav")
        options, environment = alsa(folder, heard)
        if options is None:
            return "SKIPPED: this QEMU has no ALSA backend"
        write_wav(source, 48000, 2, 16, played_sound)
        bench.run("--mode", "duplex", "--seconds", 2, "--wav-in", source, "--heard", out, *options,
                  environment=environment)
        count = recorded(out, heard, 48000)
        ear = pathlib.Path(folder, "ear.raw").read_bytes()
        find_in(ear[:len(ear) // 4 * 4], played_sound, 4)
    return f"{count} frames recorded and {len(played_sound) // 4} played in their place"


def small_buffer(bench):
    """The audio engine's two periods of 10 ms on QEMU: if the machine is too slow, sound is lost, but never out of
    order, never twice."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = pathlib.Path(folder, "in.wav"), pathlib.Path(folder, "out.wav")
        sound = noise(48000 * 2 * 4, 8)
        write_wav(source, 48000, 2, 16, sound)
        result = bench.run("--wav-in", source, "--wav-out", out, "--seconds", 2, "--inexact")
        lost = in_order(wav(out)[3], sound, 4)
    assert not result.render["position"]["backward"], result.render
    assert lost < 48000, lost
    return f"{lost} of 96000 frames lost"


def soak(bench, seconds=60):
    """A minute (AERO_SOAK=1: ten) of both directions on a device whose clock drifts and whose completions come late, on
    four processors that are interrupted anywhere."""
    for ppm in (-300, 300):
        result = bench.run("--dialect", "standard", "--seed", 8, "--mode", "duplex", "--seconds", seconds,
                           "--processors",
                           4, "--preempt", 50, "--model", f"drift-ppm={ppm}", "--model", "jitter-us=1500", "--periods",
                           4,
                           timeout=1200)
        for which in ("render", "capture"):
            steady(result, which)
        kept_up(result)
    return f"{seconds} s at -300 and +300 ppm"


def loaded_soak(bench):
    """As soak."""
    return soak(bench, 600 if os.environ.get("AERO_SOAK") else 60)


SCENARIOS = {f.__name__.replace("_", "-"): f for f in
             (playback, short_playback, every_format, twenty_four_bits, periods, capture, duplex,
              notification_at_a_timeout, small_buffer)} | {"soak": loaded_soak}
