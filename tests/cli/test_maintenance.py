"""Maintenance and reservations that come again and again: how long a run is changes nothing in it.

usage: test_maintenance.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import math
import os
import re
import subprocess
import sys
import tempfile
import unittest

import h5py

PROGRAM = os.path.abspath(sys.argv.pop(1))
DAY = 86400

CENTRE = """jishi: 1
time: {start: 2024-01-01, length: %s}
%s
centres: {c: {partitions: {p: {%s}}, scheduler: {%s}}}
tenants: {t: {home: c, workloads: {w: {%s}}}}
"""
NEVER_FITS = b"asks for longer than maintenance and reservations that come again ever leave it"


def run(text, *options):
    """The jobs by id: (state, reason, days to their start, days to their end), and what was printed."""
    with tempfile.TemporaryDirectory() as folder:
        path, trace = os.path.join(folder, "s.yaml"), os.path.join(folder, "s.h5")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([PROGRAM, "run", path, "-o", trace, "--check", *options],
                              capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        with h5py.File(trace) as file:
            states, reasons = file["names/states"][:], file["names/reasons"][:]
            return {int(row["id"]): (states[row["state"]], reasons[row["reason"]],
                                     row["start"] / DAY, row["end"] / DAY)
                    for row in file["jobs"][:]}, done.stdout


def check(text):
    """What `jishi check` says."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return subprocess.run([PROGRAM, "check", path], capture_output=True, text=True, timeout=60, check=True).stdout


def starts(jobs):
    return [jobs[i][2] for i in sorted(jobs)]


