"""Worked by hand: who runs when where nodes have memory, or are kept for some.

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
                self.use = {row["scope"].decode(): row["value"] for row in file["metrics"][:]
                            if row["name"] == b"utilisation" and not row["period"]}
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

    def test_limit_by_date(self):
        """From 10 on nobody may wait, and there was no limit before. Who waits then stays."""
        text = self.MEMORY % (1, "easy", "any", ", ".join(
            "{submit: %d s, processors: 4, runtime: 100 s}" % at for at in (0, 5, 20, 300)))
        changes = "changes: [{at: 10 s, set: {centres.c.scheduler.max_queued: 0}}]\n"
        self.assertEqual(self.starts(text + changes), [0, 100, None, 300])

    def test_one_node(self):
        """12 of 16 GB are taken, so 6 GB must wait until 100 though processors are free; at 100
        there is room for 4 GB beside them. What asks no memory needs none, and 1 GB fits before."""
        jobs = [(0, "processors: 2, memory: 6 GB", 100), (1, "processors: 1, memory: 6 GB", 10),
                (2, "processors: 1, memory: 4 GB", 500), (3, "processors: 1", 10),
                (4, "processors: 1, memory: 1 GB", 10)]
        self.assertEqual(self.memory(1, jobs), [0, 100, 100, 3, 4])
        self.assertEqual(self.memory(1, jobs, "none"), [0, 100, 100, 100, 100])

    def test_memory_kept_for_the_head(self):
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

    KEPT = """
time: {length: 2000 s}
centres: {c: {partitions: {%s}, scheduler: {backfill: %s}}}
tenants:
  firms: {home: c, tenants: {a: {workloads: {w: {partition: %s, jobs: [%s]}}}, b: {workloads: {w: {partition: %s, jobs: [%s]}}}}}
"""

    def kept(self, partitions, a, b, backfill="easy", places=("p", "p")):
        texts = [", ".join("{submit: %s s, processors: %s, runtime: %s s}" % job for job in jobs)
                 for jobs in (a, b)]
        starts = self.starts(self.KEPT % (partitions, backfill, places[0], texts[0], places[1], texts[1]))
        where = [self.places[job["partition"]] if job["partition"] >= 0 else None
                 for job in self.jobs]
        return list(zip(starts, where))

    RESERVED = ("p: {nodes: 10, reservations: [{name: r, tenant: firms/a, processors: 4, "
                "from: 100 s, length: 50 s%s}]}")

    def test_reservation(self):
        """Of 10 processors 4 are a's in [100, 150). b's first leaves them alone, its second is over
        at 100, its third must wait until 150. a's first is too long for them and comes behind; its
        second has them at 100."""
        b = [(0, 6, 1000), (1, 4, 99), (2, 4, 50)]
        a = [(3, 4, 60), (4, 4, 50)]
        for backfill in ("easy", "plan", "conservative"):
            self.assertEqual(self.kept(self.RESERVED % "", a, b, backfill),
                             [(0, "c/p"), (1, "c/p"), (150, "c/p"), (200, "c/p"), (100, "c/p+r")],
                             backfill)

    def test_again(self):
        """Every 100 s: b's third needs 200 s without one, or other room beside it: at 950, since its
        first ends at 1000. a's first has the one at 100; the others fit in the whole between two."""
        b = [(0, 6, 1000), (1, 4, 99), (2, 4, 200)]
        a = [(3, 4, 40), (4, 2, 50), (5, 2, 50)]
        self.assertEqual(self.kept(self.RESERVED % ", every: 100 s", a, b),
                         [(0, "c/p"), (1, "c/p"), (950, "c/p"), (100, "c/p+r"), (150, "c/p"),
                          (150, "c/p")])

    def test_capacity(self):
        """What is installed stays what it is: 10, of which 4 are elsewhere in [100, 150)."""
        self.kept(self.RESERVED % "", [(4, 4, 50)], [(0, 6, 200), (1, 4, 90)])
        self.assertAlmostEqual(self.use["partition:c/p"], (1200 + 360) / (20000 - 200))
        self.assertAlmostEqual(self.use["partition:c/p+r"], 1)
        self.assertAlmostEqual(self.use["all"], 1760 / 20000)

    def test_kept(self):
        """b's `any` is q alone; a's is either, the first that has room; c's own may not be named."""
        partitions = "p: {nodes: 4, tenants: [firms/a]}, q: {nodes: 4}"
        a, b = [(2, 4, 10), (3, 4, 10)], [(0, 4, 100), (1, 4, 100)]
        self.assertEqual(self.kept(partitions, a, b, places=("any", "any")),
                         [(0, "c/q"), (100, "c/q"), (2, "c/p"), (12, "c/p")])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
