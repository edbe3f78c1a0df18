"""jishi compare as its users meet it: what it says word for word, its files, and that they do not depend on how many
processes there are.

usage: test_compare.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import unittest

import h5py

from in_folder import InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))

QUEUE = """jishi: 1
title: queue
analysis: steady
time: {length: 300h, warmup: 24h}
seed: 3
centres:
  lab:
    partitions:
      p: {nodes: 4, processors_per_node: 1}
    scheduler: {order: fcfs, backfill: none}
tenants:
  a:
    home: lab
    workloads:
      w: {arrival: {poisson: 2/h}, processors: 1, runtime: {exponential: 1h}}
  b:
    home: lab
    workloads:
      w: {arrival: {poisson: 1/h}, processors: 1, runtime: {exponential: 1h}}
variants:
  five: {centres.lab.partitions.p.nodes: 5}
  three: {centres.lab.partitions.p.nodes: 3}
question: {metric: wait.mean, better: lower, matters: 6min}
"""
# the last job of the base waits behind a week of work; the variant rejects it
COUNTS = """jishi: 1
time: {length: 100h}
centres:
  lab:
    partitions:
      p: {nodes: 1, processors_per_node: 1}
    scheduler: {order: fcfs, backfill: none}
tenants:
  a:
    home: lab
    workloads:
      w: {jobs: [{submit: 0h, processors: 1, runtime: 2h}, {submit: 1h, processors: 1, runtime: 2h}]}
variants:
  limit: {centres.lab.scheduler.max_queued: 0}
question: {metric: wait.mean, better: lower}
"""

RARE = """jishi: 1
time: {length: 20d}
centres: {lab: {partitions: {p: {nodes: 4, processors_per_node: 1}}, scheduler: {order: fcfs, backfill: none}}}
tenants:
  a: {home: lab, workloads: {w: {arrival: {every: 6h}, processors: 1, runtime: 2h}}}
  b: {home: lab, workloads: {w: {arrival: {poisson: 0.02 per d}, processors: 4, runtime: 20h}}}
variants: {more: {centres.lab.partitions.p.nodes: 8}}
"""
ONE = """jishi: 1
analysis: steady
time: {length: 300h, warmup: 20h}
seed: 3
centres: {lab: {partitions: {p: {nodes: 10, processors_per_node: 1}}, scheduler: {order: fcfs, backfill: none}}}
tenants: {a: {home: lab, workloads: {w: {arrival: {poisson: 9 per h}, processors: 1, runtime: {exponential: 1h}}}}}
question: {metric: wait.mean, better: lower}
variants:
  a: {centres.lab.partitions.p.nodes: 12}
  b: {centres.lab.partitions.p.nodes: 13}
  c: {centres.lab.partitions.p.nodes: 14}
  d: {centres.lab.scheduler.order: sjf}
"""
FEW = """jishi: 1
analysis: steady
time: {length: 400h, warmup: 20h}
seed: 3
centres: {shop: {partitions: {p: {nodes: 10, processors_per_node: 1}}, scheduler: {order: fcfs, backfill: none}}}
tenants:
  firms: {home: shop, workloads: {w: {arrival: {poisson: 9 per h}, processors: 1, runtime: {exponential: 1h}}}}
  rare: {home: shop, workloads: {w: {arrival: {poisson: 0.002 per h}, processors: 1, runtime: {exponential: 1h}}}}
question: {metric: "wait.mean[tenant=rare]", better: lower, matters: 1min}
variants: {a: {centres.shop.partitions.p.nodes: 12}}
"""
UNCERTAIN = QUEUE + """uncertain:
  tenants.a.workloads.w.arrival.poisson: {uniform: [0.1 per h, 1.1 per h]}
"""
DRAWN = """jishi: 1
analysis: steady
time: {length: 300h, warmup: 24h}
centres: {lab: {partitions: {p: {nodes: 10, processors_per_node: 1}}}}
templates:
  firm: {workloads: {w: {arrival: {poisson: 3/h}, processors: 1, runtime: {exponential: 1h}, request: exact}}}
tenants:
  f: {home: lab, members: {count: 3, like: firm, vary: {workloads.w.arrival.poisson: {uniform: [1/h, 5/h]}}}}