class Windows(unittest.TestCase):
    def test_go_on_while_jobs_are_waited_for(self):
        jobs, _ = run(CENTRE % ("8d", "measure: {after: drain}",
                                "nodes: 1, maintenance: [{from: 0h, length: 12h, every: 1 week}]", "",
                                "jobs: [{submit: 13h, processors: 1, runtime: 3d, count: 8}]"))
        first = 13 / 24
        self.assertEqual(starts(jobs), [first, first + 3, 7.5, 10.5, 14.5, 17.5, 21.5, 24.5])

    def test_draining_waits_for_who_runs(self):
        """For more than ten lengths of the run, if need be; not for who is never let in."""
        jobs, told = run(CENTRE % ("1d", "measure: {after: drain}", "nodes: 1", "",
                                   "jobs: [{submit: 0h, processors: 1, runtime: 8d, count: 2}, {submit: 1h, processors: 1, runtime: 1d}]"))
        self.assertEqual([jobs[i][2:] for i in sorted(jobs)], [(0, 8), (8, 16), (16, 17)])
        self.assertNotIn("given up", told)
        jobs, told = run(CENTRE % ("1d", "measure: {after: drain}", "nodes: 1", "order: sjf, backfill: none",
                                   "jobs: [{submit: 1h, processors: 1, runtime: 30h}]}, short: {arrival: {every: 1h}, runtime: 1h"))
        self.assertIn("Note: draining was given up: within ten times the length 1 counted job would not have ended, and none ran.\n", told)
        self.assertEqual(max(job[3] for job in jobs.values()), 10)

    def test_go_on_by_the_calendar(self):
        """After those of 1 January, February, March and April."""
        jobs, _ = run(CENTRE % ("32d", "measure: {after: drain}",
                                "nodes: 1, maintenance: [{from: 0h, length: 12h, every: 1 month}]", "",
                                "jobs: [{submit: 13h, processors: 1, runtime: 28d, count: 4}]"))
        self.assertEqual(starts(jobs), [13 / 24, 31.5, 60.5, 91.5])

    def test_what_fits_between_none_is_rejected(self):
        for backfill in ("none", "easy", "conservative", "plan", "{reserve: 3}", "slurm"):
            with self.subTest(backfill=backfill):
                jobs, _ = run(CENTRE % (
                    "30d", "", "nodes: 1, maintenance: [{from: 0h, length: 1h, every: 1 week}]",
                    "backfill: " + backfill,
                    "jobs: [{submit: 2h, processors: 1, runtime: 8d}, {submit: 3h, processors: 1, runtime: 1h},"
                    " {submit: 3h, processors: 1, runtime: 167h}, {submit: 4h, processors: 1, runtime: 601201s}]"))
                self.assertEqual([jobs[i][:2] for i in (1, 4)], [(b"rejected", NEVER_FITS)] * 2)
                self.assertEqual([jobs[i][2] for i in (2, 3)], [3 / 24, 7 + 1 / 24])

    def test_they_are_told(self):
        _, out = run(CENTRE % (
            "30d", "", "nodes: 1, maintenance: [{from: 0h, length: 1h, every: 1 week}]", "",
            "jobs: [{submit: 2h, processors: 1, runtime: 8d}]"), "--format", "csv")
        self.assertIn("\njobs.rejected.maintenance,all,,1,jobs\n", out)

    def test_one_that_comes_all_the_time(self):
        """What it takes whole has no room for any job, however long it asks for; beside it is room, but nobody looks so far ahead."""
        text = CENTRE % ("5h", "", "nodes: 4, maintenance: [{from: 1h, length: 500ms, every: 1s%s}]", "",
                         "jobs: [{submit: 0h, processors: 2, runtime: 2h, request: 3000d}]")
        self.assertEqual(run(text % "")[0][1][:2], (b"rejected", NEVER_FITS))
        with self.assertRaises(AssertionError) as raised:
            run(text % ", nodes: 1")
        self.assertEqual(str(raised.exception),
                         "jishi: c/p: more than 10000 windows of maintenance or reservations within the 3000 d that a job asks for; "
                         "let them come less often\n")

    def test_what_fits_before_the_first_may_run(self):
        jobs, _ = run(CENTRE % (
            "30d", "", "nodes: 1, maintenance: [{from: 9d, length: 1h, every: 1 week}]", "",
            "jobs: [{submit: 2h, processors: 1, runtime: 8d}, {submit: 2d, processors: 1, runtime: 8d}]"))
        self.assertEqual(jobs[1][:3], (b"completed", b"none", 2 / 24))
        self.assertEqual(jobs[2][:2], (b"rejected", NEVER_FITS))

    def test_what_fits_beside_one_may_run(self):
        jobs, _ = run(CENTRE % (
            "30d", "", "nodes: 4, maintenance: [{from: 0h, length: 1h, every: 1 week, nodes: 1}]", "",
            "jobs: [{submit: 2h, processors: 3, runtime: 20d}, {submit: 3h, processors: 4, runtime: 8d}]"))
        self.assertEqual(jobs[1][:3], (b"completed", b"none", 2 / 24))
        self.assertEqual(jobs[2][:2], (b"rejected", NEVER_FITS))

    def test_a_change_ahead_may_make_room(self):
        """More nodes than maintenance takes, or a list without it; that of one that is over does not."""
        change = "changes: [{at: 10d, set: {centres.c.partitions.p.%s}}]"
        rest = ("nodes: 1, maintenance: [{from: 0h, length: 1h, every: 1 week, nodes: 1}]", "",
                "jobs: [{submit: %s, processors: 1, runtime: 8d}]")
        for value, at in (("nodes: 2", 10), ("maintenance: []", 10)):
            text = CENTRE % ("30d", change % value, *rest)
            self.assertEqual(run(text % "2h")[0][1][:3], (b"completed", b"none", at), value)
        text = CENTRE % ("30d", change % "maintenance: [{from: 0h, length: 2h, every: 1 week}]", *rest)
        self.assertEqual(run(text % "2h")[0][1][:2], (b"rejected", NEVER_FITS))

    def test_reservations_come_again_too(self):
        """One node of two, a day a week: a job of both finds six days."""
        jobs, _ = run("""jishi: 1
time: {length: 10d}
measure: {after: drain}
centres:
  c: {partitions: {p: {nodes: 2, reservations: [{name: r, tenant: u, nodes: 1, from: 1d, length: 1d, every: 1 week}]}}}
tenants:
  t: {home: c, workloads: {w: {jobs: [{submit: 0h, processors: 2, runtime: 5d, count: 2},
                                      {submit: 1h, processors: 2, runtime: 145h}]}}}
  u: {home: c, workloads: {w: {partition: any, jobs: [{submit: 13d, processors: 2, runtime: 1h},
                                                      {submit: 9d, processors: 1, runtime: 20h}]}}}
""")
        self.assertEqual(jobs[1][2:], (2, 7))
        self.assertEqual(jobs[2][2:], (9, 14))
        self.assertEqual(jobs[3][:2], (b"rejected", NEVER_FITS))


