"""What tenants get of a centre is what they are due: shares, dominant resources, lent processors.

usage: test_sharing.py JISHI [FIXTURES]

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(sys.argv.pop(1))
FIXTURES = os.environ.get("JISHI_FIXTURES") or (sys.argv.pop(1) if len(sys.argv) > 1 else "")
HOUR, DAY = 3600, 86400


class Kinds(unittest.TestCase):
    """Metrics of the tenants of a location or a sector."""

    def test_by_hand(self):
        """Four processors, fcfs, all at once: city runs 0-2 h, city/firm (remote, and of the sector above) 2-3 h, lab 3-6 h,
        two jobs of far 6-7 h beside each other."""
        want = {"wait.mean[location=remote]": (2 + 6 + 6) / 3 * HOUR, "wait.mean[location=local]": 1.5 * HOUR,
                "wait.mean[sector=vision]": HOUR, "wait.mean[sector=vision, location=remote]": 2 * HOUR,
                "wait.mean[tenant=city, location=local]": 0, "wait.mean[location=remote, processors=2]": 6 * HOUR,
                "wait.mean[sector=\"cloud, servers\", processors>=3]": 3 * HOUR, "jobs.submitted[sector=vision]": 2,
                "processor_hours[sector=vision]": 12, "processor_hours[sector=\"cloud, servers\"]": 12,
                "processor_hours[location=remote]": 8}
        run = run_text(f"""
jishi: 1
time: {{length: 10h}}
centres: {{c: {{partitions: {{p: {{nodes: 4, processors_per_node: 1}}}}, scheduler: {{order: fcfs, backfill: none}}}}}}
metrics: {[*want]}
tenants:
  city:
    home: c
    sector: vision
    workloads: {{w: {{jobs: [{{submit: 0s, processors: 4, runtime: 2h}}]}}}}
    tenants: {{firm: {{location: remote, workloads: {{w: {{jobs: [{{submit: 0s, processors: 4, runtime: 1h}}]}}}}}}}}
  lab: {{home: c, sector: "cloud, servers", workloads: {{w: {{jobs: [{{submit: 0s, processors: 4, runtime: 3h}}]}}}}}}
  far: {{home: c, location: remote, workloads: {{w: {{jobs: [{{submit: 0s, processors: 2, runtime: 1h, count: 2}}]}}}}}}
""")
        for name, value in want.items():
            self.assertAlmostEqual(run.metrics[name, "all"], value, msg=name)

    def test_of_a_log(self):
        """Users that a log brings are of the location and the sector of the tenant above them."""
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "x.swf"), "w", encoding="ascii") as file:
                for job, submit, user in ((1, 0, 7), (2, 0, 8), (3, 60, 7)):
                    print(job, submit, -1, 3600, 1, -1, -1, 1, 3600, -1, 1, user, *[-1] * 6, file=file)
            run = run_text("""
jishi: 1
time: {length: 10h}
centres: {c: {partitions: {p: {nodes: 4, processors_per_node: 1}}}}
metrics: ["jobs.submitted[sector=weather]", "jobs.submitted[location=remote]", "jobs.submitted[location=local, runtime>=1h]"]
tenants:
  users: {home: c, location: remote, sector: weather, members: {by: user}, tenants: {"8": {location: local}},
          workloads: {log: {log: "%s"}}}
""" % os.path.join(folder, "x.swf"))
        self.assertEqual([run.metrics[name, "all"] for name in ("jobs.submitted[sector=weather]", "jobs.submitted[location=remote]",
                                                                "jobs.submitted[location=local, runtime>=1h]")], [3, 2, 1])


class Run:
    """One run: its jobs, the names of its tenants, its metrics."""

    def __init__(self, path, *more):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "x.h5")
            subprocess.run([PROGRAM, "run", path, "-q", "-o", out, *more], check=True, timeout=600)
            with h5py.File(out) as file:
                self.reasons = list(file["names/reasons"].asstr()[:])
                assert file.attrs["complete"] == 1
                self.jobs = file["jobs"][:]
                self.names = list(file["names/tenants"].asstr()[:])
                self.metrics = {(row["name"].decode(), row["scope"].decode()): row["value"]
                                for row in file["metrics"][:] if not row["period"]}
                self.received = {row["name"].decode(): row["processor_seconds"] for row in file["tenants"][:]}

    def of(self, name):
        return self.jobs[self.jobs["tenant"] == self.names.index(name)]

    def hours(self, name, since, until):
        """Processor-hours that the tenant, with all below it, used in a stretch of days."""
        rows = [i for i, path in enumerate(self.names) if (path + "/").startswith(name + "/")]
        jobs = self.jobs[numpy.isin(self.jobs["tenant"], rows)]
        jobs = jobs[~numpy.isnan(jobs["start"])]
        end = numpy.where(numpy.isnan(jobs["end"]), numpy.inf, jobs["end"])
        span = numpy.minimum(end, until * DAY) - numpy.maximum(jobs["start"], since * DAY)
        return (numpy.clip(span, 0, None) * jobs["procs"]).sum() / HOUR

    def starts(self, name):
        """How many start when, in hours."""
        at, count = numpy.unique(self.of(name)["start"] / HOUR, return_counts=True)
        return {float(t): int(n) for t, n in zip(at, count) if not numpy.isnan(t)}


def run_text(text, *more):
    """One run of a scenario given as text, its invariants checked."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return Run(path, "--check", *more)


TRACES = os.path.join(FIXTURES, "../traces")


def most_at_once(jobs):
    """Most processors that jobs which were never stopped hold at one instant."""
    jobs = jobs[~numpy.isnan(jobs["start"])]
    till = numpy.where(numpy.isnan(jobs["end"]), numpy.inf, jobs["end"])
    at = numpy.concatenate([jobs["start"], till])
    procs = numpy.concatenate([jobs["procs"], -jobs["procs"]]).astype(numpy.int64)
    return int(numpy.cumsum(procs[numpy.lexsort((procs, at))]).max())


class Starving(unittest.TestCase):
    """What never may start does not keep a run without `length` from its end."""

    TEXT = """
jishi: 1
title: Starving
seed: 1
centres: {c: {partitions: {p: {nodes: 4}}}}
tenants:
  a: {home: c, guarantee: {processors: 3, lend: 0}, quota: {processor_hours: {limit: 2, per: 1h}}, workloads: {w: {jobs: [%s]}}}
  b: {home: c, guarantee: {processors: 1}, quota: {processor_hours: {limit: 1, per: run}}, workloads: {w: {jobs: [{submit: 0s, processors: 1, runtime: 1h, count: 2}]}}}
"""

    def states(self, *jobs, more=""):
        run = run_text(self.TEXT % ", ".join("{submit: 0s, processors: 1, runtime: %s}" % job for job in jobs) + more)
        return sorted(run.of("a")["state"]), sorted(run.of("b")["state"]), run.jobs["end"]

    def test_more_than_a_period_has(self):
        a, b, end = self.states("2h", "2h", "3h")
        self.assertEqual((a, b), ([0, 0, 4], [0, 5]))
        self.assertEqual(numpy.nanmax(end), 4 * HOUR)  # until 2 h the first leaves one

    def test_a_later_quota_counts(self):
        later = "changes: [{at: 5h, set: {tenants.a.quota.processor_hours.limit: 3}}]"
        a, b, end = self.states("3h", more=later)
        self.assertEqual((a, b, numpy.nanmax(end)), ([0], [0, 5], 8 * HOUR))


class Slack(unittest.TestCase):
    """A limit that holds nobody changes nothing, though an order that ages sees when a pass is made."""

    TEXT = """
jishi: 1
title: Slack
seed: 3
time: {length: 20d}
centres: {c: {partitions: {p: {nodes: 16}}, scheduler: {order: wfp3, backfill: easy}}}
tenants:
  g:
    home: c
    quota: {%s}
    workloads:
      w: {arrival: {poisson: 3/h}, processors: {uniform: [1, 9]}, runtime: {exponential: 1h}, request: {factor: 3}}
"""

    def starts(self, quota):
        return run_text(self.TEXT % quota).jobs["start"].tobytes()

    def test_period_that_nobody_waits_for(self):
        free = self.starts("")
        self.assertEqual(self.starts("processor_hours: {limit: 1000000, per: 1h}"), free)
        self.assertNotEqual(self.starts("processor_hours: {limit: 40, per: 1h}"), free)


class Later(unittest.TestCase):
    """A dated change brings the first quota of processor-hours while jobs wait."""

    TEXT = """
jishi: 1
title: Later
seed: 1
time: {start: 2021-01-01, length: 6d}
centres: {c: {partitions: {p: {nodes: 8}}, scheduler: {order: %s, backfill: easy}}}
tenants:
  a: {home: c, workloads: {w: {arrival: {poisson: 3/h}, processors: {uniform: [1, 5]}, runtime: {exponential: 2h}, request: {factor: 2}}}}
  b: {home: c, workloads: {w: {arrival: {poisson: 1/h}, processors: 1, runtime: {exponential: 1h}}}}
changes: [{at: 2021-01-03, set: {tenants.a.quota.processor_hours: {limit: 20, per: 1d}}}]
"""

    def test_holds_what_waits(self):
        for order in ("fcfs", "fair-share", "wfp3"):
            run = run_text(self.TEXT % order)
            self.assertGreater(run.hours("a", 1, 2), 60)
            for day in (3, 4, 5):  # by then nothing runs that started before the change
                self.assertLessEqual(run.hours("a", day, day + 1), 20)


class Lifted(unittest.TestCase):
    """A quota of processor-hours that a dated change takes away: causes went on asking for it."""

    TEXT = """
jishi: 1
title: Lifted
seed: 1
centres: {c: {partitions: {p: {nodes: 16}}}}
tenants:
  a: {home: c, quota: {processor_hours: {limit: 4}}, workloads: {w: {jobs: [
    {submit: 0s, processors: 4, runtime: 1h}, {submit: 0s, processors: 3, runtime: 1h}, {submit: 0s, processors: 1, runtime: 2h}]}}}
changes: [{at: 3h, set: {tenants.a.quota: {processors: 3}}}]
"""

    def test_holds_by_what_is_left(self):
        run = run_text(self.TEXT)
        self.assertEqual(sorted(run.of("a")["start"] / HOUR), [0, 3, 4])
        self.assertEqual(list(run.of("a")["wait_quota"] / HOUR), [0, 3, 4])


