#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Builds one mutant of a driver and checks that the bench catches it; --baseline checks that the unchanged driver passes.

usage: run.py --build DIR --nthost FILE [--baseline] MUTANT
DIR is the build folder of the amd64 driver: its compile_commands.json and objects are used.
"""
import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

EXIT_WRONG, EXIT_RULE = 1, 3
DRIVERS = {"blk": "aero_virtio_blk", "input": "aero_virtio_input", "snd": "aero_virtio_snd"}  # by nthost's command
RUN_SECONDS = 120


class Malformed(Exception):
    pass


def parse(path):
    """-> (fields, [(old, new)])"""
    with open(path, encoding="ascii") as source:
        text = source.read()
    head, _, body = text.partition("<<<<\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    edits = re.findall(r"<<<<\n(.*?)====\n(.*?)>>>>\n", "<<<<\n" + body, re.S)
    if not {"why", "file", "run", "expect"} <= fields.keys() or not edits:
        raise Malformed(f"{path}: needs why, file, run, expect and an edit")
    if fields.setdefault("driver", "blk") not in DRIVERS:
        raise Malformed(f"{path}: driver: one of {sorted(DRIVERS)}")
    return fields, [(old.removesuffix("\n"), new.removesuffix("\n")) for old, new in edits]


def mutate(source, edits):
    with open(source, encoding="utf-8") as file:
        text = file.read()
    for old, new in edits:
        if text.count(old) != 1:
            raise Malformed(f"{source}: the text to change occurs {text.count(old)} times:\n{old}")
        text = text.replace(old, new)
    return text


def driver_entries(build, driver):
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as source:
        return [entry for entry in json.load(source) if f"{DRIVERS[driver]}_code" in entry["command"]]


def driver_objects(build, driver):
    """-> [(source file, object file)]"""
    found = []
    for entry in driver_entries(build, driver):
        command = shlex.split(entry["command"])
        found.append((entry["file"], os.path.join(entry["directory"], command[command.index("-o") + 1])))
    return found


def compile_command(build, root, driver, file):
    for entry in driver_entries(build, driver):
        if os.path.realpath(entry["file"]) == os.path.realpath(os.path.join(root, file)):
            return shlex.split(entry["command"]), entry["directory"], entry["file"]
    raise Malformed(f"{file}: not among the driver's sources in {build}")


def build_mutant(build, root, fields, edits, scratch):
    """Compiles the changed file as the build compiled the original, and links it with the other objects."""
    command, directory, original = compile_command(build, root, fields["driver"], fields["file"])
    changed = os.path.join(scratch, os.path.basename(fields["file"]))
    with open(changed, "w", encoding="utf-8") as file:
        file.write(mutate(original, edits))
    objects = []
    for entry, output in driver_objects(build, fields["driver"]):
        if os.path.realpath(entry) == os.path.realpath(original):
            output = os.path.join(scratch, "mutant-file.obj")
        objects.append(output)
    command = [changed if os.path.realpath(os.path.join(directory, word)) == os.path.realpath(original) else word for word in command]
    command[command.index("-o") + 1] = os.path.join(scratch, "mutant-file.obj")
    subprocess.run([*command, "-I", os.path.dirname(original), "-Wno-error", "-w"], cwd=directory, check=True)
    libraries = [os.path.join(build, "lib", name) for name in sorted(os.listdir(os.path.join(build, "lib"))) if name.endswith(".lib")]
    driver = os.path.join(scratch, "mutant.sys")
    subprocess.run([os.path.join(root, "cmake/link_driver.sh"), "x64", driver, os.path.join(scratch, "mutant.obj"),
                    *libraries, "--", *objects], check=True)
    return driver


def run(nthost, root, fields, driver, seed):
    """In the source's root, which names of scripts are relative to."""
    command = [nthost, fields["driver"], "--driver", driver, *shlex.split(fields["run"]), "--seed", str(seed)]
    try:
        done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=RUN_SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        return None, str(late.stdout)
    return done.returncode, done.stdout


def caught(expect, status, output):
    rule = re.search(r"rule broken: ([a-z0-9-]+)", output)
    if status == EXIT_RULE and rule:
        return rule.group(1) if expect == "any" or rule.group(1).startswith(expect) else None
    if status == EXIT_WRONG and expect in ("any", "result"):
        return "wrong result"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--nthost", required=True)
    parser.add_argument("--baseline", action="store_true")
    parser.add_argument("mutant")
    options = parser.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    name = os.path.basename(options.mutant).removesuffix(".mutant")
    try:
        fields, edits = parse(options.mutant)
        with tempfile.TemporaryDirectory(prefix="mutant-") as scratch:
            original = os.path.join(options.build, "drivers", f'{DRIVERS[fields["driver"]]}.sys')
            status, output = run(options.nthost, root, fields, original, 1)
            if status != 0:
                print(output[-4000:])
                print(f"{name}: the unchanged driver does not pass this run (status {status}): it proves nothing")
                return 1
            if options.baseline:
                return 0
            driver = build_mutant(options.build, root, fields, edits, scratch)
            for seed in range(1, int(fields.get("seeds", 1)) + 1):
                status, output = run(options.nthost, root, fields, driver, seed)
                how = caught(fields["expect"], status, output)
                if how is not None:
                    break
    except (Malformed, OSError, subprocess.CalledProcessError) as error:
        print(f"{name}: {error}")
        return 2
    if how is None:
        print(output[-4000:])
        print(f"{name}: GOT AWAY (status {status}, expected {fields['expect']}): {fields['why']}")
        return 1
    print(f"{name}: caught with seed {seed}: {how}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