variants: {eleven: {centres.lab.partitions.p.nodes: 11}}
question: {metric: wait.mean, better: lower, matters: 1min}
"""


class Compare(InFolder):
    def setUp(self):
        super().setUp()
        self.write("queue.yaml", QUEUE)
        self.write("counts.yaml", COUNTS)

    def jishi(self, *arguments, status=0):
        done = subprocess.run([PROGRAM, "compare", *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=120)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done

    def rows(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.jishi(*arguments, "--format", "csv").stdout)))

    def test_command_line(self):
        for arguments, text in (
                ([], "a scenario file is needed"),
                (["queue.yaml", "x"], "one scenario file at a time"),
                (["queue.yaml", "-r", "0"], '-r takes a whole number from 1 to 1000000, not "0"'),
                (["queue.yaml", "-j", "many"], '-j takes a whole number from 1 to 4096, not "many"'),
                (["queue.yaml", "--format", "xml"], '--format takes text, csv or json, not "xml"'),
                (["queue.yaml", "--until", "2 wait.mean"],
                 '--until takes a precision and a metric, as in "+-2% wait.mean", not "2 wait.mean"'),
                (["queue.yaml", "--until", "2%"],
                 '--until takes a precision and a metric, as in "+-2% wait.mean", not "2%"'),
                (["queue.yaml", "--until", "2% wait.mean", "-r", "1"], "--until needs 2 replications at least: -r 2"),
                (["queue.yaml", "--nothing"], "unknown option --nothing"),
                (["queue.yaml", "-r"], "-r needs a value")):
            done = self.jishi(*arguments, status=2)
            self.assertEqual(done.stderr, f"jishi compare: {text}; see jishi compare --help\n")

    def test_faults(self):
        self.write("nobody.yaml", QUEUE.replace("{metric: wait.mean,", '{metric: "wait.mean[tenant=nobody]",'))
        for arguments, text in (
                (["queue.yaml", "--until", "2% wait.median"], 'jishi: --until: "wait.median": there is no metric "wait.median"; did you mean "wait.mean"?\n'),
                (["queue.yaml", "--uncertain", "-r", "2"],
                 "queue.yaml: --uncertain: the scenario declares nothing under `uncertain`\n"),
                (["nobody.yaml", "-r", "2"],
                 'nobody.yaml:23:20: question.metric: "wait.mean[tenant=nobody]": there is no tenant "nobody"'),
                (["queue.yaml", "-r", "2", "-o", "none/x.h5"], "jishi: none/x.h5: the folder none: No such file or directory\n"),
                (["queue.yaml", "-r", "2", "-o", "queue.yaml"],
                 "jishi: queue.yaml: is there already and is no comparison; it is not overwritten\n")):
            done = self.jishi(*arguments, status=1)
            self.assertTrue(done.stderr.startswith(text), done.stderr)

    def mind(self, *arguments, status=0):
        return json.loads(self.jishi(*arguments, "--format", "json", status=status).stdout)["mind"]

    def test_garbled_log(self):
        text = ("jishi: 1\ncentres: {s: {partitions: {p: {nodes: 4}}}}\n"
                "tenants: {a: {home: s, workloads: {w: {log: l.swf%s}}}}\nvariants: {d: {tenants.a.share: 2}}\n")
        for name, body in (("l.swf", "1 0 -1 30 1\nzz\n2 60 -1 30 1\n"), ("kept.yaml", text % ", garbled: drop"), ("refused.yaml", text % "")):
            self.write(name, body)
        self.jishi("kept.yaml", "-r", "2", "-q")
        self.assertIn("l.swf:2:1: ", self.jishi("refused.yaml", "-r", "2", "-q", status=1).stderr)

    def test_what_to_mind(self):
        self.assertEqual(self.mind("queue.yaml", "--variant", "three", "-r", "2"), [
            "three: partition lab/p is asked for 3 of 3 processors (100 %): its queue grows without bound, there is "
            "no long-run number"])
        self.assertEqual(self.mind("queue.yaml", "--variant", "five", "-r", "1", "--set", "analysis=transient"),
                         ["one replication has no interval: ask for more with -r"])
        mind = self.mind("queue.yaml", "--variant", "five", "-r", "1", "--set", "time.length=5000h")
        self.assertRegex(mind[0], r"^one replication has no interval: ask for more with -r; \d+ batches of a pilot run "
                                  r"of the base put its mean wait at \d+ min .* to \d+ min .*, and \d+ of its jobs, far "
                                  r"enough apart not to depend on each other, the 95th percentile at \d+ .* to \d+ .* "
                                  r"\(order statistics\)$")
        self.assertEqual(self.mind("queue.yaml", "--variant", "five", "-r", "2", "--most", "3", "--until",
                                   "0.1% wait.mean"),
                         ["wait.mean within 0.1 % was not reached with 3 replications; allow more with --most"])
        self.assertEqual(self.mind("counts.yaml"), [
            "all replications are identical, as nothing in the scenario is random: differences are exact for this "
            "input and have no interval; `replicate` lets a log vary"])

    def test_too_short(self):
        self.write("short.yaml", QUEUE.replace("poisson: 2/h", "poisson: 2.9/h").replace("300h, warmup: 24h", "60h"))
        mind = self.mind("short.yaml", "--variant", "five", "-r", "2")
        self.assertTrue(any("they are too short, or the system does not settle" in text for text in mind)
                        or any("the runs are short beside the time" in text for text in mind), mind)

    def test_unstable_everywhere(self):
        done = self.jishi("queue.yaml", "--set", "centres.lab.partitions.p.nodes=2", "--variant", "three")
        self.assertNotIn("wait.mean", done.stdout)
        self.assertIn("base: partition lab/p is asked for 3 of 2 processors (150 %)", done.stdout)

    def test_unstable_whatever_limits(self):
        """Three Erlangs on four nodes, of which half the time, a quota or the width of jobs leaves less."""
        for sets, want in (
                (["centres.lab.partitions.p.maintenance=[{from: 0h, length: 12h, every: 1d}]", "time.length=240h"],
                 "base: partition lab/p is asked for 3 of 2 processors (150 %): its queue grows without bound, there is "
                 "no long-run number"),
                (["tenants.a.quota={processors: 2}"],
                 "base: tenant a is asked for 2 of 2 processors that its quota allows (100 %): its queue grows without "
                 "bound, there is no long-run number"),
                (["tenants.a.workloads.w.processors=3", "tenants.b.workloads.w.processors=3",
                  "tenants.a.workloads.w.arrival.poisson=0.2/h"],
                 r"base: its queue kept growing in \d of \d runs, at whose ends \d+ % of the jobs still waited: there is "
                 "no long-run number")):
            mind = self.mind("queue.yaml", "--variant", "five", "-r", "2",
                             *(word for text in sets for word in ("--set", text)))
            if "kept growing" in want:
                self.assertRegex(mind[0], want)
            else:
                self.assertEqual(mind[0], want)

    def test_how(self):
        for change, want in (
                (None, "steady: jobs of the first 1 d are not counted, as the scenario says"),
                ("analysis: transient", "transient: the runs as they are, nothing is removed"),
                ("analysis:", "steady, as nothing is dated or grows: jobs of the first 1 d are not counted, as the "
                              "scenario says")):
            text = QUEUE if change is None else QUEUE.replace("analysis: steady\n",
                                                              change + "\n" if change[-1] != ":" else "")
            self.write("how.yaml", text)
            self.assertEqual(self.jishi("how.yaml", "-r", "2").stdout.splitlines()[1], want)
        self.write("how.yaml", QUEUE.replace(", warmup: 24h", "").replace("300h", "2000h"))
        self.assertRegex(self.jishi("how.yaml", "-r", "2", "--variant", "five").stdout.splitlines()[1],
                         r"^steady: jobs of the first .* are not counted, as found by MSER-5 in 5 pilot runs of each$")
        self.assertEqual(self.jishi("counts.yaml").stdout.splitlines()[1],
                         "transient, as it has `jobs` under `tenants`: the runs as they are, nothing is removed")

    def test_counts_that_differ(self):
        found = {(r["variant"], r["metric"]): r for r in self.rows("counts.yaml")}
        row = found["limit", "wait.mean"]
        self.assertEqual((row["verdict"], row["uncounted_base"], row["uncounted"]), ("counts differ", "0", "0.5"))
        self.assertIn("  limit  no verdict: 50.0 % of the jobs are not counted (pending, rejected, abandoned), 0.0 % "
                      "of the base's; ", self.jishi("counts.yaml").stdout)

    def test_counts_that_are_metrics_too(self):
        """What is looked at beside does not change what is found, whatever of it is asked for."""
        want = next(r for r in self.rows("counts.yaml") if (r["variant"], r["metric"]) == ("limit", "wait.mean"))
        for own in "jobs.rejected", "jobs.pending", "jobs.abandoned", "jobs.submitted", "jobs.pending, jobs.rejected":
            self.write("own.yaml", COUNTS + f"metrics: [{own}]\n")
            got = next(r for r in self.rows("own.yaml") if (r["variant"], r["metric"]) == ("limit", "wait.mean"))
            self.assertEqual(got, want, own)
            self.write("own.yaml", COUNTS.replace("metric: wait.mean", f"metric: {own.split(', ')[0]}"))
            got = next(r for r in self.rows("own.yaml") if (r["variant"], r["metric"], r["tenant"])
                       == ("limit", "wait.mean", ""))
            self.assertEqual((got["verdict"], got["uncounted"]), ("counts differ", "0.5"), own)

    def test_counts_have_verdicts(self):
        """Of counts none is left out; of what is measured on those that are counted some are."""
        self.write("own.yaml", COUNTS.replace("metric: wait.mean", "metric: jobs.rejected") +
                   "metrics: [jobs.pending, jobs.completed, jobs.submitted, processor_hours, response.mean]\n")
        got = {r["metric"]: r["verdict"] for r in self.rows("own.yaml")
               if r["variant"] == "limit" and not r["tenant"]}
        self.assertEqual([got[name] for name in ("jobs.rejected", "jobs.pending", "jobs.completed", "jobs.submitted",
                                                 "processor_hours", "response.mean", "wait.mean")],
                         ["worse", "same", "lower", "same", "lower", "counts differ", "counts differ"])
        self.assertIn("  limit  worse: 1.000 more than 0.00", self.jishi("own.yaml").stdout)
        tenant = next(r for r in self.rows("own.yaml") if r["tenant"] == "a")
        self.assertEqual((tenant["metric"], tenant["verdict"]), ("jobs.rejected", "worse"))

    def test_worlds_of_counts(self):
        self.write("sure.yaml", QUEUE.replace("backfill: none", "backfill: none, max_queued: 50")
                   .replace("{metric: wait.mean, better: lower, matters: 6min}", "{metric: jobs.rejected, better: lower}")
                   + "uncertain:\n  centres.lab.scheduler.max_queued: {uniform: [1, 3]}\n")
        found = json.loads(self.jishi("sure.yaml", "--variant", "five", "-r", "4", "--uncertain", "--points", "4",
                                      "--format", "json").stdout)["uncertain"]
        self.assertEqual(found["worlds_without"]["five"], 0)

    def test_jobs_left_out(self):
        """By all alike, or by the base alone: there is a verdict, or nobody to differ from."""
        text = COUNTS.replace("backfill: none", "backfill: none, max_queued: 0")
        want = "50.0 % of the jobs are not counted (50.0 % rejected): wait.mean is of the others alone"
        self.write("out.yaml", text.replace("  limit: {centres.lab.scheduler.max_queued: 0}", "  same: {title: x}"))
        self.assertEqual(self.mind("out.yaml")[:2], [f"base: {want}", f"same: {want}"])
        self.write("out.yaml", text.split("variants:")[0])
        self.assertEqual(self.mind("out.yaml")[0], f"base: {want}")
        row = next(r for r in self.rows("out.yaml") if r["metric"] == "wait.mean")
        self.assertEqual((row["variant"], row["uncounted_base"], row["uncounted"]), ("base", "0.5", "0.5"))

    def test_all_rejected(self):
        self.write("none.yaml", QUEUE.replace(", warmup: 24h", "").replace(
            "backfill: none", "backfill: none, max_processors: 1").replace("processors: 1, run", "processors: 2, run").replace(
            "nodes: 4", "nodes: 40").split("variants:")[0] + "question: {metric: wait.mean, better: lower}\n")
        mind = self.mind("none.yaml", "-r", "2")
        self.assertIn("base: all jobs were rejected: there is nothing to measure", mind)
        self.assertFalse(any("lengthen" in line for line in mind), mind)

    def test_numbers(self):
        """The interval and the pairs, from the runs themselves."""
        self.jishi("queue.yaml", "-r", "5", "--variant", "five", "-o", "x.h5")
        row = next(r for r in self.rows("queue.yaml", "-r", "5", "--variant", "five")
                   if (r["variant"], r["metric"], r["tenant"]) == ("five", "wait.mean", ""))
        with h5py.File(os.path.join(self.folder, "x.h5")) as file:
            runs = file["runs"][:]
            self.assertEqual(file["findings"].dtype.names[:5], ("variant", "metric", "tenant", "unit", "verdict"))
            self.assertEqual(file.attrs["replications"], 5)
        base, five = ([r["wait.mean"] for r in runs if r["variant"] == name] for name in (b"base", b"five"))
        pairs = [b - a for a, b in zip(base, five)]
        mean = sum(pairs) / 5
        half = 2.776445105 * (sum((p - mean) ** 2 for p in pairs) / 4 / 5) ** 0.5
        self.assertAlmostEqual(float(row["difference"]), mean, places=6)
        self.assertAlmostEqual(float(row["difference_lo"]), mean - half, places=4)
        self.assertAlmostEqual(float(row["difference_hi"]), mean + half, places=4)
        self.assertEqual(row["matters"], "360")

    def test_any_number_of_processes(self):
        outputs = []
        for jobs in "1", "3":
            text = self.jishi("queue.yaml", "-r", "4", "-j", jobs, "-o", f"{jobs}.h5").stdout
            with open(os.path.join(self.folder, f"{jobs}.h5"), "rb") as file:
                outputs.append((text, file.read()))
        self.assertEqual(*outputs)

    def test_runs_are_those_of_run(self):
        self.jishi("queue.yaml", "-r", "2", "--variant", "five", "-o", "x.h5")
        done = subprocess.run([PROGRAM, "run", "queue.yaml", "--no-trace", "--variant", "five", "--replication", "2",
                               "--format", "csv"], cwd=self.folder, capture_output=True, text=True, timeout=60)
        want = next(r["value"] for r in csv.DictReader(io.StringIO(done.stdout))
                    if (r["name"], r["scope"], r["period"]) == ("wait.mean", "all", ""))
        with h5py.File(os.path.join(self.folder, "x.h5")) as file:
            got = next(r["wait.mean"] for r in file["runs"][:] if (r["variant"], r["replication"]) == (b"five", 2))
        self.assertEqual(float(want), got)

    def test_chance_that_was_not_seen(self):
        """Large jobs that come once in 50 days: of two runs of 20 days most hold none."""
        self.write("rare.yaml", RARE)
        for seed in "1", "2", "3", "4", "5", "6":
            found = json.loads(self.jishi("rare.yaml", "-r", "20", "--seed", seed, "--format", "json").stdout)
            self.assertEqual((found["replications"], found["identical"]), (20, False), seed)
            self.assertFalse(any("nothing in the scenario is random" in text for text in found["mind"]))

    def test_dated_arrivals(self):
        self.write("dated.yaml", QUEUE.replace("analysis: steady\n", "").replace(
            "{length: 300h, warmup: 24h}", "{start: 2024-01-01, length: 300h}").replace(
            "poisson: 1/h", "poisson: 1/h, until: 2024-01-05"))
        self.assertEqual(self.jishi("dated.yaml", "-r", "2").stdout.splitlines()[1],
                         "transient, as it has `until` under `tenants`: the runs as they are, nothing is removed")

    def test_machine_that_has_not_filled(self):
        self.write("slow.yaml", """jishi: 1
