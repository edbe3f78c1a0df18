"""Factors that meet: through templates, in offered loads, in the names of the table.

usage: test_factors.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import subprocess
import sys
import tempfile
import unittest

import h5py

FOLDER = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(sys.argv.pop(1))
MEDIAN = "templates.small.workloads.w.runtime.lognormal.median: [1h, 10h]"


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.home = holder.name

    def sweep(self, factors, *more, scenario="templates.yaml", status=0):
        """The table, or what is told."""
        path, folder = os.path.join(self.home, "sweep.yaml"), tempfile.mkdtemp(dir=self.home)
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(["jishi-sweep: 1", f"scenario: {FOLDER}/{scenario}",
                                  "measures: [wait.mean]", *more, "factors:",
                                  *("  " + factor for factor in factors), ""]))
        done = subprocess.run([PROGRAM, "sweep", path, "-q", "-o", folder], text=True, timeout=120,
                              capture_output=True, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        if status:
            return done.stderr.replace(path, "sweep.yaml")
        self.assertEqual(done.stderr, "")
        with h5py.File(os.path.join(folder, "sweep.h5")) as file:
            return file["runs"][:]


class Templates(Case):
    def test_apart(self):
        """What a tenant says itself, no template reaches; nor what is set to be its own."""
        runs = self.sweep([MEDIAN, "tenants.own.workloads.w.runtime: [3h, 4h]"])
        self.assertEqual(len(set(runs["wait.mean"])), 4)
        runs = self.sweep([MEDIAN, "tenants.t.workloads.w.runtime: [3h, 4h]"],
                          "set: {tenants.t.workloads.w.runtime: 1h}")
        self.assertEqual(len(set(runs["wait.mean"])), 4)
        self.sweep(["tenants.t.like: [small, tiny]", MEDIAN])
        self.sweep(["tenants.group.members.count: [2, 3]", MEDIAN, "tenants.t.workloads.w.processors: [1, 2]"])

    def test_order(self):
        """What of a distribution a tenant's factor leaves alone is as the template's factor says,
        whichever comes first."""
        sigma = "tenants.t.workloads.w.runtime.lognormal.sigma: [0.2, 0.4]"
        tiny = "templates.tiny.workloads.w.runtime.lognormal.sigma: [0.3, 0.6]"
        one, two = self.sweep([MEDIAN, tiny, sigma]), self.sweep([sigma, tiny, MEDIAN])
        self.assertEqual(sorted(one["wait.mean"]), sorted(two["wait.mean"]))


if __name__ == "__main__":
    unittest.main()
