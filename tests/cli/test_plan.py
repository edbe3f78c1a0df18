"""jishi plan: the answer where theory has one, what it prints, and what it says to what is wrong.

usage: test_plan.py JISHI

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

from in_folder import FOUR, InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))
NODES = "centres.shop.partitions.p.nodes"

QUEUE = """jishi: 1
title: M/M/c
time: {length: 6000h, warmup: 200h}
seed: 7
centres:
  shop:
    partitions:
      p: {nodes: 10, processors_per_node: 1}
    scheduler: {order: fcfs, backfill: none}
tenants:
  firms:
    home: shop
    workloads:
      w: {arrival: {poisson: 9 per h}, processors: 1, runtime: {exponential: 1h}, request: exact}
"""

ODD = """jishi: 1
time: {start: 2021-01-01, length: 20h}
centres:
  lab:
    partitions:
      p: {nodes: 1, processors_per_node: 1}
    scheduler: {order: sjf, backfill: none}
tenants:
  firm:
    home: lab
    workloads:
      first: {jobs: [{submit: 0h, processors: 1, runtime: 1h}]}
      w: {jobs: [{submit: 10min, processors: 1, runtime: 1h}]}
      v: {jobs: [{submit: 10min, processors: 1, runtime: 2h}]}
"""


def erlang_c(offered, servers):
    """Share that waits in M/M/c."""
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = offered * blocked / (k + offered * blocked)
    return servers * blocked / (servers - offered * (1 - blocked))


def mean_wait(offered, servers):
    """In hours, of a service of an hour."""
    return erlang_c(offered, servers) / (servers - offered)


def smallest(holds, lo, hi):
    return next(c for c in range(lo, hi + 1) if holds(c))


class Case(InFolder):
    def setUp(self):
        super().setUp()
        for name, text in (("q.yaml", QUEUE), ("four.yaml", FOUR)):
            self.write(name, text)

    def plan(self, *arguments, status=0):
        done = subprocess.run([PROGRAM, "plan", *arguments], cwd=self.folder, capture_output=True,
                              text=True, timeout=240)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done

    def answer(self, *arguments, status=0):
        return json.loads(self.plan(*arguments, "--format", "json", status=status).stdout)


class Rounded(Case):
    def test_beside_the_bound(self):
        """A mean of 1 h 30 min 1.5 s is not at most 90 min: it must not read as if it were."""
        longer = ("--set", "tenants.firm.workloads.w.jobs[0].runtime=3601s", "--set", "time.length=20h",
                  "--vary", "centres.lab.partitions.p.nodes=1..2", "-r", "2")
        mean = "wait.mean[workload=firm/w]"
        self.assertIn("just over 1 h 30 min", self.plan("four.yaml", *longer, "--target", f"{mean} <= 90min").stdout)
        self.assertIn("just under 1 h 30 min",
                      self.plan("four.yaml", *longer, "--set", "tenants.firm.workloads.w.jobs[0].runtime=3599s",
                                "--target", f"{mean} <= 90min").stdout)


class Losses(Case):
    ARGUMENTS = ("q.yaml", "--vary", f"{NODES}=10..13", "--target", "wait.mean <= 8min", "-r", "2", "--most", "2")

    def test_killed(self):
        """What is killed once is tried again, and nothing is lost."""
        arguments = [PROGRAM, "plan", *self.ARGUMENTS, "-j", "1", "--set", "time.length=60000h"]
        whole = subprocess.run(arguments, cwd=self.folder, capture_output=True, timeout=240, check=True)
        with subprocess.Popen(arguments, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            children = f"/proc/{run.pid}/task/{run.pid}/children"
            pids = []
            while not pids:
                with open(children, encoding="ascii") as file:
                    pids = file.read().split()
            time.sleep(0.05)
            os.kill(int(pids[0]), signal.SIGKILL)
            out, err = run.communicate(timeout=240)
        self.assertEqual((run.returncode, out, err), (0, whole.stdout, b""))

    def test_too_slow(self):
        """Each simulation alone is given up, after a second trial, and told."""
        done = self.plan(*self.ARGUMENTS, "--limit", "1ms", "--set", "time.length=60000h", status=1)
        self.assertEqual(done.stderr.splitlines()[0],
                         "jishi: at nodes = 10, replication 1: took longer than 1 ms, twice; it is left out")
        self.assertEqual(len(done.stderr.splitlines()), 8)
        self.assertIn("\n   10             0   no value  no\n", done.stdout)


class Theory(Case):
    """M/M/c of 9 Erlangs. The means of neighbouring c are far apart against the noise."""

    def check(self, target, want, *more):
        found = self.answer("q.yaml", "--vary", f"{NODES}=10..25", "--target", target, "-r", "8", *more)
        self.assertEqual(found["answer"], {NODES: str(want)}, target)

    def test_mean_wait(self):
        for minutes in (2, 8, 20):
            self.check(f"wait.mean <= {minutes}min",
                       smallest(lambda c: mean_wait(9, c) * 60 <= minutes, 10, 25))

    def test_share_that_waits(self):
        self.check("p_wait <= 20%", smallest(lambda c: erlang_c(9, c) <= 0.2, 10, 25))

    def test_two_comparisons(self):
        self.check("wait.mean <= 8min and utilisation >= 65%",
                   smallest(lambda c: mean_wait(9, c) * 60 <= 8 and 9 / c >= 0.65, 10, 25))

    def test_in_a_share_of_replications(self):
        self.check("wait.mean <= 8min", smallest(lambda c: mean_wait(9, c) * 60 <= 8, 10, 25), "--in", "90%")

    def test_window_that_is_empty(self):
        found = self.answer("q.yaml", "--vary", f"{NODES}=10..25", "--target",
                            "wait.mean <= 2min and utilisation >= 80%", "-r", "4", status=1)
        self.assertIsNone(found["answer"])

    def test_a_seed_is_not_varied(self):
        done = self.plan("four.yaml", "--vary", "seed=1..5", "--target", "wait.max <= 1h", status=1)
        self.assertEqual(done.stderr, "jishi: --vary: seed: all values are tried with the same seed, to be compared on common "
                                      "random numbers; more replications draw anew\n")

    def test_unstable_values_do_not_meet(self):
        """Of 8 nodes under 9 Erlangs a ninth of the jobs is left pending."""
        found = self.answer("q.yaml", "--vary", f"{NODES}=8..10", "--target", "wait.mean <= 10000h", "-r", "2")
        first = found["trials"][0]["comparisons"][0]
        self.assertEqual(first["holds"], "no")
        self.assertAlmostEqual(first["unfinished"], 1 / 9, delta=0.03)

    def test_no_long_run_number(self):
        """Of 9 nodes under 9 Erlangs under 1 % is left: the mean of a finite run would pass for a long-run one."""
        arguments = ("q.yaml", "--vary", f"{NODES}=8..12", "--target", "wait.mean <= 40h", "-r", "4", "--set")
        self.assertEqual(self.answer(*arguments, "analysis=transient")["answer"], {NODES: "9"})
        found = self.answer(*arguments, "analysis=steady")
        self.assertEqual(found["answer"], {NODES: "10"})
        self.assertEqual([trial["meets"] for trial in found["trials"]], ["unstable", "unstable", "yes", "yes", "yes"])
        self.assertEqual([trial["comparisons"][0]["mean"] for trial in found["trials"]][:2], [None, None])
        self.assertIn("\nnodes = 9 does not:\n  unstable: in 4 of 4 replications the queue grows, there is no long-run "
                      "number\n", self.plan(*arguments, "analysis=steady").stdout)

    def test_what_runs_show(self):
        """Two jobs of 6 processors never run beside each other on fewer than 12, however little that load is of them."""
        found = self.answer("q.yaml", "--vary", f"{NODES}=10..12", "--target", "wait.mean <= 40h", "-r", "4",
                            "--set", "analysis=steady", "--set", "tenants.firms.workloads.w.processors=6",
                            "--set", "tenants.firms.workloads.w.arrival.poisson=1.3 per h")
        self.assertEqual([trial["meets"] for trial in found["trials"]], ["unstable", "unstable", "yes"])


FOUR_TEXT = """\
four at once
Target: wait.max[workload=firm/w] <= 1h, by the means over replications
Varied: centres.lab.partitions.p.nodes from 1 to 6

