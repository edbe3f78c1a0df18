"""jishi sweep --effects, and the designs that it is for, on sweeps whose answer is worked out by hand.

usage: test_effects.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import re
import subprocess
import sys
import unittest

from in_folder import FOUR, InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))

SWEEP = """jishi-sweep: 1
scenario: four.yaml
replications: %d
%s
factors:
  centres.lab.partitions.p.nodes: %s
  centres.lab.partitions.q.nodes: %s
measures: ["wait.mean[tenant=firm]"]
"""

# The waits of a partition add up to 6 h on one node, 2 h on two and none on four; the mean is of eight jobs. Of the
# variance the levels of p explain (1500^2 + 300^2 + 1200^2) / 3 = 1.26e6 s^2, those of q 900^2 = 0.81e6 s^2.
GRID = """
wait.mean[tenant=firm], s

Main effects  of variance  at  points  mean  effect  95 %
p.nodes            60.9 %  1        2  4500   +1500  +1500 to +1500
                           2        2  2700    -300  -300 to -300
                           4        2  1800   -1200  -1200 to -1200
q.nodes            39.1 %  1        3  3900    +900  +900 to +900
                           2        3  2100    -900  -900 to -900
"""

# The base is (1, 1). Effects are from there, so that neither factor's levels are mixed with what the other did.
ONE_AT_A_TIME = """
wait.mean[tenant=firm], s

Main effects  of variance  at  points  mean  from base  95 %
p.nodes                 -  1        1  5400         +0  +0 to +0
                           2        1  3600      -1800  -1800 to -1800
                           4        1  2700      -2700  -2700 to -2700
q.nodes                 -  1        1  5400         +0  +0 to +0
                           2        1  3600      -1800  -1800 to -1800

Intervals are Student's over replications.
"""


# One queue of a server each; a load of 1.3 has no long-run number.
QUEUE = """jishi: 1
title: one queue
time: {start: 2021-01-01, length: 1000h}
analysis: steady
centres:
  lab:
    partitions: {p: {nodes: 1, processors_per_node: 1}}
    scheduler: {order: fcfs}
tenants:
  firm:
    home: lab
    workloads:
      w: {arrival: {poisson: 1/h}, processors: 1, runtime: 1h}
"""

QUEUES = """jishi-sweep: 1
scenario: queue.yaml
replications: 3
%s
factors:
  nodes: {tie: {centres.lab.partitions.p.nodes: %s}}
  tenants.firm.workloads.w.runtime: %s