class Qos(unittest.TestCase):
    """Limits across tenants: 16 processors, QOS short of at most 4, of each tenant 2, and long of at most 6."""

    TEXT = """
jishi: 1
title: QOS
seed: 1
time: {length: 100h}
centres:
  c: {partitions: {p: {nodes: 16}}, scheduler: {order: priority, backfill: easy}}
  d: {partitions: {p: {nodes: 16}}}
qos:
  short: {priority: high, quota: {processors: 4, max_request: 2h, max_processors: 3}, each: {processors: 2, queued: 2}}
  long: {priority: low, quota: {processors: 6}}
tenants:
  lab:
    home: c
    qos: long
    tenants:
      x: {workloads: {w: {jobs: [{submit: 0h, processors: 4, runtime: 1h}, {submit: 0h, processors: 3, runtime: 1h}]},
                      s: {qos: short, jobs: [%s]}, n: {qos: none, jobs: [{submit: 0h, processors: 7, runtime: 1h}]}}}
  b: {home: c, priority: low, workloads: {s: {qos: short, jobs: [{submit: 0h, processors: 2, runtime: 1h}, {submit: 0h, processors: 2, runtime: 1h}]}}}
  e: {home: d, qos: short, workloads: {s: {jobs: [{submit: 0h, processors: 1, runtime: 1h}]}}}
%s
"""
    ONE = "{submit: 0h, processors: %d, runtime: %s}"

    def run_with(self, short, more=""):
        return run_text(self.TEXT % (", ".join(self.ONE % job for job in short), more))

    def test_all_and_each(self):
        """In the order of priority: x 2 and b 2 of the four, at 1 h b 2 and e 1; of long 4, then 3; none is not held."""
        run = self.run_with([(2, "1h")])
        self.assertEqual(run.starts("lab/x"), {0: 3, 1: 1})
        self.assertEqual(run.starts("b"), {0: 1, 1: 1})
        self.assertEqual(run.starts("e"), {1: 1})
        self.assertEqual(set(run.jobs["wait_quota"] / HOUR), {0, 1})

    def test_single_jobs(self):
        """More than 3 processors, more than 2 h, more than each may have: each for its own reason."""
        run = self.run_with([(4, "1h"), (3, "1h"), (1, "3h"), (1, "2h")])
        jobs = run.of("lab/x")
        refused = {(int(job["procs"]), float(job["request"]) / HOUR): run.reasons[job["reason"]] for job in jobs if job["reason"]}
        self.assertEqual(refused, {(4, 1): "limit on processors a job", (3, 1): "asks more than a quota allows",
                                   (1, 3): "limit on the time a job asks for"})
        self.assertEqual(run.metrics["jobs.rejected.max_request", "all"], 1)
        run = self.run_with([(3, "1h"), (4, "1h")], "changes: [{at: 50h, set: {qos.short.each: {processors: 5}, qos.short.quota.processors: 5}}]")
        jobs = run.of("lab/x")
        self.assertEqual([run.reasons[job["reason"]] for job in jobs if job["reason"]], ["limit on processors a job"])
        self.assertEqual(run.starts("lab/x"), {0: 2, 1: 1, 50: 1})  # it waits for the change

    def test_queued(self):
        """Of four by one tenant at once two start and two wait; a fifth is too many."""
        run = self.run_with([(1, "1h")] * 5)
        self.assertEqual(run.starts("lab/x"), {0: 4, 1: 3})
        self.assertEqual([run.reasons[job["reason"]] for job in run.of("lab/x") if job["reason"]], ["quota of queued jobs"])

    def test_queued_with_a_reservation(self):
        """By hand: u's job comes before t's at 10 s, and may not wait. It leaves no reservation in either of its partitions, of
        which one is full to 100 s and one has a processor free."""
        text = """
jishi: 1
title: Turned away
centres: {c: {partitions: {p1: {nodes: 4}, p0: {nodes: 4}}, scheduler: {backfill: %s}}}
tenants:
  u: {home: c, quota: {queued: 0}, workloads: {w: {partition: %s, jobs: [{submit: 10s, processors: 4, runtime: 40s}]}}}
  t:
    home: c
    workloads:
      a: {partition: p0, jobs: [{submit: 0s, processors: 4, runtime: 100s}]}
      b: {partition: p1, jobs: [{submit: 0s, processors: 3, runtime: 50s}]}
      d: {partition: p1, jobs: [{submit: 10s, processors: 1, runtime: 60s}]}
"""
        for backfill in "none", "easy", "plan", "conservative", "slurm":
            for where in "any", "p1":
                run = run_text(text % (backfill, where))
                self.assertEqual([run.reasons[job["reason"]] for job in run.of("u")], ["quota of queued jobs"], backfill)
                self.assertEqual(sorted(job["start"] for job in run.of("t")), [0, 0, 10], backfill)

    def test_what_began_is_claimed(self):
        """By hand: at 1 h b takes all 6 that x is guaranteed, 3 of them borrowed from a, whose job of 3 comes at that instant (in a
        further round, as one of no length ends), or a second later. Who began at this instant is not stopped, and x has no
        more to claim from y."""
        text = """
jishi: 1
title: A group at its guarantee
centres: {c: {partitions: {p: {nodes: 16}}, scheduler: {order: fcfs, backfill: none, reclaim: newest}}}
tenants:
  x:
    home: c
    guarantee: {processors: 6}
    tenants:
      a: {guarantee: {processors: 3}, quota: {jobs: 1}, workloads: {w: {jobs: [{submit: 1h, processors: 1, runtime: 0s}, {submit: %s, processors: 3, runtime: 5h}]}}}
      b: {guarantee: {processors: 3}, workloads: {w: {jobs: [{submit: 1h, processors: 6, runtime: 10h}]}}}
  y: {home: c, workloads: {w: {jobs: [{submit: 10s, processors: 6, runtime: 10h}, {submit: 20s, processors: 3, runtime: 10h}]}}}
"""
        for at, starts, stopped in ("1h", [3600, 36010], 0), ("3601s", [3600, 3601], 1):
            run = run_text(text % at)
            self.assertEqual(sorted(job["start"] for job in run.of("x/a")), starts)
            self.assertEqual([job["preemptions"] for job in run.of("x/b")], [stopped])
            self.assertEqual([job["preemptions"] for job in run.of("y")], [0, 0])

    def test_limits_of_tenants(self):
        """What one above says of single jobs holds below it, too."""
        more = ("--set", "tenants.lab.quota={max_request: 30min, max_processors: 6}")
        run = run_text(self.TEXT % (self.ONE % (1, "1h"), ""), *more)
        self.assertEqual(sorted(run.reasons[job["reason"]] for job in run.of("lab/x")),
                         ["limit on processors a job"] + 3 * ["limit on the time a job asks for"])

    def order(self, *settings):
        """The centre is full until 1 h: who starts then, of three that wait for all of it?"""
        text = """
jishi: 1
title: Classes
seed: 1
centres: {c: {partitions: {p: {nodes: 4}}, scheduler: {order: priority, backfill: none}}}
qos: {up: {priority: high}, plain: {}}
tenants:
  first: {home: c, workloads: {w: {jobs: [{submit: 0h, processors: 4, runtime: 1h}]}}}
  g: {home: c, tenants: {a: {workloads: {w: {jobs: [{submit: 1min, processors: 4, runtime: 1h}]}}},
                         b: {workloads: {w: {jobs: [{submit: 2min, processors: 4, runtime: 1h}]}}}}}
"""
        run = run_text(text, *(word for setting in settings for word in ("--set", setting)))
        return "ab" if run.of("g/a")["start"][0] < run.of("g/b")["start"][0] else "ba"

    def test_priority(self):
        """Said nearest to the job: at the place of its QOS, or below."""
        b = "tenants.g.tenants.b."
        self.assertEqual(self.order(), "ab")
        self.assertEqual(self.order(b + "qos=up"), "ba")
        self.assertEqual(self.order(b + "workloads.w.qos=up"), "ba")
        self.assertEqual(self.order(b + "qos=up", b + "priority=medium"), "ab")
        self.assertEqual(self.order(b + "qos=up", b + "workloads.w.priority=low"), "ab")
        self.assertEqual(self.order(b + "priority=low", b + "workloads.w.qos=up"), "ba")  # the QOS is nearer
        self.assertEqual(self.order("tenants.g.qos=up"), "ab")  # of both
        self.assertEqual(self.order("tenants.g.qos=up", "tenants.g.tenants.a.qos=none"), "ba")
        self.assertEqual(self.order("tenants.g.qos=up", "tenants.g.tenants.a.workloads.w.qos=plain"), "ba")
        self.assertEqual(self.order("tenants.g.priority=high", "tenants.g.tenants.a.qos=plain"), "ab")
        self.assertEqual(self.order("changes=[{at: 90s, set: {tenants.g.qos: up}}]"), "ba")  # of jobs that come since
        self.assertEqual(self.order("changes=[{at: 90s, set: {qos.plain.priority: high}}]", "tenants.g.qos=plain"), "ba")

    def told(self, *settings):
        """What check says of TEXT with the settings."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.TEXT % (self.ONE % (2, "1h"), ""))
            more = [word for setting in settings for word in ("--set", setting)]
            return subprocess.run([PROGRAM, "check", path, *more], capture_output=True, text=True, check=True).stdout

    def test_told_before(self):
        self.assertRegex(self.told(), r"QOS +workloads +priority +quota +each tenant\n"
                         r"short +3 +high +4, 3 a job, 2 h a job +2, 2 queued\nlong +1 +low +6 +-\n")
        self.assertNotIn("rejected", self.told())
        text = self.told("qos.long.quota.max_processors=3", "qos.short.each.jobs=0")
        self.assertIn("\n  QOS short: a quota of 0 jobs for each tenant lets no job start: all are rejected.\n"
                      "  lab/x/w: jobs of up to 4 processors, but QOS long lets one job have no more than 3: "
                      "the larger ones (50 % of its jobs) are rejected.\n", text)
        self.assertIn("  lab/x/s: jobs of up to 2 processors, but QOS short lets each tenant have no more than 1: "
                      "all are rejected.\n", self.told("qos.short.each.processors=1"))
        self.assertIn("  lab/x/w: jobs of up to 4 processors, but lab lets one job have no more than 3: "
                      "the larger ones (50 % of its jobs) are rejected.\n", self.told("tenants.lab.quota.max_processors=3"))

    def test_long_requests(self):
        """By the distribution of what is asked for, where it is known; else of the jobs there are, or the first 2000."""
        def told(*settings):
            return [line.strip() for line in self.told(*settings).splitlines() if "by request" in line]
        drawn = "tenants.e.workloads.s={arrival: {poisson: 1/h}, runtime: {exponential: 1h}%s}"
        one = "QOS short lets one job have no more than 2 h by request: the longer ones (%s %% of its jobs) are rejected."
        for more, share in (("", "13.5"), (", request: {factor: 2}", "36.8"), (", request: {uniform: [1h, 5h]}", "75"),
                            (", request: {modal: {values: [1h, 2h, 4h]}}", r"\d\d\.?\d*")):
            self.assertEqual(len(told(drawn % more)), 1)
            self.assertRegex(told(drawn % more)[0], "^e/s: " + one.replace("(", r"\(").replace(")", r"\)") % share)
        share = float(told(drawn % ", request: {modal: {values: [1h, 2h, 4h]}}")[0].split("(")[1].split()[0])
        self.assertLess(abs(share - 13.53), 2.5)  # three deviations
        self.assertEqual(told(drawn % ", request: 1h"), [])
        self.assertEqual(told(drawn % ", request: 3h"),
                         ["e/s: QOS short lets one job have no more than 2 h by request: all are rejected."])
        twos = "tenants.b.workloads.s.jobs=[{submit: 0h, processors: 1, runtime: 1h, request: 3h}, {submit: 0h, processors: 1, runtime: 1h}]"
        self.assertEqual(told(twos), ["b/s: " + one % "50"])
        self.assertEqual(told("tenants.b.quota.max_request=30min"),
                         ["b/s: b lets one job have no more than 0.5 h by request: all are rejected."])
        changes = "changes=[{at: 1h, set: {tenants.b.quota.max_request: 2h}}]"
        both = [f"tenants.b.workloads.s.jobs[{i}].submit=2h" for i in range(2)]
        self.assertEqual(told("tenants.b.quota.max_request=30min", changes),
                         ["b/s, before 1970-01-01T01:00:00+00:00: b lets one job have no more than 0.5 h by request: all are rejected."])
        self.assertEqual(told("tenants.b.quota.max_request=30min", changes, *both), [])

    def test_selectors_and_trace(self):
        metrics = 'metrics: ["jobs.ended[qos=short]", "jobs.ended[qos=none]", "jobs.ended[qos=long, tenant=lab]"]'
        with tempfile.TemporaryDirectory() as folder:
            path, out = os.path.join(folder, "x.yaml"), os.path.join(folder, "x.h5")
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.TEXT % (self.ONE % (2, "1h"), metrics))
            text = subprocess.run([PROGRAM, "run", path, "-o", out], capture_output=True, text=True, check=True).stdout
            with h5py.File(out) as file:
                names, jobs = list(file["names/qos"].asstr()[:]), file["jobs"][:]
        self.assertRegex(text, r"jobs.ended\[qos=short\] +4 jobs\n")
        self.assertRegex(text, r"jobs.ended\[qos=none\] +1 jobs\n")
        self.assertRegex(text, r"jobs.ended\[qos=long, tenant=lab\] +2 jobs\n")
        self.assertEqual(names, ["none", "short", "long"])
        self.assertEqual(numpy.bincount(jobs["qos"]).tolist(), [1, 4, 2])


class Overrun(unittest.TestCase):
    def test_counts_as_it_runs(self):
        """Of 6 processor-hours in 10 h the first asks 1 and takes 5: at 3 h it has used 3, and 2 more fit; at 4 h 4, and 2
        are promised: the third waits for the next period. Elsewhere just so."""
        run = run_text("""
