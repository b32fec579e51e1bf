# SPDX-License-Identifier: MIT OR Apache-2.0
"""diagnostics_test.py NTHOST DRIVER: the private interfaces on both kinds of device, with a line and with messages;
layouts, sizes, unknown control codes, counters that agree with each other, before and after a stop."""
import subprocess
import sys

nthost, driver = sys.argv[1:]
SCRIPT = """diagnostics
open render
run render 0.1
diagnostics
finish render
close render
event 0x1100 0
event 0x1000 0
event 0x7777 1
wait 20
diagnostics
stop
start
diagnostics
"""


def run(*options):
    command = [nthost, "snd", "--driver", driver, "--device", "model", "--seed", "5", "--model", "jacks=2", *options,
               "--script", "-"]
    done = subprocess.run(command, input=SCRIPT, capture_output=True, text=True, timeout=30)
    return done, " ".join(command)


for dialect in ("aero", "standard"):
    for irq in ("intx", "msix"):
        done, command = run("--dialect", dialect, "--irq", irq)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        print(dialect, irq, done.stdout.strip().splitlines()[-1])

# Without any interrupt the mode is none, and what is looked for here is something else: the check can fail.
done, command = run("--dialect", "standard", "--irq", "msix", "--model", "fault=vector-refused+", "--registry",
                    "AllowPollingOnly=1")
assert done.returncode == 1 and "interrupt mode 0, " in done.stderr, f"{command}\n{done.stdout}{done.stderr}"
print("polling:", next(line for line in done.stderr.splitlines() if "interrupt mode" in line))
