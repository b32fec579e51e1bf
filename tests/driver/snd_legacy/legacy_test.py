# SPDX-License-Identifier: MIT OR Apache-2.0
"""legacy_test.py NTHOST LEGACY_DRIVER MODERN_DRIVER: the opt-in sound driver on the model behind I/O ports. What is
played and recorded is compared sample by sample; a rule that the driver breaks ends a run."""
import subprocess
import sys

nthost, legacy, modern = sys.argv[1:]
PORTS = ["--device", "model", "--dialect", "legacy"]
LIFE = """open render
run render 0.2
finish render
check render
close render
stop
start
open render
run render 0.2
finish render
check render
close render
sleep
wake
open render
run render 0.2
finish render
check render
close render
"""


def run(name, driver, *options, script=None):
    command = [nthost, "snd", "--driver", driver, "--seed", "11", *options]
    if script is not None:
        command += ["--script", "-"]
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{name}: {' '.join(command)}\n{done.stdout}{done.stderr}"
    print(name + ":", done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "ok")


for irq in ("intx", "msix"):
    run(f"plays and records exactly, {irq}", legacy, *PORTS, "--mode", "duplex", "--irq", irq)
    run(f"stops, starts, sleeps and wakes, {irq}", legacy, *PORTS, "--irq", irq, script=LIFE)
run("every call that may fail", legacy, *PORTS, "--mode", "duplex", "--irq", "msix", "--seconds", "0.05",
    "--failure-sweep", "--quiet")
run("refuses a modern device", legacy, "--device", "model", "--expect", "refusal")
run("is not what the modern driver takes", modern, *PORTS, "--expect", "refusal")