jishi: 1
title: Overrun
seed: 1
time: {length: 60h}
centres:
  c: {partitions: {p: {nodes: 4}}, scheduler: {overrun: extend}}
  d: {partitions: {p: {nodes: 4}}}
tenants:
  g: {home: c, quota: {processor_hours: {limit: 6, per: 10h}}, tenants: {
    a: {workloads: {w: {jobs: [{submit: 0h, processors: 1, runtime: 5h, request: 1h},
      {submit: 3h, processors: 1, runtime: 2h}, {submit: 4h, processors: 1, runtime: 1h}]}}},
    b: {home: d, workloads: {w: {jobs: [{submit: 4h, processors: 2, runtime: 1h}]}}}}}
""")
        self.assertEqual((run.starts("g/a"), run.starts("g/b")), ({0: 1, 3: 1, 10: 1}, {10: 1}))


class Reclaim(unittest.TestCase):
    HEAD = """
jishi: 1
title: Reclaim
seed: 1
time: {length: 60h}
centres: {c: {partitions: {p: {nodes: %d}}, scheduler: {order: fcfs, backfill: easy, reclaim: newest}}}
tenants:
"""

    def run_of(self, nodes, tenants):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.HEAD % nodes + tenants)
            return Run(path, "--check")

    def test_no_guaranteed_job_for_a_fresh_one(self):
        """At 3 h a's second job starts and makes it a borrower, and a further round begins: its first is covered."""
        run = self.run_of(11, """
  g: {home: c, tenants: {
    a: {guarantee: {processors: 6}, workloads: {w: {jobs: [{submit: 0h, processors: 6, runtime: 10h}, {submit: 3h, processors: 2, runtime: 1h}]}}},
    b: {guarantee: {processors: 4}, workloads: {w: {jobs: [{submit: 2h, processors: 4, runtime: 1h}]}}}}}
  z: {home: c, workloads: {w: {jobs: [{submit: 0h, processors: 2, runtime: 20h}, {submit: 3h, processors: 1, runtime: 0s}]}}}
""")
        self.assertEqual(run.jobs["preemptions"].sum(), 0)
        self.assertEqual(run.starts("g/a"), {0: 1, 3: 1})

    def test_guarantee_of_a_group_with_guaranteed_members(self):
        run = self.run_of(10, """
  x: {home: c, guarantee: {processors: 10}, tenants: {
    a: {guarantee: {processors: 6}, workloads: {w: {jobs: [{submit: 1h, processors: 6, runtime: 5h}]}}},
    b: {guarantee: {processors: 4}, workloads: {w: {jobs: [{submit: 2h, processors: 4, runtime: 5h}]}}}}}
  y: {home: c, workloads: {w: {jobs: [{submit: 0h, processors: 3, runtime: 20h}, {submit: 0h, processors: 3, runtime: 30h}, {submit: 0h, processors: 4, runtime: 40h}]}}}
""")
        self.assertEqual((run.starts("x/a"), run.starts("x/b")), ({1: 1}, {2: 1}))
        self.assertEqual(run.of("y")["preemptions"].sum(), 3)

    def test_judged_anew_from_the_last(self):
        """At 10 h g/a claims 4. g has 6 of 8, its 2 do not cover that: h's are safe, and g/b's second is chosen. Now
        g has 3 of 8 and covers 4: of h's, on 6 of 4, the last to have started is next, not the first."""
        run = self.run_of(12, """
  g: {home: c, guarantee: {processors: 8}, tenants: {
    a: {guarantee: {processors: 4}, workloads: {w: {jobs: [{submit: 10h, processors: 4, runtime: 10h}]}}},
    b: {guarantee: {processors: 4}, workloads: {w: {jobs: [{submit: 0h, processors: 3, runtime: 50h, count: 2}]}}}}}
  h: {home: c, guarantee: {processors: 4, borrow: 3}, workloads: {w: {jobs: [{submit: 0h, processors: 2, runtime: 40h},
    {submit: 1h, processors: 2, runtime: 40h}, {submit: 2h, processors: 2, runtime: 40h}]}}}
""")
        self.assertEqual(run.starts("g/a"), {10: 1})
        jobs = numpy.sort(run.of("h"), order="id")
        self.assertEqual(jobs["lost"].tolist(), [0, 0, 2 * 8 * HOUR])
        self.assertEqual(sorted(run.of("g/b")["lost"].tolist()), [0, 3 * 10 * HOUR])

    def test_a_group_that_comes_to_cover(self):
        """As it stands only 3 may be stopped for g/a's 4: those of g/b. When they are, g covers it and h's are next."""
        run = self.run_of(9, """
  g: {home: c, guarantee: {processors: 5}, tenants: {
    a: {guarantee: {processors: 4}, workloads: {w: {jobs: [{submit: 10h, processors: 4, runtime: 10h}]}}},
    b: {workloads: {w: {jobs: [{submit: 0h, processors: 3, runtime: 50h}]}}}}}
  h: {home: c, workloads: {w: {jobs: [{submit: 0h, processors: 2, runtime: 40h, count: 3}]}}}
""")
        self.assertEqual(run.starts("g/a"), {10: 1})
        self.assertEqual((run.of("h")["preemptions"].sum(), run.of("g/b")["preemptions"].sum()), (1, 1))

    def test_a_member_within_its_guarantee(self):
        """A runs on 9 of 6, a1 on its 3 and a2 on 6 of 3: a1's job is the last to have started, but a2 borrows."""
        run = self.run_of(12, """
  A: {home: c, guarantee: {processors: 6}, tenants: {
    a1: {guarantee: {processors: 3}, workloads: {w: {jobs: [{submit: 1h, processors: 3, runtime: 50h}]}}},
    a2: {guarantee: {processors: 3}, workloads: {w: {jobs: [{submit: 0h, processors: 3, runtime: 50h, count: 2}]}}}}}
  B: {home: c, guarantee: {processors: 6}, workloads: {w: {jobs: [{submit: 10h, processors: 6, runtime: 10h}]}}}
""")
        self.assertEqual(run.starts("B"), {10: 1})
        self.assertEqual((run.of("A/a1")["lost"].tolist(), sorted(run.of("A/a2")["lost"])), ([0], [0, 3 * 10 * HOUR]))

    def test_members_that_only_together_exceed_their_group(self):
        """A runs on 6 of 4, but nobody in it on more than its own guarantee: B waits."""
        run = self.run_of(8, """
  A: {home: c, guarantee: {processors: 4}, tenants: {
    a1: {guarantee: {processors: 3}, workloads: {w: {jobs: [{submit: 0h, processors: 3, runtime: 20h}]}}},
    a2: {guarantee: {processors: 3}, workloads: {w: {jobs: [{submit: 0h, processors: 3, runtime: 30h}]}}}}}
  B: {home: c, guarantee: {processors: 4}, workloads: {w: {jobs: [{submit: 10h, processors: 4, runtime: 10h}]}}}
""")
        self.assertEqual((run.starts("B"), run.jobs["preemptions"].sum()), ({20: 1}, 0))

    AWAY = """
jishi: 1
time: {length: 20h}
centres:
  c: {partitions: {p: {nodes: 20}}, scheduler: {reclaim: %s}}
  d: {partitions: {p: {nodes: 20}}}
broker: {policy: least-wait}
tenants:
  A: {home: c, quota: {processors: %d}, tenants: {
    x: {guarantee: {processors: 4, lend: 0}, workloads: {w: {centres: [c], jobs: [{submit: 2h, processors: 4, runtime: 1h}]}}},
    y: {guarantee: {processors: 4, lend: 0}, workloads: {
      w: {centres: [d], jobs: [{submit: 0h, processors: 4, runtime: 5h}]},
      v: {centres: [c], jobs: [{submit: 1h, processors: 4, runtime: 5h}]}}}}}
"""

    def test_a_part_used_away(self):
        """Of 8 of A, x keeps 4: y, on 4 of d, waits at home until they end, and x starts at once; while it runs A is full.
        Of 12 there are enough for both."""
        for reclaim in "none", "newest":
            for most, second, quota, guarantee in (8, 5, 1, 3), (12, 1, 0, 0):
                run = run_text(self.AWAY % (reclaim, most))
                self.assertEqual([list(run.of(name)["start"] / HOUR) for name in ("A/x", "A/y")], [[2], [0, second]])
                self.assertEqual([run.of("A/y")[-1]["wait_" + why] / HOUR for why in ("quota", "guarantee")], [quota, guarantee])

    LENT = """
  g: {home: c, %s, tenants: {
    x: {guarantee: {processors: 4}, workloads: {w: {jobs: [{submit: 2h, processors: 4, runtime: 1h}]}}},
    y: {%s workloads: {w: {jobs: [{submit: 0h, processors: 4, runtime: 10h}]}}},
    z: {workloads: {w: {jobs: [{submit: 1h, processors: 4, runtime: 10h}]}}}}}
  o: {home: c, workloads: {w: {jobs: [{submit: 90min, processors: 2, runtime: 10h}]}}}
"""
    BOUNDS = "quota: {processors: 8}", "guarantee: {processors: 6, borrow: 2}", "guarantee: {processors: 8, borrow: 0}"

    def test_lent_within_a_group(self):
        """g may run on 8 and does, its x guaranteed 4 on none. At 2 h z's job, the last of g to have started, is stopped for it, and not
        the later one of o, which would not help; of a full centre just so."""
        for bound in self.BOUNDS:
            for nodes in 100, 10:
                run = self.run_of(nodes, self.LENT % (bound, ""))
                self.assertEqual([run.starts(name) for name in ("g/x", "g/y", "o")], [{2: 1}, {0: 1}, {1.5: 1}])
                self.assertEqual((run.of("g/z")["end"][0] / HOUR, run.of("g/z")["lost"][0] / HOUR), (13, 4))
                self.assertEqual(run.jobs["preemptions"].sum(), 1)

    def test_guaranteed_within_a_group(self):
        """With 4 for z, y loses; with 8 for y and z without work, nobody: x waits for y, and o passes it."""
        for bound in self.BOUNDS:
            text = self.LENT.replace("z: {", "z: {guarantee: {processors: 4}, ")
            run = self.run_of(100, text % (bound, ""))
            self.assertEqual((run.starts("g/x"), run.of("g/y")["lost"][0] / HOUR, run.of("g/z")["preemptions"][0]), ({2: 1}, 8, 0))
            text = self.LENT.replace("submit: 0h, processors: 4", "submit: 0h, processors: 8").replace("submit: 1h", "submit: 30h")
            run = self.run_of(100, text.replace("submit: 90min", "submit: 3h") % (bound, "guarantee: {processors: 8},"))
            self.assertEqual([run.starts(name) for name in ("g/x", "g/y", "o")], [{10: 1}, {0: 1}, {3: 1}])
            self.assertEqual(run.jobs["preemptions"].sum(), 0)

    def test_lent_within_groups_of_groups(self):
        """Two quotas hold x, of f and of g. z's 4 are enough for both, and f, on 4 of its 6, has nothing to claim from y."""
        run = self.run_of(100, """
  g: {home: c, quota: {processors: 10}, tenants: {
    f: {quota: {processors: 6}, guarantee: {processors: 6}, tenants: {
      x: {guarantee: {processors: 4}, workloads: {w: {jobs: [{submit: 10h, processors: 4, runtime: 1h}]}}},
      z: {workloads: {w: {jobs: [{submit: 0h, processors: 4, runtime: 20h}]}}}}},
    y: {workloads: {w: {jobs: [{submit: 1h, processors: 1, runtime: 20h}, {submit: 2h, processors: 2, runtime: 20h},
      {submit: 3h, processors: 3, runtime: 20h}]}}}}}
""")
        self.assertEqual((run.starts("g/f/x"), run.of("g/f/z")["lost"][0] / HOUR), ({10: 1}, 40))
        self.assertEqual(run.of("g/y")["preemptions"].sum(), 0)

    def test_other_limits_above_hold_what_is_owed(self):
        """Two jobs at once, or the processor-hours of a run: nobody is stopped for these."""
        for limit in "jobs: 2", "processor_hours: {limit: 80, per: run}":
            run = self.run_of(100, self.LENT % ("quota: {processors: 8, %s}" % limit, ""))
            self.assertEqual(run.jobs["preemptions"].sum(), 0)

    def test_more_than_guaranteed_and_borrowed(self):
        run = self.run_of(10, """
  a: {home: c, guarantee: {processors: 2, borrow: 2}, workloads: {w: {jobs: [{submit: 0h, processors: 4, runtime: 1h}, {submit: 0h, processors: 5, runtime: 1h}]}}}
""")
        self.assertEqual(run.starts("a"), {0: 1})
        self.assertEqual({run.reasons[job["reason"]] for job in run.jobs[run.jobs["state"] == 4]},
                         {"asks more than is guaranteed and may be borrowed"})

    def test_limits_on_waiting_jobs_at_two_levels(self):
        run = self.run_of(1, """
  g: {home: c, quota: {queued: 2}, tenants: {
    a: {quota: {queued: 1}, workloads: {w: {jobs: [{submit: 0h, processors: 1, runtime: 1h, count: 3}]}}},
    b: {workloads: {w: {jobs: [{submit: 0h, processors: 1, runtime: 1h}]}}}}}
""")
        self.assertEqual(sorted(run.of("g/a")["state"]), [0, 0, 4])
        self.assertEqual(list(run.of("g/b")["state"]), [0])


