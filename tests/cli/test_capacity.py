"""Worked by hand: who runs when where nodes have memory.

usage: test_capacity.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import subprocess
import sys
import tempfile
import unittest

import h5py

PROGRAM = os.path.abspath(sys.argv.pop(1))


class Capacity(unittest.TestCase):
    def starts(self, text, *more):
        """The starts in seconds by job, None for one that never started, in order of the file."""
        with tempfile.TemporaryDirectory() as folder:
            scenario, out = os.path.join(folder, "x.yaml"), os.path.join(folder, "x.h5")
            with open(scenario, "w", encoding="utf-8") as file:
                file.write("jishi: 1\n" + text)
            subprocess.run([PROGRAM, "run", scenario, "-q", "-o", out, "--check", *more],
                           check=True, timeout=60)
            with h5py.File(out) as file:
                jobs = file["jobs"][:]
                self.places = [name.decode() for name in file["names/partitions"][:]]
        jobs = sorted(jobs, key=lambda job: job["id"])
        self.jobs = jobs
        return [None if job["start"] != job["start"] else round(float(job["start"])) for job in jobs]

    MEMORY = """
centres: {c: {partitions: {p: {nodes: %d, processors_per_node: 4, memory_per_node: 16 GB}},
          scheduler: {backfill: %s, placement: %s}}}
tenants: {t: {home: c, workloads: {w: {jobs: [%s]}}}}
"""

    def memory(self, nodes, jobs, backfill="easy", placement="any"):
        text = ", ".join("{submit: %s s, %s, runtime: %s s}" % job for job in jobs)
        return self.starts(self.MEMORY % (nodes, backfill, placement, text))

    def test_one_node(self):
        """12 of 16 GB are taken, so 6 GB must wait until 100 though processors are free; at 100
        there is room for 4 GB beside them. What asks no memory needs none, and 1 GB fits before."""
        jobs = [(0, "processors: 2, memory: 6 GB", 100), (1, "processors: 1, memory: 6 GB", 10),
                (2, "processors: 1, memory: 4 GB", 500), (3, "processors: 1", 10),
                (4, "processors: 1, memory: 1 GB", 10)]
        self.assertEqual(self.memory(1, jobs), [0, 100, 100, 3, 4])
        self.assertEqual(self.memory(1, jobs, "none"), [0, 100, 100, 100, 100])

    def test_kept(self):
        """The head gets its 16 GB and 2 processors at 100: what would run beyond does not start
        beside it before, what ends by then does. At 100 what asks no memory starts."""
        jobs = [(0, "processors: 2, memory: 6 GB", 100), (1, "processors: 2, memory: 8 GB", 10),
                (2, "processors: 1, memory: 4 GB", 500), (3, "processors: 1, memory: 4 GB", 97),
                (4, "processors: 1", 500)]
        self.assertEqual(self.memory(1, jobs), [0, 100, 110, 3, 100])

    def test_across_nodes(self):
        """5 GB a processor: three of them on a node of 16 GB, so five need two nodes, and 7 are one
        too many for two."""
        jobs = [(0, "processors: 5, memory: 5 GB", 10), (1, "processors: 7, memory: 5 GB", 10),
                (2, "processors: 1, memory: 5 GB", 10), (3, "processors: 1, memory: 2 GB", 10)]
        for placement in ("any", "pack", "spread"):
            self.assertEqual(self.memory(2, jobs, placement=placement), [0, None, 2, 10], placement)

    def test_whole_nodes(self):
        """A whole node comes with its memory, and with processors in use it is not whole."""
        jobs = [(0, "processors: 1", 100), (1, "nodes: 1, memory_per_node: 16 GB", 10),
                (2, "nodes: 1, memory_per_node: 17 GB", 10), (3, "nodes: 2", 10),
                (4, "processors: 1, memory: 16 GB", 10)]
        self.assertEqual(self.memory(2, jobs), [0, 1, None, 100, 4])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
