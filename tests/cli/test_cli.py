"""The program as its users meet it: options, exit statuses, files, signals, resolved scenarios.

usage: test_cli.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import csv
import fcntl
import hashlib
import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import unittest

import h5py
import numpy

from in_folder import InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))

SMALL = """jishi: 1
title: small
seed: 3
time: {length: 100h}
centres:
  lab:
    partitions:
      p: {nodes: 4, processors_per_node: 2}
    scheduler: {order: fcfs, backfill: easy}
tenants:
  firm:
    home: lab
    workloads:
      w: {arrival: {poisson: 4/h}, processors: {choice: {1: 1, 2: 1, 4: 1}}, runtime: {exponential: 1h}}
variants:
  wide: {centres.lab.partitions.p.nodes: 40}
  long: {time.length: 200h}
  both: {combine: [wide, long]}
"""
LONG = SMALL.replace("100h", "10000000h").replace("nodes: 4,", "nodes: 400,")
LOG = "; MaxProcs: 8\n; UnixStartTime: 1000000000\n; TimeZoneString: UTC\n" + "".join(
    f"{i} {i * 100} -1 {50 + i * 37 % 900} {1 + i % 4} -1 -1 {1 + i % 4} {1000} -1 1 {i % 3} 1 -1 1 1 -1 -1\n"
    for i in range(1, 60))


class Case(InFolder):
    def setUp(self):
        super().setUp()
        self.write("small.yaml", SMALL)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def jishi(self, *arguments, status=0, cwd=None, **more):
        done = subprocess.run([PROGRAM, *arguments], cwd=cwd or self.folder, capture_output=True,
                              text=True, timeout=120, **more)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done

    def assert_same_results(self, a, b):
        """All but what tells of the scenario's text."""
        names = []
        with h5py.File(self.path(a)) as x, h5py.File(self.path(b)) as y:
            x.visititems(lambda name, item: names.append(name)
                         if isinstance(item, h5py.Dataset) else None)
            self.assertIn("jobs", names)
            self.assertIn("metrics", names)
            for name in names:
                if not name.startswith("scenario/"):
                    self.assertEqual(x[name][()].tobytes(), y[name][()].tobytes(), name)

    def refused(self, *arguments, status=1):
        """One line on stderr, nothing on stdout; the line."""
        done = self.jishi(*arguments, status=status)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr


class Overrun(Case):
    def test_still_running_at_its_request(self):
        """Deciding after each event, the end that is due now counts as free, unless the job runs on."""
        self.write("o.yaml", """jishi: 1
title: one runs on
centres: {lab: {partitions: {p: {nodes: 8}}, scheduler: {decide: each-event, overrun: extend}}}
tenants: {firm: {home: lab, workloads: {w: {jobs: [
  {submit: 0s, processors: 6, runtime: 80s, request: 50s},
  {submit: 50s, processors: 4, runtime: 10s}]}}}}
""")
        self.jishi("run", "o.yaml", "-o", "o.h5", "--check", "--quiet")
        with h5py.File(self.path("o.h5")) as trace:
            self.assertEqual([row["start"] for row in trace["jobs"]], [0, 80])


class Growing(Case):
    TEXT = """
jishi: 1
title: Growing
seed: 1
time: {length: 200h}
centres: {lab: {partitions: {p: {nodes: 2}}}}
tenants: {t: {home: lab, workloads: {w: {arrival: {poisson: 3/h}, processors: 1, runtime: {exponential: 1h}}}}}
"""

    def test_told(self):
        """Beside the waits, where expectations say so: not below capacity, nor where what is dated may end it, nor where only
        so many may wait."""
        path = self.write("grows.yaml", self.TEXT)
        note = ("partition lab/p is asked for 3 of 2 processors (150 %): with this offered load its queue grows without "
                "bound, and waits grow with the length of the run")
        for settings, told in (([], True), (["time.length=100h"], True), (["centres.lab.partitions.p.nodes=4"], False),
                               (["changes=[{at: 100h, set: {centres.lab.partitions.p.nodes: 9}}]"], False),
                               (["centres.lab.scheduler.max_queued=5"], False)):
            more = [word for setting in settings for word in ("--set", setting)]
            got = " ".join(self.jishi("run", path, "--no-trace", *more).stdout.split())
            self.assertEqual(note in got, told, got)

    def test_qos(self):
        """A quota of a QOS bounds its jobs alone, `each` those of one tenant; neither where only so many may wait."""
        path = self.write("grows.yaml", self.TEXT.replace("nodes: 2", "nodes: 30").replace("lab, workloads", "lab, qos: q, workloads").replace(
            "tenants: {", "qos: {q: {}}\ntenants: {u: {home: lab, workloads: {w: {qos: q, arrival: {poisson: 1/h}, runtime: {exponential: 1h}}}}, "))
        for settings, note in (
                (["qos.q.quota={processors: 4}"], "QOS q is asked for 4 of 4 processors that its quota allows (100 %)"),
                (["qos.q.quota={processors: 5}"], None),
                (["qos.q.quota={processors: 4}", "tenants.u.workloads.w.qos=none"], None),
                (["qos.q.quota={processors: 4, queued: 9}"], None),
                (["qos.q.each={processors: 3}"], "tenant t is asked for 3 of 3 processors that QOS q allows each tenant (100 %)"),
                (["qos.q.each={processor_hours: {limit: 48, per: 1d}}"],
                 "tenant t is asked for 3 of 2 processors that QOS q allows each tenant (150 %)"),
                (["qos.q.each={processors: 4}"], None),
                (["qos.q={each: {processors: 3}, quota: {max_processors: 3}}", "tenants.t.workloads.w.processors=4"], None)):
            more = [word for setting in settings for word in ("--set", setting)]
            got = " ".join(self.jishi("run", path, "--no-trace", *more).stdout.split())
            with self.subTest(settings):
                self.assertEqual(re.findall(r"\S+ \S+ is asked for .*? %\)", got)[-1:], [note] if note else [])

    def test_causes(self):
        """Of quotas the legend names those that there are."""
        path = self.write("grows.yaml", self.TEXT)
        for setting, told in (("tenants.t.quota={processors: 1}", "quota (a quota of its tenants).\n"),
                              ("qos={q: {quota: {processors: 1}}}", "quota (a quota of its tenants or QOS).\n")):
            more = ["--set", "tenants.t.qos=q"] if "qos" in setting else []
            self.assertIn("in the order of the columns: " + told,
                          self.jishi("run", path, "--no-trace", "--set", setting, *more).stdout)

    def test_rejected_are_not_asked_for(self):
        """What quotas refuse for ever lets no queue grow, whether by size, by processor-hours (the request counts) or whole."""
        path = self.write("grows.yaml", self.TEXT.replace("nodes: 2", "nodes: 8"))
        work = "tenants.t.workloads.w."
        two, hours = "tenants.t.quota={processors: 2}", "tenants.t.quota={processor_hours: {limit: 2, per: 1d}}"
        for settings, note in (
                ([two], "tenant t is asked for 3 of 2 processors that its quota allows (150 %)"),
                ([two, work + "processors=3"], None),
                ([two, work + "processors={choice: {1: 0.5, 3: 0.5}}"], None),
                ([two, work + "processors={choice: {1: 0.5, 3: 0.5}}", work + "arrival.poisson=5/h"],
                 "tenant t is asked for 2.5 of 2 processors that its quota allows (125 %)"),
                ([hours, work + "runtime=2h"], "tenant t is asked for 6 of 0.08333 processors that its quota allows (7200 %)"),
                ([hours, work + "runtime=2h", work + "request={factor: 1.01}"], None),
                ([hours, work + "runtime=2h", work + "processors=2"], None),
                (["tenants.t.guarantee={processors: 1, borrow: 0}", two, work + "processors=2"], None),
                (["tenants.t.quota={max_request: 2h, processors: 2}"], None),
                (["tenants.t.quota={max_request: 2h, processors: 2}", work + "runtime=1h"],
                 "tenant t is asked for 3 of 2 processors that its quota allows (150 %)"),
                (["tenants.t.quota={max_request: 2h, processors: 2}", work + "runtime=3h"], None),
                (["tenants.t.quota={jobs: 0, processors: 2}"], None)):
            more = [word for setting in settings for word in ("--set", setting)]
            got = " ".join(self.jishi("run", path, "--no-trace", *more).stdout.split())
            with self.subTest(settings):
                self.assertEqual(re.findall(r"\S+ \S+ is asked for .*? %\)", got)[-1:], [note] if note else [])


