"""Arrivals under dated changes: worked by hand, and random ones against a count made from the rule.

usage: test_arrivals.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import calendar
import datetime
import math
import os
import random
import re
import subprocess
import sys
import unittest

import h5py
import numpy as np

from in_folder import InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))
DAY = 24  # all in hours

ONE = """jishi: 1
time: {start: %s, length: %s}
centres: {a: {partitions: {p: {nodes: 1000}}}}
tenants: {x: {home: a, workloads: {w: {arrival: %s, runtime: 1min}}}}
"""


class Outcome(InFolder):
    def jishi(self, *args):
        done = subprocess.run([PROGRAM, *args], capture_output=True, text=True, cwd=self.folder, timeout=60)
        self.assertEqual((done.returncode, done.stderr.replace("trace: o.h5\n", "")), (0, ""))
        return done.stdout

    def outcome(self, text):
        """Of each workload the jobs that come, by ordinal, and how many `check` expects."""
        self.write("s.yaml", text)
        self.jishi("run", "s.yaml", "-q", "--check", "-o", "o.h5")
        with h5py.File(os.path.join(self.folder, "o.h5")) as file:
            rows = np.sort(file["jobs"][:], order="id")
            names = [name.decode() for name in file["names/workloads"][:]]
        jobs = {name: rows[rows["workload"] == row] for row, name in enumerate(names)}
        told = re.findall(r"^(\S+/\w+) +(\d[\d .]*?|-)  ", self.jishi("check", "s.yaml"), re.M)
        expected = {name: float(count.replace(" ", "")) for name, count in told if name in jobs and count != "-"}
        return jobs, expected


class ByHand(Outcome):
    def one(self, arrival, *changes, start="1970-01-01", length="20d"):
        """The hours of the jobs of one workload, and how many are expected."""
        text = ONE % (start, length, arrival)
        text += "changes: [%s]\n" % ", ".join(
            "{at: %s, set: {tenants.x.workloads.w.arrival%s}}" % change for change in changes)
        jobs, expected = self.outcome(text)
        return [submit / 3600 for submit in jobs["x/w"]["submit"]], expected["x/w"]

    def days(self, *args, **more):
        """Those days, which are as many as expected."""
        came, expected = self.one(*args, **more)
        self.assertEqual(len(came), expected)
        return [round(hour / DAY, 9) for hour in came]

    def test_nothing_in_retrospect(self):
        """What an `until` kept out has not come when a later change lifts it."""
        first, half = [0, 0.5, 1, 1.5], [day / 2 for day in range(40)]
        self.assertEqual(self.days("{every: 12h, until: 2d}", ("15d", ".until: 16d")), first + [15, 15.5])
        self.assertEqual(self.days("{every: 12h, until: 2d}", ("3d", ".until: 5d")), first + [3, 3.5, 4, 4.5])
        self.assertEqual(self.days("{every: 12h, until: 2d}", ("3d", ": {every: 12h}")), first + half[6:])
        self.assertEqual(self.days("{every: 1 month}", ("2023-03-10", ".until: 2023-03-20"),
                                   ("2023-09-10", ": {every: 1 month}"), start="2023-01-01", length="400d"),
                         [0, 31, 59, 273, 304, 334, 365, 396])
        self.assertEqual(self.days("{every: 12h, jitter: 1h, until: 2d}", ("15d", ".until: 16d")),
                         [round(day + 1 / 24, 9) for day in first + [15, 15.5]])

    def test_grid_of_the_new_values(self):
        """Multiples of the new interval, counted from the start or the new `from`; what falls on the change is new."""
        self.assertEqual(self.days("{every: 2d, from: 1d}", ("2.5d", ".every: 4d")), [1, 5, 9, 13, 17])
        self.assertEqual(self.days("{every: 1 month}", ("75d", ".every: 2 months"), start="2023-01-01", length="250d"),
                         [0, 31, 59, 120, 181, 243])
        self.assertEqual(self.days("{every: 1d}", ("2.5d", ".every: 2d")), [0, 1, 2, *range(4, 20, 2)])
        self.assertEqual(self.days("{every: 2d}", ("6d", ".every: 3d"), ("12d", ".every: 4d")),
                         [0, 2, 4, 6, 9, 12, 16])
        self.assertEqual(self.days("{every: 2d}", ("6d", ".from: 1d"), ("11d", ".every: 3d")),
                         [0, 2, 4, 7, 9, 13, 16, 19])
        self.assertEqual(self.days("{every: 2d, from: 15d}", ("3d", ".from: 1d"), ("9d", ": {every: 5d}")),
                         [3, 5, 7, 10, 15])
        came, _ = self.one("{poisson: 1 per h}", ("2.1d", ": {every: 1d, until: 6d}"))
        self.assertEqual([hour for hour in came if hour >= 2.1 * DAY], [72, 96, 120])

    def test_from_brought_forward(self):
        """It counts from the change on, whatever type the arrivals had before and have then."""
        types = ["poisson: 1 per h", "renewal: {exponential: 1h}", "every: 1h"]
        for old in types:
            for new in types[:2]:
                for change, first, hours in ((("2d", ": {%s, from: 5d}" % new), 5, 360),
                                             (("2.5d", ": {%s}" % new), 2.5, 420)):
                    with self.subTest(old=old, new=new, first=first):
                        came, expected = self.one("{%s, from: 10d}" % old, change)
                        self.assertEqual(expected, hours)
                        self.assertLess(abs(len(came) - hours), 5 * math.sqrt(hours))
                        self.assertTrue(first <= came[0] / DAY < first + 1, came[0])
        came, _ = self.one("{poisson: 1 per h, from: 10d, growth: 100%/year}", ("2d", ".from: 5d"))
        self.assertTrue(5 * DAY <= came[0] < 6 * DAY)

    def test_members_and_batches(self):
        """Each member from when it is there; a batch at each instant."""
        jobs, _ = self.outcome("""jishi: 1