nodes  replications  wait.max[workload=firm/w]  meets
    1             1                        3 h  no
    2             1                        1 h  yes
    3             1                        1 h  yes
    4             1                        0 s  yes
    5             1                        0 s  yes
    6             1                        0 s  yes

Smallest: nodes = 2
  wait.max[workload=firm/w] <= 1h: 1 h
nodes = 1 does not:
  wait.max[workload=firm/w] <= 1h: 3 h

Note: one replication shows nothing of chance; -r asks for more.
Between two neighbours of the grid each comparison is taken to change at most once.
"""

NOTHING_TEXT = """\
Target: wait.max <= 0s, by the means over replications
Varied: centres.lab.partitions.p.nodes from 1 to 3

nodes  replications    wait.max  meets
    1             1  1 h 50 min  no
    2             1      50 min  no
    3             1         0 s  yes

Smallest: nodes = 3
  wait.max <= 0s: 0 s
nodes = 2 does not:
  wait.max <= 0s: 50 min

Note: the scenario draws nothing at random; one replication tells all.
Between two neighbours of the grid each comparison is taken to change at most once.
"""

PAIR_TEXT = """\
four at once
Target: wait.max <= 1h, in at least 100 % of replications
Varied: centres.lab.partitions.p.nodes from 1 to 3
Varied: centres.lab.partitions.q.nodes from 1 to 3
Cost: each value by the greatest of its range, added up

