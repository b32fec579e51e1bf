# SPDX-License-Identifier: MIT OR Apache-2.0
"""input_test.py NTHOST DRIVER DEVICE IRQ SCENARIO [OPTION...]: one run or several of the packed input driver; see the scenarios'
own words in keyboard.py, pointers.py and device.py."""
import sys

from harness import Bench
import device
import keyboard
import pointers

SCENARIOS = keyboard.SCENARIOS | pointers.SCENARIOS | device.SCENARIOS
nthost, driver, where, irq, scenario, *options = sys.argv[1:]
print(scenario + ":", SCENARIOS[scenario](Bench(nthost, driver, where, irq, *options)))