measures: [utilisation]
"""


class Effects(InFolder):
    def setUp(self):
        super().setUp()
        self.write("four.yaml", FOUR)

    def jishi(self, *arguments, status=0):
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done.stdout + done.stderr

    def sweep(self, *text):
        self.write("s.yaml", SWEEP % text)
        return self.jishi("sweep", "s.yaml", "-o", "dir", "-q", "--effects")

    def test_grid(self):
        out = self.sweep(2, "", "[1, 2, 4]", "[1, 2]")
        self.assertEqual(out, GRID + "\nIntervals are Student's over replications.\n")
        self.assertEqual(self.jishi("sweep", "--merge", "dir", "-q", "--effects"), out)

    def test_one_replication(self):
        out = self.sweep(1, "", "[1, 2, 4]", "[1, 2]")
        self.assertEqual(out, re.sub(r"  (95 %|[+-]\d+ to [+-]\d+)\n", "\n", GRID) +
                         "\nOne replication: nothing is known of chance.\n")

    def test_runs_that_are_missing(self):
        """q.nodes = 0 is refused by the scenario when the sweep is read; a run that is missing is not."""
        self.sweep(1, "", "[1, 2, 4]", "[1, 2]")
        journal = os.path.join(self.folder, "dir", "journal")
        name = os.path.join(journal, os.listdir(journal)[0])
        with open(name, encoding="utf-8") as file:
            lines = file.readlines()
        with open(name, "w", encoding="utf-8") as file:
            file.writelines(lines[:-1])
        out = self.jishi("sweep", "--merge", "dir", "-q", "--effects", status=1)
        self.assertIn("\n1 points are left out, as a run is missing or has no value.\n", out)

    def test_sobol_indices(self):
        """The mean is a sum of two terms: first and total indices are equal, and add up to one."""
        out = self.sweep(1, "design: {saltelli: 256}", "[1, 2, 4]", "[1, 2]")
        rows = re.findall(r"^(\w\.nodes) +([\d.]+)  [\d.-]+ to [\d.]+ +([\d.]+)  [\d.]+ to [\d.]+$", out, re.M)
        self.assertEqual([r[0] for r in rows], ["p.nodes", "q.nodes"], out)
        for row, share in zip(rows, (0.609, 0.391)):
            self.assertAlmostEqual(float(row[1]), share, delta=0.06)
            self.assertAlmostEqual(float(row[2]), share, delta=0.06)
        self.assertTrue(out.endswith("\nIntervals are percentiles of a bootstrap of the blocks.\n"))

    def test_drawn(self):
        out = self.sweep(1, "design: {latin-hypercube: 50}", "{uniform: [1, 4]}", "{uniform: [1, 4]}")
        self.assertIn("\nIntervals are percentiles of a bootstrap of the points.\n", out)
        self.assertRegex(out, r"\np\.nodes +[\d.]+ %  1 +")

    def test_distributions_of_chosen_points(self):
        """Three quantiles of [1, 4], rounded: each stands for itself, however few points there are."""
        out = self.sweep(2, "design: {grid: 3}", "{uniform: [1, 4]}", "[1, 2]")
        self.assertRegex(out, r"\np\.nodes +[\d.]+ %  1 +2 +4500 .*\n +3? .*\n +4 +2 +1800 ")

    def test_too_few_drawn_points(self):
        out = self.sweep(1, "design: {latin-hypercube: 19}", "{uniform: [1, 4]}", "[1, 2]")
        self.assertIn("\np.nodes: too few points, 19; its effects need 20.\n", out)
        self.assertNotIn("+0 to +0", out)

    def test_one_at_a_time(self):
        """The base has one node each, 12 h over eight jobs."""
        self.assertEqual(self.sweep(2, "design: one-at-a-time", "[1, 2, 4]", "[1, 2]"), ONE_AT_A_TIME)

    def test_a_base_without_a_value(self):
        out = self.sweep(1, "design: one-at-a-time\nset: {}", "[1, 2, 4]", "[1, 2]")
        journal = os.path.join(self.folder, "dir", "journal")
        name = os.path.join(journal, os.listdir(journal)[0])
        with open(name, encoding="utf-8") as file:
            lines = [line for line in file if line.split()[1] != "0"]
        with open(name, "w", encoding="utf-8") as file:
            file.writelines(lines)
        out = self.jishi("sweep", "--merge", "dir", "-q", "--effects", status=1)
        self.assertIn("\nNo effects: the base has no value.\n", out)

    def test_confounded(self):
        out = self.sweep(2, "design: list", "[1, 2, 4]", "[1, 2, 4]")
        self.assertIn("\np.nodes and q.nodes change together: what one does cannot be told from what the other does.\n", out)

    def queues(self, *text):
        self.write("queue.yaml", QUEUE)
        self.write("q.yaml", QUEUES % text)
        self.jishi("sweep", "q.yaml", "-o", "queues", "-q")
        return self.jishi("sweep", "--merge", "queues", "-q", "--effects")

    def test_unstable_points_are_left_out(self):
        out = self.queues("", "[1, 2]", "[12min, 90min, 108min]")
        self.assertTrue(out.startswith(
            "\n2 of 6 points are unstable, without a long-run number; no effect below takes them in:\n"
            "  nodes 1, runtime 1.5 h\n  nodes 1, runtime 1.8 h\n\nutilisation\n\nMain effects "), out)
        self.assertRegex(out, r"\nnodes +[\d.]+ %  1 +1  +0\.\d+ .*\n +2 +3  +0\.\d+ ")
        self.assertRegex(out, r"\nruntime +[\d.]+ %  720 s +2 .*\n +1.5 h +1  +0\.\d+ .*\n +1.8 h +1  +0\.\d+ ")
        self.assertTrue(out.endswith(
            "\nWhat is left is no whole grid: a mean at a level mixes in what the other factors did.\n"
            "\nIntervals are Student's over replications.\n"), out)
        self.assertNotIn("a run is missing", out)

    def test_a_level_that_is_unstable(self):
        out = self.queues("", "[1, 2]", "[90min, 108min]")
        self.assertRegex(out, r"\nnodes +-  1 +0 +- +- *\n +2 +2 ")
        self.assertIn("\nnodes: one level is left, so nothing is known of its effect.\n", out)
        self.assertNotIn("no whole grid", out)

    def test_a_base_that_is_unstable(self):
        self.assertEqual(self.queues("design: one-at-a-time", "[1, 2]", "[90min, 108min]"),
                         "\nNo effects: 2 of 3 points are unstable, without a long-run number, the base among them, "
                         "from which effects are told:\n  nodes 1, runtime 1.5 h\n  nodes 1, runtime 1.8 h\n")

    def test_everything_unstable(self):
        self.assertEqual(self.queues("", "[1]", "[90min]"),
                         "\nNo effects: 1 of 1 points is unstable, without a long-run number:\n  nodes 1, runtime 1.5 h\n")

    def test_indices_of_unstable_points(self):
        out = self.queues("design: {saltelli: 16}", "[1, 2]", "[12min, 90min]")
        self.assertRegex(out, r"^\nNo Sobol indices: \d+ of 64 points are unstable, without a long-run number, and indices "
                              r"are shares of a variance over all of the space\. Ranges of the factors in which all is "
                              r"stable have them:\n(  nodes 1, runtime 1.5 h\n)+(  \.\.\. and \d+ more\n)?$")

    def test_no_factors(self):
        self.write("s.yaml", "jishi-sweep: 1\nscenario: four.yaml\nreplications: 2\nmeasures: [wait.mean]\n")
        self.assertEqual(self.jishi("sweep", "s.yaml", "-o", "dir", "-q", "--effects"),
                         "\nThere are no factors, and so no effects.\n")


if __name__ == "__main__":
    unittest.main()
