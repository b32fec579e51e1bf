# SPDX-License-Identifier: MIT OR Apache-2.0
"""A PulseAudio server of our own, for QEMU's device to record from and to play to.

It lives in a folder of its own, listens on one Unix socket, knows no hardware and is ended by its process id. QEMU
reaches it by way of ALSA's pulse plugin: its PulseAudio backend is not in the package that the tests install."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

NEEDED = ("pulseaudio", "pacat", "parec", "pactl")


def missing():
    """Names of what is not installed; [] when a server can be started."""
    plugins = any(pathlib.Path(p).exists() for p in ("/usr/lib/x86_64-linux-gnu/alsa-lib/libasound_module_pcm_pulse.so",
                                                     "/usr/lib/alsa-lib/libasound_module_pcm_pulse.so"))
    return [n for n in NEEDED if shutil.which(n) is None] + ([] if plugins else ["ALSA's pulse plugin"])


class SoundServer:
    """Two null sinks: what is played to `feed` can be recorded from feed.monitor (QEMU does), what QEMU plays to `ear`
    from ear.monitor."""

    def __init__(self, rate=48000, channels=1, out_channels=2, sample="s16le"):
        self.sample, self.rate, self.channels, self.out_channels = sample, rate, channels, out_channels

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="snd-"))
        self.socket = self.folder / "native"
        self.environment = os.environ | {"HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder),
                                         "XDG_CONFIG_HOME": str(self.folder), "PULSE_RUNTIME_PATH": str(self.folder),
                                         "PULSE_SERVER": f"unix:{self.socket}", "PULSE_COOKIE": str(self.folder / "c"),
                                         "ALSA_CONFIG_PATH": str(self.folder / "asound.conf")}
        self.environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
        (self.folder / "asound.conf").write_text(
            f'pcm.feed {{ type pulse server "unix:{self.socket}" device "feed.monitor" }}\n'
            f'pcm.ear {{ type pulse server "unix:{self.socket}" device "ear" }}\n'
            f'ctl.feed {{ type pulse server "unix:{self.socket}" }}\n')
        common = f"rate={self.rate} format={self.sample}"
        modules = [f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}",
                   f"module-null-sink sink_name=feed channels={self.channels} {common}",
                   f"module-null-sink sink_name=ear channels={self.out_channels} {common}"]
        self.log = open(self.folder / "log", "w+")
        self.children = []
        self.start(["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--realtime=no",
                    "--high-priority=no", "--disable-shm=yes", "--resample-method=trivial",
                    *(x for m in modules for x in ("-L", m))])
        for _ in range(200):
            if subprocess.run(["pactl", "info"], env=self.environment, capture_output=True, timeout=20).returncode == 0:
                return self
            if self.children[0].poll() is not None:
                break
            time.sleep(0.05)
        words = pathlib.Path(self.log.name).read_text()
        self.__exit__()
        raise RuntimeError(f"the sound server does not start: {words}")

    def start(self, command, **more):
        child = subprocess.Popen(command, env=self.environment, stdout=more.pop("stdout", self.log), stderr=self.log, **more)
        self.children.append(child)
        return child

    def feed(self, path):
        """Plays a file of raw samples to where QEMU records."""
        return self.start(["pacat", "--playback", "--raw", f"--format={self.sample}", f"--rate={self.rate}",
                           f"--channels={self.channels}", "--device=feed", "--latency-msec=50", str(path)])

    def listen(self, path):
        """Records what QEMU plays, until the server ends."""
        return self.start(["parec", "--raw", f"--format={self.sample}", f"--rate={self.rate}",
                           f"--channels={self.out_channels}", "--device=ear.monitor", "--latency-msec=50"],
                          stdout=open(path, "wb"))

    def __exit__(self, *_):
        for child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(5)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
