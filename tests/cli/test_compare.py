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
import tempfile
import time
import unittest

import h5py

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


class Compare(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        self.write("queue.yaml", QUEUE)
        self.write("counts.yaml", COUNTS)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

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
        for arguments, text in (
                (["queue.yaml", "--until", "2% wait.median"], 'jishi: --until: "wait.median": there is no metric "wait.median"; did you mean "wait.mean"?\n'),
                (["queue.yaml", "--uncertain", "-r", "2"],
                 "queue.yaml: --uncertain: the scenario declares nothing under `uncertain`\n"),
                (["queue.yaml", "-r", "2", "-o", "none/x.h5"], "jishi: none/x.h5: the folder none: No such file or directory\n"),
                (["queue.yaml", "-r", "2", "-o", "queue.yaml"],
                 "jishi: queue.yaml: is there already and is no trace; it is not overwritten\n")):
            done = self.jishi(*arguments, status=1)
            self.assertTrue(done.stderr.startswith(text), done.stderr)

    def mind(self, *arguments, status=0):
        return json.loads(self.jishi(*arguments, "--format", "json", status=status).stdout)["mind"]

    def test_what_to_mind(self):
        self.assertEqual(self.mind("queue.yaml", "--variant", "three", "-r", "2"), [
            "three: partition lab/p is asked for 3 of 3 processors (100 %): its queue grows without bound, there is "
            "no long-run number"])
        self.assertEqual(self.mind("queue.yaml", "--variant", "five", "-r", "1", "--set", "analysis=transient"),
                         ["one replication has no interval: ask for more with -r"])
        mind = self.mind("queue.yaml", "--variant", "five", "-r", "1", "--set", "time.length=5000h")
        self.assertRegex(mind[0], r"^one replication has no interval: ask for more with -r; \d+ batches of a pilot run "
                                  r"of the base put its mean wait at \d+ min .* to \d+ min .*$")
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