p.nodes  q.nodes      cost  replications    wait.max  that meet it  meets
      1        1  0.666667             2  3 h +- 0 s        0 of 2  no
      2        1         1             2  3 h +- 0 s        0 of 2  no
      3        1   1.33333             2  3 h +- 0 s        0 of 2  no
      1        2         1             2  3 h +- 0 s        0 of 2  no
      2        2   1.33333             2  1 h +- 0 s        2 of 2  yes
      3        2   1.66667             2  1 h +- 0 s        2 of 2  yes

Cheapest: p.nodes = 2, q.nodes = 2
  wait.max <= 1h: 1 h (1 h to 1 h), holds in 100 % of replications
  met in 2 of 2; the share itself is between 15.81 % and 100 % (95 %)
p.nodes = 1, q.nodes = 2 does not:
  wait.max <= 1h: 3 h (3 h to 3 h), holds in 0 % of replications
  met in 0 of 2; the share itself is between 0 % and 84.19 % (95 %)

Intervals are Student's over replications (95 %).
Between two neighbours of the grid each comparison is taken to change at most once.
"""


class Output(Case):
    maxDiff = None

    def test_text(self):
        done = self.plan("four.yaml", "--vary", "centres.lab.partitions.p.nodes=1..6", "--target",
                         "wait.max[workload=firm/w] <= 1h", "-r", "1")
        self.assertEqual(done.stdout, FOUR_TEXT)
        self.assertEqual(done.stderr, "")

    def test_text_of_a_pair(self):
        done = self.plan("four.yaml", "--vary", "centres.lab.partitions.p.nodes=1..3", "--vary",
                         "centres.lab.partitions.q.nodes=1..3", "--target", "wait.max <= 1h", "-r", "2",
                         "--in", "100%")
        self.assertEqual(done.stdout, PAIR_TEXT)

    def test_lowest(self):
        done = self.plan("four.yaml", "--vary", "centres.lab.partitions.p.nodes=2..6", "--target",
                         "wait.max[workload=firm/w] <= 1h", "-r", "2")
        self.assertIn("\nSmallest: nodes = 2\n"
                      "  wait.max[workload=firm/w] <= 1h: 1 h (1 h to 1 h)\n"
                      "The least value of the range already meets the target: a smaller one may do too.\n",
                      done.stdout)

    def test_none(self):
        done = self.plan("four.yaml", "--vary", "centres.lab.partitions.p.nodes=1..3", "--target",
                         "wait.max[workload=firm/w] < 1h and utilisation[partition=p] >= 50%", "-r", "2", status=1)
        self.assertIn("\nNo value of the range meets the target.\n"
                      "nodes = 1:\n"
                      "  wait.max[workload=firm/w] < 1h: 3 h (3 h to 3 h)\n"
                      "  utilisation[partition=p] >= 50%: 40.0 % (40.0 % to 40.0 %)\n"
                      "nodes = 3:\n"
                      "  wait.max[workload=firm/w] < 1h: 1 h (1 h to 1 h)\n"
                      "  utilisation[partition=p] >= 50%: 13.3 % (13.3 % to 13.3 %)\n", done.stdout)

    def test_greater_values_that_do_not_meet(self):
        done = self.plan("four.yaml", "--vary", "centres.lab.partitions.p.nodes=1..4", "--target",
                         "wait.max[workload=firm/w] <= 1h and utilisation[partition=p] >= 15%", "-r", "2")
        self.assertIn("\nNote: these greater values do not meet the target: 3, 4.\n", done.stdout)

    def test_not_monotone(self):
        """Shortest first, behind an hour: a job of two hours waits longer and longer for another, until it is
        the shorter one."""
        with open(os.path.join(self.folder, "odd.yaml"), "w", encoding="utf-8") as file:
            file.write(ODD)
        done = self.plan("odd.yaml", "--vary", "tenants.firm.workloads.w.jobs[0].runtime=1h..3h by 0.5h", "--target",
                         "wait.max[workload=firm/v] <= 90min", "-r", "2")
        self.assertIn("\nNote: wait.max[workload=firm/v] is not monotone: from 1h to 1.5h it rises by 30 min, against "
                      "the way from the least value to the greatest.\n", done.stdout)

    def test_nothing_is_drawn(self):
        with open(os.path.join(self.folder, "odd.yaml"), "w", encoding="utf-8") as file:
            file.write(ODD)
        done = self.plan("odd.yaml", "--vary", "centres.lab.partitions.p.nodes=1..3", "--target", "wait.max <= 0s",
                         "-r", "20")
        self.assertEqual(done.stdout, NOTHING_TEXT)

    def test_csv(self):
        done = self.plan("four.yaml", "--vary", "centres.lab.partitions.p.nodes=1..2", "--target",
                         "wait.max[workload=firm/w] <= 1h", "-r", "2", "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual([(r["centres.lab.partitions.p.nodes"], r["mean"], r["holds"], r["answer"]) for r in rows],
                         [("1", "10800", "no", "0"), ("2", "3600", "yes", "1")])

    def test_same_on_any_number_of_processes(self):
        arguments = ["q.yaml", "--vary", f"{NODES}=10..14", "--target", "wait.p95 <= 30min", "--set",
                     "time.length=1000h", "-r", "6"]
        one, three = (self.plan(*arguments, "-j", n).stdout for n in ("1", "3"))
        self.assertEqual(one, three)

    def test_every_year(self):
        done = self.plan("four.yaml", "--vary", "centres.lab.partitions.p.nodes=1..2", "--target",
                         "wait.max[workload=firm/w] <= 1h", "-r", "2", "--every", "month")
        self.assertIn("Judged in every period, all of which count: 2021-01 to 2021-01\n", done.stdout)
        self.assertIn("\n  wait.max[workload=firm/w] <= 1h in 2021-01: 1 h (1 h to 1 h)\n", done.stdout)

    def test_relative_range(self):
        found = self.answer("four.yaml", "--vary", "centres.lab.partitions.p.nodes=+0..+3", "--target",
                            "wait.max[workload=firm/w] <= 1h", "-r", "1")
        self.assertEqual(found["answer"], {"centres.lab.partitions.p.nodes": "2"})

    def test_interrupted(self):
        job = subprocess.Popen([PROGRAM, "plan", "q.yaml", "--vary", f"{NODES}=10..90", "--target",
                                "wait.mean <= 1s", "--set", "time.length=1000000h"], cwd=self.folder,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1)
        job.send_signal(signal.SIGINT)
        out, err = job.communicate(timeout=60)
        self.assertEqual((job.returncode, out, err), (130, "", "jishi: stopped; nothing is planned\n"))


YEARS = """jishi: 1
title: bursts that grow
time: {start: 2021-01-01, length: 3 years}
centres:
  lab:
    partitions:
      p: {nodes: 1, processors_per_node: 1}
      r: {nodes: 1, processors_per_node: 1}
    scheduler: {order: fcfs}