class Logs(unittest.TestCase):
    @unittest.skipUnless(os.path.exists(os.path.join(TRACES, "philly.csv.gz")), "no traces")
    def test_philly(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, os.path.join(HERE, "../tools/csv_to_swf.py"),
                            os.path.join(TRACES, "philly.csv.gz"),
                            os.path.join(folder, "philly.swf.gz"), "--submit", "timestamp", "--run",
                            "duration", "--procs", "num_gpus", "--queue", "cluster"], check=True,
                           stdout=subprocess.DEVNULL)
            scenario = shutil.copy(os.path.join(HERE, "philly.yaml"), folder)
            run = Run(scenario)
            lent = Run(scenario, "--variant", "guarantees")
        self.assertEqual(len(run.jobs), 82247 - 18)
        with open(os.path.join(HERE, "philly.yaml"), encoding="utf-8") as file:
            quotas = re.findall(r"(vc-\w+): .*quota: .processors: (\d+)", file.read())
        self.assertEqual(len(quotas), 11)
        for name, quota in quotas:
            self.assertLessEqual(most_at_once(run.of(name)), int(quota))
            # what ran is what was asked, whoever it was lent by
            self.assertAlmostEqual(run.hours(name, 0, 200), lent.hours(name, 0, 200), delta=1e-3)
        # held by quotas alone; without them nobody waits
        self.assertGreater(run.jobs["wait_quota"].sum(), 0)
        self.assertAlmostEqual(run.jobs["wait_quota"].sum(), run.jobs["wait"].sum(), delta=1)
        self.assertEqual(lent.jobs["wait"].max(), 0)

    @unittest.skipUnless(os.path.exists(os.path.join(TRACES, "KTH-SP2-1996-2.swf.gz")), "no traces")
    def test_kth(self):
        run = Run(os.path.join(FIXTURES, "replay-kth.yaml"), "--set",
                  "centres.kth.scheduler.order=fair-share")
        self.assertEqual(len(run.jobs), 28481)
        self.assertIn("users/12", run.names)
        self.assertLessEqual(most_at_once(run.jobs), 100)


