# SPDX-License-Identifier: MIT OR Apache-2.0
"""snd_test.py NTHOST DRIVER DEVICE IRQ SCENARIO: one run or several of the packed sound driver; see the scenarios' own
words in sound.py and device.py."""
import sys

from harness import Bench
import device
import sound

SCENARIOS = sound.SCENARIOS | device.SCENARIOS
nthost, driver, where, irq, scenario = sys.argv[1:]
print(scenario + ":", SCENARIOS[scenario](Bench(nthost, driver, where, irq)))