tenants:
  firm:
    home: lab
    workloads:
      w: {jobs: [{submit: 1h, processors: 1, runtime: 1h, count: 4}, {submit: 400d, processors: 1, runtime: 1h, count: 6},
                 {submit: 800d, processors: 1, runtime: 1h, count: 12}], partition: p}
      x: {arrival: {every: 1d, jitter: {uniform: [0h, 1h]}}, processors: 1, runtime: 1min, partition: r}
variants:
  more: {changes: [{at: 2022-06-01, set: {centres.lab.partitions.p.nodes: +1}}]}
  same: {}
"""

BUY_TEXT = """\
bursts that grow
Target: wait.max <= 1h, by the means over replications
Bought: centres.lab.partitions.p.nodes, now 1, at most 8 more
Ordered 6 months before it is there

What is ordered at the start is there from 2022 on; the target is not asked of what is before.

period  order       there from  bought  then  wait.max  meet it so far  with less
2022    2021-07-01  2022-01-01      +2     3       1 h             yes         no
2023    2022-07-01  2023-01-01      +4     7       1 h             yes         no

Met in every period.
"""

GROWTH_TEXT = """\
bursts that grow
Target: wait.max <= 1h, in at least 100 % of simulations
Bought: centres.lab.partitions.p.nodes, now 1, at most 4 more
Ordered 10 d before it is there
Growth: same, more

