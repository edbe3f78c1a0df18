"""Sweeps end to end: the table, what a crash, a limit, a kill or another sweep in the folder does,
and the exact messages about broken sweep files (bad/NAME.yaml, NAME.err).

usage: test_sweep.py JISHI [--update]

SPDX-License-Identifier: GPL-3.0-or-later
"""
import filecmp
import glob
import hashlib
import itertools
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import h5py
import numpy

FOLDER = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(sys.argv.pop(1))
UPDATE = "--update" in sys.argv
NODES = "centres.shop.partitions.p.nodes"
ARRIVAL = "tenants.firms.workloads.w.arrival"
FIXTURE = f"""jishi-sweep: 1
scenario: {FOLDER}/small.yaml
replications: 5
set: {{time.length: 400h}}
factors:
  {NODES}: [10, 11, 12]
  {ARRIVAL}: [{{poisson: 8 per h}}, {{poisson: 9 per h}}, {{poisson: 9.5 per h}}]
measures: [wait.mean, wait.p95, utilisation]
"""
LONGER = FIXTURE.replace("400h", "2000h")


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.home = holder.name
        self.names = (os.path.join(holder.name, f"out{i}") for i in itertools.count())

    def file(self, text):
        path = next(self.names) + ".yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def sweep(self, *arguments, status=0):
        done = subprocess.run([PROGRAM, "sweep", *arguments], capture_output=True, timeout=120,
                              cwd=self.home, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stdout.decode(), done.stderr.decode()

    def begin(self, arguments):
        """A sweep that goes on by itself."""
        sweep = subprocess.Popen([PROGRAM, "sweep", *arguments], stderr=subprocess.PIPE)
        self.addCleanup(sweep.stderr.close)
        self.addCleanup(sweep.wait)
        self.addCleanup(sweep.kill)
        return sweep

    def table(self, folder):
        with h5py.File(os.path.join(folder, "sweep.h5")) as file:
            return file["runs"][:], dict(file["runs"].attrs), file.attrs["complete"]

    def run_sweep(self, text, *arguments, status=0):
        folder = next(self.names)
        self.sweep(self.file(text), "-q", "-o", folder, *arguments, status=status)
        return folder

    def same(self, one, two):
        return filecmp.cmp(os.path.join(one, "sweep.h5"), os.path.join(two, "sweep.h5"),
                           shallow=False)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def records(folder):
    """Whole records of the journal, by run: their states."""
    found = {}
    for name in sorted(glob.glob(os.path.join(folder, "journal", "*.log"))):
        for line in read(name).split(b"\n")[:-1]:
            found.setdefault(int(line.split()[1]), []).append(line.split()[2].decode())
    return found


class Table(Case):
    def test_rows(self):
        one = self.run_sweep(FIXTURE, "-j", "1")
        two = self.run_sweep(FIXTURE, "-j", "2")
        self.assertTrue(self.same(one, two))
        runs, _, complete = self.table(one)
        self.assertEqual((len(runs), complete), (45, 1))
        self.assertEqual(list(runs["run"]), list(range(45)))
        self.assertEqual(list(runs["point"]), [run // 5 for run in range(45)])
        self.assertEqual(list(runs["replication"]), [run % 5 + 1 for run in range(45)])
        self.assertEqual(set(runs["seed"]), {7})
        self.assertEqual(set(runs["state"]), {0})
        self.assertEqual(list(runs["nodes"]), [10 + run // 15 for run in range(45)])
        self.assertEqual([value.decode() for value in runs["arrival"][:15:5]],
                         ["poisson: 8 per h", "poisson: 9 per h", "poisson: 9.5 per h"])
        self.assertEqual(len(set(runs["wait.mean"])), 45)

    def test_as_run_alone(self):
        """A run in a sweep is the run that `jishi run` makes."""
        runs, _, _ = self.table(self.run_sweep(FIXTURE))
        for row in (0, 23, 44):
            out = next(self.names) + ".h5"
            rate = {"poisson: 8 per h": 8, "poisson: 9 per h": 9, "poisson: 9.5 per h": 9.5}[
                runs["arrival"][row].decode()]
            subprocess.run([PROGRAM, "run", os.path.join(FOLDER, "small.yaml"), "-q", "-o", out,
                            "--replication", str(runs["replication"][row]),
                            "--set", "time.length=400h", "--set", f"{NODES}={int(runs['nodes'][row])}",
                            "--set", f"{ARRIVAL}={{poisson: {rate} per h}}"], check=True, timeout=60)
            with h5py.File(out) as file:
                metrics = {item["name"].decode(): item["value"] for item in file["metrics"][:]
                           if item["scope"] == b"all" and not item["period"]}
            for name in ("wait.mean", "wait.p95", "utilisation"):
                self.assertEqual(metrics[name], runs[name][row])

    def test_attributes(self):
        text = FIXTURE.replace("utilisation", "\"wait.max[partition=shop/p]\"")
        folder = self.run_sweep(text)
        runs, attributes, _ = self.table(folder)
        names = runs.dtype.names
        said = {name: attributes[f"FIELD_{i}_DESCRIPTION"] for i, name in enumerate(names)}
        units = {name: attributes.get(f"FIELD_{i}_UNITS") for i, name in enumerate(names)}
        said, units = ({name: value.decode() if isinstance(value, bytes) else value
                        for name, value in table.items()} for table in (said, units))
        self.assertEqual(said["nodes"], f"factor {NODES}")
        self.assertEqual(said["arrival"], f"factor {ARRIVAL}")
        self.assertTrue(said["wait.mean"].startswith("wait.mean: "))
        self.assertTrue(said["wait.max[partition=shop:p]"].startswith("wait.max[partition=shop/p]: "))
        self.assertEqual((units["nodes"], units["wait.mean"], units["arrival"]), ("1", "s", None))

    def test_pandas(self):
        try:
            import pandas
            import tables
        except ImportError:
            self.skipTest("no pandas")
        import warnings
        folder = self.run_sweep(FIXTURE.replace("utilisation", "\"wait.max[partition=shop/p]\""))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", tables.NaturalNameWarning)
            frame = pandas.read_hdf(os.path.join(folder, "sweep.h5"), "runs")
        self.assertEqual(len(frame), 45)
        self.assertEqual(frame.groupby("nodes")["wait.mean"].mean().idxmax(), 10)

    def test_timing(self):
        folder = self.run_sweep(FIXTURE)
        with open(os.path.join(folder, "timing.csv"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertEqual(lines[0], "run,state,seconds,peak_kib,host")
        self.assertEqual(len(lines), 46)
        self.assertRegex(lines[1], r"^0,done,[0-9.]+,[0-9]+,\S+$")

    def test_traces(self):
        """Each is the trace that `jishi run` leaves."""
        folder = self.run_sweep(FIXTURE.replace("replications: 5", "traces: true\nreplications: 2"))
        names = sorted(os.listdir(os.path.join(folder, "traces")))
        self.assertEqual(names, [f"run-{run:06}.h5" for run in range(18)])
        runs, _, _ = self.table(folder)
        out = next(self.names) + ".h5"
        subprocess.run([PROGRAM, "run", os.path.join(FOLDER, "small.yaml"), "-q", "-o", out,
                        "--replication", "2", "--set", "time.length=400h", "--set", f"{NODES}=10",
                        "--set", f"{ARRIVAL}={{poisson: 9 per h}}"], check=True, timeout=60)
        with h5py.File(out) as alone, h5py.File(os.path.join(folder, "traces", names[3])) as file:
            self.assertEqual((file.attrs["replication"], file.attrs["complete"]), (2, 1))
            self.assertEqual(alone["jobs"][:].tobytes(), file["jobs"][:].tobytes())
            self.assertEqual(list(alone["metrics"]["value"][:20]), list(file["metrics"]["value"][:20]))
            jobs = file["jobs"][:]
            counted = (jobs["submit"] >= 36000) & ~numpy.isnan(jobs["end"])
            self.assertAlmostEqual(jobs["wait"][counted].mean(), runs["wait.mean"][3], delta=1e-6)

    def test_trace_deleted(self):
        text = FIXTURE.replace("replications: 5", "traces: true")
        folder = self.run_sweep(text)
        table = self.table(folder)[0].tobytes()
        lost = os.path.join(folder, "traces", "run-000004.h5")
        os.remove(lost)
        self.sweep(self.file(text), "-q", "-o", folder, "--resume")
        with h5py.File(lost) as file:
            self.assertEqual(file.attrs["complete"], 1)
        self.assertEqual(self.table(folder)[0].tobytes(), table)
        self.assertEqual(sorted(run for run, found in records(folder).items() if len(found) > 1), [4])

    def test_trace_damaged(self):
        """A file that is no whole trace is made anew, byte for byte; until then, it is told."""
        text = FIXTURE.replace("replications: 5", "traces: true")
        folder = self.run_sweep(text)
        names = [os.path.join(folder, "traces", f"run-{run:06}.h5") for run in range(9)]
        want = [read(name) for name in names]
        self.assertRegex(self.sweep("--status", folder)[0],
                         r"^9 runs of 9 points: 9 done\na run takes \S+ \S+ on average\n$")
        for name, data in ((names[0], b""), (names[2], want[2][:-100]), (names[5], b"no trace"),
                           (names[6], want[6][:2000] + b"\0" * (len(want[6]) - 2000))):
            with open(name, "wb") as file:
                file.write(data)
        os.remove(names[8])
        self.assertRegex(self.sweep("--status", folder)[0],
                         r"^9 runs of 9 points: 9 done\n"
                         r"5 of those done: the trace is gone or not whole; --resume makes them again\n"
                         r"a run takes \S+ \S+ on average; the rest takes one processor \S+ \S+\n$")
        self.sweep(self.file(text), "-q", "-o", folder, "--resume")
        self.assertEqual([read(name) for name in names], want)
        self.assertEqual(sorted(run for run, found in records(folder).items() if len(found) > 1),
                         [0, 2, 5, 6, 8])

    def test_causes(self):
        """Measures of causes are there, and the others as without them."""
        causes = self.table(self.run_sweep(FIXTURE.replace("utilisation", "wait.capacity.mean")))[0]
        plain = self.table(self.run_sweep(FIXTURE))[0]
        self.assertEqual(list(causes["wait.mean"]), list(plain["wait.mean"]))
        self.assertTrue((causes["wait.capacity.mean"] > 0).all())

    def test_summary(self):
        out, err = self.sweep(self.file(FIXTURE), "-o", "there")
        self.assertEqual(err, "")
        lines = out.splitlines()
        self.assertEqual(lines[0], "45 runs of 9 points in 5 replications: 45 done")
        self.assertRegex(lines[2], r"^nodes +arrival +wait.mean, s +wait.p95, s +utilisation")
        runs, _, _ = self.table(os.path.join(self.home, "there"))
        first = runs["wait.mean"][:5]
        for at, values in ((5, first), (11, runs["utilisation"][:5])):
            half = 2.7764451051977987 * values.std(ddof=1) / 5**0.5
            digits = max(0, 1 - math.floor(math.log10(half)))  # two of the half width
            self.assertEqual(lines[3].split()[at:at + 3],
                             [f"{values.mean():.{digits}f}", "+-", f"{half:.{digits}f}"])
        self.assertEqual(lines[-1], 'A row a run: pandas.read_hdf("there/sweep.h5", "runs")')

    def test_unstable(self):
        """A long-run number that is none is told in words; a transient analysis is left as it is."""
        text = f"""jishi-sweep: 1
scenario: {FOLDER}/small.yaml
replications: 3
set: {{analysis: steady, time.length: 2000h}}
factors: {{{NODES}: [9, 20]}}
measures: [wait.mean]
"""
        out, _ = self.sweep(self.file(text), "-o", "steady")
        self.assertRegex(out, r"\n    9      unstable *\n   20 +[\d.]+ +\+- ")
        words = ("unstable: nodes 9: in 3 of 3 runs more is asked for than can be served, or the queue kept growing; "
                 "there is no long-run number\n")
        self.assertTrue(out.endswith("\n" + words), out)
        self.assertEqual(self.sweep("--merge", "steady")[0], out)
        out, _ = self.sweep(self.file(text.replace("steady", "transient")), "-o", "transient")
        self.assertNotIn("unstable", out)

    def test_no_value(self):
        text = FIXTURE.replace("utilisation]", '"wait.p95[processors>=64]"]')
        out, _ = self.sweep(self.file(text), "-o", "there")
        self.assertTrue(out.endswith("\nwait.p95[processors>=64] has no value in any run: is what it asks for within the "
                                     "measuring window, and does any job answer it?\n"), out)

    def test_many_points(self):
        out, _ = self.sweep(self.file(FIXTURE.replace("replications: 5", "").replace(
            "[10, 11, 12]", str(list(range(10, 31))))), "-o", "there")
        self.assertEqual(out, '63 runs of 63 points: 63 done\n\n'
                              'A row a run: pandas.read_hdf("there/sweep.h5", "runs")\n')


class Factors(Case):
    def test_variants(self):
        folder = self.run_sweep(FIXTURE.replace("factors:", "variants: [base, sjf]\nfactors:"))
        runs, _, _ = self.table(folder)
        self.assertEqual(len(runs), 90)
        self.assertEqual([value.decode() for value in runs["variant"][::45]], ["base", "sjf"])
        base, sjf = runs[:45], runs[45:]
        # common random numbers: with no job waiting both are the same
        self.assertTrue((sjf["wait.mean"] <= base["wait.mean"]).all())
        self.assertTrue((sjf["wait.mean"] < base["wait.mean"]).any())

    def test_labels(self):
        folder = self.run_sweep(FIXTURE.replace(f"{ARRIVAL}: [", f"{ARRIVAL}: {{values: [").replace(
            "9.5 per h}]", "9.5 per h}], label: [low, middle, high]}"))
        runs, _, _ = self.table(folder)
        self.assertEqual([value.decode() for value in runs["arrival"][:15:5]],
                         ["low", "middle", "high"])
        self.assertEqual(list(runs["wait.mean"]),
                         list(self.table(self.run_sweep(FIXTURE))[0]["wait.mean"]))

    def test_tie(self):
        text = f"""jishi-sweep: 1
scenario: {FOLDER}/small.yaml
factors:
  size:
    tie:
      {NODES}: [10, 20]
      {ARRIVAL}.poisson: [8 per h, 17 per h]
    label: [small, large]
  tenants.firms.workloads.w.runtime: [30min, 1h]
measures: [utilisation, jobs.submitted]
"""
        runs, _, _ = self.table(self.run_sweep(text))
        self.assertEqual([value.decode() for value in runs["size"]], ["small"] * 2 + ["large"] * 2)
        self.assertEqual(list(runs["runtime"]), [1800, 3600] * 2)
        self.assertTrue(1.8 < runs["jobs.submitted"][2] / runs["jobs.submitted"][0] < 2.2)

    def test_offered_load(self):
        """What the load is to be is what the run keeps busy, on average over replications."""
        text = f"""jishi-sweep: 1
scenario: {FOLDER}/small.yaml
replications: 20
set: {{time.length: 3000h}}
factors:
  {NODES}: [10, 40]
  load: {{offered_load: {{values: [0.3, 0.8], by: {ARRIVAL}}}}}
measures: [utilisation]
"""
        runs, _, _ = self.table(self.run_sweep(text))
        self.assertEqual(list(runs["load"][::20]), [0.3, 0.8] * 2)
        for row in range(0, 80, 20):
            values = runs["utilisation"][row:row + 20]
            error = values.std(ddof=1) / 20**0.5
            self.assertLess(abs(values.mean() - runs["load"][row]), 3.5 * error)

    def test_drawn(self):
        text = f"""jishi-sweep: 1
scenario: {FOLDER}/small.yaml
factors:
  {NODES}: {{uniform: [10, 20]}}
  tenants.firms.workloads.other.runtime: {{uniform: [10min, 1h]}}
  tenants.firms.workloads.other.processors: {{uniform: [1, 4]}}
design: {{latin-hypercube: {{points: 20}}}}
measures: [utilisation]
"""
        folder = self.run_sweep(text)
        runs, _, _ = self.table(folder)
        self.assertEqual(len(runs), 20)
        for whole in ("nodes", "processors"):
            self.assertEqual(list(runs[whole]), list(numpy.round(runs[whole])))
        self.assertEqual(len(set(((runs["runtime"] - 600) // 150).astype(int))), 20)
        self.assertTrue(self.same(folder, self.run_sweep(text, "-j", "1")))

    def test_change(self):
        """What a dated change sets is told as what the scenario says itself: by its name, as numbers."""
        text = f"""jishi-sweep: 1
scenario:
  include: {FOLDER}/small.yaml
  changes: [{{at: 100h, set: {{{NODES}: 11, centres.shop.scheduler.order: fcfs}}}}]
factors:
  changes[0].set["{NODES}"]: {{uniform: [10, 13]}}
  changes[0].set["centres.shop.scheduler.order"]: [fcfs, sjf]
  changes[0].at: [100h, 150h]
design: {{random: 8}}
measures: [capacity]
"""
        runs, _, _ = self.table(self.run_sweep(text))
        self.assertEqual(runs.dtype.names[2:5], ("nodes", "order", "at"))
        self.assertEqual(set(runs["state"]), {0})
        self.assertEqual(list(runs["nodes"]), list(numpy.round(runs["nodes"])))
        # The same value at another date is another factor.
        text = text.replace('  changes[0].set["centres.shop.scheduler.order"]: [fcfs, sjf]', f"  {NODES}: [8, 9]")
        runs, _, _ = self.table(self.run_sweep(text))
        self.assertEqual(runs.dtype.names[2:5], (f"set.{NODES}", NODES, "at"))

    def test_none(self):
        runs, _, _ = self.table(self.run_sweep(
            f"jishi-sweep: 1\nscenario: {FOLDER}/small.yaml\nreplications: 3\nmeasures: wait.mean\n"))
        self.assertEqual(list(runs["replication"]), [1, 2, 3])


class Failures(Case):
    def test_error(self):
        """Two values that are wrong only together."""
        text = f"""jishi-sweep: 1
scenario: {FOLDER}/small.yaml
factors:
  time.length: [1000h, 300h]
  time.warmup: [100h, 500h]
measures: [wait.mean]
"""
        folder = next(self.names)
        out, err = self.sweep(self.file(text), "-o", folder, status=1)
        self.assertEqual(err, "")
        self.assertIn("4 runs of 4 points: 3 done, 1 error\n", out)
        self.assertRegex(out, r"\nrun 3 \(length 300 h, warmup 500 h, replication 1\): .*yaml:5:\d+: "
                              r"time.warmup: is not before the end of the run, .* after the start: no job would be counted\n$")
        runs, _, complete = self.table(folder)
        self.assertEqual(list(runs["state"]), [0, 0, 0, 1])
        self.assertTrue(numpy.isnan(runs["wait.mean"][3]))
        self.assertEqual(complete, 1)

    def test_limit(self):
        text = FIXTURE.replace("400h", "20000000h").replace("replications: 5", "limit: 30ms")
        folder = next(self.names)
        out, _ = self.sweep(self.file(text), "-o", folder, status=1)
        self.assertIn("9 runs of 9 points: 9 late\n", out)
        self.assertIn("\nevery run (9) was stopped, as it took longer than limit: 30 ms; a greater limit, which --resume "
                      "takes, or a shorter time.length lets them end\n", out)
        self.assertIn("run 0 (nodes 10, arrival poisson: 8 per h, replication 1): took longer than "
                      "30 ms\n", out)
        # another limit is no other sweep: what failed is tried again
        longer = text.replace("20000000h", "400h")
        self.assertIn("its results are of another sweep: set[\"time.length\"] was",
                      self.sweep(self.file(longer), "-o", folder, "--resume", status=1)[1])
        self.sweep(self.file(text.replace("30ms", "40ms")), "-o", folder, "--resume", status=1)
        self.assertEqual(set(map(len, records(folder).values())), {2})

    def test_crash(self):
        """A worker that is killed costs the run it had."""
        folder = next(self.names)
        text = FIXTURE.replace("400h", "20000h").replace("replications: 5\n", "")
        sweep = self.begin([self.file(text), "-j", "2", "-o", folder, "-q"])
        children = f"/proc/{sweep.pid}/task/{sweep.pid}/children"
        while True:
            with open(children, encoding="ascii") as file:
                pids = file.read().split()
            if len(pids) == 2:
                break
            time.sleep(0.01)
        time.sleep(0.05)
        os.kill(int(pids[0]), signal.SIGKILL)
        _, err = sweep.communicate(timeout=120)
        self.assertEqual(sweep.returncode, 1)
        self.assertRegex(err.decode(), r"^run \d+ \(.*\): was killed \(signal 9\)\n$")
        runs, _, _ = self.table(folder)
        self.assertEqual(sorted(runs["state"]), [0] * 8 + [2])
        self.sweep(self.file(text), "-o", folder, "-q", "--resume")
        runs, _, _ = self.table(folder)
        self.assertEqual(set(runs["state"]), {0})

    def test_identical_replications(self):
        text = f"""jishi-sweep: 1
scenario:
  jishi: 1
  centres: {{c: {{partitions: {{p: {{nodes: 4}}}}}}}}
  tenants: {{t: {{home: c, workloads: {{w: {{jobs: [{{submit: 0s, processors: 1, runtime: 1h}}]}}}}}}}}
replications: 2
measures: [makespan]
"""
        _, err = self.sweep(self.file(text), "-o", next(self.names), status=1)
        self.assertRegex(err, r"yaml:6:15: replications: the scenario draws nothing at random, so that "
                              r"2 replications would all be the same; for a log see `replicate: "
                              r"\{shake: 60s\}` and `replicate: \{resample: users\}`\n$")


class Resume(Case):
    def refuse(self, text, folder, *more):
        _, err = self.sweep(self.file(text), "-o", folder, *more, status=1)
        return err.replace(folder, "DIR")

    def test_refusals(self):
        folder = self.run_sweep(FIXTURE)
        self.assertEqual(self.refuse(FIXTURE, folder),
                         "jishi: DIR: holds a sweep already; --resume goes on with it, or name "
                         "another folder\n")
        self.assertEqual(self.refuse(FIXTURE.replace("12]", "13]"), folder, "--resume"),
                         f'jishi: DIR: its results are of another sweep: factors["{NODES}"][2] was '
                         '"12" and is "13" now; name another folder\n')
        self.assertEqual(self.refuse(FIXTURE.replace("12]", "12, 13]"), folder, "--resume"),
                         f'jishi: DIR: its results are of another sweep: factors["{NODES}"][3] was '
                         'not there and is "13" now; name another folder\n')
        scenario = self.file(read(os.path.join(FOLDER, "small.yaml")).decode().replace(
            "seed: 7", "seed: 8"))
        self.assertEqual(self.refuse(FIXTURE.replace(f"{FOLDER}/small.yaml", scenario), folder,
                                     "--resume"),
                         'jishi: DIR: its results are of another sweep: scenario.seed was "7" and is '
                         '"8" now; name another folder\n')
        os.mkdir(os.path.join(self.home, "other"))
        open(os.path.join(self.home, "other", "letters"), "w", encoding="ascii").close()
        self.assertEqual(self.refuse(FIXTURE, os.path.join(self.home, "other")),
                         "jishi: DIR: holds other things, such as letters, and no sweep; name "
                         "another folder\n")
        path = os.path.join(folder, "sweep.yaml")
        text = read(path).decode()
        with open(path, "w", encoding="utf-8") as file:
            file.write(re.sub(r"# jishi [0-9.]+", "# jishi 0.0.1", text))
        self.assertRegex(self.refuse(FIXTURE, folder, "--resume"),
                         r"^jishi: DIR: was begun by another version of jishi than this, [0-9.]+\n$")

    def test_log_changed(self):
        log = os.path.join(self.home, "log.swf")
        lines = [f"{i} {60 * i} -1 3600 4 -1 -1 4 7200 -1 1 1 1 1 1 1 -1 -1" for i in range(1, 50)]
        with open(log, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        text = """jishi-sweep: 1
scenario:
  jishi: 1
  centres: {c: {partitions: {p: {nodes: 16}}}}
  tenants: {t: {home: c, workloads: {w: {log: log.swf}}}}
factors: {centres.c.partitions.p.nodes: [16, 32]}
measures: [wait.mean]
"""
        folder = self.run_sweep(text)
        with open(os.path.join(folder, "inputs.sha256"), encoding="ascii") as file:
            self.assertEqual(file.read().split(), [
                hashlib.sha256(("\n".join(lines) + "\n").encode()).hexdigest(),
                os.path.realpath(log)])
        self.sweep(self.file(text), "-q", "-o", folder, "--resume")
        # the folder's own sweep file names the log wherever it is run
        again = self.run_sweep(text)
        self.sweep(os.path.join(folder, "sweep.yaml"), "-q", "-o", again, "--resume")
        with open(log, "a", encoding="ascii") as file:
            file.write(lines[-1] + "\n")
        self.assertEqual(self.refuse(text, folder, "--resume"),
                         f"jishi: DIR: its results are of other data: {os.path.realpath(log)} has "
                         "changed; name another folder\n")

    def test_torn(self):
        """A record that is torn, or damaged, counts as never written."""
        folder = self.run_sweep(FIXTURE)
        want = next(self.names)
        os.rename(folder, want)
        for keep, damage in ((700, False), (1, False), (0, False), (900, True)):
            folder = next(self.names)
            subprocess.run(["cp", "-r", want, folder], check=True)
            [name] = glob.glob(os.path.join(folder, "journal", "*.log"))
            data = bytearray(read(name)[:keep])
            if damage:
                data[300] ^= 1
            with open(name, "wb") as file:
                file.write(data)
            os.remove(os.path.join(folder, "sweep.h5"))
            _, err = self.sweep(self.file(FIXTURE), "-q", "-o", folder, "--resume")
            torn = (keep > 0) + damage
            self.assertEqual(err.replace(folder, "DIR"), {
                0: "",
                1: "jishi: DIR/journal: 1 record is torn or damaged; what it would have said is done "
                   "again\n",
                2: "jishi: DIR/journal: 2 records are torn or damaged; what they would have said is "
                   "done again\n"}[torn])
            self.assertTrue(self.same(want, folder))

    def test_status_and_merge(self):
        want = self.run_sweep(FIXTURE)
        folder = next(self.names)
        subprocess.run(["cp", "-r", want, folder], check=True)
        [name] = glob.glob(os.path.join(folder, "journal", "*.log"))
        lines = read(name).splitlines(keepends=True)
        with open(name, "wb") as file:
            file.writelines(lines[:40])
        out, _ = self.sweep("--status", folder)
        self.assertRegex(out, r"^45 runs of 9 points in 5 replications: 40 done, 5 missing\n"
                              r"a run takes .* on average; the rest takes one processor .*\n$")
        self.sweep("--merge", folder, status=1)
        runs, _, complete = self.table(folder)
        self.assertEqual((list(runs["state"]).count(0), list(runs["state"]).count(4), complete),
                         (40, 5, 0))
        # other processes, as of a cluster, bring their own journals
        with open(os.path.join(folder, "journal", "elsewhere-1-0.log"), "wb") as file:
            file.writelines(lines[40:])
        self.sweep("--merge", folder)
        self.assertTrue(self.same(want, folder))
        _, err = self.sweep("--status", self.home, status=1)
        self.assertEqual(err.replace(self.home, "DIR"),
                         "jishi: DIR: holds no sweep: DIR/sweep.yaml: No such file or directory\n")

    def test_two_at_once(self):
        folder, path = next(self.names), self.file(FIXTURE.replace("400h", "60000h"))
        sweep = self.begin([path, "-j", "1", "-o", folder, "-q"])
        while not os.path.exists(os.path.join(folder, "sweep.yaml")):
            time.sleep(0.01)
        self.assertIn("a process of this machine is running it\n", self.sweep("--status", folder)[0])
        _, err = self.sweep(path, "-o", folder, "--resume", status=1)
        self.assertEqual(err, f"jishi: {folder}: another process is running this sweep\n")
        # Ctrl-C ends it in order, to be resumed
        sweep.send_signal(signal.SIGINT)
        self.assertEqual(sweep.wait(timeout=60), 130)
        self.assertEqual(self.table(folder)[2], 0)

    def test_killed(self):
        """Twenty times killed at random moments and resumed: the same bytes, nothing done twice."""
        draw = random.Random(20260101)
        want = self.run_sweep(LONGER)
        path, kills, folders = self.file(LONGER), 0, []
        began = time.monotonic()
        while kills < 20:
            folder = next(self.names)
            folders.append(folder)
            while True:
                sweep = subprocess.Popen([PROGRAM, "sweep", path, "-j", "2", "-q", "-o", folder,
                                          "--resume"], start_new_session=True,
                                         stderr=subprocess.DEVNULL)
                try:
                    status = sweep.wait(timeout=draw.uniform(0, 0.3) if kills < 20 else 120)
                    self.assertEqual(status, 0)
                    break
                except subprocess.TimeoutExpired:
                    os.killpg(sweep.pid, signal.SIGKILL)
                    sweep.wait()
                    kills += 1
        for folder in folders:
            self.assertTrue(self.same(want, folder))
            found = records(folder)
            self.assertEqual(sorted(found), list(range(45)))
            self.assertEqual(set(map(tuple, found.values())), {("done",)})
        self.assertLess(time.monotonic() - began, 120)


class Bad(Case):
    def test_files(self):
        names = sorted(name[:-5] for name in os.listdir(os.path.join(FOLDER, "bad"))
                       if name.endswith(".yaml"))
        self.assertGreater(len(names), 20)
        for name in names:
            with self.subTest(name):
                out = next(self.names)
                done = subprocess.run([PROGRAM, "sweep", name + ".yaml", "-o", out], timeout=60,
                                      cwd=os.path.join(FOLDER, "bad"), capture_output=True,
                                      stdin=subprocess.DEVNULL, check=False)
                self.assertEqual((done.returncode, done.stdout), (1, b""))
                self.assertFalse(os.path.exists(out))
                path = os.path.join(FOLDER, "bad", name + ".err")
                if UPDATE:
                    with open(path, "wb") as file:
                        file.write(done.stderr)
                with open(path, encoding="utf-8") as file:
                    self.assertEqual(done.stderr.decode(), file.read())

    def test_command_line(self):
        path, see = self.file(FIXTURE), "; see jishi sweep --help\n"
        for arguments, want in (
                ([], "a sweep file is needed"),
                ([path], "-o DIR is needed: the folder of the results"),
                ([path, path, "-o", "x"], "one sweep at a time"),
                ([path, "-o", "x", "-j", "0"],
                 '-j takes a whole number from 1 to 4096, not "0"'),
                ([path, "-o", "x", "--engine", "locul"],
                 'unknown engine "locul", did you mean local?'),
                ([path, "--status", "x"], "--status DIR, --merge DIR and --part stand alone"),
                ([path, "-o", "x", "--max-jobs", "0"],
                 '--max-jobs takes a whole number from 1 to 1000000, not "0"'),
                ([path, "-o", "x", "--max-jobs", "5"], "--max-jobs is of job arrays: --engine slurm"),
                ([path, "-o", "x", "--part-time", "5min"], "--part-time is of job arrays: --engine slurm"),
                ([path, "-o", "x", "--sbatch=-n1"], "--sbatch is of job arrays: --engine slurm"),
                (["--merge", "x", "--detach", "--engine", "local"], "--detach is of job arrays: --engine slurm"),
                ([path, "-o", "x", "--part-time", "5"],
                 '--part-time takes a duration such as 5min, not "5"'),
                ([path, "-o"], "-o needs a value"),
                ([path, "--nope"], "unknown option --nope")):
            _, err = self.sweep(*arguments, status=2)
            self.assertEqual(err, f"jishi sweep: {want}{see}")

    def test_parts(self):
        folder = self.run_sweep(FIXTURE)
        os.makedirs(os.path.join(folder, "slurm", "0001"))
        with open(os.path.join(folder, "slurm", "0001", "runs"), "w", encoding="utf-8") as file:
            file.write("".join(f"{n:20}\n" for n in (2, 3, 7, 8, 9)))
        for part, want in (
                ("x", "x: names no part of a sweep, such as DIR/slurm/0001/12"),
                (f"{folder}/slurm/0001/x",
                 f"{folder}/slurm/0001/x: names no part of a sweep, such as DIR/slurm/0001/12"),
                (f"{folder}/slurm/0002/0",
                 f"{folder}/slurm/0002/runs: No such file or directory"),
                (f"{folder}/slurm/0001/2", f"{folder}/slurm/0001/runs: has no part 2")):
            _, err = self.sweep("--part", part, status=1)
            self.assertEqual(err, f"jishi: {want}\n")
        self.sweep("--part", f"{folder}/slurm/0001/1")
        [path] = glob.glob(f"{folder}/journal/slurm-0001-1-*.log")
        with open(path, encoding="utf-8") as file:
            self.assertEqual([line.split()[1] for line in file], ["9"])
        # What a process of the part recorded is not done again by the next one.
        self.sweep("--part", f"{folder}/slurm/0001/1")
        self.assertEqual(glob.glob(f"{folder}/journal/slurm-0001-1-*.log"), [path])

    def test_no_slurm(self):
        done = subprocess.run([PROGRAM, "sweep", self.file(FIXTURE), "-o", next(self.names),
                               "--engine", "slurm", "-q"], capture_output=True, text=True,
                              timeout=120, env={"PATH": "/nowhere"}, check=False)
        self.assertEqual((done.returncode, done.stderr),
                         (1, "jishi: sbatch: cannot run it: No such file or directory\n"))


if __name__ == "__main__":
    sys.argv = [arg for arg in sys.argv if arg != "--update"]
    unittest.main()
