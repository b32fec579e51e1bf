#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""reproducible_test.py RECIPE EXE: the program made again, from copies of its sources in a folder of another name and
depth, has the same bytes."""
import pathlib
import shutil
import subprocess
import sys
import tempfile


def read_recipe(file):
    recipe = {}
    for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        recipe.setdefault(key, []).append(value)
    return recipe


def make(recipe, folder):
    """Every file below one of the prefixes gets a copy below `folder`; everything else stays where it is."""
    def there(path):
        for number, prefix in enumerate(recipe["prefix"]):
            if path.startswith(prefix + "/"):
                return folder / f"tree{number}" / path[len(prefix) + 1:]
        raise SystemExit(f"{path} is in neither the source nor the build folder")

    def run(*words):
        subprocess.run([str(word) for word in words], check=True, timeout=60, cwd=folder)

    includes = []
    for include in (word[2:] for word in recipe["P_INCLUDES"]):
        copy = there(include)
        copy.mkdir(parents=True, exist_ok=True)
        for header in pathlib.Path(include).glob("*.h"):
            shutil.copy(header, copy)
        includes.append(f"-I{copy}")
    flags = [word for word in recipe["compile"] if "prefix-map" not in word]
    flags += [f"-ffile-prefix-map={folder}=."] + recipe.get("entry", []) + recipe.get("P_DEFINES", []) + includes
    objects = []
    for source in recipe["absolute"]:
        copy = there(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)
        objects.append(folder / (copy.name + ".o"))
        if copy.suffix == ".rc":
            for beside in pathlib.Path(source).parent.glob("*.manifest"):
                shutil.copy(beside, copy.parent)
            run(recipe["windres"][0], "-I", copy.parent, copy, objects[-1])
        else:
            run(recipe["gcc"][0], *flags, "-c", "-o", objects[-1], copy)
    run(recipe["gcc"][0], *recipe["link"], *recipe.get("entry", []), "-o", folder / "made.exe", *objects,
        *recipe["P_LIBS"])
    return (folder / "made.exe").read_bytes()


def main():
    recipe, exe = read_recipe(sys.argv[1]), pathlib.Path(sys.argv[2]).read_bytes()
    with tempfile.TemporaryDirectory(prefix="another-place-") as name:
        made = make(recipe, pathlib.Path(name))
    if made != exe:
        differing = [i for i, (a, b) in enumerate(zip(made, exe)) if a != b]
        print(f"FAILED: {len(made)} and {len(exe)} bytes, {len(differing)} differ, the first at {differing[:1]}")
        return 1
    print(f"{len(exe)} bytes, the same")
    return 0


if __name__ == "__main__":
    sys.exit(main())
