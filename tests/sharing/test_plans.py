"""A plan as Slurm makes it may go on where the last one ended, and pass over jobs that are in nobody's way. With a count
of jobs by tenant, however high, it does neither: jobs start as they do then.

usage: test_plans.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import random
import subprocess
import sys
import tempfile
import unittest

import h5py

PROGRAM = os.path.abspath(sys.argv.pop(1))
ORDERS = ["fair-share", "drf", "{multifactor: {age: 1000, fair_share: 1000}}",
          "{multifactor: {age: 10, fair_share: 1000, size: 90, half_life: 1h, period: 1h}}"]
TEXT = """jishi: 1
centres:
  c:
    partitions: {p: {nodes: 192, processors_per_node: 1}}
    scheduler: {order: %s, backfill: {slurm: {%s}}}
tenants:
  users:
    home: c
    members: {by: user}
    workloads: {log: {log: log.swf}}
"""


def write_log(path, rng, count):
    """Half of the jobs run as long as they ask for."""
    at = 0
    with open(path, "w") as file:
        for number in range(1, count + 1):
            at += int(rng.expovariate(1 / 150))
            procs, request = rng.choice([1, 2, 4, 8, 32, 64]), rng.randint(60, 14400)
            runtime = request if rng.random() < 0.5 else rng.randint(1, request)
            user = rng.randint(1, 12)
            file.write(f"{number} {at} -1 {runtime} {procs} -1 -1 {procs} {request} -1 1 {user} 1 -1 1 1 -1 -1\n")


class Plans(unittest.TestCase):
    def starts(self, folder, order, params):
        path, out = os.path.join(folder, "s.yaml"), os.path.join(folder, "t.h5")
        with open(path, "w") as file:
            file.write(TEXT % (order, params))
        done = subprocess.run([PROGRAM, "run", path, "-o", out, "--check", "--quiet"], capture_output=True,
                              text=True, timeout=100)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with h5py.File(out) as trace:
            starts = list(trace["jobs"]["start"][:])
        os.remove(out)
        return starts

    def test_as_made_anew(self):
        for seed in range(4):
            rng = random.Random(seed)
            with tempfile.TemporaryDirectory() as folder:
                write_log(os.path.join(folder, "log.swf"), rng, 600)
                for order in ORDERS:
                    with self.subTest(seed=seed, order=order):
                        anew = self.starts(folder, order, "per_tenant: 1000000000")
                        self.assertEqual(self.starts(folder, order, ""), anew)

    def test_ages_end(self):
        """By hand: b waits until 5000 s, l, which asks for all, until 10 000 s, and h, which runs beyond, for l. At 900 s, as a
        period begins, the ages of b and l count no more, and h passes l: the plan that held until then does not any more."""
        text = """jishi: 1
centres:
  c:
    partitions: {p: {nodes: 4}}
    scheduler: {order: {multifactor: {age: 1000, class: 300, max_age: 600s, period: 5min}}, backfill: slurm}
tenants:
  t:
    home: c
    workloads:
      x: {jobs: [{submit: 0s, processors: 1, runtime: 10000s}, {submit: 0s, processors: 2, runtime: 5000s}]}
      b: {priority: high, jobs: [{submit: 1s, processors: 2, runtime: 100s}]}
      l: {priority: low, jobs: [{submit: 1s, processors: 4, runtime: 100s}]}
      h: {priority: high, jobs: [{submit: 400s, processors: 1, runtime: 20000s}]}
"""
        with tempfile.TemporaryDirectory() as folder:
            path, out = os.path.join(folder, "s.yaml"), os.path.join(folder, "t.h5")
            with open(path, "w") as file:
                file.write(text)
            done = subprocess.run([PROGRAM, "run", path, "-o", out, "--check", "--quiet"], capture_output=True,
                                  text=True, timeout=100)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            with h5py.File(out) as trace:
                starts = dict(zip(trace["jobs"]["submit"][:], trace["jobs"]["start"][:]))
        self.assertEqual(starts[400], 900)

    def test_periods_turn(self):
        """By hand: one of two processors is busy. At 1800 s, as a period begins, h passes l, for which it waits: ages count
        no more from 600 s on. The next plan, or the next pass of `decide: every`, starts it; nothing else happens until
        10 000 s."""
        text = """jishi: 1
centres:
  c:
    partitions: {p: {nodes: 2}}
    scheduler: {order: {multifactor: {age: 1000, class: 100, max_age: 600s, period: %s}}, %s}
tenants:
  t:
    home: c
    workloads:
      x: {jobs: [{submit: 0s, processors: 1, runtime: 10000s}]}
      l: {priority: low, jobs: [{submit: 1s, processors: 2, runtime: 100s}]}
      h: {priority: high, jobs: [{submit: 1201s, processors: 1, runtime: 100s}]}
"""
        slurm, every = "backfill: {slurm: {depth: 1}}", "backfill: none, decide: {every: 1min}"
        rows = [(slurm, "5min", 1800), (slurm, "46s", 1770), (slurm, "1h", 3600), (every, "5min", 1800), (every, "46s", 1800),
                (every, "1h", 3600), (every, "30min", 1800), (every, "1801s", 1860)]
        for decides, period, third in rows:
            with self.subTest(decides=decides, period=period), tempfile.TemporaryDirectory() as folder:
                path, out = os.path.join(folder, "s.yaml"), os.path.join(folder, "t.h5")
                with open(path, "w") as file:
                    file.write(text % (period, decides))
                subprocess.run([PROGRAM, "run", path, "-o", out, "--check", "--quiet"], check=True, timeout=100)
                with h5py.File(out) as trace:
                    self.assertEqual({int(row["id"]): row["start"] for row in trace["jobs"][:]}, {1: 0, 2: 10020 if decides is every else 10000, 3: third})


if __name__ == "__main__":
    unittest.main()