analysis: steady
time: {length: 30h}
seed: 7
centres: {lab: {partitions: {p: {nodes: 200, processors_per_node: 1}}, scheduler: {order: fcfs, backfill: none}}}
tenants:
  a: {home: lab, workloads: {w: {arrival: {poisson: 19 per h}, processors: 1, runtime: {exponential: 10h}}}}
""")
        mind = self.mind("slow.yaml", "-r", "6")
        self.assertIn("base: 65 % of what is installed is in use, and 95 % is asked for: the runs are too short to fill "
                      "it, so that waits are too low (lengthen time.length), or jobs are rejected or held back", mind)

    def test_one_tenant_is_all(self):
        """The same numbers have the same verdict, whether they are told of a tenant or of all."""
        self.write("one.yaml", ONE)
        rows = [r for r in self.rows("one.yaml", "-r", "6", "--seed", "1") if r["metric"] == "wait.mean"]
        told = {t: [(r["variant"], r["verdict"], r["p"]) for r in rows if r["tenant"] == t and r["verdict"]]
                for t in ("", "a")}
        self.assertEqual(len(told[""]), 4)
        self.assertEqual(told[""], told["a"])

    def test_how_many_more(self):
        self.write("few.yaml", FEW)
        out = self.jishi("few.yaml", "-r", "10").stdout
        self.assertIn("; only 5 of 10 replications have one to compare; about 28 more replications would be likely "
                      "(80 %) to show one\n", out)
        row = next(r for r in self.rows("few.yaml", "-r", "10") if r["variant"] == "a" and "[" in r["metric"])
        self.assertEqual((row["n"], row["replications_needed"]), ("5", "38"))

    def test_tenants_without_verdict(self):
        self.write("two.yaml", COUNTS.replace("variants:", """  b:
    home: lab
    workloads:
      w: {jobs: [{submit: 3h, processors: 1, runtime: 2h}, {submit: 3h, processors: 1, runtime: 2h}]}