What is ordered at the start is there from 2022 on; the target is not asked of what is before.

period  order       there from  bought  then    wait.max  meet it so far  with less
2022    2021-12-22  2022-01-01      +2     3         1 h          2 of 2     0 of 2
2023    2022-12-22  2023-01-01      +2     5  1 h 30 min          1 of 2     0 of 2

In 2023 not even the most that can be bought meets the target:
  wait.max <= 1h in 2023: 1 h 30 min (-4 h 51 min to 7 h 51 min)
"""


class Purchases(Case):
    maxDiff = None
    BUY = "centres.lab.partitions.p.nodes=+0..+%d by 2"

    def setUp(self):
        super().setUp()
        self.write("years.yaml", YEARS)

    def test_text(self):
        done = self.plan("years.yaml", "--buy", self.BUY % 8, "--lead", "6 months", "--target", "wait.max <= 1h",
                         "-r", "2")
        self.assertEqual((done.stdout, done.stderr), (BUY_TEXT, ""))

    def test_growth(self):
        done = self.plan("years.yaml", "--buy", self.BUY % 4, "--lead", "10d", "--target", "wait.max <= 1h",
                         "-r", "1", "--growth", "same,more", "--in", "100%", status=1)
        self.assertEqual((done.stdout, done.stderr), (GROWTH_TEXT, ""))

    def test_nothing_is_drawn(self):
        done = self.plan("years.yaml", "--buy", self.BUY % 8, "--target", "wait.max <= 1h", "-r", "9", "--in", "90%",
                         "--set", "tenants.firm.workloads.x={jobs: [{submit: 2h, processors: 1, runtime: 1h}], "
                         "partition: r}")
        self.assertIn("\n2023    2023-01-01  2023-01-01      +4     7       1 h          1 of 1     0 of 1\n\n"
                      "Met in every period.\n"
                      "Note: the scenario draws nothing at random; one replication tells all.\n", done.stdout)

    def test_bought_for_the_first_year(self):
        """Without a lead time what is bought is there from the start."""
        done = self.plan("years.yaml", "--buy", self.BUY % 8, "--target", "wait.max <= 1h", "-r", "2", "--format",
                         "csv")
        self.assertEqual(done.stdout, """period,order,there_from,bought,then,met,of,meets
