"""The scenarios that ship: each variant runs with every invariant checked, and capacities are those of the press.

usage: test_configs.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import glob
import os
import re
import subprocess
import sys
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "configs")
LENGTH = {"replay": "1d"}  # the others: two days

# file: partition, unit of the peak, and the peak in PFLOPS in each state of it
CAPACITY = {
    "wuhan-dual-centre": [("wuhan-ai/ascend", "FP16", [100, 200]), ("wuhan-hpc/hpc", "FP64", [0, 50])],
    "chengdu-307": [("chengdu/ascend", "FP16", [307])],
    "pengcheng-70-30": [("pengcheng/ascend", "FP16", [1050])],
    "guangzhou-broker": [("tianhe-2/p", "FP64", [100.6787])],
}


def output(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise AssertionError("%s: status %d: %s" % (" ".join(arguments), done.returncode, done.stderr))
    return done.stdout


def variants(path):
    names, inside = [None], False
    with open(path, encoding="utf-8") as file:
        for line in file:
            inside = line.startswith("variants:") or (inside and not re.match(r"\S", line))
            found = re.match(r"  ([a-z0-9-]+):", line)
            if inside and found:
                names.append(found[1])
    return names


class Configs(unittest.TestCase):
    def test_variants(self):
        paths = sorted(glob.glob(os.path.join(FOLDER, "*.yaml")))
        self.assertGreaterEqual(len(paths), 6)
        for path in paths:
            name = os.path.basename(path)[:-5]
            for variant in variants(path):
                with self.subTest(file=name, variant=variant):
                    more = ["--variant", variant] if variant else []
                    output("run", path, "--no-trace", "-q", "--check", *more, "--set", "measure={}",
                           "--set", "time.length=" + LENGTH.get(name, "2d"))

    def test_capacity(self):
        for name, partitions in CAPACITY.items():
            text = output("check", os.path.join(FOLDER, name + ".yaml"))
            table = text[text.index("\nCapacity"):].split("\n\n")[0]
            rows, of = {}, None
            for line in table.splitlines()[2:]:
                of = of if line.startswith(" ") else line.split()[0]
                peak = re.search(r"([\d .]+?) PFLOPS (FP\d+)$", line)
                rows.setdefault(of, []).append((float(peak[1].split("  ")[-1].replace(" ", "")), peak[2]))
            for partition, unit, peaks in partitions:
                with self.subTest(file=name, partition=partition):
                    self.assertEqual([row[1] for row in rows[partition]], [unit] * len(peaks))
                    for row, peak in zip(rows[partition], peaks, strict=True):
                        self.assertLessEqual(abs(row[0] - peak), 0.01 * peak)


if __name__ == "__main__":
    unittest.main()