variants:"""))
        self.assertIn("Tenants under limit, by wait.mean: of 2, 0 gain, 0 lose, 2 have no verdict, as counts differ\n",
                      self.jishi("two.yaml").stdout)

    def test_periods_without_verdict(self):
        self.write("dated.yaml", COUNTS.replace("{length: 100h}", "{start: 2024-01-31T00:00:00Z, length: 100h}"))
        out = self.jishi("dated.yaml").stdout.split("By period")[1].splitlines()
        self.assertRegex(out[2], r"^2024-01 .* counts differ$")

    def test_same_has_no_p(self):
        self.write("same.yaml", QUEUE.replace("variants:", "variants:\n  same: {title: x}"))
        rows = self.rows("same.yaml", "-r", "3")
        self.assertEqual({(r["verdict"], r["p"]) for r in rows if r["variant"] == "same"}, {("same", "")})

    def test_variant_named_twice(self):
        once = self.jishi("queue.yaml", "-r", "2", "--variant", "five").stdout
        self.assertEqual(self.jishi("queue.yaml", "-r", "2", "--variant", "five", "--variant", "five").stdout, once)

    def test_unheeded(self):
        self.write("seed.yaml", QUEUE.replace("  five: {", "  other: {seed: 9, time.warmup: 48h}\n  five: {"))
        mind = self.mind("seed.yaml", "-r", "2", "--variant", "other")
        self.assertIn("other: its `seed` is not heeded: it has the random draws of the base, so that runs can be paired",
                      mind)
        self.assertIn("other: its jobs are counted from another time on than those of the base", mind)
        self.write("none.yaml", QUEUE.replace(", warmup: 24h", "")
                   .replace("  five: {", "  other: {time.warmup: 48h}\n  five: {"))
        self.assertIn("other: its `time.warmup` is not heeded: one is found for all, as the base gives none",
                      self.mind("none.yaml", "-r", "2", "--variant", "other"))

    def test_median(self):
        """Of six replications the interval of the median is from the least to the greatest."""
        self.jishi("queue.yaml", "-r", "6", "--variant", "five", "-o", "x.h5")
        with h5py.File(os.path.join(self.folder, "x.h5")) as file:
            values = sorted(r["wait.mean"] for r in file["runs"][:] if r["variant"] == b"five")
            row = next(r for r in file["findings"][:] if (r["variant"], r["metric"]) == (b"five", b"wait.mean"))
        self.assertEqual((row["median"], row["median_lo"], row["median_hi"]), (values[2], values[0], values[5]))
        self.write("one.yaml", ONE)
        self.assertRegex("\n".join(self.mind("one.yaml", "-r", "10")),
                         r"; the median over those of c, which does not mind, lies at 27 to 91 s \(95 % interval "
                         r"by order statistics\)")

    def test_limit(self):
        done = self.jishi("queue.yaml", "--limit", "0s", status=2)
        self.assertEqual(done.stderr, 'jishi compare: --limit takes a duration such as 5min, not "0s"; '
                                      "see jishi compare --help\n")
        self.write("long.yaml", QUEUE.replace("length: 300h", "length: 10000000h"))
        mind = self.mind("long.yaml", "-r", "1", "--variant", "five", "--limit", "1s", "--set", "analysis=transient",
                         status=1)
        self.assertEqual(mind[-2:], [f"replication 1 of {name} took longer than 1 s: it is left out, with those paired "
                                     "with it" for name in ("base", "five")])

    def test_pilot_runs_beyond_the_limit(self):
        self.write("long.yaml", QUEUE.replace("length: 300h, warmup: 24h", "length: 10000000h"))
        out = self.jishi("long.yaml", "-r", "1", "--variant", "five", "--limit", "100ms", status=1).stdout
        self.assertEqual(out.splitlines()[1], "steady: jobs are counted from the start on, as no pilot run came to its end")
        for name in "base", "five":
            self.assertIn(f"  {name}: its pilot runs were stopped by --limit, as they took longer than 100 ms, so that its "
                          "warm-up is not known; give them longer, or shorten time.length\n", out)
        self.assertNotIn("no end of the warm-up", out)

    def test_points_of_nothing(self):
        done = self.jishi("queue.yaml", "--points", "5", status=2)
        self.assertEqual(done.stderr, "jishi compare: --points is of sampled worlds: --uncertain; see jishi compare --help\n")

    def test_all_runs_beyond_the_limit(self):
        self.write("long.yaml", QUEUE.replace("length: 300h", "length: 10000000h"))
        arguments = "long.yaml", "-r", "2", "--variant", "five", "--limit", "200ms", "--set", "analysis=transient"
        self.assertIn("\n  five  nothing to tell: 2 of its 2 runs and 2 of 2 runs of the base were stopped by --limit, as they "
                      "took longer than 200 ms; give them longer, or shorten time.length\n",
                      self.jishi(*arguments, status=1).stdout)
        self.write("long.yaml", QUEUE.replace("length: 300h", "length: 10000000h").split("variants:")[0] +
                   "question: {metric: wait.mean}\n")
        self.assertIn("\n  nothing to tell: 2 of 2 runs of the base were stopped by --limit, as they took longer than 200 ms; "
                      "give them longer, or shorten time.length\n",
                      self.jishi("long.yaml", "-r", "2", "--limit", "200ms", "--set", "analysis=transient",
                                 status=1).stdout)

    def test_assumptions_of_a_found_warmup(self):
        """Arms are loaded anew with the warm-up that was found."""
        self.write("sure.yaml", UNCERTAIN.replace(", warmup: 24h", ""))
        out = self.jishi("sure.yaml", "--variant", "five", "-r", "3", "--uncertain", "--points", "4").stdout
        self.assertRegex(out, r"tenants\.a\.workloads\.w\.arrival\.poisson +0\.15 per h  1\.05 per h +0 min ")

    def test_whole_numbers_at_a_date(self):
        self.write("dated.yaml", QUEUE + "changes:\n  - {at: 100h, set: {centres.lab.partitions.p.nodes: 5}}\n"
                   "uncertain:\n  'changes[0].set[\"centres.lab.partitions.p.nodes\"]': {uniform: [4.6, 7.4]}\n")
        found = json.loads(self.jishi("dated.yaml", "-r", "2", "--uncertain", "--points", "3", "--format", "json").stdout)
        self.assertEqual({one["low"] + one["high"] for one in found["uncertain"]["assumptions"]}, {"57"})

    def test_worlds_whose_counts_differ(self):
        """Rejected jobs shorten the waits of the others: no answer."""
        self.write("sure.yaml", QUEUE.replace("backfill: none", "backfill: none, max_queued: 50") +
                   "uncertain:\n  centres.lab.scheduler.max_queued: {uniform: [1, 3]}\n")
        arguments = "sure.yaml", "--variant", "five", "-r", "4", "--uncertain", "--points", "4"
        self.assertIn("\n  in 4 of 4 sampled worlds there is no such number, as queues grow, or jobs are left out "
                      "(pending, rejected, abandoned)\n", self.jishi(*arguments).stdout)
        found = json.loads(self.jishi(*arguments, "--format", "json").stdout)["uncertain"]
        self.assertEqual({world["effects"]["five"] for world in found["worlds"]}, {None})

    def test_worlds_that_were_not_run(self):
        """Nothing of them is told but that; the first runs are as fast as those of worlds are slow."""
        self.write("sure.yaml", UNCERTAIN.split("uncertain:")[0] +
                   "uncertain:\n  time.length: {uniform: [10000000h, 20000000h]}\n")
        arguments = "sure.yaml", "--variant", "five", "-r", "2", "--uncertain", "--points", "3", "--limit", "200ms"
        out = self.jishi(*arguments, status=1).stdout
        self.assertIn("  3 of 3 sampled worlds were not run: all of their runs were lost, or those paired with them\n", out)
        self.assertIn("  time.length: 1.05e+07 h was not run\n", out)
        self.assertNotIn("there is no such number", out)
        found = json.loads(self.jishi(*arguments, "--format", "json", status=1).stdout)["uncertain"]
        self.assertEqual((found["worlds_not_run"], found["worlds_without"]),
                         ({"base": 3, "five": 3}, {"base": 0, "five": 0}))

    def test_rates_that_differ_by_replication(self):
        """Members are drawn anew in each: those in which too much is asked for are counted, not left out."""
        self.write("drawn.yaml", DRAWN)
        for seed in "2", "3", "4", "8":
            mind = self.mind("drawn.yaml", "-r", "6", "--seed", seed)
            self.assertEqual([line for line in mind if "more is asked for than there is" in line], [])
            rows = [row for row in self.rows("drawn.yaml", "-r", "6", "--seed", seed) if row["metric"] == "wait.mean"]
            stable = not any("no long-run number" in line for line in mind)
            self.assertEqual({row["n"] for row in rows if not row["tenant"]} == {"6"}, stable)

    def test_unstable_base(self):
        for nodes in 2, 4:  # the variant is stable in the second
            self.write("sure.yaml", UNCERTAIN.replace("poisson: 2/h", f"poisson: {3.5 if nodes == 4 else 6}/h"))
            mind = self.mind("sure.yaml", "--variant", "five", "-r", "3", "--uncertain", "--points", "4")
            self.assertIn("--uncertain: no world was run, as the base of the scenario as it stands has no long-run "
                          "number", mind)

    def test_lost_assumption(self):
        """A variant that changes nothing: whatever is lost, no pair differs."""
        self.write("sure.yaml", UNCERTAIN.replace("variants:", "variants:\n  same: {title: x}"))
        with subprocess.Popen([PROGRAM, "compare", "sure.yaml", "--variant", "same", "-r", "2", "-j", "1", "-q",
                               "--uncertain", "--points", "500", "--format", "json"], cwd=self.folder,
                              stdout=subprocess.PIPE, text=True) as process:
            worker, since = None, time.monotonic()  # those that run the replications live for a moment only
            while process.poll() is None and (not worker or time.monotonic() < since + 0.2):
                time.sleep(0.01)
                with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
                    now = file.read().split()
                if worker not in now:
                    worker, since = now[0] if now else None, time.monotonic()
            os.kill(int(worker), signal.SIGKILL)
            found = json.loads(process.communicate(timeout=120)[0])
        self.assertEqual(process.returncode, 1)
        self.assertRegex("\n".join(found["mind"]), r"1 of \d+ runs of --uncertain are left out, with those paired with "
                                                   r"them; the first was killed \(signal 9\)")
        self.assertEqual({world["effects"]["same"] for world in found["uncertain"]["worlds"]}, {0.0})
        self.assertEqual([one["rank_correlation"]["same"] for one in found["uncertain"]["assumptions"]], [None])

    def test_what_flips_the_answer(self):
        self.write("sure.yaml", UNCERTAIN)
        out = self.jishi("sure.yaml", "--variant", "five", "-r", "5", "--uncertain", "--points", "10").stdout
        self.assertIn("  tenants.a.workloads.w.arrival.poisson: 0.15 per h would leave less than what matters\n", out)
        self.assertRegex(out, r"  in \d+ % of 10 worlds sampled from all assumptions the answer is the same\n")
        self.assertNotIn("turns it round", out)

    def test_variant_that_is_undone(self):
        self.write("sure.yaml", UNCERTAIN.replace("variants:", "variants:\n"
                                                  "  fewer: {tenants.a.workloads.w.arrival.poisson: 1/h}"))
        arguments = "sure.yaml", "--variant", "fewer", "-r", "2", "--uncertain", "--points", "4"
        self.assertIn("Assumptions and wait.mean under fewer\n  nothing is told: it sets "
                      "tenants.a.workloads.w.arrival.poisson, which is varied here after the variant and so undoes it\n",
                      self.jishi(*arguments).stdout)
        found = json.loads(self.jishi(*arguments, "--format", "json").stdout)["uncertain"]
        self.assertEqual(found["assumptions_95"]["fewer"], [None, None])

    def test_worlds_without_bound(self):
        self.write("sure.yaml", UNCERTAIN.replace("[0.1 per h, 1.1 per h]", "[1 per h, 4 per h]"))
        arguments = "sure.yaml", "--variant", "five", "-r", "2", "--uncertain", "--points", "20", "-o", "x.h5"
        out = self.jishi(*arguments).stdout
        self.assertRegex(out, r"assumptions +\S+ to \u221e +min")
        found = json.loads(self.jishi(*arguments, "--format", "json").stdout)["uncertain"]
        self.assertEqual(found["worlds_unbounded"]["base"], 6)
        self.assertRegex(out, "  in 6 of 20 sampled worlds more is asked for than there is, so that it has no bound\n")
        with h5py.File(os.path.join(self.folder, "x.h5")) as file:
            self.assertEqual(len(file["worlds"]), 40)
            effects = [r["effect"] for r in file["worlds"][:] if r["variant"] == b"base"]
            self.assertEqual(sum(e == float("inf") for e in effects), 6)
            row = file["assumptions"][0]
            self.assertEqual((row["variant"], row["low"], row["high"]), (b"base", b"1.15 per h", b"3.85 per h"))
        ends = [r for r in self.rows(*arguments) if r["assumption"]]
        self.assertEqual([(r["variant"], r["assumption"].split("=")[1]) for r in ends],
                         [("base", "1.15 per h"), ("base", "3.85 per h"), ("five", "1.15 per h"), ("five", "3.85 per h")])
        self.assertEqual(float(ends[0]["mean"]), row["at_low"])

    def test_values_in_the_unit_they_are_written_in(self):
        self.write("sure.yaml", UNCERTAIN.replace("poisson: 2/h}", "poisson: 2/h, growth: 20%/year}").replace(
            "tenants.a.workloads.w.arrival.poisson: {uniform: [0.1 per h, 1.1 per h]}",
            "tenants.a.workloads.w.arrival.growth: {uniform: [10%/year, 60%/year]}").replace("analysis: steady\n", ""))
        found = json.loads(self.jishi("sure.yaml", "--variant", "five", "-r", "2", "--uncertain", "--points", "2",
                                      "--format", "json").stdout)["uncertain"]
        self.assertEqual([(a["low"], a["high"]) for a in found["assumptions"]], [("12.5%/year", "57.5%/year")])

    def test_variant_of_another_form(self):
        """What is varied has no place in it: it is left out there, and said."""
        self.write("sure.yaml", UNCERTAIN.replace("variants:", """variants:
  regular: {tenants.a.workloads.w.arrival: {every: 30min}}
  written: {tenants.a.workloads.w: {jobs: [{submit: 30h, processors: 1, runtime: 1h}]}}
  steady-work: {tenants.a.workloads.w.runtime: 1h}
  other-spread: {tenants.a.workloads.w.runtime: {lognormal: {median: 1h, sigma: 1}}}""").replace(
      "runtime: {exponential: 1h}", "runtime: {lognormal: {mean: 1h, sd: 1h}}") +
                   "  tenants.a.workloads.w.runtime.lognormal.sd: {uniform: [30min, 90min]}\n")
        arrival, spread = "tenants.a.workloads.w.arrival.poisson", "tenants.a.workloads.w.runtime.lognormal.sd"
        found = json.loads(self.jishi("sure.yaml", "-r", "2", "--uncertain", "--points", "2", "--set",
                                      "analysis=transient", "--format", "json").stdout)
        self.assertEqual([line for line in found["mind"] if "is no value" in line],
                         [f"{variant}: {path} is no value of this variant: it is varied in the base alone"
                          for variant, path in (("regular", arrival), ("written", arrival), ("written", spread),
                                                ("steady-work", spread), ("other-spread", spread))])
        self.assertEqual([one["left_out_of"] for one in found["uncertain"]["assumptions"]],
                         [["regular", "written"], ["written", "steady-work", "other-spread"]])

    def test_value_that_cannot_be(self):
        self.write("sure.yaml", UNCERTAIN.replace(
            "tenants.a.workloads.w.arrival.poisson: {uniform: [0.1 per h, 1.1 per h]}",
            "centres.lab.partitions.p.nodes: {normal: {mean: 10, sd: 8}}"))
        done = self.jishi("sure.yaml", "--variant", "five", "-r", "2", "--uncertain", status=1)
        line = 1 + UNCERTAIN[:UNCERTAIN.index("  tenants.a.workloads.w.arrival.poisson")].count("\n")
        self.assertEqual(done.stderr, f'sure.yaml:{line}:3: uncertain: centres.lab.partitions.p.nodes: -3 is drawn, '
                                      'which cannot be: centres.lab.partitions.p.nodes: "-3" must be from 0 to 1000000\n')

    def test_control_characters(self):
        """Whatever things are called, a terminal is not led astray."""
        evil = r'"x\e[2J\x7f\u009b"'
        self.write("evil.yaml", UNCERTAIN.replace("title: queue", f"title: {evil}").replace("  a:", f"  {evil}:")
                   .replace("  five:", f"  {evil}:").replace("  tenants.a.work", r'  "tenants[\"x\e[2J\x7f\u009b\"].work')
                   .replace("poisson: {uni", 'poisson": {uni'))
        for command in ["check"], ["run", "--no-trace"], ["compare", "-r", "2", "--uncertain", "--points", "2"]:
            done = subprocess.run([PROGRAM, *command, "evil.yaml"], cwd=self.folder, capture_output=True, text=True,
                                  timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(r"x\x1b[2J\x7f\x9b", done.stdout)
            self.assertEqual([c for c in done.stdout if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160], [])
        done = self.jishi("evil.yaml", "--variant", "y\x1b[2J", status=1)
        self.assertIn(r'unknown variant "y\x1b[2J"; expected one of x\x1b[2J\x7f\x9b, three', done.stderr)
        done = self.jishi("evil.yaml", "--y\x1b[2J", status=2)
        self.assertEqual(done.stderr, "jishi compare: unknown option --y\\x1b[2J; see jishi compare --help\n")

    def test_window_that_cannot_be(self):
        """At the place of the assumption; of a variant with its name."""
        line = 2 + UNCERTAIN[:UNCERTAIN.index("  tenants.a.workloads.w.arrival.poisson")].count("\n")
        self.write("sure.yaml", UNCERTAIN + "  measure.until: {uniform: [250h, 400h]}\n")
        done = self.jishi("sure.yaml", "--variant", "five", "-r", "2", "--uncertain", status=1)
        self.assertEqual(done.stderr, f"sure.yaml:{line}:3: uncertain: measure.until: 392.5 h is drawn, which cannot be: "
                                      "measure.until: lies after the end of the run, 12 d 12 h after the start\n")
        self.write("sure.yaml", UNCERTAIN.replace("  five:", "  short: {time.length: 200h}\n  five:") +
                   "  measure.until: {uniform: [150h, 250h]}\n")
        done = self.jishi("sure.yaml", "--variant", "short", "-r", "2", "--uncertain", status=1)
        self.assertEqual(done.stderr, f"sure.yaml:{line + 1}:3: variant short: uncertain: measure.until: 245 h is drawn, "
                                      "which cannot be: measure.until: lies after the end of the run, 8 d 8 h after the "
                                      "start\n")

    def test_faults_of_variants(self):
        self.write("bad.yaml", QUEUE.replace("  five:", "  bad: {seed: x}\n  late: {measure.until: 400h}\n  five:"))
        for name, want in ("bad", '21:15: variant bad: seed: "x" is not a whole number\n'), (
                "late", "22:25: variant late: measure.until: lies after the end of the run, 12 d 12 h after the start\n"):
            self.assertEqual(self.jishi("bad.yaml", "--variant", name, status=1).stderr, "bad.yaml:" + want)

    def test_interrupted(self):
        self.write("long.yaml", QUEUE.replace("length: 300h", "length: 3000h"))
        process = subprocess.Popen([PROGRAM, "compare", "long.yaml", "-r", "100000", "-j", "1", "--variant", "five"],
                                   cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertRegex(out, r"  stopped: \d+ replications are whole\n")


if __name__ == "__main__":
    unittest.main()
