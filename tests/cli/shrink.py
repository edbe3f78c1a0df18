"""Makes a scenario that breaks the program smaller while it breaks in the same way.

usage: shrink.py JISHI SEED FOLDER

SEED is the case of test_random.py; the small scenario is left as FOLDER/SEED.yaml.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import copy
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import scenarios  # noqa: E402


def verdict(program, scenario, folder, limit):
    """How it breaks, without what may differ; None where it does not."""
    path = os.path.join(folder, "small.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(scenarios.text_of(scenario))
    command = [program, "run", path, "--no-trace", "--check", "--quiet"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                              timeout=limit)
    except subprocess.TimeoutExpired:
        return "hang"
    if done.returncode in (0, 1):
        return None
    found = re.search(r"bug at \S*|ERROR: AddressSanitizer: \S+|\S+: runtime error", done.stderr)
    return found.group(0) if found else f"status {done.returncode}"


def parts(value, path=()):
    """Paths of everything that could be left out, large things first."""
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return
    for key, item in items:
        yield path + (key,)
    for key, item in items:
        yield from parts(item, path + (key,))


def without(scenario, path):
    small = copy.deepcopy(scenario)
    place = small
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return small


def shrink(program, scenario, folder, limit):
    want = verdict(program, scenario, folder, limit)
    again = want is not None
    while again:
        again = False
        paths = sorted(parts(scenario), key=len)
        for path in reversed(paths) if len(paths) < 60 else paths:
            try:
                small = without(scenario, path)
            except (KeyError, IndexError, TypeError):
                continue
            if verdict(program, small, folder, limit) == want:
                scenario, again = small, True
    return want, scenario


def main():
    program, seed, keep = os.path.abspath(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    os.makedirs(keep, exist_ok=True)
    scenario = scenarios.generate(random.Random(seed), keep)
    want, scenario = shrink(program, scenario, keep, 2)
    with open(os.path.join(keep, f"{seed}.yaml"), "w", encoding="utf-8") as file:
        file.write(f"# {want}\n" + scenarios.text_of(scenario))
    print(seed, want)


if __name__ == "__main__":
    main()
