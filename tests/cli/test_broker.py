"""Where brokers send jobs, worked by hand: the rules of docs/brokers.md, one by one.

usage: test_broker.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import itertools
import os
import random
import subprocess
import sys
import tempfile
import unittest

import h5py

PROGRAM = os.path.abspath(sys.argv.pop(1))
HEAD = """jishi: 1
processors: {slow: {fp16: 100 TFLOPS}, fast: {fp16: 300 TFLOPS}, cpu: {fp64: 900 TFLOPS}}
centres:
  a: {partitions: {p: {nodes: 8, processor: slow}}, scheduler: {order: fcfs, backfill: easy}}
  b: {partitions: {p: {nodes: 8, processor: cpu}}, scheduler: {order: fcfs, backfill: easy}}
  c: {partitions: {p: {nodes: 8, processor: fast}, q: {nodes: 16}}}
links:
  - {between: [a, b], bandwidth: 8 Gbit/s, latency: 10 ms}      # 1 GB/s
  - {between: [b, c], bandwidth: 4 Gbit/s, latency: 20 ms}
"""


def jobs(*lines):
    return "[" + ", ".join("{submit: %s, processors: %d, runtime: %s}" % line for line in lines) + "]"


def earliest(taken, submit, procs, runtime):
    """The first instant with `procs` of 8 processors free for that long beside (start, end, processors)."""
    def fits(at):
        looks = [at] + [start for start, _, _ in taken if at < start < at + runtime]
        return all(sum(n for start, end, n in taken if start <= look < end) + procs <= 8 for look in looks)
    return next(at for at in sorted({submit} | {end for _, end, _ in taken if end > submit}) if fits(at))


class Broker(unittest.TestCase):
    def run_text(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path, out = os.path.join(folder, "x.yaml"), os.path.join(folder, "x.h5")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run([PROGRAM, "run", path, "--check", "-o", out],
                                  capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            with h5py.File(out) as trace:
                rows = trace["jobs"][:]
                names = trace["names/centres"].asstr()[:]
                parts = trace["names/partitions"].asstr()[:]
                reasons = trace["names/reasons"].asstr()[:]
                self.series = {part: {name: values[:] for name, values in trace["series"][part].items()}
                               for part in parts}
        rows.sort(order="id")
        self.summary = done.stdout
        self.parts = [parts[row] if row >= 0 else "any" for row in rows["partition"]]
        self.reasons = [reasons[row] for row in rows["reason"]]
        return rows, "".join(names[row] for row in rows["centre"])

    def send(self, broker, work, more=""):
        return self.run_text(f"{HEAD}broker: {broker}\ntenants: {{t: {{home: a, {more}"
                             f"workloads: {{w: {{{work}}}}}}}}}\n")

    def test_home(self):
        rows, where = self.send("{policy: home}", "jobs: " + jobs(("0s", 8, "1h"), ("0s", 8, "1h")))
        self.assertEqual(where, "aa")
        self.assertEqual(list(rows["start"]), [0, 3600])

    def test_on_their_way(self):
        """A quarter of an hour of delay, then 900 GB over 1 GB/s and 10 ms: told in b alone, by hours."""
        text = HEAD.replace("scheduler: {order: fcfs, backfill: easy}}\n  c", "scheduler: {order: fcfs, backfill: none}}\n  c")
        done = (f"{text}broker: {{policy: round-robin, delay: 15min}}\nseries: {{step: 15min}}\ntime: {{length: 1h}}\n"
                "metrics: [queue.little]\n"
                "tenants: {t: {home: a, workloads: {w: {data: 900 GB, centres: [b], jobs: %s}}}}\n" % jobs(("5min", 3, "10min")))
        rows, where = self.run_text(done)
        self.assertEqual((where, list(rows["joined"])), ("b", [2100.01]))
        means = {name: list(values) for name, values in self.series["b/p"].items() if name.startswith("coming")}
        third, rest = 2 / 3, 1 / 3
        want = {"coming_jobs_broker": [third, rest, 0, 0], "coming_jobs_data": [0, third, (300 + 0.01) / 900, 0]}
        for name, values in want.items():
            for got, value in zip(means[name], values):
                self.assertAlmostEqual(got, value, 9)
            for got, value in zip(means[name.replace("jobs", "procs")], values):
                self.assertAlmostEqual(got, 3 * value, 9)
        self.assertEqual(set(means), {*want, *(name.replace("jobs", "procs") for name in want)})
        for other in ("a/p", "c/p", "c/q"):
            self.assertEqual(sum(abs(self.series[other][name]).sum() for name in means), 0)
        self.assertRegex(self.summary, r"queue\.little +1\b")
        self.send("{policy: home}", "jobs: " + jobs(("0s", 8, "1h")))
        self.assertEqual([name for name in self.series["a/p"] if name.startswith("coming")], [])

    def test_home_too_small(self):
        """Home holds 8: 16 go to the only centre that can, and 20 nowhere."""
        rows, where = self.send("{policy: home}", "jobs: " + jobs(("0s", 16, "1h"), ("0s", 20, "1h")))
        self.assertEqual(where[0], "c")
        self.assertEqual(self.parts[0], "c/q")
        self.assertEqual(rows["state"][1], 4)
        self.assertEqual(self.reasons[1], "no centre that it may use can hold it")

    def test_no_way_for_the_data(self):
        """Only c holds 16, and no links lead there; 20 are too many for any; without data none are needed."""
        text = HEAD.replace("  - {between: [b, c], bandwidth: 4 Gbit/s, latency: 20 ms}\n", "")
        self.assertNotEqual(text, HEAD)
        for data, want in (("1 GB", "no links lead from its data to a centre that can hold it"), ("0 GB", "none")):
            self.run_text(f"{text}broker: {{policy: home}}\ntenants: {{t: {{home: a, workloads: {{w: {{data: {data}, jobs: "
                          + jobs(("0s", 16, "1h"), ("0s", 20, "1h")) + "}}}}\n")
            self.assertEqual(self.reasons, [want, "no centre that it may use can hold it"])

    def test_round_robin(self):
        """In turn; what may run at a and c only leaves out b, and c's turn is over then."""
        _, where = self.send("{policy: round-robin}", "centres: [c, a], jobs: "
                             + jobs(*[("0s", 1, "1h")] * 4))
        self.assertEqual(where, "acac")
        _, where = self.send("{policy: round-robin}", "jobs: " + jobs(*[("0s", 1, "1h")] * 5))
        self.assertEqual(where, "abcab")

    def test_partition_of_the_same_name(self):
        self.send("{policy: round-robin}", "partition: p, jobs: " + jobs(*[("0s", 1, "1h")] * 3))
        self.assertEqual(self.parts, ["a/p", "b/p", "c/p"])

    def test_fastest(self):
        """c has faster FP16; b's FP64 is another trade."""
        _, where = self.send("{policy: fastest}", "jobs: " + jobs(("0s", 8, "1h"), ("0s", 8, "1h")))
        self.assertEqual(where, "cc")

    def test_nearest_data(self):
        """Where the data are; without any at home."""
        work = "jobs: " + jobs(("0s", 8, "1h"), ("0s", 8, "1h"))
        self.assertEqual(self.send("{policy: nearest-data}", work)[1], "aa")
        rows, where = self.send("{policy: nearest-data}", "data: 1 TB, data_at: b, " + work)
        self.assertEqual(where, "bb")
        self.assertEqual(list(rows["moved"]), [0, 0])

    def test_least_wait(self):
        """a until 5 h, b until 2 h, c free; then the wait at each, plans included; ties go home."""
        rows, where = self.send("{policy: least-wait}", "centres: [a, b], jobs: " + jobs(
            ("0s", 8, "5h"), ("0s", 8, "2h"), ("0s", 8, "3h"), ("0s", 4, "1h"), ("0s", 4, "1h")))
        # the third at b from 2 h; at 5 h both are the same: home
        self.assertEqual(where, "abbaa")
        self.assertEqual(list(rows["start"] / 3600), [0, 0, 2, 5, 5])

    def test_least_wait_data(self):
        """a is busy for 1 h; 3.6 TB to b take 1 h and 10 ms: home. With 3 TB b is sooner."""
        work = "centres: [a, b], jobs: " + jobs(("0s", 8, "1h"), ("0s", 8, "1h"))
        self.assertEqual(self.send("{policy: least-wait}", "data: 3.6 TB, " + work)[1], "aa")
        rows, where = self.send("{policy: least-wait}", "data: 3 TB, " + work)
        self.assertEqual(where, "ab")
        self.assertAlmostEqual(rows["joined"][1], 3000.01, delta=1e-9)
        self.assertIn("All jobs of the run, from (row) at (column)  a  b  sent away  data moved  on the way, mean\n"
                      "a                                            1  1          1        3 TB            50 min\n", self.summary)

    def test_two_hops(self):
        """a to c over b: the narrower link's 500 MB/s, both latencies."""
        rows, where = self.send("{policy: home}", "centres: [c], data: 1 TB, jobs: "
                                + jobs(("0s", 8, "1h")))
        self.assertEqual(where, "c")
        self.assertAlmostEqual(rows["start"][0], 2000.03, delta=1e-9)

    def test_data_may_not_leave(self):
        work = "jobs: " + jobs(*[("0s", 8, "1h")] * 3)
        self.assertEqual(self.send("{policy: round-robin}", "data_may_leave: false, " + work)[1],
                         "aaa")
        self.assertEqual(self.send("{policy: round-robin}", work, "data_may_leave: false, ")[1],
                         "aaa")
        self.assertEqual(self.send("{policy: round-robin}", "data_may_leave: true, " + work,
                                   "data_may_leave: false, ")[1], "abc")
        self.assertEqual(self.send("{policy: round-robin}", "data_may_leave: false, data_at: b, "
                                   + work)[1], "bbb")

    def test_no_broker(self):
        """Data that lie elsewhere come home."""
        rows, where = self.run_text(HEAD + "tenants: {t: {home: a, workloads: {w: {data: 1 TB, "
                                    "data_at: b, jobs: " + jobs(("0s", 8, "1h")) + "}}}}\n")
        self.assertEqual(where, "a")
        self.assertAlmostEqual(rows["start"][0], 1000.01, delta=1e-9)
        self.assertAlmostEqual(rows["wait"][0], 1000.01, delta=1e-9)

    def test_delay(self):
        """Of what is sent elsewhere; the start counts it."""
        work = "centres: [a, b], jobs: " + jobs(("0s", 8, "1h"), ("0s", 8, "1h"), ("0s", 8, "1h"))
        rows, where = self.send("{policy: least-wait, delay: 10min}", work)
        self.assertEqual(where, "aba")
        self.assertEqual(list(rows["start"]), [0, 600, 3600])
        self.assertEqual(self.send("{policy: least-wait, delay: 61min}", work)[1], "aab")

    def test_rejected_on_joining(self):
        """It was under way for its delay and its data's transfer, and has these causes though it is turned away."""
        work = "data: 3 TB, centres: [b], jobs: " + jobs(("0s", 8, "1h"), ("0s", 1, "1h"))
        rows, _ = self.run_text(HEAD.replace("cpu}}, scheduler: {", "cpu}}, scheduler: {max_queued: 0, ")
            + "broker: {policy: least-wait, delay: 10min}\ntenants: {t: {home: a, workloads: {w: {%s}}}}\n" % work)
        self.assertEqual(list(rows["state"]), [0, 4])
        self.assertEqual(list(rows["wait_broker"]), [600, 600])
        self.assertAlmostEqual(rows["wait_data"][1], 6000.01, delta=1e-9)       # the link is shared

    def send_guaranteed(self, broker, procs, guarantee, more="", n=6):
        """`n` jobs of one hour at 0 of u, whose home a has 4 processors and b 8."""
        return self.run_text(
            "jishi: 1\ncentres: {a: {partitions: {p: {nodes: 4}}}, b: {partitions: {p: {nodes: 8}}}}\n"
            f"broker: {broker}\ntenants:\n  u: {{home: a, {guarantee}, workloads: {{w: {{jobs: "
            + jobs(*[("0s", procs, "1h")] * n) + "}}}\n" + more)

    def test_refused_for_ever(self):
        """u may run on 1 processor at home: jobs of 2 are for b, whatever the policy, 4 at a time; and rejected
        at their submission where b holds them no more, or refuses them as well."""
        bound = "guarantee: {processors: 1, borrow: 0}"
        for policy in "home", "round-robin", "least-wait", "{overflow: 1h}", "fastest", "nearest-data":
            for more in "", ", delay: 10min", ", refresh: 5min", ", sees: free":
                rows, where = self.send_guaranteed(f"{{policy: {policy}{more}}}", 2, bound)
                self.assertEqual(where, "bbbbbb", (policy, more))
                first = 600 if "delay" in more else 0
                self.assertEqual(list(rows["start"]), [first] * 4 + [first + 3600] * 2)
        rows, _ = self.send_guaranteed("{policy: least-wait, delay: 10min}", 9, bound, n=1)
        self.assertEqual(self.reasons, ["no centre that it may use can hold it"])
        for terms, reason in ((bound + ", data_may_leave: false", "asks more than is guaranteed and may be borrowed"),
                              ("quota: {processors: 1}", "asks more than a quota allows")):
            rows, _ = self.send_guaranteed("{policy: least-wait, delay: 10min}", 2, terms, n=1)
            self.assertEqual(self.reasons, [reason])
            self.assertEqual(rows["wait"][0], 0)

    def test_guarantee_used_up(self):
        """t may run on 4 at home. Jobs of 4 of an hour: the second is expected at 1 h, the third at 2 h, once as much
        is done on 4 processors; b is 90 minutes away."""
        terms, four = "guarantee: {processors: 4, borrow: 0}, ", "centres: [a, b], jobs: " + jobs(*[("0s", 4, "1h")] * 4)
        for more in "", ", refresh: 1h", ", sees: queue":
            rows, where = self.send("{policy: least-wait, delay: 90min%s}" % more, four, terms)
            self.assertEqual(where, "aabb")
            self.assertEqual(list(rows["start"]), [0, 3600, 5400, 5400])
            self.assertEqual(list(rows["wait_guarantee"]), [0, 3600, 0, 0])
        # at home two hours are no more than `after`; nobody told of what was sent since the look
        self.assertEqual(self.send("{policy: {overflow: 2h}}", four, terms)[1], "aaab")
        self.assertEqual(self.send("{policy: {overflow: 30min}}", four, terms)[1], "abba")
        self.assertEqual(self.send("{policy: least-wait, delay: 90min, refresh: 1h, knows_own: false}", four, terms)[1], "aaaa")
        # what is not free is not known
        self.assertEqual(self.send("{policy: least-wait, delay: 90min, sees: free}", four, terms)[1], "abba")

    def test_guarantee_until_one_ends(self):
        """t may run on 4 at home; 1 until 10 h is in the way of 4 that long, though it is 2.5 h of work for 4; b is full
        until 5 h. With `depth: 0` no end is looked at."""
        text = HEAD + ("broker: {policy: least-wait, depth: %d}\ntenants:\n"
                       "  t: {home: a, guarantee: {processors: 4, borrow: 0}, workloads: {w: {centres: [a, b], jobs: "
                       + jobs(("0s", 1, "10h"), ("1s", 4, "1h")) + "}}}\n  v: {home: b, workloads: {w: {centres: [b], jobs: "
                       + jobs(("0s", 8, "5h")) + "}}}\n")
        self.assertEqual(self.run_text(text % 100)[1], "abb")
        self.assertEqual(self.run_text(text % 0)[1], "aba")

    def test_kept_by_brothers(self):
        """v keeps 6 of 8: t's jobs of 4 never start at home, those of 2 one by one. What may not leave is rejected."""
        def run(policy, more=""):
            return self.run_text(HEAD + f"broker: {{policy: {policy}, delay: 90min}}\ntenants:\n"
                                 "  v: {home: a, guarantee: {processors: 6, lend: 0}}\n"
                                 f"  t: {{home: a, workloads: {{w: {{centres: [a, b], {more}jobs: "
                                 + jobs(("0s", 4, "1h"), ("0s", 2, "1h"), ("0s", 2, "1h"), ("0s", 2, "1h")) + "}}}\n")
        for policy in "least-wait", "{overflow: 1h}":
            rows, where = run(policy)
            self.assertEqual(where, "baab")
            self.assertEqual(list(rows["start"]), [5400, 0, 3600, 5400])
        self.assertEqual(run("{overflow: unlimited}")[1], "baaa")
        rows, where = run("least-wait", "data: 1 GB, data_may_leave: false, ")
        self.assertEqual(where, "aaaa")
        self.assertEqual((rows["state"][0], self.reasons[0]), (4, "asks more than the guarantees of others ever leave it"))

    def test_claims_go_first(self):
        """The group may run on 6 of 8, of which 2 are x's; y runs on 4 and has as much as 5 h of it waiting at home, so
        its next job goes away. x's does not wait behind that."""
        rows, where = self.run_text(
            HEAD + "broker: {policy: least-wait, delay: 90min}\ntenants:\n"
            "  g:\n    home: a\n    guarantee: {processors: 6, borrow: 0}\n    tenants:\n"
            "      x: {guarantee: {processors: 2}, workloads: {w: {centres: [a, b], jobs: " + jobs(("1min", 2, "1h")) + "}}}\n"
            "      y: {workloads: {v: {centres: [a], jobs: " + jobs(("0s", 4, "5h"), ("0s", 4, "5h")) + "},\n"
            "                      w: {centres: [a, b], jobs: " + jobs(("2min", 4, "1h")) + "}}}\n")
        self.assertEqual(where, "aaab")
        self.assertEqual(list(rows["start"]), [0, 18000, 60, 5520])

    def test_full_queue(self):
        """a takes one job that waits and b any number, though it is 10 h until b is free: a job that would not start as
        it comes goes where it may wait. Where all are full it goes as before, to be rejected."""
        lines = jobs(("0s", 8, "1h"), ("1s", 8, "10h"), ("2s", 8, "1h"), ("3s", 8, "1h"))
        text = "broker: {policy: %s}\ntenants: {t: {home: a, workloads: {w: {centres: [a, b], jobs: " + lines + "}}}}\n"
        half = HEAD.replace("order: fcfs", "order: fcfs, max_queued: 1", 1)
        for policy in "least-wait", "{overflow: 30min}", "least-wait, refresh: 1h", "least-wait, sees: queue":
            rows, where = self.run_text(half + text % policy)
            self.assertEqual(where, "abab", policy)
            self.assertEqual(list(rows["start"]), [0, 1, 3600, 36001])
        rows, where = self.run_text(half + text % "{overflow: unlimited}")
        self.assertEqual((where, list(rows["start"])), ("aabb", [0, 3600, 2, 3602]))
        both = HEAD.replace("order: fcfs", "order: fcfs, max_queued: 0")
        rows, where = self.run_text(both + text % "least-wait")
        self.assertEqual(where, "abaa")
        self.assertEqual(self.reasons, ["none"] * 2 + ["limit on queued jobs"] * 2)
        self.assertEqual(self.run_text(half + text % "home")[1], "aaaa")

    def test_causes_beside_looks(self):
        """At a a job of 8 stands first until, by its expansion, one that waits for maintenance does, from 2 h on:
        a look sorts the queue, at an instant at which nothing else happens there, and the causes follow."""
        rows, where = self.run_text(
            "jishi: 1\ncentres:\n"
            "  a: {partitions: {p: {nodes: 8, maintenance: [{from: 9h, length: 1h}]}},\n"
            "      scheduler: {order: {weighted: {expansion: 1}}, backfill: none, decide: each-event}}\n"
            "  b: {partitions: {p: {nodes: 8}}}\nbroker: {policy: least-wait, refresh: 5min}\n"
            "tenants: {t: {home: a, workloads: {w: {centres: [a], jobs: "
            + jobs(("0s", 4, "8h"), ("1s", 8, "20h"), ("1h", 1, "10h"), ("61min", 1, "10h"))
            + "}, v: {centres: [b], jobs: " + jobs(("150min", 1, "1h"), ("155min", 1, "1h")) + "}}}}\n")
        self.assertEqual(where, "aaaabb")
        self.assertEqual(len(rows), 6)

    def test_links_in_one_unit(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(HEAD.replace("4 Gbit/s", "400 Mbit/s").replace("8 Gbit/s", "100 Gbit/s")
                           + "broker: {policy: home}\ntenants: {t: {home: a, workloads: {w: {jobs: %s}}}}\n"
                           % jobs(("0s", 1, "1h")))
            text = subprocess.run([PROGRAM, "check", path], capture_output=True, text=True, timeout=60, check=True).stdout
        self.assertIn("Links      bandwidth  latency  1 TB alone takes\n"
                      "a - b  100000 Mbit/s    10 ms        1 min 20 s\n"
                      "b - c     400 Mbit/s    20 ms        5 h 33 min\n", text)

    def test_refresh(self):
        """The start of a's long job is not seen before the next hour, the own sending is."""
        lines = jobs(("0s", 8, "5h"), ("10min", 8, "1h"), ("20min", 8, "1h"), ("70min", 8, "1h"))
        work = "centres: [a, b], jobs: " + lines
        self.assertEqual(self.send("{policy: least-wait}", work)[1], "abbb")
        self.assertEqual(self.send("{policy: least-wait, refresh: 1h, knows_own: false}", work)[1],
                         "aaab")
        self.assertEqual(self.send("{policy: least-wait, refresh: 1h}", work)[1], "abbb")

    def test_sees(self):
        """b is free but for 2, a's queue is short: by counts, 4 go home or away."""
        lines = jobs(("0s", 8, "1h"), ("0s", 8, "10h"), ("1min", 4, "1h"))
        work = "centres: [a, b], jobs: " + lines
        self.assertEqual(self.send("{policy: least-wait}", work)[1], "aba")
        self.assertEqual(self.send("{policy: least-wait, sees: queue}", work)[1], "aba")
        # neither is free: not known, so home
        self.assertEqual(self.send("{policy: least-wait, sees: free}", work)[1], "aba")

    def test_reservations(self):
        """Under conservative what waits holds processors: 8 of 8 until 1 h, 2 h, 3 h, so the next goes away."""
        two = HEAD.replace("easy", "conservative").split("  c: {")[0]
        work = jobs(*(("%d min" % i, 8, "1h") for i in range(6)))
        for refresh in "0s", "1min":
            _, where = self.run_text(f"{two}broker: {{policy: {{overflow: {{after: 2h}}}}, refresh: {refresh}}}\n"
                                     f"tenants: {{t: {{home: a, workloads: {{w: {{jobs: {work}}}}}}}}}\n")
            self.assertEqual(where, "aaabbb")

    def test_least_wait_of_reservations(self):
        """a is full until 100 s and from 150 s on promised, b until 51 s and 101 s: the fifth fits b at 101 s."""
        two = HEAD.replace("easy", "conservative").split("  c: {")[0]
        work = jobs(("0s", 8, "100s"), ("1s", 8, "50s"), ("2s", 8, "50s"), ("3s", 8, "50s"), ("4s", 4, "50s"), ("5s", 5, "50s"))
        rows, where = self.run_text(f"{two}broker: {{policy: least-wait}}\n"
                                    f"tenants: {{t: {{home: a, workloads: {{w: {{jobs: {work}}}}}}}}}\n")
        self.assertEqual(where, "abbaba")
        self.assertEqual(list(rows["start"]), [0, 1, 51, 100, 101, 150])

    def test_least_wait_at_random(self):
        """Exact requests under fcfs: each job starts where and when it was promised, the earliest of both centres."""
        two = HEAD.split("  c: {")[0]
        for seed in range(20):
            rng = random.Random(seed)
            submits = list(itertools.accumulate(rng.randint(0, 300) for _ in range(40)))
            drawn = [(submit, rng.randint(1, 6), rng.randint(10, 2000)) for submit in submits]
            taken, want = {"a": [], "b": []}, []
            for submit, procs, runtime in drawn:
                start, centre = min((earliest(taken[c], submit, procs, runtime), c) for c in taken)
                taken[centre].append((start, start + runtime, procs))
                want.append((start, centre))
            work = jobs(*(("%d s" % submit, procs, "%d s" % runtime) for submit, procs, runtime in drawn))
            for backfill in "conservative", "plan":
                rows, where = self.run_text(f"{two.replace('easy', backfill)}broker: {{policy: least-wait, depth: 1000}}\n"
                                            f"tenants: {{t: {{home: a, workloads: {{w: {{jobs: {work}}}}}}}}}\n")
                self.assertEqual(list(zip(rows["start"], where)), want, (seed, backfill))

    def test_overflow(self):
        """Waits at home of 0, 1, 2, 3 h: the last is beyond 2 h."""
        work = "centres: [a, b], jobs: " + jobs(*[("0s", 8, "1h")] * 4)
        self.assertEqual(self.send("{policy: overflow}", work)[1], "aaab")
        self.assertEqual(self.send("{policy: {overflow: 30min}}", work)[1], "abab")
        # 0, 8, 16 and 16 processors asked for by jobs that wait at home: the last two may go away
        self.assertEqual(self.send("{policy: {overflow: {after: unlimited, queued: 100 %}}}",
                                   work)[1], "aabb")

    def test_check_tells_where_jobs_may_run(self):
        """Not where all partitions are kept for others."""
        work = "workloads: {w: {partition: any, jobs: [{submit: 0s, processors: 2, runtime: 3h}]}}"
        kept = "jishi: 1\ncentres:\n  c: {partitions: {p: {nodes: 9}}}\n  d: {partitions: {p: {nodes: 9, tenants: [b]}%s}}\nbroker: {policy: %s}\n" \
               "tenants: {a: {home: c, %s}, b: {home: d, %s}}\n"
        for more, told in ("", "\nData and centres  a job, mean  lie at  may run at\na/w                         -  c       c\n"), (", q: {nodes: 2}", ""):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "x.yaml")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(kept % (more, "least-wait", work, work))
                text = subprocess.run([PROGRAM, "check", path], capture_output=True, text=True, timeout=60, check=True).stdout
            self.assertEqual(text.partition("jobs may go elsewhere.\n")[2], told)

    def test_check_tells_that_no_speed_is_stated(self):
        text = ("jishi: 1\nprocessors: {gpu: {fp16: 256 TFLOPS}}\ncentres: {c: {partitions: {p: {nodes: 9}}}, d: {partitions: {p: {nodes: 9%s}}}}\nbroker: {policy: %s}\n"
                "tenants: {t: {home: c, workloads: {w: {jobs: [{submit: 0s, processors: 9, runtime: 1h}, {submit: 0s, processors: 9, runtime: 1h}]}}}}\n")
        said = "  No processor states a speed: none is the fastest, and jobs stay at home.\n"
        fast = ", processor: gpu"
        for speed, policy, told in ("", "fastest", True), (fast, "fastest", False), ("", "round-robin", False):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "x.yaml")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text % (speed, policy))
                checked = subprocess.run([PROGRAM, "check", path], capture_output=True, text=True, timeout=60, check=True).stdout
            self.assertEqual(said in checked, told, (speed, policy))
        self.assertEqual(self.run_text(text % ("", "fastest"))[1], "cc")

    def common(self, broker, lines, centres, backfill="easy"):
        """Jobs at home in c, whose partitions may all be theirs; starts and centres."""
        centres = centres.replace("partitions:", f"scheduler: {{backfill: {backfill}}}, partitions:")
        rows, where = self.run_text(f"jishi: 1\ncentres: {{{centres}}}\n"
                                    f"broker: {{{broker}}}\ntenants: {{t: {{home: c, workloads: {{w: {{partition: any, jobs: "
                                    + jobs(*lines) + "}}}}\n")
        return where, list(rows["start"])

    def test_planned_once(self):
        """One job runs or comes at d, which has room for two; the last goes there too, or to e, where nobody is."""
        cut = "c: {partitions: {m: {nodes: 1}}}, d: {partitions: {p: {nodes: 1}, q: {nodes: 1}}}, e: {partitions: {z: {nodes: 1}}}"
        for sees, refresh, delay in itertools.product(("plan", "queue"), ("0s", "1h"), (0, 10)):
            got = self.common(f"policy: least-wait, sees: {sees}, refresh: {refresh}, delay: {delay}s", [("0s", 1, "1h")] * 4, cut)
            self.assertEqual(got, ("cdde", [0] + [delay] * 3), (sees, refresh, delay))

    def test_home_planned_once(self):
        """The second finds c/q free though the first waits there, too, at that instant."""
        cut = "c: {partitions: {p: {nodes: 1}, q: {nodes: 1}}}, d: {partitions: {p: {nodes: 1}}}"
        for sees in "plan", "queue", "free":
            got = self.common(f"policy: least-wait, delay: 10s, sees: {sees}", [("0s", 1, "60s")] * 2, cut)
            self.assertEqual(got, ("cc", [0, 0]), sees)

    def test_overflow_counts_once(self):
        """Two run on 8 processors for 10 h; with 8 of 1 processor waiting the ninth still stays, the next go."""
        lines = [("0s", 4, "10h"), ("1s", 4, "10h")] + [("%ds" % (60 + i), 1, "1h") for i in range(12)]
        for home in "p: {nodes: 4}, q: {nodes: 4}", "p: {nodes: 8}":
            where, _ = self.common("policy: {overflow: {after: 1000h, queued: 100%}}", lines,
                                   "c: {partitions: {%s}}, d: {partitions: {p: {nodes: 100}}}" % home)
            self.assertEqual(where, "c" * 11 + "ddd", home)

    def test_work_counts_once(self):
        """c/p and c/q are full until 100 s and one waits for either: the next starts at 100 s by plan; the work would
        be done by 150 s, 600 processor-seconds over 4 processors."""
        cut = "c: {partitions: {p: {nodes: 2}, q: {nodes: 2}}}, d: {partitions: {p: {nodes: 2}}}"
        lines = [("0s", 2, "100s")] * 4
        for sees, depth, delay, want in (("plan", 100, 110, "cccc"), ("plan", 100, 90, "ccdc"), ("queue", 100, 160, "cccc"),
                                         ("queue", 100, 140, "cccd"), ("plan", 0, 160, "cccc"), ("plan", 0, 140, "cccd")):
            where, _ = self.common(f"policy: least-wait, delay: {delay}s, sees: {sees}, depth: {depth}", lines, cut)
            self.assertEqual(where, want, (sees, depth, delay))

    def test_daily_maintenance(self):
        """d is taken for 20 d; the last job finds c sooner, though days of work, or requests much shorter than its own, are before it there."""
        daily = "{nodes: 1, maintenance: [{from: 23h, length: 1h, every: 1d}]}"
        for hours, start in (20, 12), (1, 1):
            rows, where = self.run_text(f"""jishi: 1
time: {{length: 60d}}
broker: {{policy: least-wait, delay: 1h}}
centres: {{c: {{partitions: {{p: {daily}, q: {daily}}}}}, d: {{partitions: {{p: {{nodes: 1}}}}}}}}
tenants:
  o: {{home: d, workloads: {{w: {{centres: [d], jobs: [{{submit: 0h, processors: 1, runtime: 20d}}]}}}}}}
  t: {{home: c, workloads: {{w: {{partition: any, jobs: [{{submit: 1s, processors: 1, runtime: {hours}h, count: 24}}]}},
    v: {{partition: any, jobs: [{{submit: 1h, processors: 1, runtime: 20h}}]}}}}}}
""")
            self.assertEqual((where, rows["start"][-1] / 86400), ("d" + "c" * 25, start))

    def test_reservations_count_once(self):
        """Two run until 100 s, the third holds 100 s to 200 s in both partitions: the fourth starts at 100 s."""
        cut = "c: {partitions: {p: {nodes: 1}, q: {nodes: 1}}}, d: {partitions: {p: {nodes: 1}}}"
        lines = [("0s", 1, "100s"), ("0s", 1, "100s"), ("1s", 1, "100s"), ("2s", 1, "100s"), ("3s", 1, "100s")]
        for refresh in "0s", "1s":
            got = self.common(f"policy: least-wait, delay: 150s, refresh: {refresh}", lines, cut, "conservative")
            self.assertEqual(got, ("ccccd", [0, 0, 100, 100, 153]), refresh)

    def test_reservation_in_a_later_partition(self):
        """A job of x waits in q and in its reservation there, and where that is among the partitions of d does not matter: the third to fifth
        of two hours and more would wait over 90 min at home."""
        for first in "p: {nodes: 1}, ", "":
            for refresh in "0s", "1h":
                rows, where = self.run_text(f"""jishi: 1
time: {{length: 5d}}
centres:
  d: {{partitions: {{{first}q: {{nodes: 2, reservations: [{{tenant: b/x, nodes: 2, from: 40h, length: 7h}}]}}}}}}
  c: {{partitions: {{p: {{nodes: 6}}}}}}
broker: {{policy: {{overflow: {{after: 90min}}}}, refresh: {refresh}}}
tenants:
  b: {{home: d, tenants: {{x: {{workloads: {{w: {{partition: q, jobs: {jobs(
      ("17h", 2, "1h"), ("17.5h", 2, "3h"), ("17.6h", 2, "3h"), ("17.7h", 2, "3h"), ("17.8h", 2, "3h"))}}}}}}}}}}}
""")
                self.assertEqual(where, "ddccc", (first, refresh))
                self.assertEqual(list(rows["wait"]), [0, 1800, 0, 0, 0])

    def test_windows_that_come_again(self):
        """The first decision may be made before anybody looked ahead, and of jobs that wait in one partition and its reservation only."""
        again = "[{%s from: 10h, length: 5h, every: 1d, nodes: 2}]"
        for windows in "maintenance: " + again % "", "reservations: " + again % "tenant: a,":
            for policy in "least-wait", "{overflow: {after: 1h}}":
                self.run_text(f"""jishi: 1
seed: 1
time: {{length: 6d}}
centres:
  c: {{partitions: {{p: {{nodes: 5, {windows}}}}}, scheduler: {{backfill: conservative}}}}
  d: {{partitions: {{p: {{nodes: 4}}}}}}
broker: {{policy: {policy}}}
tenants: {{a: {{home: c, workloads: {{w: {{arrival: {{poisson: 30/d}}, runtime: {{exponential: 30min}}}}}}}}}}
""")
        self.run_text("""jishi: 1
time: {length: 5d}
centres:
  c: {partitions: {p: {nodes: 6}}}
  d:
    partitions:
      p: {nodes: 2, reservations: [{tenant: a, nodes: 1, from: 15h, length: 8h, every: 10h}]}
      q: {nodes: 2, reservations: [{tenant: b/x, nodes: 2, from: 7h, length: 7h, every: 1d}]}
broker: {policy: {overflow: {}}}
tenants:
  a: {home: c}
  b: {home: d, tenants: {x: {workloads: {w: {partition: any, arrival: {poisson: 40/d}, processors: 2, runtime: {exponential: 30min}}}}}}
""")


if __name__ == "__main__":
    unittest.main()