class Usage(Case):
    def test_wrong_lines(self):
        for arguments, words in (
                (["rnu"], "did you mean run"), (["run"], "a scenario file is needed"),
                (["run", "a", "b"], "one scenario file at a time"),
                (["run", "small.yaml", "--nothing"], "unknown option --nothing"),
                (["run", "small.yaml", "-x"], "unknown option -x"),
                (["run", "small.yaml", "--vriant=a"], "unknown option --vriant=a, did you mean --variant?"),
                (["run", "small.yaml", "-o"], "-o needs a value"),
                (["run", "small.yaml", "--variant"], "--variant needs a value"),
                (["run", "small.yaml", "--set"], "--set needs a value"),
                (["run", "small.yaml", "--set", "seed"], '--set takes PATH=VALUE, not "seed"; see jishi run --help'),
                (["run", "none.yaml", "--set", "=1"], '--set takes PATH=VALUE, not "=1"; see jishi run --help'),
                (["check", "small.yaml", "--set", "x"], '--set takes PATH=VALUE, not "x"; see jishi check --help'),
                (["compare", "small.yaml", "--set", 'x["="]'], """--set takes PATH=VALUE, not "x["="]"; see jishi compare --help"""),
                (["plan", "small.yaml", "--set", ""], '--set takes PATH=VALUE, not ""; see jishi plan --help'),
                (["run", "small.yaml", "--seed", "x"], "--seed takes a whole number"),
                (["run", "small.yaml", "--seed", "-1"], "--seed takes a whole number"),
                (["run", "small.yaml", "--replication", "0"], "--replication takes"),
                (["run", "small.yaml", "--format", "xml"], "text, csv or json"),
                (["run", "small.yaml", "--tenants", "3"], '--tenants takes most or all, not "3"'),
                (["check"], "a scenario file is needed"),
                (["check", "small.yaml", "-x"], "unknown option -x"),
                (["check", "--resolved", "a", "b"], "one scenario file"),
                (["schema", "x"], "scenario or sweep"), (["list", "nothing-such"], "nothing-such")):
            with self.subTest(arguments):
                self.assertIn(words, self.refused(*arguments, status=2))
        self.assertEqual(os.listdir(self.folder), ["small.yaml"])
        done = self.jishi(status=2)
        self.assertIn("usage: jishi COMMAND", done.stderr)

    def test_help(self):
        for arguments in (["--help"], ["-h"], ["help"], ["--version"], ["run", "--help"],
                          ["check", "-h"], ["list", "--help"], ["schema", "--help"], ["list"]):
            done = self.jishi(*arguments)
            self.assertNotEqual(done.stdout, "")
            self.assertEqual(done.stderr, "")
        json.loads(self.jishi("schema").stdout)

    def test_quiet(self):
        done = self.jishi("run", "small.yaml", "--quiet")
        self.assertEqual((done.stdout, done.stderr), ("", ""))