class Chances(unittest.TestCase):
    """Of jobs that wait, by hand: the last may pass by time alone."""

    def test_passes_while_it_waits(self):
        """It needs 4 days of all nodes; from day 8 on there are never more than 2.5. The first runs to day 5."""
        for backfill, third in ("none", 8.5), ("easy", 2 / 24), ("conservative", 2 / 24), ("plan", 2 / 24), ("slurm", 2 / 24):
            text = CENTRE % ("60d", "", "nodes: 10, maintenance: [{from: 8d, length: 12h, every: 3 days}]", f"backfill: {backfill}",
                             "jobs: [{submit: 0s, processors: 6, runtime: 5d}, {submit: 1h, processors: 10, runtime: 2d, request: 4d}, "
                             "{submit: 2h, processors: 1, runtime: 1h}]")
            jobs, told = run(text)
            self.assertEqual(jobs[2][:2], (b"rejected", NEVER_FITS), backfill)
            self.assertEqual((jobs[1][2], jobs[3][2]), (0, third), backfill)
            self.assertIn("\nRejected: 1 of 3 jobs: " + NEVER_FITS.decode() + " (1).\n", told)
            # one day less of waiting, and it runs
            jobs, _ = run(text.replace("runtime: 5d", "runtime: 4d"))
            self.assertEqual(jobs[2][:1] + jobs[2][2:], (b"completed", 4, 6), backfill)

    def test_passes_as_the_next_list_begins(self):
        """A second list leaves too little from its first window on, not from those of the first list before."""
        jobs, _ = run(CENTRE % ("60d", "", "nodes: 4, maintenance: [{from: 1d, length: 1d, every: 8d, nodes: 2}, {from: 17d, length: 1d, every: 2d, nodes: 2}]",
                                "backfill: none",
                                "jobs: [{submit: 0h, processors: 4, runtime: 7d}, {submit: 1h, processors: 4, runtime: 6d, count: 2}]"))
        self.assertEqual((jobs[1][2:], jobs[2][2:], jobs[3][:2]), ((2, 9), (10, 16), (b"rejected", NEVER_FITS)))

    def test_passes_with_a_reservation(self):
        """By hand: from day 6 on two nodes of four are away an hour a day; 3 nodes for 42 hours are there on the first days, and
        in the reservation from day 2 to 5."""
        jobs, _ = run("""jishi: 1
time: {length: 12d}
centres:
  c:
    partitions:
      p: {nodes: 4, reservations: [{name: r, tenant: b, nodes: 3, from: 2d, length: 3d},
                                   {name: s, tenant: a, nodes: 2, from: 6d, length: 1h, every: 1d}]}
    scheduler: {backfill: none}
tenants:
  a: {home: c, workloads: {w: {jobs: [{submit: 4d, processors: 1, runtime: 1h}]}}}
  b: {home: c, workloads: {w: {partition: any, jobs: [{submit: 0h, processors: 3, runtime: 42h, count: 3}]}}}
""")
        self.assertEqual((jobs[1][2], jobs[2][2], jobs[3][:2], jobs[4][2]), (0, 2, (b"rejected", NEVER_FITS), 4))