class Brought(unittest.TestCase):
    """What a log brings has the terms of `each`; whom the scenario names has its own."""

    TEXT = """
jishi: 1
title: Brought
centres: {c: {partitions: {p: {nodes: 8}}}}
tenants:
  g:
    home: c
    members: {by: user, each: {share: 3, quota: {processors: 2}}}
    tenants: {"7": {quota: {processors: 4}}}
    workloads: {log: {log: x.swf}}
"""

    def test_limits_of_users(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "x.swf"), "w", encoding="utf-8") as file:
                file.write("; MaxProcs: 8\n")
                for i in range(12):  # users 5, 7 and 9 by turns, each job 1 h on one processor
                    file.write("%d %d -1 3600 1 -1 -1 1 3600 -1 1 %d 1 1 1 1 -1 -1\n" % (i + 1, 0, (5, 7, 9)[i % 3]))
            path = os.path.join(folder, "x.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.TEXT)
            run = Run(path, "--check")
            told = subprocess.run([PROGRAM, "check", path], capture_output=True, text=True, check=True).stdout
        self.assertEqual(sorted(run.names), ["g", "g/5", "g/7", "g/9"])
        self.assertEqual(run.starts("g/5"), {0: 2, 1: 2})
        self.assertEqual(run.starts("g/7"), {0: 4})
        self.assertEqual(run.starts("g/9"), {0: 2, 1: 2})
        self.assertRegex(told, r"each user +- +3 +2 ")
        self.assertEqual(set(run.of("g/5")["wait_quota"]), {0, HOUR})


class Turned(unittest.TestCase):
    """The periods of a quota begin anew for whom a log brings, too."""

    TEXT = """
jishi: 1
title: Turned
seed: 1
centres: {c: {partitions: {p: {nodes: 16}}}}
tenants:
  users: {home: c, members: {by: user, each: {quota: {processor_hours: {limit: 4, per: 1 day}}}}, workloads: {w: {log: x.swf}}}
"""

    def test_users_of_a_log(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "x.swf"), "w", encoding="utf-8") as file:
                for i, (at, user) in enumerate([(0, 7), (0, 7), (100000, 7), (900000, 8)]):  # 4 processors for 1 h each
                    file.write("%d %d 0 3600 4 -1 -1 4 3600 -1 1 %d 1 1 1 1 -1 -1\n" % (i + 1, at, user))
            path = os.path.join(folder, "x.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.TEXT)
            run = Run(path, "--check")
        self.assertEqual(list(run.jobs["start"]), [0, DAY, 2 * DAY, 900000])


class Shares(unittest.TestCase):
    @unittest.skipUnless(os.path.exists(os.path.join(FIXTURES, "fair-share.yaml")), "no fixtures")
    def test_two_tenants(self):
        run = Run(os.path.join(FIXTURES, "fair-share.yaml"), "--check")  # of a queue of 145 000 jobs, in seconds
        for day in range(10, 90, 10):
            large, small = (run.hours(name, day, day + 10) for name in ("large", "small"))
            self.assertAlmostEqual(large / (large + small) / 0.75, 1, delta=0.01)
            self.assertAlmostEqual(large + small, 64 * 240, delta=0.01 * 64 * 240)
        # and so says the summary: what was used, not by whom it was submitted when
        for name in ("large", "small"):
            self.assertAlmostEqual(run.metrics["processor_hours", f"tenant:{name}"],
                                   run.hours(name, 10, 90), delta=1e-3)
        self.assertGreater(run.metrics["fairness.jain", "all"], 0.9999)

    def test_kinds_apart(self):
        """a takes all of x, of which it is due 3 of 4 h; all of y is b's alone, who waits for x: together they have the same."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("""
jishi: 1
title: Kinds
seed: 1
time: {length: 2h}
processors: {x: {fp64: 1 TFLOPS}, y: {fp64: 1 TFLOPS}}
centres: {c: {partitions: {x: {nodes: 2, processor: x}, y: {nodes: 2, processor: y}}}}
tenants:
  a: {home: c, share: 3, workloads: {w: {partition: x, jobs: [{submit: 0h, processors: 2, runtime: 2h}]}}}
  b: {home: c, workloads: {w: {partition: x, jobs: [{submit: 0h, processors: 2, runtime: 2h}]},
                           v: {partition: y, jobs: [{submit: 0h, processors: 2, runtime: 2h}]}}}
""")
            run = Run(path)
            text = subprocess.run([PROGRAM, "run", path, "--no-trace"], check=True, capture_output=True, text=True).stdout
        jain = {scope: value for (name, scope), value in run.metrics.items() if name == "fairness.jain"}
        self.assertTrue(numpy.isnan(jain.pop("all")))
        self.assertEqual(jain, {"processor:x": 0.5, "processor:y": 1, "partition:c/x": 0.5, "partition:c/y": 1})
        self.assertEqual([run.metrics["processor_hours.due", "tenant:" + name] for name in "ab"], [3, 5])
        self.assertIn("\nFairness over tenants, x-time received / due: Jain 0.500 (1 is even), Gini 0.500 (0 is even).\n"
                      "Fairness over tenants, y-time received / due: Jain 1.000 (1 is even), Gini 0.000 (0 is even).\n", text)

    def check_levels(self, *more):
        run = Run(os.path.join(HERE, "three-levels.yaml"), *more)
        names = ("city", "uni", "city/a", "city/b", "city/a/x", "city/a/y", "city/b/x", "city/b/y",
                 "uni/c", "uni/d")
        due = (3 / 4, 1 / 4, 1 / 2, 1 / 4, 3 / 8, 1 / 8, 1 / 20, 1 / 5, 1 / 8, 1 / 8)
        for name, share in zip(names, due):
            with self.subTest(name):
                got = run.hours(name, 40, 200)
                self.assertAlmostEqual(got / (64 * 160 * 24) / share, 1, delta=0.01)
                self.assertAlmostEqual(run.metrics["processor_hours", f"tenant:{name}"], got,
                                       delta=1e-3)
                self.assertAlmostEqual(run.metrics["processor_hours.due", f"tenant:{name}"],
                                       share * run.hours("city", 40, 200) +
                                       share * run.hours("uni", 40, 200), delta=1e-3)

    def test_three_levels(self):
        self.check_levels()

    def test_three_levels_multifactor(self):
        self.check_levels("--variant", "multifactor")


class Kept(unittest.TestCase):
    """With `lend: 0` what is guaranteed is there on demand, at every level."""

    HEAD = """
jishi: 1
title: Kept
seed: %d
time: {length: %s}
centres: {c: {partitions: {p: {nodes: %d}}, scheduler: {order: fcfs, backfill: %s}}}
tenants:
"""
    NESTED = """
  A: {home: c, guarantee: {processors: 7, lend: 0}, tenants: {
    x: {guarantee: {processors: 4, lend: 0}, workloads: {w: {jobs: [{submit: 2h, processors: 4, runtime: 10h}]}}},
    y: {%s workloads: {w: {jobs: [{submit: 0h, processors: 7, runtime: 20h}]}}}}}
  C: {home: c, workloads: {w: {jobs: [{submit: 1h, processors: 4, runtime: 20h}]}}}
"""

    def test_group_that_borrows_from_itself(self):
        """y may run on all but the 4 of x, which are then kept from C though A runs on its 7."""
        run = run_text(self.HEAD % (1, "60h", 11, "easy") + self.NESTED % "guarantee: {processors: 3, lend: 0},")
        self.assertEqual([run.starts(name) for name in ("A/y", "A/x", "C")], [{0: 1}, {2: 1}, {20: 1}])

    def test_claim_on_the_guarantee_of_a_group(self):
        """y, guaranteed nothing, claims of A what x does not keep, 3: of 8 processors 4 are never for its 7, nor for C's 4 more than 1."""
        run = run_text(self.HEAD % (1, "60h", 8, "easy") + self.NESTED % "")
        self.assertEqual([run.starts(name) for name in ("A/x", "C", "A/y")], [{2: 1}, {}, {}])

    def test_own_jobs_of_a_group(self):
        """A job of the group itself leaves x its 4 of 7: of the two, of 4 and of 3, the first waits for x's end."""
        run = run_text(self.HEAD % (1, "60h", 7, "easy") + """
  A: {home: c, guarantee: {processors: 7, lend: 0}, workloads: {w: {jobs: [{submit: 0h, processors: 4, runtime: 5h},
    {submit: 0h, processors: 3, runtime: 5h}]}}, tenants: {
    x: {guarantee: {processors: 4, lend: 0}, workloads: {w: {jobs: [{submit: 1h, processors: 4, runtime: 10h}]}}}}}
""")
        self.assertEqual((run.starts("A/x"), run.starts("A")[0]), ({1: 1}, 1))

    NEVER = """
  a: {home: c, guarantee: {processors: 4, lend: 0}, workloads: {w: {jobs: [{submit: 0h, processors: 4, runtime: 10h}]}}}
  b: {home: c, workloads: {w: {jobs: [{submit: 0h, processors: 4, runtime: 2h}, {submit: 1h, processors: 7, runtime: 1h}]}}}
  d: {home: c, workloads: {w: {jobs: [{submit: 2h, processors: 4, runtime: 9h}]}}}
"""

    def test_more_than_others_ever_leave(self):
        """Of 10 processors a keeps 4, by running on them or not: 7 are too many for b, and hold no reservation before d."""
        for backfill in "easy", "conservative", "none", "{reserve: 3}":
            run = run_text(self.HEAD % (1, "60h", 10, backfill) + self.NEVER)
            self.assertEqual([run.starts(name) for name in "abd"], [{0: 1}, {0: 1}, {2: 1}])
            self.assertEqual([run.reasons[job["reason"]] for job in run.of("b")],
                             ["asks more than the guarantees of others ever leave it", "none"])

    def test_more_than_others_leave_until_a_date(self):
        """At 20 h a is guaranteed 3, or there is an eleventh node: the 7 wait for that, and for the guarantee, in nobody's way."""
        for change in "tenants.a.guarantee.processors: 3", "centres.c.partitions.p.nodes: +1":
            run = run_text(self.HEAD % (1, "60h", 10, "easy") + self.NEVER + "changes: [{at: 20h, set: {%s}}]" % change)
            self.assertEqual([run.starts(name) for name in "abd"], [{0: 1}, {0: 1, 20: 1}, {2: 1}])
            self.assertEqual(sorted(run.of("b")["wait_guarantee"]), [0, 19 * HOUR])
        # too late for one that comes after the node left again
        run = run_text(self.HEAD % (1, "60h", 10, "easy") + self.NEVER.replace("submit: 1h", "submit: 31h") +
                       "changes: [{at: 20h, set: {centres.c.partitions.p.nodes: +1}}, {at: 30h, set: {centres.c.partitions.p.nodes: -1}}]")
        self.assertEqual(sorted(run.of("b")["state"]), [0, 4])

    def test_not_refused_where_the_guaranteed_may_not_go(self):
        """a, guaranteed 12 of 20, may not use q: z's 10 there wait till a takes what it is guaranteed, but are not refused."""
        run = run_text("""
jishi: 1
title: Kept for others
time: {length: 30h}
centres: {c: {partitions: {p: {nodes: 10}, q: {nodes: 10, tenants: [z]}}, scheduler: {order: fcfs, backfill: easy}}}
tenants:
  a: {home: c, guarantee: {share: 60%, lend: 0}, workloads: {w: {partition: p, jobs: [{submit: 2h, processors: 10, runtime: 1h}]}}}
  z: {home: c, workloads: {w: {partition: q, jobs: [{submit: 1h, processors: 10, runtime: 1h}]}}}
""")
        self.assertEqual((run.starts("a"), list(run.of("z")["state"])), ({2: 1}, [5]))

    GROUP = """
  g: {home: c, quota: {processors: 8}, %s tenants: {
    x: {guarantee: {processors: 4, lend: 0}, workloads: {w: {jobs: [{submit: 2h, processors: 4, runtime: 1h}]}}},
    y: {workloads: {w: {jobs: [{submit: 0h, processors: 4, runtime: 10h}, {submit: 1h, processors: 4, runtime: 10h}]}}}}}
"""

    def test_within_a_quota(self):
        """Of the quota of g, 8 of 100 processors, 4 are kept for x: y runs on the other 4."""
        for backfill in "easy", "conservative", "none":
            run = run_text(self.HEAD % (1, "60h", 100, backfill) + self.GROUP % "")
            self.assertEqual([run.starts(name) for name in ("g/x", "g/y")], [{2: 1}, {0: 1, 10: 1}])
            self.assertEqual(sorted(run.of("g/y")["wait_guarantee"]), [0, 8 * HOUR])

    def test_within_a_quota_elsewhere(self):
        """A quota holds in all centres together: what is kept of it at home is kept from jobs of y in another centre too, and
        from jobs that g has of its own."""
        two = self.HEAD.replace("centres: {", "centres: {d: {partitions: {p: {nodes: 100}}}, ")
        run = run_text(two % (1, "60h", 100, "easy") + self.GROUP.replace("y: {", "y: {home: d, ") % "")
        self.assertEqual([run.starts(name) for name in ("g/x", "g/y")], [{2: 1}, {0: 1, 10: 1}])
        own = "workloads: {w: {jobs: [{submit: 0h, processors: 2, runtime: 1h}, {submit: 0h, processors: 5, runtime: 1h}]}},"
        run = run_text(self.HEAD % (1, "60h", 100, "easy") + self.GROUP % own)
        self.assertEqual((run.starts("g"), sorted(run.of("g")["state"])), ({0: 1}, [0, 4]))

    def test_while_it_is_there(self):
        """a is guaranteed 6 of 10 from 10 d to 20 d: b's 8 start before and after that, and are too many meanwhile."""
        run = run_text(self.HEAD % (1, "30d", 10, "easy") + """
  a: {home: c, join: 10d, leave: 20d, guarantee: {processors: 6, lend: 0}, workloads: {w: {jobs: [{submit: 15d, processors: 6, runtime: 1h}]}}}
  b: {home: c, workloads: {w: {jobs: [{submit: 0d, processors: 8, runtime: 1d}, {submit: 12d, processors: 5, runtime: 1d},
    {submit: 25d, processors: 8, runtime: 1d}]}}}
""")
        self.assertEqual([run.starts(name) for name in "ab"], [{15 * 24: 1}, {0: 1, 20 * 24: 1, 25 * 24: 1}])

    def test_waits_of_jobs_that_had_not_ended(self):
        """b waits for the guarantee of a to the end at 30 h: from 2 h on, and from 29 h on beside one that started. Nobody else waits."""
        text = self.HEAD % (1, "30h", 10, "easy") + """
  a: {home: c, guarantee: {processors: 6, lend: 0}, workloads: {w: {jobs: [{submit: 0h, processors: 6, runtime: 1h}]}}}
  b: {home: c, workloads: {w: {jobs: [{submit: 2h, processors: 5, runtime: 1h}, {submit: 29h, processors: 2, runtime: 2h},
    {submit: 29h, processors: 4, runtime: 2h}]}}}
changes: [{at: 40h, set: {tenants.a.guarantee.processors: 5}}]
"""
        with tempfile.TemporaryDirectory() as folder:
            path, out = os.path.join(folder, "x.yaml"), os.path.join(folder, "x.h5")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            said = subprocess.run([PROGRAM, "run", path, "-o", out], capture_output=True, text=True, check=True).stdout
            with h5py.File(out) as file:
                rows = {row["name"].decode(): (row["wait"], row["wait_guarantee"]) for row in file["tenants"][:]}
        self.assertEqual(rows, {"a": (0, 0), "b": (29 * HOUR, 29 * HOUR)})
        self.assertIn("""
Why jobs waited, by partition  job-hours  guarantee
c/p                                   29    100.0 %
by tenant
b                                     29    100.0 %
Of these, 29 job-hours are of jobs that had not ended: 2 pending, 1 running.
""", said)
        self.assertIn("\nNobody waited for capacity or reserved.\n", said)

    def test_waits_of_jobs_of_no_partition_yet(self):
        """What waits in both partitions at the end is a line of its own, so that the lines add up."""
        text = """jishi: 1
time: {length: 10h}
centres: {c: {partitions: {p: {nodes: 1}, q: {nodes: 1}}, scheduler: {order: fcfs}}}
tenants:
  t:
    home: c
    workloads:
      p: {partition: p, jobs: [{submit: 0h, processors: 1, runtime: 6h, count: 2}]}
      q: {partition: q, jobs: [{submit: 0h, processors: 1, runtime: 20h}]}
      any: {partition: any, jobs: [{submit: 8h, processors: 1, runtime: 1h}]}
"""
        with tempfile.TemporaryDirectory() as folder:
            path, out = os.path.join(folder, "x.yaml"), os.path.join(folder, "x.h5")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            said = subprocess.run([PROGRAM, "run", path, "-o", out], capture_output=True, text=True, check=True).stdout
        self.assertIn("""
Why jobs waited, by partition  job-hours  capacity
c/p                                    6   100.0 %
none yet, of several                   2   100.0 %
all                                    8   100.0 %
Of these, 8 job-hours are of jobs that had not ended: 1 pending, 2 running.
""", said)

    FLOOD = ("workloads: {w: {arrival: {poisson: 6 per h}, processors: {choice: {1: 0.5, 2: 0.3, 3: 0.2}}, "
             "runtime: {exponential: 40min}, request: {factor: {uniform: [1, 3]}}}}")

    def test_at_random(self):
        """No job waits while it and what its tenant runs on are within the guarantee."""
        for seed, backfill in ((1, "none"), (2, "easy"), (3, "{reserve: 3}")):
            run = run_text(self.HEAD % (seed, "5d", 16, backfill) + """
  A: {home: c, guarantee: {processors: 9, lend: 0}, tenants: {
    g: {guarantee: {processors: 6, lend: 0}, FLOOD, tenants: {
      x: {guarantee: {processors: 4, lend: 0}, FLOOD}, y: {FLOOD}}},
    z: {guarantee: {processors: 3, lend: 0}, FLOOD}}}
  N: {home: c, tenants: {b: {guarantee: {processors: 4, lend: 0}, FLOOD}, e: {FLOOD}}}
  C: {home: c, FLOOD}
""".replace("FLOOD", self.FLOOD))
            for name, g in (("A/g/x", 4), ("A/z", 3), ("N/b", 4)):
                jobs = run.of(name)
                start = numpy.where(numpy.isnan(jobs["start"]), numpy.inf, jobs["start"])
                end = numpy.where(numpy.isnan(jobs["end"]), numpy.inf, jobs["end"])
                self.assertGreater(len(jobs), 400)
                for now in numpy.unique(numpy.concatenate([jobs["submit"], start, end])):
                    held = jobs["procs"][(start <= now) & (end > now)].sum()
                    waits = jobs["procs"][(jobs["submit"] <= now) & (start > now)]
                    with self.subTest(seed=seed, tenant=name, now=now):
                        self.assertFalse(now < 5 * DAY and (held + waits <= g).any())


class Stopped(unittest.TestCase):
    def test_needless(self):
        for more, stopped in (((), {7: 70}), (("--variant", "eight"), {7: 70, 2: 16})):
            run = Run(os.path.join(HERE, "needless.yaml"), "--check", *more)
            lost = {int(job["procs"]): job["lost"] / HOUR for job in run.of("b")}
            self.assertEqual(lost, {3: 0, 2: 0, **stopped})
            for scope in ("all", "tenant:b", "centre:c"):
                self.assertEqual(run.metrics["preemptions", scope], len(stopped))
                self.assertAlmostEqual(run.metrics["lost", scope], sum(stopped.values()), 9)
            self.assertEqual(run.metrics["lost", "tenant:a"], 0)
            self.assertAlmostEqual(run.metrics["lost[tenant=b,processors>=3]", "all"], 70, 9)

    def test_pending_at_the_end(self):
        """b's 4 processors run from 0 h and are a's from 1 h on: of 12 processor-hours b received 4, and waits with 40 to do again. Each
        was due half: 8/6 and 4/6, Jain 2^2 / (2 (16/9 + 4/9)) = 0.9, of the whole run as of its only year."""
        run = run_text("""
jishi: 1
time: {length: 3h}
measure: {periods: year}
centres: {c: {partitions: {p: {nodes: 4}}, scheduler: {reclaim: newest}}}
metrics: ["processor_hours[tenant=b, processors=4]", "processor_hours[tenant=b, period=1970]"]
tenants:
  a: {home: c, guarantee: {processors: 4}, workloads: {w: {jobs: [{submit: 1h, processors: 4, runtime: 10h}]}}}
  b: {home: c, guarantee: {processors: 0}, workloads: {w: {jobs: [{submit: 0h, processors: 4, runtime: 10h}]}}}
""")
        hours = {scope: value for (name, scope), value in run.metrics.items() if name == "processor_hours"}
        self.assertEqual(hours, {"all": 12, "centre:c": 12, "partition:c/p": 12, "tenant:a": 8, "tenant:b": 4})
        self.assertEqual(run.received, {"a": 8 * HOUR, "b": 4 * HOUR})
        self.assertEqual((run.metrics["lost", "tenant:b"], run.metrics["preemptions", "partition:c/p"]), (4, 1))
        self.assertAlmostEqual(run.metrics["fairness.jain", "all"], 0.9, 12)
        for name in ("processor_hours[tenant=b, processors=4]", "processor_hours[tenant=b, period=1970]"):
            self.assertEqual(run.metrics[name, "all"], 4)

    def test_by_kind(self):
        """b runs for 1 h on p's 4 slow processors and, stopped for a, 3 h on the 4 fast ones of q, which z leaves at 2 h: 4 slow-h, done
        in vain, and 12 fast-h. a ran from 1 h to 11 h, z from 0 h to 2 h."""
        run = run_text("""
jishi: 1
time: {length: 12h}
processors: {slow: {fp16: 1 TFLOPS}, fast: {fp16: 2 TFLOPS}}
centres: {c: {partitions: {p: {nodes: 4, processor: slow}, q: {nodes: 4, processor: fast}}, scheduler: {reclaim: newest}}}
metrics: ["processor_hours[tenant=b, processor=slow]", "processor_hours[tenant=b, processor=fast]",
          "lost[tenant=b, processor=slow]", "lost[partition=p, processors=4]", "preemptions[processor=fast]", "awrt[tenant=b]"]
tenants:
  a: {home: c, guarantee: {processors: 4}, workloads: {w: {partition: p, jobs: [{submit: 1h, processors: 4, runtime: 10h}]}}}
  z: {home: c, guarantee: {processors: 4}, workloads: {w: {partition: q, jobs: [{submit: 0h, processors: 4, runtime: 2h}]}}}
  b: {home: c, guarantee: {processors: 0}, workloads: {w: {partition: any, jobs: [{submit: 0h, processors: 4, runtime: 3h}]}}}
""")
        hours = {scope: value for (name, scope), value in run.metrics.items() if name == "processor_hours"}
        self.assertEqual(hours, {"all": 64, "processor:slow": 44, "processor:fast": 20, "centre:c": 64, "partition:c/p": 44,
                                 "partition:c/q": 20, "tenant:a": 40, "tenant:z": 8, "tenant:b": 16})
        asked = [value for (name, _), value in run.metrics.items() if "[" in name]
        self.assertEqual(asked, [4, 12, 4, 4, 0, 5 * HOUR])
        for scope, stops in (("partition:c/p", 1), ("partition:c/q", 0), ("processor:slow", 1), ("tenant:b", 1)):
            self.assertEqual((run.metrics["preemptions", scope], run.metrics["lost", scope]), (stops, 4 * stops), scope)

    def test_attempts(self):
        """b's job runs from 0 h to 1 h in vain, waits while a's runs, and runs from 2 h to 5 h: its response is 5 h and the run that it
        needed 3 h. By areas of 12 and 4 processor-hours, the mean response is (12 x 5 h + 4 x 1 h) / 16, the mean wait 12 x 1 h / 16; the
        last start was at 2 h."""
        run = run_text("""
jishi: 1
time: {length: 12h}
centres: {c: {partitions: {p: {nodes: 4}}, scheduler: {reclaim: newest}}}
metrics: ["slowdown.mean[tenant=b]", "slowdown.pp.max[tenant=b]", "awrt[tenant=b]", "response.mean[tenant=b]"]
tenants:
  a: {home: c, guarantee: {processors: 4}, workloads: {w: {jobs: [{submit: 1h, processors: 4, runtime: 1h}]}}}
  b: {home: c, guarantee: {processors: 0}, workloads: {w: {jobs: [{submit: 0h, processors: 4, runtime: 3h}]}}}
""")
        self.assertAlmostEqual(run.metrics["slowdown.mean[tenant=b]", "all"], 5 / 3, 12)
        self.assertEqual(run.metrics["slowdown.pp.max[tenant=b]", "all"], 1)
        self.assertEqual(run.metrics["awrt[tenant=b]", "all"], run.metrics["response.mean[tenant=b]", "all"])
        self.assertAlmostEqual(run.metrics["awrt", "all"], 4 * HOUR, 9)
        self.assertAlmostEqual(run.metrics["awwt", "all"], 0.75 * HOUR, 9)
        self.assertAlmostEqual(run.metrics["utilisation.to_last_start", "all"], 16 / (4 * 2), 12)

    def test_slowdown(self):
        run = Run(os.path.join(HERE, "stopped.yaml"), "--check")
        jobs = run.of("b")
        self.assertEqual(sorted(jobs["lost"] / 3600), [0, 0, 36])
        exact = ((jobs["end"] - jobs["submit"]) / (40 * 3600)).mean()
        self.assertAlmostEqual(exact, 3.475 / 3, delta=1e-9)
        self.assertAlmostEqual(run.metrics["slowdown.mean", "tenant:b"], exact, delta=2e-3)
        text = subprocess.run([PROGRAM, "run", os.path.join(HERE, "stopped.yaml"), "--no-trace"], check=True,
                              capture_output=True, text=True).stdout
        self.assertIn("Note: 1 time a job was stopped for the guarantee of another tenant; 36 processor-hours "
                      "were done in vain (they count as used, not as the run of a slowdown).\n", text)


class Resources(unittest.TestCase):
    def check_drf(self, a, b, *more):
        run = Run(os.path.join(HERE, "drf.yaml"), "--check", *more)
        self.assertEqual(run.starts("a"), {float(hour): a for hour in range(11)})
        self.assertEqual(run.starts("b"), {float(hour): b for hour in range(11)})

    def test_drf(self):
        self.check_drf(3, 2)
        self.check_drf(3, 2, "--variant", "easy")
        self.check_drf(4, 1, "--variant", "shares")

    def test_drf_looks_at_no_group(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("""
jishi: 1
centres: {c: {partitions: {p: {nodes: 4}}, scheduler: {order: drf}}}
tenants:
  g: {home: c, share: 2, tenants: {a: {workloads: {w: {jobs: [{submit: 0h, processors: 1, runtime: 1h}]}}}}}
""")
            told = subprocess.run([PROGRAM, "check", path], capture_output=True, text=True, check=True).stdout
            tree = subprocess.run([PROGRAM, "check", path, "--set", "centres.c.scheduler.order=fair-share"],
                                  capture_output=True, text=True, check=True).stdout
        note = ("  g: its share of 2 counts for its own jobs only: drf compares all tenants as they are, "
                "whatever stands above them.\n")
        self.assertIn(note, told)
        self.assertNotIn("whatever stands above", tree)

    def test_drf_plenty_of_memory(self):
        # Of processors alone: A, B, A, A, and at 3 to 3 A again, which came first; then it is B's
        # turn, for whom two are too few. They idle, or go to A.
        plenty = ("--set", "centres.shop.partitions.p.memory_per_node=100 TB")
        self.check_drf(4, 1, *plenty)
        self.check_drf(6, 1, *plenty, "--variant", "easy")


class Page(unittest.TestCase):
    def summary(self, *more):
        return subprocess.run([PROGRAM, "run", os.path.join(HERE, "deep.yaml"), "--no-trace", *more], check=True,
                              capture_output=True, text=True).stdout

    def test_deep_tree(self):
        def tenants(text):
            table = text.split("By tenant")[1].split("Fairness")[0]
            return [line for line in table.split("\n")[1:] if line and not line.startswith("Shown")]
        short, full = self.summary(), self.summary("--tenants", "all")
        self.assertEqual(len(tenants(short)), 6 + 36)
        self.assertIn("\nShown: levels of the tree that fit in 60 lines, of brothers those that received most; "
                      "all: --tenants all.\n", short)
        self.assertEqual(len(tenants(full)), 6 + 36 + 216 + 432)
        self.assertNotIn("Shown:", full)


class Never(unittest.TestCase):
    def check(self, name, *more):
        return subprocess.run([PROGRAM, "check", os.path.join(HERE, name), *more], check=True,
                              capture_output=True, text=True).stdout

    LATER = """
jishi: 1
title: Terms that come later
time: {length: 10d}
centres: {c: {partitions: {p: {nodes: 80}}}}
tenants:
  u: {home: c, workloads: {w: {arrival: {every: 1d}, processors: 1, runtime: 1h}}}
  v: {home: c, %s workloads: {w: {arrival: {every: 1d}, processors: 6, runtime: 1h}}}
%s
"""

    def tenants_of(self, text):
        """What check says of tenants, None: nothing."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return (self.check(path).split("\nTenants") + [None])[1]

    def test_terms_that_come_later(self):
        """A guarantee or a quota that nobody has at the start."""
        self.assertIsNone(self.tenants_of(self.LATER % ("", "")))
        self.assertIsNone(self.tenants_of(self.LATER % ("", "changes: [{at: 1d, set: {tenants.u.workloads.w.processors: 2}}]")))
        table = ("  with jobs  share  quota  guarantee  asked for\nu                1      1      -          -      0.042\n"
                 "v                1      1      -          -       0.25\n")
        self.assertEqual(self.tenants_of(self.LATER % ("", "changes: [{at: 1d, set: {tenants.u.guarantee.processors: 100}}]")), table +
                         "  tenants: 100 processors are guaranteed (1970-01-02T00:00:00+00:00), but c has 80: guarantees are not always kept.\n")
        self.assertEqual(self.tenants_of(self.LATER % ("", "changes: [{at: 1d, set: {tenants.v.quota.processors: 5}}]")),
                         table.replace(" 0.25\n", "0.025\n") + "  v/w, from 1970-01-02T00:00:00+00:00 on: jobs of up to 6 processors, but v has a "
                         "quota of 5: all are rejected.\n")

    def test_members_that_differ(self):
        """In what they drew, of quotas and of guarantees; the share is the same."""
        group = """members: {count: 30, each: {quota: {processors: 4, jobs: 3}, guarantee: {processors: 1},
    workloads: {w: {arrival: {every: 1d}, processors: 1, runtime: 1h}}}, vary: {%s}},"""
        for vary, quota, guarantee in (("quota.processors: {choice: [4, 5]}", "differ", "1"), ("quota.jobs: {choice: [4, 5]}", "differ", "1"),
                                       ("guarantee.processors: {choice: [1, 2]}", "4, 3 jobs", "differ")):
            self.assertRegex(self.tenants_of(self.LATER % (group % vary, "")), rf"\n  1\.\.30 +30 +1 +{quota} +{guarantee} +\d")

    def test_told_before(self):
        text = self.check("never.yaml")
        self.assertIn("\n  closed: a quota of 0 processors lets no job start: all are rejected.\n"
                      "  idle: a quota of 0 jobs lets no job start: all are rejected.\n", text)
        self.assertIn("20 h/1d", text)
        text = self.check("cohort.yaml", "--set", "tenants.team-a.quota={jobs: 3, queued: 500, processor_hours: "
                          "{limit: 20k, per: month}}")
        self.assertIn("3 jobs, 500 queued, 20 000 h/month", text)

    def told(self, name, *settings):
        """The warnings below the tenants."""
        more = [word for setting in settings for word in ("--set", setting)]
        return re.findall(r"^  \S+(?: below \S+)?: .*$", self.check(name, *more).split("\nTenants")[1], re.M)

    def test_too_large_for_a_quota(self):
        hours, work = [f"  {name}/w: jobs of up to {most} processor-hours by their requests, but {name} has a quota of 20 "
                       "processor-hours: the larger ones (50 % of its jobs) are rejected." for name, most in
                       (("hours", "20.004"), ("work", "40"))]  # 576 PFLOP take least on the fast processors: 40 h
        self.assertEqual(self.told("never.yaml")[2:], [
            hours,
            "  raised/w: jobs of up to 9 processors, but raised has a quota of 8: the larger ones (50 % of its jobs) are rejected.",
            "  firm/project/w: jobs of up to 4 processors, but firm has a quota of 3: the larger ones (50 % of its jobs) are "
            "rejected.", work])
        firm = "tenants.firm.tenants.project.workloads.w.jobs="
        self.assertEqual(self.told("never.yaml", firm + "[{submit: 0h, processors: 4, runtime: 1h}]")[4:],
                         ["  firm/project/w: jobs of up to 4 processors, but firm has a quota of 3: all are rejected.", work])
        # whole nodes, drawn, and of a quota that is never higher
        drawn = "tenants.firm.tenants.project.workloads.w={partition: p, arrival: {poisson: 1/h}, nodes: {choice: {2: 0.5, 4: 0.5}}, runtime: 1h}"
        self.assertEqual(self.told("never.yaml", "tenants.firm.quota.processors=1",
                                   drawn.replace("{choice: {2: 0.5, 4: 0.5}}", "2"))[4:],
                         ["  firm/project/w: jobs of up to 2 processors, but firm has a quota of 1: all are rejected.", work])
        self.assertEqual(self.told("never.yaml", drawn)[4:],
                         ["  firm/project/w: jobs of up to 4 processors, but firm has a quota of 3: the larger ones (50 % of its "
                          "jobs) are rejected.", work])
        self.assertEqual(self.told("never.yaml", "changes=[{at: 50h, set: {tenants.firm.quota.processors: 4, "
                                   "tenants.raised.quota.processors: 9}}]")[2:], [hours, work])

    def test_too_large_to_borrow(self):
        settings = ("tenants.team-a.workloads.w={jobs: [{submit: 0h, processors: 3, runtime: 1h}]}",
                    "tenants.team-a.guarantee={processors: 1, borrow: %d}")
        self.assertEqual(self.told("cohort.yaml", settings[0], settings[1] % 2), [])
        self.assertEqual(self.told("cohort.yaml", settings[0], settings[1] % 0, "broker={policy: home}"), [])
        self.assertEqual(self.told("cohort.yaml", settings[0], settings[1] % 0),
                         ["  team-a/w: jobs of up to 3 processors, but team-a is guaranteed, and may borrow, no more than 1: all are "
                          "rejected."])

    def test_more_than_others_leave(self):
        """Of 21 processors team-b keeps 12, until some date if need be."""
        settings = ("tenants.team-a.workloads.w={jobs: [{submit: 0h, processors: 9, runtime: 1h}, {submit: 0h, processors: 10, runtime: 1h}]}",
                    "tenants.team-b.guarantee.lend=0")
        self.assertEqual(self.told("cohort.yaml", settings[0]), [])
        self.assertEqual(self.told("cohort.yaml", *settings),
                         ["  team-a/w: jobs of up to 10 processors, but team-a is left, by what others are guaranteed, no more than 9: "
                          "the larger ones (50 % of its jobs) are rejected."])
        self.assertEqual(self.told("cohort.yaml", *settings, "changes=[{at: 50h, set: {tenants.team-b.guarantee.lend: 1}}]"), [])
        self.assertEqual(self.told("cohort.yaml", *settings, "tenants.team-b.join=50h"), [])

    def test_what_guarantees_do_not_look_at(self):
        of_p = ("tenants.team-a.workloads.w.partition=p", "tenants.team-b.workloads.w.partition=p")
        kept = "centres.shop.partitions.q={nodes: 4, tenants: [%s]}"
        self.assertEqual(self.told("cohort.yaml", kept % "team-b", *of_p),
                         ["  team-a: its guarantee counts shop/q, too, and holds jobs there, though only others may use it."])
        self.assertEqual(self.told("cohort.yaml", kept % "team-a, team-b", *of_p), [])
        kinds = ("processors={npu: {fp16: 1 TFLOPS}, cpu: {fp64: 1 GFLOPS}}", "centres.shop.partitions.p.processor=npu",
                 *of_p)
        other = "centres.shop.partitions.q={nodes: 4, processor: %s}"
        self.assertEqual(self.told("cohort.yaml", *kinds, other % "cpu"),
                         [f"  {name}: its guarantee counts processors of several kinds together: of shop/p and of shop/q."
                          for name in ("team-a", "team-b")])
        self.assertEqual(self.told("cohort.yaml", *kinds, other % "npu"), [])

    def test_guarantees_one_after_the_other(self):
        """c comes when team-b has left, or an hour before."""
        heir = "tenants.c={home: shop, join: %s, guarantee: {processors: 12}}"
        self.assertEqual(self.told("cohort.yaml", "tenants.team-b.leave=40h", heir % "40h"), [])
        self.assertEqual(self.told("cohort.yaml", "tenants.team-b.leave=40h", heir % "39h"),
                         ["  tenants: 33 processors are guaranteed (1970-01-02T15:00:00+00:00), but shop has 21: guarantees are not always kept."])

    def test_guarantees_below_a_tenant(self):
        group = ("tenants.g={home: c, %s, tenants: {a: {guarantee: {processors: 7}}, b: {guarantee: {processors: 2}, tenants: "
                 "{c: {guarantee: {processors: 2}}}}}}")
        end = ": guarantees are not always kept."
        for terms, want in (("guarantee: {processors: 3}", ["g itself is guaranteed 3"]), ("guarantee: {processors: 9}", []),
                            ("share: 1", []), ("quota: {processors: 8}", ["g has a quota of 8"]),
                            ("quota: {processors: 8}, guarantee: {processors: 3}", ["g itself is guaranteed 3"]),
                            ("quota: {processors: 300}, guarantee: {processors: 201}", [])):
            with self.subTest(terms=terms):
                got = [line for line in self.told("never.yaml", group % terms) if "below" in line]
                self.assertEqual(got, ["  tenants below g: 9 processors are guaranteed (at the start), but " + who + end
                                       for who in want])
        got = self.told("never.yaml", group % "quota: {processors: 1}")
        self.assertEqual([line for line in got if "below" in line],
                         ["  tenants below g: 9 processors are guaranteed (at the start), but g has a quota of 1" + end,
                          "  tenants below g/b: 2 processors are guaranteed (at the start), but g has a quota of 1" + end])

    def test_guarantees_told_once(self):
        text = self.check("cohort.yaml", "--set", "changes=[{at: 1h, set: {tenants.team-a.guarantee.processors: 15}}, "
                          "{at: 2h, set: {tenants.team-a.share: 2}}]")
        self.assertEqual(text.count("guarantees are not always kept"), 1)
        self.assertIn("  tenants: 27 processors are guaranteed (1970-01-01T01:00:00+00:00), but shop has 21: guarantees "
                      "are not always kept.\n", text)

    def test_rejected(self):
        run = Run(os.path.join(HERE, "never.yaml"), "--check")
        fate = {}
        for name in run.names:
            jobs = numpy.sort(run.of(name), order="id")
            fate[name] = [("rejected" if job["state"] == 4 else float(job["start"] / HOUR)) for job in jobs]
        self.assertEqual(fate, {"hours": [0, "rejected"], "closed": ["rejected"], "idle": ["rejected"],
                                "raised": [10, "rejected"], "lowered": [0, "rejected"],
                                "firm": [], "firm/project": ["rejected", 0], "work": [0, "rejected"]})
        self.assertEqual({run.reasons[job["reason"]] for job in run.jobs[run.jobs["state"] == 4]},
                         {"asks more than a quota allows"})

    def test_first_reason(self):
        """Of several limits the nearest to the job tells, and its quota before its guarantee, that before the limits of one job."""
        bound, work = "guarantee: {processors: 3, borrow: 1}", "workloads: {w: {qos: q, jobs: [{submit: 0s, processors: 8, runtime: 1h}]}}"
        run = run_text(f"""jishi: 1
time: {{length: 2d}}
centres: {{c: {{partitions: {{p: {{nodes: 16}}}}}}}}
qos: {{q: {{quota: {{max_processors: 6}}, each: {{processors: 4}}}}}}
tenants:
  both: {{home: c, quota: {{processors: 4, max_processors: 2}}, {bound}, {work}}}
  bound: {{home: c, quota: {{max_processors: 2}}, {bound}, {work}}}
  y: {{home: c, quota: {{processors: 4}}, tenants: {{a: {{{bound}, {work}}}}}}}
  z: {{home: c, {bound}, tenants: {{a: {{quota: {{processors: 4}}, {work}}}}}}}
  one: {{home: c, quota: {{processors: 4}}, tenants: {{a: {{quota: {{max_processors: 2}}, {work}}}}}}}
  free: {{home: c, {work}}}
""")
        quota, guarantee = "asks more than a quota allows", "asks more than is guaranteed and may be borrowed"
        single = "limit on processors a job"
        for name, reason in (("both", quota), ("bound", guarantee), ("y/a", guarantee), ("z/a", quota), ("one/a", single), ("free", single)):
            self.assertEqual([run.reasons[job["reason"]] for job in run.of(name)], [reason], name)


    def test_too_many_processor_hours(self):
        """By hand: of written, 8 processors for 5 h by request are more than 32 h, the others 32 h; of some, half ask for 48 h,
        the others keep 2/h x 1/2 x 8 x 3 h = 24 processors busy; later is raised to the 48 h that its jobs ask for."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("""
jishi: 1
time: {length: 1000h}
centres: {c: {partitions: {p: {nodes: 4, processors_per_node: 8}}}}
templates: {t: {home: c, quota: {processor_hours: {limit: 32, per: month}}}}
tenants:
  written:
    like: t
    workloads: {w: {jobs: [{submit: 0s, processors: 4, runtime: 8h}, {submit: 0s, processors: 8, runtime: 1h, request: 5h},
                           {submit: 1h, nodes: 1, runtime: 4h, count: 2}]}}
  all: {like: t, workloads: {w: {arrival: {poisson: 1 per h}, processors: 16, runtime: 3h}}}
  some: {like: t, workloads: {w: {arrival: {every: 30min}, processors: {choice: {8: 0.5, 16: 0.5}}, runtime: 3h}}}
  later: {like: t, workloads: {w: {arrival: {poisson: 1 per h}, processors: 16, runtime: 3h}}}
  above: {like: t, tenants: {below: {workloads: {w: {jobs: [{submit: 0s, processors: 16, runtime: 2.001h}]}}}}}
changes:
  - {at: 20h, set: {tenants.later.quota.processor_hours.limit: 48}}
""")
            text = self.check(path)
        told = re.findall(r"^  \S+/w: .*$", text, re.M)
        self.assertEqual(told, [
            "  written/w: jobs of up to 40 processor-hours by their requests, but written has a quota of 32 processor-hours: the "
            "larger ones (25 % of its jobs) are rejected.",
            "  all/w: jobs of up to 48 processor-hours by their requests, but all has a quota of 32 processor-hours: all are "
            "rejected.",
            "  some/w: jobs of up to 48 processor-hours by their requests, but some has a quota of 32 processor-hours: the larger ones "
            "(50 % of its jobs) are rejected.",
            "  above/below/w: jobs of up to 32.016 processor-hours by their requests, but above has a quota of 32 processor-hours: "
            "all are rejected."])
        load = dict(re.findall(r"^([a-z]+) .* ([\d.]+)$", text.split("\nTenants")[1], re.M))
        self.assertEqual((load["all"], load["some"], load["later"], load["above"]), ("0.0", "24.0", "48.0", "0.0"))


class Due(unittest.TestCase):
    def test_dated_shares(self):
        """Of 400 processor-hours, 200 at 1 : 1 and 200 at 3 : 1; the last share alone would make 300 and 100. Shares that end as
        they began count too."""
        text = """
jishi: 1
time: {length: 100h}
centres: {c: {partitions: {p: {nodes: 4, processors_per_node: 1}}, scheduler: {order: fair-share}}}
tenants:
  a: {home: c, workloads: {w: {jobs: [{submit: 0s, processors: 1, runtime: 1h, count: 900}]}}}
  b: {home: c, workloads: {w: {jobs: [{submit: 0s, processors: 1, runtime: 1h, count: 900}]}}}
changes: [{at: 50h, set: {tenants.a.share: 3}}]
"""
        due = {name: value for name, value in run_text(text).metrics.items() if name[0] == "processor_hours.due"}
        self.assertEqual({scope: round(value, 9) for (_, scope), value in due.items()}, {"all": 400, "tenant:a": 250, "tenant:b": 150})
        back = text.replace("share: 3}}]", "share: 3}}, {at: 75h, set: {tenants.a.share: 1}}]")
        self.assertAlmostEqual(run_text(back).metrics["processor_hours.due", "tenant:a"], 100 + 75 + 50)

    def test_periods(self):
        """In January a has the two processors, in February b; both asked in January. What a month's shares are of is what was
        received in it: half is due to each in January, all to b in February."""
        with tempfile.TemporaryDirectory() as folder:
            path, out = os.path.join(folder, "x.yaml"), os.path.join(folder, "x.h5")
            with open(path, "w", encoding="utf-8") as file:
                file.write("""
jishi: 1
time: {start: 2022-01-31, length: 48h}
measure: {periods: month}
centres: {c: {partitions: {p: {nodes: 2, processors_per_node: 1}}}}
tenants:
  a: {home: c, workloads: {w: {jobs: [{submit: 0h, processors: 2, runtime: 24h}]}}}
  b: {home: c, workloads: {w: {jobs: [{submit: 1h, processors: 2, runtime: 24h}]}}}
""")
            subprocess.run([PROGRAM, "run", path, "-q", "-o", out, "--check"], check=True)
            with h5py.File(out) as file:
                jain = {row["period"].decode(): row["value"] for row in file["metrics"][:]
                        if row["name"] == b"fairness.jain" and row["scope"] == b"all"}
        self.assertEqual(jain, {"": 1, "2022": 1, "2022-01": 0.5, "2022-02": 1})


class Cohort(unittest.TestCase):
    def cohort(self, *more):
        return Run(os.path.join(HERE, "cohort.yaml"), "--check", *more)

    def most(self, run, until):
        """Most processors that team-a has at once before the hour."""
        jobs = run.of("team-a")
        return int(jobs["procs"][jobs["start"] < until * HOUR].sum())

    def test_borrow_and_reclaim(self):
        run = self.cohort()
        self.assertEqual(self.most(run, 1), 21)
        self.assertEqual(run.starts("team-b"), {1: 12})
        jobs = numpy.sort(run.of("team-a"), order="id")
        # The first nine are team-a's own. The twelve borrowers of 1 min were stopped at 1 h; they
        # stand before the nine that never ran, and begin anew at 10 h, when the nine end, and at
        # 11 h, when team-b does.
        self.assertEqual(jobs["start"].tolist(), [0] * 9 + [60] * 12 + [11 * HOUR] * 9)
        self.assertEqual(jobs["end"].tolist(),
                         [10 * HOUR] * 9 + [20 * HOUR] * 9 + [21 * HOUR] * 12)
        self.assertEqual(jobs["preemptions"].tolist(), [0] * 9 + [1] * 12 + [0] * 9)
        self.assertEqual(jobs["lost"].tolist(), [0] * 9 + [59 * 60] * 12 + [0] * 9)

    def test_limits(self):
        for variant in ("borrowing-limit", "lending-limit"):
            with self.subTest(variant):
                run = self.cohort("--variant", variant)
                self.assertEqual(self.most(run, 10), 10)
                self.assertEqual(run.starts("team-b"), {1: 12})
                self.assertEqual(run.of("team-a")["preemptions"].sum(), 1)  # the one that it borrowed

    def test_no_reclaim(self):
        run = self.cohort("--variant", "no-reclaim")
        self.assertEqual(run.starts("team-b"), {10: 9, 10 + 1 / 60: 3})


if __name__ == "__main__":
    unittest.main()