class Output(Case):
    def test_default(self):
        self.jishi("run", "small.yaml")
        self.assertEqual(os.listdir(self.path("results")), ["small.h5"])
        done = self.jishi("run", "small.yaml", "-o", "a/c.h5", status=1)
        self.assertEqual(done.stderr, "jishi: a/c.h5: the folder a: No such file or directory\n")
        os.mkdir(self.path("a"))
        self.jishi("run", "small.yaml", "-o", "a/c.h5")
        self.assertEqual(self.read("a/c.h5"), self.read("results/small.h5"))

    def test_same_bytes_everywhere(self):
        self.jishi("run", "small.yaml", "-o", "1.h5")
        self.jishi("run", self.path("small.yaml"), "-o", self.path("2.h5"), cwd="/")
        os.mkdir(self.path("sub"))
        self.jishi("run", "../small.yaml", "-o", "../3.h5", cwd=self.path("sub"))
        for name in ("2.h5", "3.h5"):
            self.assertEqual(self.read("1.h5"), self.read(name))

    def test_two_at_once(self):
        runs = [subprocess.Popen([PROGRAM, "run", "small.yaml", "-q"], cwd=self.folder)
                for _ in range(4)]
        self.assertEqual([run.wait() for run in runs], [0] * 4)
        self.assertEqual(os.listdir(self.path("results")), ["small.h5"])
        self.jishi("run", "small.yaml", "-o", "alone.h5")
        self.assertEqual(self.read("alone.h5"), self.read("results/small.h5"))

    def test_lock_of_the_run_before(self):
        """It is held for a moment after the trace has its name."""
        self.jishi("run", "small.yaml", "-q")
        with open(self.path("results/small.h5"), "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.jishi("run", "small.yaml", "-q")

    def test_formats(self):
        more = ("run", "small.yaml", "-o", "x.h5", "--format")
        rows = list(csv.DictReader(io.StringIO(self.jishi(*more, "csv").stdout)))
        told = json.loads(self.jishi(*more, "json").stdout)
        told = told["metrics"] if isinstance(told, dict) else told
        with h5py.File(self.path("x.h5")) as file:
            metrics = file["metrics"][:]
        self.assertGreater(len(metrics), 20)
        self.assertEqual(list(metrics.dtype.names), ["name", "scope", "period", "value", "unit"])
        self.assertEqual((len(rows), len(told)), (len(metrics), len(metrics)))
        for row, item, want in zip(rows, told, metrics):
            for key in ("name", "scope", "period", "unit"):
                self.assertEqual((row[key], item[key]), (want[key].decode(),) * 2)
            if numpy.isnan(want["value"]):
                self.assertIn(row["value"].lower(), ("", "nan"))
                self.assertIsNone(item["value"])
            else:
                self.assertEqual((float(row["value"]), item["value"]), (want["value"],) * 2)

    def test_hours_of_months(self):
        """What was received in a month, also by what was submitted in another, stopped or runs on.
        Hours since 31 January 12:00: b's jobs of 3 and 1 run over [0, 10) and [5, 10), then a's of 4
        over [10, 14), then they over [14, 25) and [14, 40), the end. Counted from 1 on."""
        self.write("months.yaml", """\
jishi: 1
time: {start: 2023-01-31T12:00, length: 40h}
measure: {periods: month, from: 1h}
centres: {c: {partitions: {p: {nodes: 4}}, scheduler: {backfill: easy, reclaim: newest}}}
tenants:
  a: {home: c, guarantee: {processors: 4}, workloads: {w: {jobs: [{submit: 10h, processors: 4, runtime: 4h}]}}}
  b: {home: c, workloads: {w: {jobs: [{submit: 0h, processors: 3, runtime: 11h},
                                      {submit: 5h, processors: 1, runtime: 30h}]}}}
metrics: ["processor_hours[processors=3, period=2023-02]"]
""")
        rows = csv.DictReader(io.StringIO(self.jishi("run", "months.yaml", "-o", "m.h5", "--format", "csv").stdout))
        hours = {(row["scope"], row["period"]): float(row["value"]) for row in rows
                 if row["period"] and row["name"] == "processor_hours" or "period=" in row["name"]}
        self.assertEqual(hours, {
            **{(scope, period): value for scope in ("all", "centre:c", "partition:c/p")
               for period, value in (("2023", 107), ("2023-01", 40), ("2023-02", 67))},
            ("tenant:a", "2023"): 16, ("tenant:a", "2023-01"): 8, ("tenant:a", "2023-02"): 8,
            ("tenant:b", "2023"): 91, ("tenant:b", "2023-01"): 32, ("tenant:b", "2023-02"): 59,
            ("all", ""): 33})

    def test_hours_of_a_window(self):
        """Of jobs submitted before the window only what they received in it, 2-6 h: x runs over 0-4 and 5-15 h, y over 1-4 and
        5-20, the end, stopped in between for a, 4-5. Of w, submitted in it, all: 3-4 and 5-15. z comes after it."""
        self.write("window.yaml", """\
jishi: 1
time: {length: 20h}
measure: {from: 2h, until: 6h}
centres: {c: {partitions: {p: {nodes: 4}}, scheduler: {backfill: easy, reclaim: newest}}}
tenants:
  a: {home: c, guarantee: {processors: 4}, workloads: {w: {jobs: [{submit: 4h, processors: 4, runtime: 1h}]}}}
  b: {home: c, workloads: {x: {jobs: [{submit: 0h, processors: 1, runtime: 10h}]}, y: {jobs: [{submit: 1h, processors: 1, runtime: 100h}]},
                           w: {jobs: [{submit: 3h, processors: 1, runtime: 10h}]}, z: {jobs: [{submit: 7h, processors: 1, runtime: 1h}]}}}
metrics: ["processor_hours[workload=b/x]", "processor_hours[workload=b/y]", "processor_hours[workload=b/w]", "processor_hours[workload=b/z]"]
""")
        rows = csv.DictReader(io.StringIO(self.jishi("run", "window.yaml", "-o", "w.h5", "--format", "csv").stdout))
        hours = [float(row["value"]) for row in rows if row["name"].startswith("processor_hours") and
                 (row["scope"] != "partition:c/p") and row["scope"] != "centre:c" and row["name"] != "processor_hours.due"]
        self.assertEqual(hours, [21, 4, 17, 3, 3, 11, 0])

    def test_no_group_is_large_enough(self):
        """Contiguous placements are of one group of nodes: what only that forbids is not told as too large."""
        self.write("groups.yaml", """\
jishi: 1
centres:
  c:
    partitions: {p: {groups: [{nodes: 4, processors_per_node: 4}, {nodes: 2, processors_per_node: 4}]}}
    scheduler: {placement: contiguous}
tenants:
  t:
    home: c
    workloads:
      w:
        jobs:
          - {submit: 0s, processors: 24, runtime: 1h}
          - {submit: 1s, nodes: 5, runtime: 1h}
          - {submit: 2s, processors: 25, runtime: 1h}
          - {submit: 3s, nodes: 7, runtime: 1h}
          - {submit: 4s, nodes: 4, runtime: 1h}
""")
        text = self.jishi("run", "groups.yaml", "-o", "g.h5").stdout
        self.assertIn("Rejected: 4 of 5 jobs: asks more than the partition ever has (2), no group of nodes is "
                      "large enough for it (placement contiguous: in a row, of one group) (2).\n", text)
        with h5py.File(self.path("g.h5")) as file:
            reasons = file["names/reasons"].asstr()[:]
            self.assertEqual([reasons[job["reason"]] for job in file["jobs"][:] if job["reason"]],
                             ["no group of nodes is large enough for it (placement contiguous: in a row, of one group)"] * 2 +
                             ["asks more than the partition ever has"] * 2)
        text = self.jishi("run", "groups.yaml", "-o", "g.h5", "--set", "centres.c.scheduler.placement=pack").stdout
        self.assertIn("Rejected: 2 of 5 jobs: asks more than the partition ever has (2).\n", text)

    def test_growth_from(self):
        """It counts from `from`, of a rate that a change sets later, too: a year of 10 a day that doubles, mean factor 1 / ln 2,
        and one of 20 a day that goes from twice to four times."""
        self.write("growth.yaml", """\
jishi: 1
time: {length: 1095d}
measure: {periods: year}
centres: {c: {partitions: {p: {nodes: 100}}}}
tenants: {t: {home: c, workloads: {w: {arrival: {poisson: 10 per d, growth: 100%/year, from: 365d}, runtime: 1h}}}}
changes: [{at: 730d, set: {tenants.t.workloads.w.arrival.poisson: 20 per d}}]
""")
        rows = csv.DictReader(io.StringIO(self.jishi("run", "growth.yaml", "-o", "g.h5", "--format", "csv").stdout))
        jobs = {row["period"]: float(row["value"]) for row in rows if (row["name"], row["scope"]) == ("jobs.submitted", "all")}
        self.assertEqual(jobs["1970"], 0)
        for year, want in ("1971", 3650 / numpy.log(2)), ("1972", 7300 * 2 / numpy.log(2)):
            self.assertLess(abs(jobs[year] - want), 4 * want ** 0.5)

    def test_all_but(self):
        """Conditions that leave out: a tenant with all below it, sizes, places."""
        self.write("but.yaml", """\
jishi: 1
time: {length: 10h}
centres: {c: {partitions: {p: {nodes: 4}, q: {nodes: 2}}}}
tenants:
  a: {home: c, tenants: {x: {workloads: {w: {partition: p, jobs: [{submit: 0s, processors: 1, runtime: 1h}, {submit: 0s, processors: 2, runtime: 2h}]}}}}}
  b: {home: c, workloads: {w: {partition: q, jobs: [{submit: 0s, processors: 2, runtime: 5h}]}}}
metrics:
  - jobs.ended[tenant!=a]
  - jobs.ended[tenant!=a, tenant!=b]
  - response.mean[processors!=2]
  - response.mean[tenant!=b, processors!=1]
  - utilisation[partition!=p]
""")
        rows = csv.DictReader(io.StringIO(self.jishi("run", "but.yaml", "-o", "b.h5", "--format", "csv").stdout))
        self.assertEqual([float(row["value"]) for row in rows if "!=" in row["name"]], [1, 0, 3600, 7200, 0.5])
        wrong = self.jishi("run", "but.yaml", "--set", "metrics=[\"wait.mean[tenant!=aa]\"]", status=1)
        self.assertIn('metrics[0]: "wait.mean[tenant!=aa]": there is no tenant "aa"; did you mean "a"?', wrong.stderr)

    def test_asked_for(self):
        self.write("many.yaml", """\
jishi: 1
time: {start: 2023-01-01, length: 40h}
centres: {c: {partitions: {p: {nodes: 2000}}}}
tenants: {t: {home: c, workloads: {w: {jobs: [{submit: 0h, processors: 2000, runtime: 10h}]}}}}
metrics: [processor_hours, capacity, utilisation, jobs.submitted]
""")
        text = self.jishi("run", "many.yaml", "-o", "m.h5").stdout
        self.assertIn("\nAsked for\n"
                      "processor_hours  20 000 processor-h\n"
                      "capacity           2 000 processors\n"
                      "utilisation                    0.25\n"
                      "jobs.submitted               1 jobs\n", text)

    def test_rejected(self):
        """By reason, most first; each is a metric, with a row where it occurred."""
        self.write("rejected.yaml", """\
jishi: 1
time: {start: 2023-01-01, length: 10h}
centres: {c: {partitions: {p: {nodes: 4}}, scheduler: {max_queued: 1}}}
tenants: {t: {home: c, workloads: {w: {jobs: [
  {submit: 0h, processors: 5, runtime: 1h}, {submit: 1h, processors: 4, runtime: 5h},
  {submit: 2h, processors: 1, runtime: 1h}, {submit: 3h, processors: 1, runtime: 1h},
  {submit: 4h, processors: 1, runtime: 1h}]}}}}
""")
        text = self.jishi("run", "rejected.yaml", "-o", "r.h5").stdout
        self.assertIn("\nRejected: 3 of 5 jobs: limit on queued jobs (2), asks more than the partition ever has (1).\n", text)
        rows = csv.DictReader(io.StringIO(self.jishi("run", "rejected.yaml", "-o", "r.h5", "--format", "csv").stdout))
        self.assertEqual({row["name"]: float(row["value"]) for row in rows
                          if row["scope"] == "tenant:t" and row["name"].startswith("jobs.rejected")},
                         {"jobs.rejected": 3, "jobs.rejected.too_large": 1, "jobs.rejected.max_queued": 2})

    def test_wrong_places(self):
        self.write("file", "x")
        for place, words in ((".", "folder"), ("", "empty name"), ("file/x.h5", "Not a directory"),
                             ("x/", "folder"), ("a/b/c.h5", "No such file or directory"), ("/dev/full", "no ordinary file"),
                             ("/proc/nothing/x.h5", "/proc/nothing")):
            with self.subTest(place):
                self.assertIn(words, self.refused("run", "small.yaml", "-o", place))
        self.assertEqual(sorted(os.listdir(self.folder)), ["file", "small.yaml"])

    def test_not_a_trace(self):
        self.assertEqual(self.refused("run", "small.yaml", "-o", "small.yaml"),
                         "jishi: small.yaml: is there already and is no trace; it is not overwritten\n")
        self.assertEqual(self.read("small.yaml").decode(), SMALL)
        self.jishi("run", "small.yaml", "-o", "t.h5", "--quiet")
        self.jishi("run", "small.yaml", "-o", "t.h5", "--quiet")

    def test_only_the_same_is_replaced(self):
        """Each command replaces what it made itself, and no other HDF5 file, ours or not."""
        self.write("sweep.yaml", "jishi-sweep: 1\nscenario: small.yaml\nmeasures: [wait.mean]\n")
        self.jishi("sweep", "sweep.yaml", "-o", "dir", "--quiet")
        os.rename(self.path("dir/sweep.h5"), self.path("sweep.h5"))
        self.jishi("run", "small.yaml", "-o", "run.h5", "--quiet")
        compare = "compare", "small.yaml", "-r", "2", "--quiet", "-o"
        self.jishi(*compare, "compare.h5")
        with h5py.File(self.path("foreign.h5"), "w") as file:
            file["data"] = [1, 2, 3]
        self.write("cut.h5", "")
        with open(self.path("cut.h5"), "wb") as file:
            file.write(self.read("run.h5")[:100])
        for command, what, own in ((("run", "small.yaml", "--quiet", "-o"), "trace", "run.h5"), (compare, "comparison", "compare.h5")):
            for name in "sweep.h5", "run.h5", "compare.h5", "foreign.h5", "cut.h5":
                with self.subTest(what=what, name=name):
                    before = self.read(name)
                    if name == own:
                        self.jishi(*command, name)
                    else:
                        self.assertEqual(self.refused(*command, name),
                                         f"jishi: {name}: is there already and is no {what}; it is not overwritten\n")
                    self.assertEqual(self.read(name), before)

    def test_places_of_a_comparison(self):
        """Told at once, not when all runs are done: these would take years."""
        for place, words in (("dir", "dir: is a folder; name a file in it"), ("", "the output file has an empty name"),
                             ("none/", "none/: names a folder, not a file"),
                             ("/dev/full", "/dev/full: exists and is no ordinary file")):
            os.makedirs(self.path("dir"), exist_ok=True)
            os.makedirs(self.path("none"), exist_ok=True)
            with self.subTest(place):
                self.assertEqual(self.refused("compare", "small.yaml", "-r", "1000000", "-o", place), f"jishi: {words}\n")

    def test_link(self):
        """What a link points to is written, beside itself; the link stays."""
        os.mkdir(self.path("far"))
        self.jishi("run", "small.yaml", "-o", "far/x.h5", "--quiet", "--seed", "9")
        os.symlink("far/x.h5", self.path("link.h5"))
        self.jishi("run", "small.yaml", "-o", "link.h5", "--quiet")
        self.jishi("run", "small.yaml", "-o", "plain.h5", "--quiet")
        self.assertTrue(os.path.islink(self.path("link.h5")))
        self.assertEqual(self.read("far/x.h5"), self.read("plain.h5"))
        os.symlink("nowhere.h5", self.path("broken.h5"))
        self.assertEqual(self.refused("run", "small.yaml", "-o", "broken.h5"),
                         "jishi: broken.h5: is a link to nothing: No such file or directory\n")

    @unittest.skipIf(os.getuid() == 0, "root may write anywhere")
    def test_unwritable(self):
        os.mkdir(self.path("shut"), 0o500)
        self.assertIn("Permission denied", self.refused("run", "small.yaml", "-o", "shut/x.h5"))

    def test_full_disk(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        done = self.jishi("run", self.write("long.yaml", LONG), "-o", "x.h5", status=1,
                          preexec_fn=limit)
        self.assertIn("File too large", done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), ["long.yaml", "small.yaml"])

    def test_little_memory(self):
        """It says so or does without; it does not crash, not in the midst of a library either."""
        self.write("long.yaml", LONG.replace("10000000h", "100000h"))
        for megabytes in range(40, 90, 10):
            limit = megabytes << 20
            done = subprocess.run([PROGRAM, "run", "long.yaml", "-q", "-o", "long.h5"], cwd=self.folder,
                                  capture_output=True, text=True, timeout=120,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
            self.assertGreaterEqual(done.returncode, 0, done.stderr)

    def test_stdout(self):
        for command in ("run small.yaml --format csv", "check small.yaml --resolved", "list"):
            line = f'"{PROGRAM}" {command}'
            done = subprocess.run(["bash", "-c", f"{line} | head -c 1; exit ${{PIPESTATUS[0]}}"],
                                  cwd=self.folder, capture_output=True, timeout=60)
            self.assertIn(done.returncode, (0, 1, 141), done.stderr)
            done = subprocess.run(["bash", "-c", f"{line} >/dev/full"], cwd=self.folder,
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 1, command)
            self.assertIn("No space left", done.stderr)
            done = subprocess.run(["bash", "-c", f"{line} >&-"], cwd=self.folder,
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 1, command)
        with h5py.File(self.path("results/small.h5")) as file:
            self.assertEqual(file.attrs["complete"], 1)


class Stopped(Case):
    def start(self, *more, hangup=signal.SIG_DFL):
        self.write("long.yaml", LONG)
        run = subprocess.Popen([PROGRAM, "run", "long.yaml", "-o", "x.h5", *more], cwd=self.folder,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               # who runs the tests may ignore it
                               preexec_fn=lambda: signal.signal(signal.SIGHUP, hangup))
        for _ in range(200):
            time.sleep(0.05)
            if any(name.startswith("x.h5") for name in os.listdir(self.folder)):
                break
        time.sleep(0.6)
        return run

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            run = self.start()
            run.send_signal(number)
            out, err = run.communicate(timeout=30)
            self.assertEqual(run.returncode, 130, err)
            self.assertRegex(out.lower(), "cut short")
            self.assertIn("x.h5", err)
            self.assertEqual([n for n in os.listdir(self.folder) if "h5" in n], ["x.h5"])
            with h5py.File(self.path("x.h5")) as file:
                self.assertEqual(file.attrs["complete"], 0)
                jobs = file["jobs"][:]
                self.assertGreater(len(jobs), 1000)
                self.assertEqual(len(set(jobs["id"])), len(jobs))
                self.assertIn("metrics", file)
            os.unlink(self.path("x.h5"))

    def test_idle_series(self):
        """Jobs are over after a second, and minutes of idle steps are still to be written."""
        run = self.start("--set", "tenants.firm.workloads={w: {jobs: [{submit: 0s, processors: 1, runtime: 1s}]}}",
                         "--set", "time.length=100000d", "--set", "series.step=1s")
        run.send_signal(signal.SIGTERM)
        out, err = run.communicate(timeout=10)
        self.assertEqual((run.returncode, err), (130, "stopped; what there is: x.h5\n"))
        self.assertNotIn("cut short", out)  # but for the series
        with h5py.File(self.path("x.h5")) as file:
            self.assertEqual(file.attrs["complete"], 0)
            self.assertEqual(len(file["jobs"]), 1)
            (series,) = [one for centre in file["series"].values() for one in centre.values()]
            self.assertEqual(len(series["time"]), series.attrs["end"])
            self.assertGreater(len(series["time"]), 0)

    def test_nohup(self):
        """What its caller ignores it ignores."""
        run = self.start(hangup=signal.SIG_IGN)
        run.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        self.assertIsNone(run.poll())
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=30)
        self.assertEqual(run.returncode, 130)

    def test_killed(self):
        run = self.start()
        run.kill()
        run.communicate()
        left = [name for name in os.listdir(self.folder) if "h5" in name]
        self.assertNotIn("x.h5", left)
        self.assertEqual(len(left), 1)
        self.assertNotRegex(left[0], r"\.h5$")
        self.jishi("run", "small.yaml", "-o", "x.h5")


class Values(Case):
    def jobs(self, *more):
        self.jishi("run", "small.yaml", "-q", "-o", "v.h5", *more)
        with h5py.File(self.path("v.h5")) as file:
            return file["jobs"][:], file["scenario/sets"].asstr()[()], dict(file.attrs)

    def test_draws(self):
        base, _, _ = self.jobs()
        seen = {base.tobytes()}
        for more in (["--seed", "4"], ["--replication", "2"],
                     ["--seed", "4", "--replication", "2"]):
            seen.add(self.jobs(*more)[0].tobytes())
        self.assertEqual(len(seen), 4)
        self.assertEqual(self.jobs("--seed", "3", "--replication", "1")[0].tobytes(),
                         base.tobytes())
        self.assertEqual(self.jobs("--set", "seed=4")[0].tobytes(),
                         self.jobs("--seed", "4")[0].tobytes())
        self.assertEqual(self.jobs("--seed", "9", "--replication", "5")[2]["replication"], 5)

    def test_variants(self):
        base, _, _ = self.jobs()
        wide, _, _ = self.jobs("--variant", "wide")
        both, _, _ = self.jobs("--variant", "both")
        self.assertEqual(wide["wait"].sum(), 0)
        self.assertEqual(both["wait"].sum(), 0)
        self.assertGreater(base["wait"].sum(), 0)
        self.assertGreater(len(both), 1.5 * len(base))

    def test_settings(self):
        work = "tenants.firm.workloads.w"
        for setting, look in (
                ("centres.lab.partitions.p.nodes=40", lambda j: j["wait"].sum() == 0),
                ("time.length=10h", lambda j: len(j) < 100),
                (f"{work}.runtime=20 min", lambda j: set(j["runtime"]) == {1200}),
                (f"{work}.processors={{choice: {{3: 1}}}}", lambda j: set(j["procs"]) == {3}),
                (f"{work}.processors={{uniform: [7, 8]}}", lambda j: set(j["procs"]) == {7, 8}),
                (f"{work}.request={{factor: 2}}",
                 lambda j: numpy.allclose(j["request"], 2 * j["runtime"], atol=1e-5)),
                ("centres.lab.scheduler.commit_head=true", len),
                ("centres.lab.scheduler.max_queued=unlimited", len),
                ("centres.lab.scheduler={order: sjf, max_queued: 0}", lambda j: 4 in j["state"]),
                ("time.start=2024-02-29T08:00:00+08:00", len),
                ("title=\"a = b\"", len), ("metrics=[wait.p95]", len)):
            with self.subTest(setting):
                jobs, sets, attrs = self.jobs("--set", setting)
                self.assertTrue(look(jobs))
                self.assertEqual(sets, setting + "\n")
        self.assertEqual(self.jobs("--set", "title=one", "--set", "title=two")[2]["title"], "two")
        self.assertEqual(len(self.jobs("--variant", "long", "--set", "time.length=100h")[0]),
                         len(self.jobs()[0]))


class Span(Case):
    def submissions(self, name, text):
        self.write(name + ".yaml", text)
        self.jishi("run", name + ".yaml", "-o", name + ".h5", "--quiet")
        with h5py.File(self.path(name + ".h5")) as file:
            return list(file["jobs"]["submit"])

    def test_end(self):
        """Jobs are submitted in [0, length), whatever they come from."""
        head = SMALL[:SMALL.index("      w:")].replace("100h", "2h")
        self.write("end.swf", "1 0 -1 30 1\n2 7199 -1 30 1\n3 7200 -1 30 1\n4 9000 -1 30 1\n")
        jobs = "".join(f"{{submit: {s}s, processors: 1, runtime: 30s}}, " for s in (0, 7199, 7200))
        for name, workload, want in (
                ("log", "{log: end.swf}", [0, 7199]), ("jobs", f"{{jobs: [{jobs}]}}", [0, 7199]),
                ("every", "{arrival: {every: 1h}, processors: 1, runtime: 30s}", [0, 3600])):
            with self.subTest(name):
                text = f"{head}      w: {workload}\n"
                self.assertEqual(self.submissions(name, text), want)
                # While the job of 7199 runs, the one of 7200 comes.
                self.assertEqual(
                    self.submissions(name + "-drain", text + "measure: {after: drain}\n"),
                    want + [7200] * (name != "every"))

    def test_expected_by_the_calendar(self):
        """Jobs that come each month are counted, not estimated: 1 to 31 January is one of them."""
        text = (SMALL[:SMALL.index("      w:")].replace("{length: 100h}", "{start: 2022-01-01, length: 31d}")
                + "      w: {arrival: {every: 1 month}, processors: 1, runtime: 1h}\n")
        for days, jobs in ((31, 1), (32, 2), (59, 2), (60, 3), (366, 13)):
            name = self.write("m.yaml", text.replace("31d", f"{days}d"))
            self.jishi("run", name, "-o", "m.h5", "--quiet")
            with h5py.File(self.path("m.h5")) as file:
                self.assertEqual(len(file["jobs"]), jobs)
            row = [line for line in self.jishi("check", name).stdout.splitlines()
                   if line.startswith("firm/w")][0]
            self.assertIn(str(jobs), row.split(), row)


class Windowed(Case):
    """A window of a log: what it measures begins with its first job, not with the log. Jobs of 2 of 4 processors for 100 s each
    come every 100 s from 1000 s on, from 0:16:40 on."""

    def setUp(self):
        super().setUp()
        rows = "".join("%d %d 0 100 2 -1 -1 2 100 -1 1 1 1 1 1 1 -1 -1\n" % (i + 1, 1000 + 100 * i) for i in range(2000))
        self.write("log.swf", "; UnixStartTime: 86400\n" + rows)
        self.write("w.yaml", """\
jishi: 1
series: {step: 1h}
centres: {c: {partitions: {p: {nodes: 4}}}}
tenants: {t: {home: c, workloads: {w: {log: log.swf, window: {from_job: 1000, jobs: 10}}}}}
""")

    def measured(self, *sets):
        more = [word for text in sets for word in ("--set", text)]
        done = self.jishi("run", "w.yaml", "-o", "w.h5", "--format", "json", *more)
        told = json.loads(done.stdout)
        told = told["metrics"] if isinstance(told, dict) else told
        values = {row["name"]: row["value"] for row in told if (row["scope"], row["period"]) == ("all", "")}
        text = self.jishi("run", "w.yaml", "-o", "w.h5", *more).stdout
        with h5py.File(self.path("w.h5")) as file:
            series = file["series/c/p"]
            return values, [line for line in text.split("\n") if line.startswith(("From", "Counted"))], series["time"][:], series["busy"][:]

    def test_begins(self):
        """Submitted from 101000 s to 101900 s after the log's beginning; the last one runs on till 102000 s."""
        values, lines, time, busy = self.measured()
        self.assertEqual(lines, ["From 1970-01-03T04:03:20+00:00 to 1970-01-03T04:20:00+00:00: 16 min 40 s simulated."])
        self.assertIn("\n  begins   1970-01-03T04:03:20+00:00: the windows of logs leave out what is before; nothing counts until then\n",
                      self.jishi("check", "w.yaml").stdout)
        self.assertEqual((values["utilisation"], values["jobs.ended"], values["queue.little"]), (0.5, 10, 1))
        self.assertEqual(values["utilisation.to_last_start"], 10 * 2 * 100 / (4 * 900))
        self.assertEqual((list(time), list(busy)), ([100800], [1 + 800 / 1200]))

    def test_dates(self):
        """The date of the window falls between two jobs: the first one in it counts."""
        values, lines, time, busy = self.measured(
            "tenants.t.workloads.w.window={from: 1970-01-03T04:02, until: 1970-01-03T04:20}")
        self.assertEqual(lines, ["From 1970-01-03T04:03:20+00:00 to 1970-01-03T04:20:00+00:00: 16 min 40 s simulated."])
        self.assertIn("\n  begins   1970-01-03T04:03:20+00:00: the windows of logs leave out what is before; nothing counts until then\n",
                      self.jishi("check", "w.yaml").stdout)
        self.assertEqual(values["utilisation"], 0.5)

    def test_warmup(self):
        """It counts from the first job on."""
        values, lines, time, busy = self.measured("time={warmup: 500s}")
        self.assertEqual(lines, ["From 1970-01-03T04:03:20+00:00 to 1970-01-03T04:20:00+00:00: 16 min 40 s simulated.",
                                 "Counted: jobs submitted from 1970-01-03T04:11:40+00:00 to 1970-01-03T04:20:00+00:00."])
        self.assertEqual(values["jobs.ended"], 5)

    def test_said(self):
        """Who says from when is heeded, and who says when the run starts; and it is windows alone that begin so."""
        start = "From 1970-01-02T00:00:00+00:00 to 1970-01-03T04:20:00+00:00: 1 d 4 h simulated."
        for sets in (["time={start: 1970-01-02}"],
                     ["tenants.u={home: c, workloads: {w: {jobs: [{submit: 0s, processors: 1, runtime: 0s}]}}}"]):
            values, lines, time, busy = self.measured(*sets)
            self.assertEqual((lines, len(time)), ([start], 29))
            self.assertEqual(values["utilisation"], 2000 / 4 / 102000)
        values, lines, time, busy = self.measured("measure={from: 100000s}")
        self.assertEqual(values["utilisation"], 0.25)
        self.assertEqual(lines, ["From 1970-01-03T03:46:40+00:00 to 1970-01-03T04:20:00+00:00: 33 min 20 s simulated."])
        self.assertEqual(list(time), [97200, 100800])

    def test_out_of_order(self):
        """A log that has to be sorted first gives the same."""
        with open(self.path("log.swf")) as file:
            head, first, *rest = file.readlines()
        values = self.measured()[0]
        self.write("log.swf", head + "".join(rest) + first)
        self.assertEqual(self.measured()[0], values)


class NothingCounted(Case):
    """A measuring window in which no job is submitted, which only the run can tell where it has no length."""

    def test_told(self):
        self.write("late.yaml", """\
jishi: 1
time: {start: 2023-01-01}
measure: {from: 2023-02-01}
centres: {c: {partitions: {p: {nodes: 4}}}}
tenants: {t: {home: c, workloads: {w: {jobs: [{submit: 0s, processors: 4, runtime: 1h}]}}}}
""")
        for setting, told in (
                ("measure.from=2023-02-01", "which begins 2023-02-01T00:00:00+00:00, after the end of the run."),
                ("measure.from=1h", "which begins 2023-01-01T01:00:00+00:00, after the end of the run."),
                ("measure.from=30min", "from 2023-01-01T00:30:00+00:00 to 2023-01-01T01:00:00+00:00."),
                ("time={start: 2023-01-01, length: 3h}", "which begins 2023-02-01T00:00:00+00:00, after the end of the run.")):
            if "length" in setting:
                self.assertIn("measure.from: is not before the end of the run",
                              self.jishi("run", "late.yaml", "--no-trace", "--set", setting, status=1).stderr)
                continue
            text = self.jishi("run", "late.yaml", "--no-trace", "--set", setting).stdout
            self.assertIn("\nCounted: 0 jobs. No job was submitted in the measuring window, " + told + "\n", text)
        rows = list(csv.DictReader(io.StringIO(self.jishi("run", "late.yaml", "-o", "l.h5", "--format", "csv").stdout)))
        self.assertEqual({row["value"] for row in rows}, {"", "0"})
        self.assertEqual({row["name"].split(".")[0] for row in rows if row["value"] == "0"}, {"jobs", "processor_hours"})
        text = self.jishi("run", "late.yaml", "--no-trace", "--set", "measure.from=0s").stdout
        self.assertNotIn("Counted", text)


class Resolved(Case):
    def check(self, scenario, *more):
        self.jishi("run", scenario, "-q", "-o", "first.h5", *more)
        text = self.jishi("check", scenario, "--resolved", *more).stdout
        self.write("elsewhere/deep/resolved.yaml", text)
        self.jishi("run", "elsewhere/deep/resolved.yaml", "-q", "-o", "second.h5")
        self.assert_same_results("first.h5", "second.h5")

    def test_plain_and_variants(self):
        self.check("small.yaml")
        self.check("small.yaml", "--variant", "both", "--set", "time.length=20h", "--set",
                   "centres.lab.scheduler={order: sjf}")

    def test_changes(self):
        self.write("c.yaml", SMALL + """changes:
  - {at: 20h, set: {centres.lab.partitions.p.nodes: +2}}
  - {at: 50h, set: {centres.lab.partitions.p.nodes: -3, centres.lab.scheduler.order: sjf}}
  - {at: 60h, set: {tenants.firm.workloads.w.runtime: {empirical: {file: values.txt}}}}
""")
        self.write("values.txt", "600\n1200,2\n")
        self.check("c.yaml")

    def test_files_elsewhere(self):
        self.write("main/m.yaml", SMALL.replace("jishi: 1\n", "jishi: 1\ninclude: [../parts/logs.yaml]\n"))
        self.write("parts/logs.yaml", """tenants:
  replayed:
    home: lab
    members: {by: user}
    workloads:
      log: {log: data/l.swf}
  seen:
    home: lab
    workloads:
      e:
        arrival: {renewal: {empirical: {file: data/gaps.txt}}}
        runtime: {empirical: {file: ../shared.txt}, max: 2h}
""")
        self.write("parts/data/l.swf", LOG)
        self.write("parts/data/gaps.txt", "100\n900\n")
        self.write("shared.txt", "60\n600\n")
        self.check("main/m.yaml")
        self.check(self.path("main/m.yaml"))
        self.check("main/m.yaml", "--set",
                   "tenants.seen.workloads.e.runtime={empirical: {file: ../shared.txt}}")
        with h5py.File(self.path("first.h5")) as file:
            text = file["scenario/resolved"].asstr()[()]
        self.assertIn("../parts/data/l.swf", text)
        self.assertNotIn(self.folder, text)
        moved = self.path("moved")
        os.mkdir(moved)
        for name in ("main", "parts", "shared.txt"):
            shutil.move(self.path(name), moved)
        for name in "moved/main/m.yaml", self.path("moved/main/m.yaml"):
            self.jishi("run", name, "-q", "-o", "second.h5", "--set",
                       "tenants.seen.workloads.e.runtime={empirical: {file: ../shared.txt}}")
            self.assertEqual(self.read("first.h5"), self.read("second.h5"))
        self.write("moved/main/r.yaml", text)
        self.jishi("run", "moved/main/r.yaml", "-q", "-o", "third.h5")
        self.assert_same_results("first.h5", "third.h5")

    def test_slurm(self):
        """What a slurm.conf came to is told with the scenario, and its text and what it includes by their hashes."""
        self.write("s.yaml", SMALL + """changes:
  - {at: 50h, set: {centres.lab.scheduler: {slurm: conf/later.conf}}}
""")
        self.write("conf/a.conf", "Include more.conf\nPriorityType=priority/multifactor\nPriorityWeightAge=1000\n")
        self.write("conf/more.conf", "SchedulerParameters=bf_window=60\n")
        self.write("conf/later.conf", "SchedulerType=sched/builtin\n")
        self.check("s.yaml", "--set", "centres.lab.scheduler={slurm: conf/a.conf, placement: pack}")
        with h5py.File(self.path("first.h5")) as file:
            text, hashes = (file["scenario/" + name].asstr()[()] for name in ("resolved", "hashes"))
        self.assertEqual([line for line in text.split("\n") if line.startswith("#")],
                         ["# centres.lab.scheduler, with a.conf:", "#   placement: pack",
                          "#   order: {multifactor: {age: 1000}}", "#   backfill: {slurm: {window: 60min}}",
                          "# centres.lab.scheduler from 1970-01-03T02:00:00+00:00, with later.conf:",
                          "#   order: fcfs", "#   backfill: none"])
        want = [f"{hashlib.sha256(self.read('conf/' + name)).hexdigest()}  {name}"
                for name in ("a.conf", "more.conf", "later.conf")]
        self.assertEqual(hashes.split("\n")[2:-1], want)
        self.write("two.yaml", SMALL.replace("lab", '"a\\nb"').replace('"a\\nb".', "lab.").split("variants:")[0].replace(
            "scheduler: {order: fcfs, backfill: easy}", "scheduler: {slurm: conf/later.conf}"))
        self.check("two.yaml")
        self.assertIn('\n# "centres.a\\nb.scheduler", with later.conf:\n#   order: fcfs\n',
                      self.jishi("check", "--resolved", "two.yaml").stdout)

    def test_judged(self):
        """What is printed resolved can be run."""
        self.write("wrong.yaml", SMALL + "metrics: [wait.meen]\n")
        done = self.jishi("check", "--resolved", "wrong.yaml", status=1)
        self.assertEqual((done.stdout, done.stderr), ("", self.jishi("check", "wrong.yaml", status=1).stderr))

    def test_check_command(self):
        done = self.jishi("check", "small.yaml", "small.yaml")
        self.assertEqual(done.stdout.count("Offered load"), 2)
        self.assertIn("lab/p", done.stdout)
        self.write("bad.yaml", "jishi: 2\n")
        done = self.jishi("check", "small.yaml", "bad.yaml", status=1)
        self.assertIn("bad.yaml:1:8", done.stderr)
        self.assertIn("Offered load", done.stdout)


TREE = """jishi: 1
time: {length: 60d}
centres:
  c: {partitions: {p: {nodes: 8}}, scheduler: {order: fcfs, backfill: easy}}
templates:
  firm: {workloads: {w: {arrival: {poisson: 3/d}, processors: 2, runtime: {exponential: 2h}}}}
  big: {like: firm, share: 2, workloads: {w: {runtime: {lognormal: {median: 3h, sigma: 1}}}}}
tenants:
  city:
    home: c
    tenants:
      one: {like: firm}
      two: {like: big, workloads: {w: {processors: 4}}}
      firms:
        members:
          count: 4
          like: firm
          vary: {workloads.w.arrival.poisson: {lognormal: {median: 2/d, sigma: 0.5}}, share: {uniform: [1, 4]}}
          scale: {workloads.w.runtime.exponential: {uniform: [0.5, 2]}}
"""
PLAIN = """jishi: 1
time: {length: 60d}
centres:
  c: {partitions: {p: {nodes: 8}}, scheduler: {order: fcfs, backfill: easy}}
tenants:
  city:
    home: c
    tenants:
      one: {workloads: {w: {arrival: {poisson: 3/d}, processors: 2, runtime: {exponential: 2h}}}}
      two:
        share: 2
        workloads: {w: {arrival: {poisson: 3/d}, processors: 4, runtime: {lognormal: {median: 3h, sigma: 1}}}}
"""


class Periods(Case):
    def test_which_metrics(self):
        """By month there is all but what is of the whole run, and of a tenant what the documentation names."""
        self.write("p.yaml", SMALL)
        out = self.jishi("run", "p.yaml", "--no-trace", "--quiet", "--format", "csv", "--set", "measure.periods=month").stdout
        of = {}
        for name, scope, period, *_ in (line.split(",") for line in out.splitlines()[1:]):
            of.setdefault((scope, period), set()).add(name)
        month = next(period for scope, period in of if scope == "all" and period)
        self.assertEqual(of["tenant:firm", month], {
            "wait.mean", "wait.p95", "slowdown.mean", "slowdown.p95", "jobs.submitted", "jobs.ended", "processor_hours"})
        left_out = of["all", ""] - of["all", month]
        self.assertLessEqual({"queue.little", "utilisation.to_last_start"}, left_out)
        self.assertLessEqual(left_out, {"processor_hours.due", "queue.little", "utilisation.to_last_start", "deadline.jobs",
                                        "deadline.missed"})


class Tenants(Case):
    """Trees of tenants, templates, members, who joins and who leaves."""

    def jobs(self, name, *arguments):
        """(tenant, submit, processors, run time) of every job."""
        out = os.path.join(self.folder, "out.h5")
        self.jishi("run", name, "-o", out, "--quiet", *arguments)
        with h5py.File(out) as file:
            names = list(file["names/tenants"].asstr())
            rows = file["jobs"][:]
            return {(names[row["tenant"]], row["submit"], row["procs"], row["runtime"]) for row in rows}

    def test_templates(self):
        """What is like a template is what it would be written out."""
        self.write("tree.yaml", TREE.split("      firms:")[0])
        self.write("plain.yaml", PLAIN)
        self.assertEqual(self.jobs("tree.yaml"), self.jobs("plain.yaml"))

    def test_more_members(self):
        """More members change no others; members differ; another seed draws others."""
        self.write("tree.yaml", TREE)
        few = self.jobs("tree.yaml")
        more = self.jobs("tree.yaml", "--set", "tenants.city.tenants.firms.members.count=9")
        self.assertEqual(few, {job for job in more if job[0] not in {f"city/firms/{k}" for k in range(5, 10)}})
        counts = [sum(job[0] == f"city/firms/{k}" for job in more) for k in range(1, 10)]
        self.assertGreater(len(set(counts)), 5)
        self.assertNotEqual(few, self.jobs("tree.yaml", "--seed", "7"))

    def test_stay(self):
        """Who joins and leaves has the jobs in between, the same ones."""
        self.write("tree.yaml", TREE)
        day = 86400
        all_jobs = self.jobs("tree.yaml")
        some = self.jobs("tree.yaml", "--set", "tenants.city.join=10d", "--set", "tenants.city.tenants.one.leave=20d",
                         "--set", "tenants.city.tenants.two.join=5d")
        self.assertEqual(some, {job for job in all_jobs if job[1] >= 10 * day and
                                not (job[0] == "city/one" and job[1] >= 20 * day)})
        joined = self.jobs("tree.yaml", "--set", "tenants.city.tenants.firms.members.join={from: 10d, over: 20d}")
        self.assertEqual(joined, {job for job in all_jobs if "firms" not in job[0] or
                                  job[1] >= (10 + 5 * (int(job[0][-1]) - 1)) * day})
        # 4 at 10d, twice as many each 10 days: the 5th log2(5/4) * 10 days later
        grown = self.jobs("tree.yaml", "--set", "tenants.city.tenants.firms.members.join="
                          "{from: 10d, growth: 8598.75/year, max: 8}", "--set", "time.length=20d")
        firsts = [min((job[1] for job in grown if job[0] == f"city/firms/{k}"), default=99 * day) / day
                  for k in range(1, 9)]
        for k, first in enumerate(firsts, 1):
            years = numpy.log(max(k, 4) / 4) / numpy.log(8599.75)
            self.assertGreaterEqual(first, 10 + 365 * years)

    def test_adoption(self):
        """The example of the manual: 35 % more firms a year, of which each submits daily once it is there."""
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "scenario.md"), encoding="utf-8") as file:
            text, = [block for block in file.read().split("```yaml\n") if "title: A park that fills\n" in block]
        self.write("tree.yaml", text.split("```")[0])
        days = {}
        for path, submit, *_ in self.jobs("tree.yaml"):
            days.setdefault(path, []).append(submit / 86400)
        for k in range(1, 37):
            first = max(0, numpy.log(k / 20) / numpy.log(1.35) * 365)
            self.assertEqual(sorted(days[f"park/{k}"]), list(range(int(numpy.ceil(round(first, 6))), 730)))
        self.assertEqual([min(days[f"park/{k}"]) for k in (20, 21, 27, 36)], [0, 60, 365, 715])
        self.assertIn("  1..36         36      1      -          -       13.5            20          36\n",
                      self.jishi("check", "tree.yaml").stdout)

    def test_ten_thousand(self):
        """A scenario with ten thousand members that vary is read in seconds on any machine."""
        self.write("tree.yaml", TREE)
        begin = time.time()
        done = self.jishi("check", "tree.yaml", "--set", "tenants.city.tenants.firms.members.count=10000")
        self.assertLess(time.time() - begin, 30)
        self.assertIn("city/firms/1..10000/w", done.stdout)
        self.assertLess(len(done.stdout.splitlines()), 40)

    def test_resolved(self):
        """Templates and members are resolved to themselves."""
        self.write("tree.yaml", TREE)
        text = self.jishi("check", "--resolved", "tree.yaml").stdout
        self.write("whole.yaml", text)
        self.assertEqual(self.jishi("check", "--resolved", "whole.yaml").stdout, text)
        self.assertEqual(self.jobs("tree.yaml"), self.jobs("whole.yaml"))

    def test_changes(self):
        """A change of what each member is holds for all of them."""
        self.write("tree.yaml", TREE)
        before = self.jobs("tree.yaml")
        after = self.jobs("tree.yaml", "--set", "changes=[{at: 20d, set: "
                          "{tenants.city.tenants.firms.members.each.workloads.w.processors: 3, tenants.city.share: 2}}]")
        turn = 20 * 86400
        self.assertEqual({job for job in before if job[1] < turn}, {job for job in after if job[1] < turn})
        self.assertEqual({job[2] for job in after if job[1] >= turn and "firms" in job[0]}, {3})


if __name__ == "__main__":
    unittest.main()