2021,2021-01-01T00:00:00+00:00,2021-01-01T00:00:00+00:00,+2,3,2,2,1
2022,2022-01-01T00:00:00+00:00,2022-01-01T00:00:00+00:00,+0,3,2,2,1
2023,2023-01-01T00:00:00+00:00,2023-01-01T00:00:00+00:00,+4,7,2,2,1
""")

    def test_json(self):
        found = self.answer("years.yaml", "--buy", self.BUY % 8, "--target", "wait.max <= 1h", "-r", "2")
        self.assertTrue(found["met"])
        self.assertEqual([p["bought"] for p in found["purchases"]], ["+2", "+0", "+4"])

    def test_too_late_for_all(self):
        done = self.plan("years.yaml", "--buy", self.BUY % 8, "--lead", "4 years", "--target", "wait.max <= 1h",
                         "-r", "2", status=1)
        self.assertIn("\nNothing ordered from the start on is there before the end.\n", done.stdout)

    def test_growth_of_a_value(self):
        done = self.plan("years.yaml", "--vary", "centres.lab.partitions.p.nodes=1..8", "--target", "wait.max <= 1h",
                         "-r", "1", "--growth", "same,more", "--in", "100%")
        self.assertIn("\nGrowth: same, more\n", done.stdout)
        self.assertIn("\nSmallest: nodes = 6\n", done.stdout)
        self.assertIn("holds in 100 % of simulations\n", done.stdout)

    def test_messages(self):
        buy = ["years.yaml", "--target", "wait.max <= 1h", "--buy"]
        for arguments, text in (
                ([*buy, self.BUY % 8, "--vary", "a=1..2"], "--buy plans purchases, --vary a value: one of the two"),
                ([*buy, self.BUY % 8, "--cost", "2"], "--cost is of pairs"),
                ([*buy, self.BUY % 8, "--lead", "soon"],
                 '--lead: "soon" is not a duration such as 2h or 30min'),
                ([*buy, self.BUY % 8, "--growth", "same"],
                 "--growth needs --in: the share of all simulations that must meet the target"),
                ([*buy, self.BUY % 8, "--growth", "same", "--variant", "more"],
                 "--growth names the variants; --variant is one alone"),
                ([*buy[:3], "--vary", "a=1..2", "--lead", "1 year"], "--lead is of purchases: --buy")):
            done = self.plan(*arguments, status=2)
            self.assertEqual((done.stdout, done.stderr), ("", f"jishi plan: {text}; see jishi plan --help\n"))
        done = self.plan(*buy, "centres.lab.partitions.p.nodes=1..2", status=1)
        self.assertEqual(done.stderr, "jishi: --buy: centres.lab.partitions.p.nodes: what is bought is a range from "
                                      "nothing on: +0..+96 by 8\n")

        done = self.plan(*buy, self.BUY % 8, "--growth", "same,fats", "--in", "90%", status=1)
        self.assertEqual(done.stderr, 'years.yaml: unknown variant "fats"; expected one of more, same\n')


class Messages(Case):
    VARY = ["--vary", f"{NODES}=10..12"]
    TARGET = ["--target", "wait.mean <= 1h"]

    def refused(self, arguments, text, status):
        done = self.plan(*arguments, status=status)
        self.assertEqual((done.stdout, done.stderr), ("", text + "\n"))

    def test_command_line(self):
        for arguments, text in (
                ([*self.VARY, *self.TARGET], "a scenario file is needed"),
                (["q.yaml", "x.yaml", *self.VARY, *self.TARGET], "one scenario file at a time"),
                (["q.yaml", *self.TARGET], "--vary PATH=LO..HI says what may be chosen"),
                (["q.yaml", *self.VARY], "--target 'EXPRESSION' says what is wanted"),
                (["q.yaml", *self.VARY * 3, *self.TARGET], "at most 2 values are varied"),
                (["q.yaml", *self.VARY, *self.TARGET, "--replication", "3"],
                 "-r says how many replications are done, from the first on"),
                (["q.yaml", *self.VARY, *self.TARGET, "--in", "0"], '--in takes a share, such as 95%, not "0"'),
                (["q.yaml", *self.VARY, *self.TARGET, "--in", "95% of weeks"],
                 '--in takes a share of replications, years or months, not "95% of weeks"'),
                (["q.yaml", *self.VARY, *self.TARGET, "--every", "week"], '--every takes year or month, not "week"'),
                (["q.yaml", *self.VARY, *self.TARGET, "--grid", "1"],
                 '--grid takes a whole number from 2 to 1000, not "1"'),
                (["q.yaml", *self.VARY, *self.TARGET, "-r", "x"],
                 '-r takes a whole number from 1 to 100000, not "x"'),
                (["q.yaml", *self.VARY, *self.TARGET, "-j", "0"],
                 '-j takes a whole number from 1 to 4096, not "0"'),
                (["q.yaml", *self.VARY, *self.TARGET, "--most", "0"],
                 '--most takes a whole number from 1 to 100000, not "0"'),
                (["q.yaml", *self.VARY, *self.TARGET, "--confidence", "2"],
                 '--confidence takes a share, such as 95%, not "2"'),
                (["q.yaml", *self.VARY, *self.TARGET, "--confidence", "100%"],
                 '--confidence takes a share below 100%, not "100%"'),
                (["q.yaml", *self.VARY, *self.TARGET, "--unfinished", "-1"],
                 '--unfinished takes a share, such as 95%, not "-1"'),
                (["q.yaml", *self.VARY, *self.TARGET, "--format", "xml"],
                 '--format takes text, csv or json, not "xml"'),
                (["q.yaml", *self.VARY, "--target"], "--target needs a value"),
                (["q.yaml", *self.VARY, *self.TARGET, "--zzz"], "unknown option --zzz")):
            self.refused(arguments, f"jishi plan: {text}; see jishi plan --help", 2)

    def test_target(self):
        self.refused(["q.yaml", *self.VARY, "--target", "wait.mean <= 2h and wait.p94 <= 3h"],
                     'jishi: --target: "wait.p94": there is no metric "wait.p94"; did you mean "wait.p95"?\n'
                     "  wait.mean <= 2h and wait.p94 <= 3h\n"
                     "                      ^", 1)
        self.refused(["q.yaml", *self.VARY, "--target", "wait.mean[centre=shot] <= 2h"],
                     'jishi: --target: "wait.mean[centre=shot]": there is no centre "shot"; did you mean "shop"?', 1)

    def test_vary(self):
        for vary, text in (("nodez=1..2", "nodez: there is no such value in the scenario"),
                           (f"{NODES}=12..10", f"{NODES}: 12..10: a range begins below where it ends")):
            self.refused(["q.yaml", "--vary", vary, *self.TARGET], f"jishi: --vary: {text}", 1)
        self.refused(["q.yaml", *self.VARY * 2, *self.TARGET], f"jishi: --vary: {NODES} is varied twice", 1)

    def test_cost(self):
        self.refused(["q.yaml", *self.VARY, *self.TARGET, "--cost", "2 * c.nodes"],
                     'jishi: --cost: "c.nodes" is not what is varied, nor the end of it\n'
                     "  2 * c.nodes\n"
                     "      ^", 1)

    def test_every_without_a_length(self):
        with open(os.path.join(self.folder, "open.yaml"), "w", encoding="utf-8") as file:
            file.write(FOUR.replace(", length: 10h", ""))
        self.refused(["open.yaml", "--vary", "centres.lab.partitions.p.nodes=1..2", *self.TARGET, "--every", "year"],
                     "jishi: --every: the scenario has no length: its years are not known", 1)

    def test_value_that_cannot_be(self):
        done = self.plan("q.yaml", "--vary", "centres.shop.partitions.p.processors_per_node=0..2", *self.TARGET,
                         "-r", "1", status=1)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr, "jishi: at processors_per_node = 0, replication 1: --set: "
                                      'centres.shop.partitions.p.processors_per_node: "0" must be from 1 to 4096\n')

    def test_value_that_does_not_fit(self):
        """Told at what it does not fit, in a file by its name."""
        done = self.plan("q.yaml", "--vary", "time.length=100h..6000h", *self.TARGET, "-r", "1", status=1)
        self.assertEqual(done.stderr, "jishi: at length = 100h, replication 1: q.yaml:3:31: time.warmup: is not before the end of "
                                      "the run, 4 d 4 h after the start: no job would be counted\n")


if __name__ == "__main__":
    unittest.main()