class Length(unittest.TestCase):
    def test_changes_nothing_in_what_is_over(self):
        """A queue that grows, so that plans reach far beyond the end of the shorter run."""
        for backfill in ("none", "easy", "conservative", "plan", "{reserve: 3, order: sjf}", "slurm"):
            for more in ("", ", placement: contiguous", ", order: wfp3", ", overrun: extend"):
                text = CENTRE % (
                    "%s", "seed: 5", "nodes: 4, maintenance: [{from: 2d, length: 6h, every: 3d},"
                    " {from: 5h, length: 1h, every: 1 month, nodes: 2}]", "backfill: " + backfill + more,
                    "arrival: {poisson: 6/d}, processors: {uniform: [1, 4]}, runtime: {uniform: [1h, 20h]},"
                    " request: {factor: {uniform: [0.8, 4]}}")
                with self.subTest(backfill=backfill, more=more):
                    short, long = (run(text % length)[0] for length in ("20d", "60d"))
                    seen = {i: long[i][2] if long[i][2] < 20 else None for i in short}
                    self.assertEqual({i: job[2] if job[2] < 20 else None for i, job in short.items()}, seen)
                    self.assertGreater(sum(start is not None for start in seen.values()), 20)
                    self.assertTrue(any(job[1] == NEVER_FITS for job in short.values()))

    def test_changes_nothing_for_a_broker(self):
        text = """jishi: 1
seed: 7
time: {length: %s}
centres:
  c: {partitions: {p: {nodes: 2, maintenance: [{from: 0h, length: 12h, every: 36h}]}}}
  d: {partitions: {p: {nodes: 2, maintenance: [{from: 5h, length: 6h, every: 1 week}]}}, scheduler: {backfill: conservative}}
broker: {policy: least-wait}
tenants:
  t: {home: c, workloads: {w: {partition: p, arrival: {poisson: 10/d}, processors: {uniform: [1, 2]}, runtime: {uniform: [1h, 9h]}}}}
"""
        short, long = (run(text % length)[0] for length in ("20d", "80d"))
        self.assertEqual({i: job[2] for i, job in short.items() if job[2] < 20},
                         {i: job[2] for i, job in long.items() if job[2] < 20})

    def test_check_leaves_out_who_never_fits(self):
        """What `check` says is asked for is what a run takes in: of lists job by job, of chance on average."""
        mixed = "jobs: [{submit: 1d, processors: 1, runtime: 3d}, {submit: 1d, processors: 2, runtime: 23h}," \
            " {submit: 2d, processors: 3, runtime: 23h}, {submit: 2d, processors: 3, runtime: 24h, count: 4}," \
            " {submit: 12d, processors: 3, runtime: 30h, request: 2h}, {submit: 12d, processors: 4, runtime: 24h}," \
            " {submit: 12d, processors: 3, runtime: 2h, request: 30h}]"
        drawn = "arrival: {poisson: 10/h}, processors: {choice: {1: 0.5, 3: 0.5}}, runtime: {exponential: 12h}"
        half = "nodes: 4, maintenance: [{from: 1d, length: 1h, every: 1d, nodes: 2}]"
        never, longest = "jobs ask for longer than maintenance and reservations that come again ever leave them: ", math.exp(-23 / 12)
        ends = "changes: [{at: 10d, set: {centres.c.partitions.p.maintenance: []}}]"
        begins = "changes: [{at: 10d, set: {centres.c.partitions.p.maintenance: [{from: 1d, length: 1h, every: 1d}]}}]"
        for nodes, changes, jobs, count, told in (
                (half, "", mixed, 4, never + "the longer ones (60 % of its jobs) are rejected"),
                (half, ends, mixed, 10, ""),
                ("nodes: 4", begins, mixed, 8, ", from 2024-01-11T00:00:00+00:00 on: " + never +
                 "the longer ones (66.7 % of its jobs) are rejected"),
                ("nodes: 16, maintenance: [{from: 5d, length: 1h, every: 1d}]", "", mixed, 8, never + "the longer ones (20 % of its jobs) are rejected"),
                (half, "", "arrival: {every: 1h}, processors: 3, runtime: {choice: {23h: 0.5, 24h: 0.5}}", 240, never +
                 "the longer ones (50 % of its jobs) are rejected"),
                (half, "", "arrival: {every: 1h, from: 1h}, processors: 4, runtime: 24h", 0, never + "all are rejected"),
                (half, "", drawn, 4800 * (1 - longest / 2), never + "the longer ones (%.3g %% of its jobs)" % (50 * longest)),
                (half, "", drawn + ", request: {factor: {uniform: [1, 2]}}", None, never)):
            with self.subTest(nodes=nodes, changes=changes, jobs=jobs):
                text = CENTRE % ("20d", changes, nodes, "", jobs)
                said = check(text)
                taken = sum(job[1] != NEVER_FITS for job in run(text)[0].values())
                asked = int(re.search(r"^t/w +(\d+( \d+)*)  ", said, re.M).group(1).replace(" ", ""))
                self.assertTrue(told in said if told else never not in said, said)
                if count is not None:
                    self.assertLessEqual(abs(asked - count), 0 if count < 1000 else 1)
                if "jobs:" in jobs or not asked:
                    self.assertEqual(taken, asked)
                self.assertLess(abs(taken - asked), 4 * math.sqrt(asked) + 1)


if __name__ == "__main__":
    unittest.main()