time: {length: 12d}
centres: {a: {partitions: {p: {nodes: 1000}}}}
tenants:
  y:
    home: a
    members:
      count: 3
      each: {workloads: {w: {batch: 2, arrival: {every: 1d, from: 9d, until: 10d}, runtime: 1min}}}
      join: {from: 0d, over: 9d}
changes:
  - {at: 2d, set: {tenants.y.members.each.workloads.w.arrival.from: 1d}}
  - {at: 11d, set: {tenants.y.members.each.workloads.w.arrival.until: 12d}}
""")
        for member, days in ((1, [2, 3, 4, 5, 6, 7, 8, 9, 11]), (2, [3, 4, 5, 6, 7, 8, 9, 11]), (3, [6, 7, 8, 9, 11])):
            self.assertEqual([submit / 86400 for submit in jobs[f"y/{member}/w"]["submit"]],
                             [day for day in days for _ in range(2)])

    def test_ends_by_a_change(self):
        """Without a length a run ends if its arrivals do in the end, whatever they are at first."""
        text = ONE.replace(", length: %s", "") % ("2023-01-01", "{every: 1d}")
        self.write("s.yaml", text + "changes: [{at: 2d, set: {tenants.x.workloads.w.arrival.until: 5d}}]\n")
        self.jishi("run", "s.yaml", "-q", "-o", "o.h5")
        with h5py.File(os.path.join(self.folder, "o.h5")) as file:
            self.assertEqual(sorted(file["jobs"]["submit"] / 86400), [0, 1, 2, 3, 4])
        args = ["--set", "tenants.x.quota.max_request=6h", "--set", "tenants.x.workloads.w.request={tsafrir: 3d}"]
        self.assertRegex(self.jishi("check", "s.yaml", *args), r"the longer ones \(\d+(\.\d)? % of its jobs\) are rejected")


LENGTH = 100 * DAY
START = datetime.datetime(2023, 1, 31)
INTERVALS = {"5h": 5, "1d": DAY, "36h": 36, "9d": 9 * DAY, "1 month": -1, "2 months": -2, "7h": 7}


def instant(params, k):
    """Of the grid, in hours of the run."""
    first, interval = params.get("from", 0), INTERVALS[params["every"]]
    if interval > 0:
        return first + k * interval
    begin = START + datetime.timedelta(hours=first)
    month = begin.year * 12 + begin.month - 1 - interval * k
    last = calendar.monthrange(month // 12, month % 12 + 1)[1]
    then = begin.replace(year=month // 12, month=month % 12 + 1, day=min(begin.day, last))
    return (then - START).total_seconds() / 3600


def stretches(epochs):
    """The values in force and the hours [from, until) in which they let arrivals be."""
    for i, (at, params) in enumerate(epochs):
        end = epochs[i + 1][0] if i + 1 < len(epochs) else LENGTH
        yield params, max(at, params.get("from", 0)), min(end, params.get("until", LENGTH))


def by_the_rule(epochs):
    """All instants, where all epochs are `every`."""
    return [instant(params, k) for params, begin, end in stretches(epochs) for k in range(600)
            if begin <= instant(params, k) < end]


def draw_type(rng, key):
    value = {"every": list(INTERVALS), "poisson": ["4/d", "1/h", "20/d"],
             "renewal": ["{exponential: 2h}", "{exponential: 5h}"]}[key]
    return {key: rng.choice(value)}


def draw_hours(rng):
    return rng.randrange(1, 200) * 12


def draw_epochs(rng, keys):
    """Values at the start, and those from each of up to five dates on."""
    def drawn():
        params = draw_type(rng, rng.choice(keys))
        for key in "from", "until":
            if rng.random() < 0.4:
                params[key] = draw_hours(rng)
        return params
    epochs = [(0, drawn())]
    for at in sorted(rng.sample(range(12, LENGTH, 12), rng.randrange(6))):
        params = dict(epochs[-1][1])
        key = next(key for key in ("every", "poisson", "renewal") if key in params)
        what = rng.choice(["all", "from", "until", key])
        if what == "all":
            params = drawn()
        else:
            params.update(draw_type(rng, key) if what == key else {what: draw_hours(rng)})
        epochs.append((at, params))
    return [(at, params) for at, params in epochs if params.get("from", -1) < params.get("until", LENGTH)]


def written(params):
    return "{%s}" % ", ".join(f"{key}: {value}h" if key in ("from", "until") else f"{key}: {value}"
                              for key, value in params.items())


def whole(drawn):
    """A scenario with a workload of each of these."""
    text = f"jishi: 1\nseed: 11\ntime: {{start: {START.date()}, length: {LENGTH}h}}\n"
    text += "centres: {a: {partitions: {p: {nodes: 1000}}}}\ntenants:\n  x:\n    home: a\n    workloads:\n"
    for i, epochs in enumerate(drawn):
        text += f"      w{i}: {{arrival: {written(epochs[0][1])}, runtime: {{exponential: 10s}}}}\n"
    return text + "changes:\n" + "".join(
        f"  - {{at: {at}h, set: {{tenants.x.workloads.w{i}.arrival: {written(params)}}}}}\n"
        for i, epochs in enumerate(drawn) for at, params in epochs[1:])


class Random(Outcome):
    def random(self, seed, keys):
        rng = random.Random(seed)
        drawn = []
        while len(drawn) < 10:
            epochs = draw_epochs(rng, keys)
            if epochs and epochs[0][0] == 0:
                drawn.append(epochs)
        return drawn

    def test_every(self):
        """Run and `check` against the rule, to the job."""
        for seed in range(12):
            drawn = self.random(seed, ["every"])
            jobs, expected = self.outcome(whole(drawn))
            for i, epochs in enumerate(drawn):
                with self.subTest(seed=seed, epochs=epochs):
                    want = by_the_rule(epochs)
                    self.assertEqual([submit / 3600 for submit in jobs[f"x/w{i}"]["submit"]], want)
                    self.assertEqual(expected.get(f"x/w{i}", 0), len(want))

    def test_by_chance(self):
        """As many as `check` expects, in each stretch by itself, and none outside them."""
        for seed in range(8):
            drawn = self.random(seed, ["every", "poisson", "renewal"])
            jobs, expected = self.outcome(whole(drawn))
            for i, epochs in enumerate(drawn):
                with self.subTest(seed=seed, epochs=epochs):
                    hours = jobs[f"x/w{i}"]["submit"] / 3600
                    inside = 0
                    for params, begin, end in stretches(epochs):
                        here = int(((begin <= hours) & (hours < end)).sum())
                        inside += here
                        self.assertLess(abs(here - self.mean(params, begin, end)),
                                        0.5 + 5 * math.sqrt(max(end - begin, 0)))
                    self.assertEqual(inside, len(hours))
                    n = expected.get(f"x/w{i}", 0)
                    self.assertLess(abs(len(hours) - n), 1 + 5 * math.sqrt(n) + 2 * len(epochs))

    def mean(self, params, begin, end):
        if "every" in params:
            return len(by_the_rule([(begin, params), (end, dict(params, until=0))])) if begin < end else 0
        rate = {"4/d": 4 / 24, "1/h": 1, "20/d": 20 / 24, "{exponential: 2h}": 0.5, "{exponential: 5h}": 0.2}
        return rate[params.get("poisson", params.get("renewal"))] * max(end - begin, 0)

    def test_what_a_change_does_not_concern(self):
        """Other workloads, and all that came before, stay as they are."""
        for seed in range(3):
            drawn = self.random(100 + seed, ["every", "poisson", "renewal"])
            i = max(range(len(drawn)), key=lambda i: len(drawn[i]))
            jobs, _ = self.outcome(whole(drawn))
            less, _ = self.outcome(whole([epochs[:1] if k == i else epochs for k, epochs in enumerate(drawn)]))
            for k in range(len(drawn)):
                one, other = (rows[f"x/w{k}"][["submit", "start", "runtime"]] for rows in (jobs, less))
                if k == i:
                    until = drawn[i][1][0] * 3600
                    one, other = one[one["submit"] < until], other[other["submit"] < until]
                self.assertTrue(np.array_equal(one, other), (seed, k))


if __name__ == "__main__":
    unittest.main()
