"""What `jishi check` judges besides the scenario as it stands: variants, what is uncertain, what is asked.

usage: test_check.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import re
import subprocess
import sys
import unittest

from in_folder import InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))

SCENARIO = """jishi: 1
time: {length: 300h, warmup: 24h}
centres:
  lab: {partitions: {p: {nodes: 10, processors_per_node: 1}}}
tenants:
  a:
    home: lab
    workloads:
      w: {arrival: {poisson: 2/h}, processors: 1, runtime: {exponential: 1h}}
question: {metric: wait.mean}
variants:
  more: {centres.lab.partitions.p.nodes: 12}
"""


class Check(InFolder):
    def jishi(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60)

    def errors(self, text, *arguments):
        with open(os.path.join(self.folder, "s.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        done = self.jishi("check", "s.yaml", *arguments)
        self.assertEqual(done.returncode, 1 if done.stderr else 0)
        return done.stderr

    def test_fine(self):
        self.assertEqual(self.errors(SCENARIO), "")

    def test_scripts_beside_other_faults(self):
        """What is wrong with a script follows from nothing around it."""
        with open(os.path.join(self.folder, "s.lua"), "w", encoding="utf-8") as file:
            file.write("function score(job, tenant, now)\n  return 1 +\nend\n")
        text = SCENARIO.replace("processors_per_node: 1}}}", "processors_per_node: 1}}, scheduler: {order: {lua: s.lua}, ordr: fcfs, max_queued: -3}}")
        told = self.errors(text)
        self.assertEqual([line.split(" ", 1)[1] for line in told.splitlines()], [
            "centres.lab.scheduler.ordr: unknown key, did you mean order?",
            'centres.lab.scheduler.max_queued: "-3" must be from 0 to 1000000000000000', "unexpected symbol near 'end'"])

    def test_logs_of_variants(self):
        """Are read to their ends, as that of the scenario itself."""
        for name, rows in ("good", "123"), ("bad", "12z"):
            with open(os.path.join(self.folder, name + ".swf"), "w", encoding="utf-8") as file:
                file.writelines(f"{row} {100 * i} -1 60 1 -1 -1 1 60 -1 1 1 1 1 1 1 -1 -1\n" for i, row in enumerate(rows))
        text = """jishi: 1
centres: {s: {partitions: {p: {nodes: 4}}}}
tenants: {a: {home: s, workloads: {w: {log: good.swf}}}}
variants: {b: {tenants.a.workloads.w.log: bad.swf}, n: {centres.s.partitions.p.nodes: 5}%s}
"""
        garbled = 'bad.swf:3:1: variant b: field 1 (job number): "z" is not a number; `garbled: drop` leaves such rows out\n'
        self.assertEqual(self.errors(text % ""), garbled)
        late = self.errors(text % ", late: {time.start: 2024-01-01}")
        self.assertEqual(late.splitlines()[0] + "\n", garbled)
        self.assertIn("variant late: tenants.a.workloads.w: good.swf: none of its jobs", late)

    def test_unknown_variants(self):
        """A variant that combines one which is not there is not suggested itself."""
        text = SCENARIO.replace("  more:", "  abc: {combine: [abd]}\n  smaller: {combine: [smal]}\n  small:")
        self.assertEqual(self.errors(text), """s.yaml:12:19: variant abc: unknown variant "abd"; expected one of smaller, small
s.yaml:13:23: variant smaller: unknown variant "smal", did you mean small?
""")

    def test_lent_of_a_share(self):
        """A share of a centre that grows may come to what is lent later: of 12 processors 6 are guaranteed, of 14 the 7."""
        text = """jishi: 1
centres: {c: {partitions: {p: {nodes: 12}}}}
tenants: {t: {home: c, guarantee: {share: 50%%, lend: 7}}}
changes: [{at: 1d, set: {centres.c.partitions.p.nodes: %d}}]
"""
        self.assertEqual(self.errors(text % 14), "")
        self.assertEqual(self.errors(text % 13), "s.yaml:3:54: tenants.t.guarantee.lend: at most the 6 processors guaranteed\n")

    def test_idle(self):
        """What comes to nothing: who joins at the end or leaves at the start, and centres without a broker. Not so a minute
        before the end or after the start, with a broker, with the home among the centres; nor joins where a run drains."""
        text = """jishi: 1
time: {start: 2024-01-10, length: 30d}
centres: {c: {partitions: {p: {nodes: 10}}}, d: {partitions: {p: {nodes: 10}}}}
templates: {f: {workloads: {w: {arrival: {every: 1d}, processors: 1, runtime: 1h}}}}
tenants:
  late: {home: c, join: 2024-02-09, like: f}
  last: {home: c, join: 2024-02-08T23:59, like: f}
  gone: {home: c, leave: 2024-01-10, like: f}
  soon: {home: c, leave: 2024-01-10T00:01, like: f}
  park: {home: c, members: {count: 3, like: f, join: {from: 2025-01-01, over: 30d}}}
  grow: {home: c, members: {count: 3, like: f, join: {from: 2024-01-10, over: 90d}}}
  away: {home: c, members: {count: 2, each: {workloads: {w: {arrival: {every: 1d}, processors: 1, runtime: 1h, centres: [d]}}}}}
  both: {home: c, workloads: {w: {arrival: {every: 1d}, processors: 1, runtime: 1h, centres: [d, c]}}}
"""
        joins = ["late, park join not before the end of the run: no job comes of that"]
        leaves = ["gone leaves not after the start of the run: no job comes of that"]
        away = ["away/1/w: without a broker its jobs run at c, which is none of its centres"]
        for more, want in (("", away + joins + leaves), ("broker: {policy: home}\n", joins + leaves),
                           ("measure: {after: drain}\n", away + leaves)):
            self.assertEqual(self.errors(text + more), "")
            told = [line.strip() for line in self.jishi("check", "s.yaml").stdout.split("\n")]
            ran = self.jishi("run", "s.yaml", "--no-trace").stdout.split("\n")
            self.assertEqual([line for line in told if "comes of that" in line or "without a broker" in line], want)
            self.assertEqual([line for line in ran if "comes of that" in line or "without a broker" in line],
                             ["Note: " + line for line in want])

    def test_outside(self):
        """What lies outside the time of the run, of which nothing comes."""
        text = """jishi: 1
time: {start: 2024-01-10, length: 30d, warmup: 2d}
centres: {c: {partitions: {p: {nodes: 10}}}}
templates: {f: {workloads: {w: {arrival: {every: 1d, from: 2024-02-09}, runtime: 1h}}}}
tenants:
  t:
    home: c
    workloads:
      late: {arrival: {poisson: 1/h, from: 40d}, runtime: 1h}
      slow: {arrival: {every: 1d, jitter: {uniform: [31d, 60d]}}, runtime: 1h}
      fine: {arrival: {poisson: 1/h, from: 29d}, runtime: 1h}
      some: {jobs: [{submit: 1d, processors: 1, runtime: 1h}, {submit: 30d, processors: 1, runtime: 1h, count: 3}]}
      last: {jobs: [{submit: 2025-01-01, processors: 20, runtime: 1h}]}
  m: {home: c, members: {count: 3, like: f}}
metrics: ["wait.mean[period=2023]", "wait.mean[period=2024]", "utilisation[period=2024-01]", "jobs.ended[period=2024-03]"]
"""
        with open(os.path.join(self.folder, "s.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        notes = """
  t/late: no job comes before the end of the run
  t/slow: no job comes before the end of the run
  t/some: 3 jobs come after the end of the run, and are no part of it
  t/last: 1 job comes after the end of the run, and is no part of it
  m/1/w: no job comes before the end of the run
  metrics: wait.mean[period=2023] is of a period in which nothing counts: that is from 2024-01-12 on and before 2024-02-09
  metrics: jobs.ended[period=2024-03] is of a period in which nothing counts: that is from 2024-01-12 on and before 2024-02-09
"""
        self.assertTrue(self.jishi("check", "s.yaml").stdout.endswith(notes))
        drained = self.jishi("check", "s.yaml", "--set", "measure.after=drain").stdout
        self.assertTrue(drained.endswith("\n\n" + notes[notes.index("  metrics"):]), drained)
        longer = self.jishi("check", "s.yaml", "--set", "time.length=400d", "--set", "metrics=[]").stdout
        self.assertNotIn("of the run", longer)

    def test_growth(self):
        """By how much a queue grows: a little is not nothing."""
        text = SCENARIO.replace("more: {centres.lab.partitions.p.nodes: 12}", "none: {seed: 2}").replace("nodes: 10", "nodes: 1")
        with open(os.path.join(self.folder, "s.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        for rate, grows in ("1.01/h", "less than 1 processor-hour"), ("1.05/h", "about 1 processor-hour"), \
                ("1.1/h", "about 2 processor-hours"):
            out = self.jishi("check", "s.yaml", "--set", f"tenants.a.workloads.w.arrival.poisson={rate}").stdout
            self.assertIn(f"  more is asked for than is in service, the queue grows by {grows} a day.\n", out)

    def test_counted(self):
        """The window of what is counted, both of its ends."""
        with open(os.path.join(self.folder, "s.yaml"), "w", encoding="utf-8") as file:
            file.write(SCENARIO)
        for settings, says in ([], "  counted  jobs submitted after the first 1 d\n"), \
                (["--set", "time.start=2021-05-01"], "  counted  jobs submitted after the first 1 d (from 2021-05-02 on)\n"), \
                (["--set", "measure.until=240h"], "  counted  jobs submitted after the first 1 d and before 1970-01-11\n"), \
                (["--set", "measure.until=240h", "--set", "time.warmup=0h"], "  counted  jobs submitted before 1970-01-11\n"):
            self.assertIn(says, self.jishi("check", "s.yaml", *settings).stdout)

    def test_listed(self):
        """Jobs written out, in a run without length: their work, for a load would be that of the instants at which they come."""
        with open(os.path.join(self.folder, "s.yaml"), "w", encoding="utf-8") as file:
            file.write("""\
jishi: 1
centres: {c: {partitions: {p: {nodes: 4}}}}
tenants: {t: {home: c, workloads: {w: {jobs: [
  {submit: 0s, processors: 1, runtime: 3h, count: 5}, {submit: 1s, processors: 4, runtime: 1h, count: 2}]}}}}
""")
        self.assertIn("""
Work of the jobs written out, and what the processors do in a day

c/p                 jobs  processor-h each  largest  processor-h
t/w                    7               3.3        4           23
  asked for                                                   23
  installed, a day                                            96
  at full use                                         5 h 45 min
""", self.jishi("check", "s.yaml").stdout)

    def test_log(self):
        """What is odd in a log is told without a run, a line a kind."""
        with open(os.path.join(self.folder, "s.yaml"), "w", encoding="utf-8") as file:
            file.write("jishi: 1\ncentres: {s: {partitions: {p: {nodes: 8}}}}\n"
                       "tenants: {u: {home: s, workloads: {w: {log: l.swf}}}}\n")
        with open(os.path.join(self.folder, "l.swf"), "w", encoding="utf-8") as file:
            file.write("; MaxProcs: 8\n"
                       "1 0 0 100 8 -1 -1 8 100 -1 1 1 1 -1 -1 -1 -1 -1\n"
                       "2 10 0 100 8 -1 -1 8 100 -1 1 1 1 -1 -1 -1 -1 -1\n"
                       "3 -1 -1 -1 8 -1 -1 8 100 -1 1 1 1 -1 -1 -1 -1 -1\n")
        done = self.jishi("check", "s.yaml")
        self.assertEqual(done.stdout[done.stdout.index("\n  u/w"):],
                         "\n  u/w: 3 jobs in the log\n"
                         "  u/w: 2 jobs used\n"
                         "  u/w: 1 job: left out, neither submit nor run time is known (first: line 4)\n"
                         "  u/w: 16 processors given at once by the log's own start times, of 8 (first: line 3)\n")

    def test_variants(self):
        """Every error of every variant, at its place, with its name; what two share once."""
        text = SCENARIO + """  misspelt: {centres.lab.partitions.p.nodez: 12}
  nowhere: {centres.lba.partitions.p.nodes: 12}
  window: {measure.until: 400h}
  both: {combine: [more, misspelt]}
  lost: {combine: [mroe]}
  list: [1]
  negative: {tenants.a.workloads.w.processors: -1, seed: x}
"""
        self.assertEqual(self.errors(text), """\
s.yaml:13:14: variant misspelt: centres.lab.partitions.p.nodez: unknown key, did you mean nodes?
s.yaml:14:13: variant nowhere: centres: there is no "lba", did you mean lab?
s.yaml:15:27: variant window: measure.until: lies after the end of the run, 12 d 12 h after the start
s.yaml:17:20: variant lost: unknown variant "mroe", did you mean more?
s.yaml:18:9: variants.list: expected a map of PATH: value
s.yaml:19:48: variant negative: tenants.a.workloads.w.processors: must be at least 1
s.yaml:19:58: variant negative: seed: "x" is not a whole number
""")
        for name in "misspelt", "nowhere", "window", "both", "lost", "list", "negative":
            self.assertEqual(self.jishi("run", "s.yaml", "--no-trace", "-q", "--variant", name).returncode, 1, name)
        self.assertEqual(self.errors(text, "--variant", "more"), "")
        self.assertEqual(self.errors(text, "--variant", "window"),
                         "s.yaml:15:27: measure.until: lies after the end of the run, 12 d 12 h after the start\n")
        self.assertEqual(self.errors(text, "--resolved"), "")

    def test_base_and_variants(self):
        """A fault of the scenario is not told again of each variant."""
        text = SCENARIO.replace("nodes: 10", "nodez: 10") + "  bad: {seed: x}\n"
        self.assertEqual(self.errors(text), """\
s.yaml:4:26: centres.lab.partitions.p.nodez: unknown key, did you mean nodes?
s.yaml:13:15: variant bad: seed: "x" is not a whole number
""")

    def test_changes_and_variants(self):
        """What changes make wrong hides no fault of a variant, of a metric or of the window."""
        text = (SCENARIO.replace("variants:", "changes: [{at: 1d, set: {centres.lab.partitions.p.nodez: 2}}]\n"
                                 "metrics: [wait.p59]\nvariants:")
                + "  bad: {centres.lab.partitions.p.nodes: 2 kg}\n  window: {measure.until: 400h}\n")
        self.assertEqual(self.errors(text), """\
s.yaml:11:26: centres.lab.partitions.p.nodez: unknown key, did you mean nodes?
s.yaml:12:11: metrics[0]: "wait.p59": there is no metric "wait.p59"; did you mean "wait.p50"?
s.yaml:15:41: variant bad: centres.lab.partitions.p.nodes: "2 kg" is not a whole number
s.yaml:16:27: variant window: measure.until: lies after the end of the run, 12 d 12 h after the start
""")

    def test_blamed_setting(self):
        """What fits no longer is a fault of the setting, wherever it is found."""
        self.assertEqual(self.errors(SCENARIO, "--set", "seed=2", "--set", "time.length=1h"),
                         "--set time.length=1h: time.warmup: is not before the end of the run, 1 h after the start: "
                         "no job would be counted\n")

    def test_settings(self):
        """They come after the variant, here as in a run."""
        text = SCENARIO + "  short: {measure.until: 400h}\n"
        self.assertEqual(self.errors(text, "--set", "measure.until=300h"), "")
        self.assertEqual(self.errors(text, "--set", "seed=x"),
                         '--set seed=x: seed: "x" is not a whole number\n'
                         "s.yaml:13:26: variant short: measure.until: lies after the end of the run, 12 d 12 h after the start\n")

    def test_question(self):
        for metric, want in (
                ("tenant=nobody", 'there is no tenant "nobody"'),
                ("tenant=b", 'there is no tenant "b"; did you mean "a"?'),
                ("partition=q", 'there is no partition "q"; did you mean "p"?'),
                ("centre=lob", 'there is no centre "lob"; did you mean "lab"?'),
                ("workload=a/w", None)):
            text = SCENARIO.replace("wait.mean", f'"wait.mean[{metric}]"')
            self.assertEqual(self.errors(text), want and f's.yaml:10:20: question.metric: "wait.mean[{metric}]": {want}\n'
                             or "", metric)

    def test_question_of_a_variant(self):
        text = SCENARIO + '  asks: {question.metric: "wait.mean[tenant=nobody]"}\n'
        self.assertEqual(self.errors(text), 's.yaml:13:27: variant asks: question.metric: "wait.mean[tenant=nobody]": '
                                            'there is no tenant "nobody"\n')

    def test_uncertain(self):
        text = SCENARIO + """uncertain:
  time.warmup: {uniform: [24h, 400h]}
  measure.until: {uniform: [20h, 200h]}
  centres.lab.partitions.p.nodes: {normal: {mean: 5, sd: 3}}
  tenants.a.home: {uniform: [1, 2]}
  tenants.a.workloads.w: {uniform: [1, 2]}
  metrics: {uniform: [1, 2]}
  tenants.a.workloads.w.arrival.poisson: {uniform: [1/h, 3/h]}
"""
        self.assertEqual(self.errors(text), """\
s.yaml:14:3: uncertain: time.warmup: 399.6 h may be drawn, which cannot be: time.warmup: is not before the end of the \
run, 12 d 12 h after the start: no job would be counted
s.yaml:15:3: uncertain: measure.until: 20.18 h may be drawn, which cannot be: measure.until: is not after the beginning \
of the window, 1 d after the start: no job would be counted
s.yaml:16:3: uncertain: centres.lab.partitions.p.nodes: -4 may be drawn, which cannot be: \
centres.lab.partitions.p.nodes: "-4" must be from 0 to 1000000
s.yaml:17:3: uncertain: tenants.a.home: 1.001 may be drawn, which cannot be: tenants.a.home: unknown centre "1.001"; \
expected lab
s.yaml:18:3: uncertain: tenants.a.workloads.w: a map stands there, for which no number such as 1.001 can be drawn; give \
the path of a value in it
s.yaml:19:3: uncertain: metrics: 1.001 may be drawn, which cannot be: metrics: "1.001": there is no metric "1.001"; \
`jishi list metrics` shows them
""")

    def test_uncertain_length(self):
        """Together they do, alone one does not."""
        text = SCENARIO + "uncertain:\n  time.length: {uniform: [200h, 400h]}\n  measure.until: {uniform: [150h, 350h]}\n"
        self.assertEqual(self.errors(text), """\
s.yaml:15:3: uncertain: measure.until: 349.8 h may be drawn, which cannot be: measure.until: lies after the end of the \
run, 12 d 12 h after the start
""")

    def test_whole_numbers(self):
        """Told as they are used."""
        done = self.errors(SCENARIO + "uncertain:\n  centres.lab.partitions.p.nodes: {uniform: [8.2, 11.8]}\n")
        self.assertEqual(done, "")
        out = self.jishi("check", "s.yaml").stdout.split("\n\nUncertain")[1].splitlines()[1]
        self.assertEqual(out.split()[1:4], ["8", "10", "12"])

    def test_hours_of_speeds(self):
        """Quotas of processor-hours hold the request where it is least against the limit, as a run does."""
        text = """jishi: 1
processors: {s: {fp16: 1 TFLOPS}, f: {fp16: 4 TFLOPS}}
centres:
  c: {partitions: {p: {nodes: 4, processor: s}}}
  d: {partitions: {q: {nodes: 4, processor: f}}}
broker: {policy: least-wait}
tenants:
  a:
    home: c
    quota: {processor_hours: {limit: 2, per: run}}
    workloads: {w: {jobs: [{submit: 0h, processors: 1, work: 28.8 PFLOP}, {submit: 0h, processors: PROCS, work: MORE PFLOP}]}}
"""
        any_partition = text.replace("}}}\n  d: {partitions: {", "}, ").replace(
            "broker: {policy: least-wait}\n", "").replace("w: {jobs", "w: {partition: any, jobs")
        slow = any_partition.replace("partition: any", "partition: p")
        says = "  a/w: jobs of up to %s processor-hours by their requests, but a has a quota of 2 processor-hours: %s rejected.\n"
        half = "the larger ones (50 % of its jobs) are"
        for scenario, processors, more, want in (
                (text, "1", "28.8", ""), (text, "1", "28.9", says % ("2.00694", half)),
                (text, "5", "99", ""),  # too large for either: refused for that
                (any_partition, "1", "28.8", ""), (any_partition, "1", "28.9", says % ("2.00694", half)),
                (slow, "1", "7.2", says % ("8", half)), (slow, "1", "28.9", says % ("8.02778", "all are"))):
            with self.subTest(scenario=scenario, more=more):
                self.assertEqual(self.errors(scenario.replace("PROCS", processors).replace("MORE", more)), "")
                out = self.jishi("check", "s.yaml").stdout.splitlines(True)
                self.assertEqual("".join(line for line in out if "by their requests" in line), want)

    def test_refused_from_a_date_on(self):
        """Jobs that no limit of then and later lets run: by size 1 of the 2 that t submits from day 5 on, and by request 1 of 2, the same:
        8 + 2 processor-hours stay; those of u keep 9 processors busy, of which the first 100 h in a job are taken, then 4 h."""
        self.write("s.yaml", """
jishi: 1
time: {start: 2025-01-01, length: 10d}
centres: {c: {partitions: {p: {nodes: 32}}}}
qos: {q: {quota: {max_request: 20h}}}
tenants:
  t: {home: c, qos: q, workloads: {w: {jobs: [{submit: 1d, processors: 8, runtime: 1h},
    {submit: 6d, processors: 8, runtime: 10h}, {submit: 7d, processors: 2, runtime: 1h}]}}}
  u: {home: c, quota: {processor_hours: {limit: 400, per: day}},
    workloads: {w: {arrival: {every: 1h}, processors: {choice: [2, 4]}, runtime: {choice: [1h, 2h]}}}}
changes:
  - {at: 5d, set: {tenants.t.quota.processors: 4, tenants.u.quota.processor_hours.limit: 4, qos.q.quota.max_request: 2h}}
  - {at: 8d, set: {tenants.u.quota.processors: 0}}
""")
        out = self.jishi("check", "s.yaml").stdout
        # 120 jobs of 4.5 h, then 72, of which 3/4 stay, with (2 + 4 + 4) / 18 of the work; over 240 h. 8 of 120 h, 2 of 72 h.
        self.assertRegex(out, "\nt/w +2 +5 +8 +0.067 +0.028 +- +0.042\nu/w +174 +4.1 +4 +4.5 +2.5 +- +3\n")
        self.assertRegex(out, "\nt +1 +1 +- +- +0.042\n")
        self.assertIn(
            "  u, from 2025-01-09T00:00:00+00:00 on: a quota of 0 processors lets no job start: all are rejected.\n"
            "  t/w, from 2025-01-06T00:00:00+00:00 on: jobs of up to 8 processors, but t has a quota of 4: the larger ones (50 % of its "
            "jobs) are rejected.\n"
            "  t/w, from 2025-01-06T00:00:00+00:00 on: QOS q lets one job have no more than 2 h by request: the longer ones (50 % of its "
            "jobs) are rejected.\n", out)
        self.assertIn("u/w, from 2025-01-06T00:00:00+00:00 on: jobs of up to 8 processor-hours by their requests, but u has a quota of 4 "
                      "processor-hours: the larger ones (25 % of its jobs) are rejected.\n", out)

    DATED = """jishi: 1
time: {start: 2022-01-01, length: 100d}
centres: {c: {partitions: {p: {nodes: 100}}}}
changes: [{at: 50d, set: {%s}}]
tenants:
  f: {home: c%s, workloads: {v: {%s}}}
"""

    def load(self, text):
        """The lines from the first workload to "installed", word by word."""
        self.write("s.yaml", text)
        done = self.jishi("check", "s.yaml")
        self.assertEqual(done.stderr, "")
        self.out = done.stdout
        lines = done.stdout.split("processor-h each", 1)[1].splitlines()
        return [line.split() for line in lines[1:[line.startswith("  installed") for line in lines].index(True)]]

    def test_jobs_when_they_come(self):
        """3 processor-hours in the first 1200 h, 4800 in the other: 4 of 10 processors, of which a log and a list tell the same."""
        nodes = "centres.c.partitions.p.nodes: 10"
        jobs = ("jobs: [{submit: 1d, processors: 1, runtime: 1h}, {submit: 2d, processors: 1, runtime: 1h}, "
                "{submit: 3d, processors: 1, runtime: 1h}, {submit: 90d, processors: 10, runtime: 240h, count: 2}]")
        want = [["f/v", "5", "961", "10", "0.0025", "4", "2.0"], ["asked", "for", "0.0025", "4", "2.0"]]
        self.assertEqual(self.load(self.DATED % (nodes, "", jobs)), want)
        self.assertNotIn("more is asked for", self.out)
        self.assertRegex(self.out, r"in service +0\.0025 % +40\.0 %")
        swf = [(1, 1, 3600), (2, 1, 3600), (3, 1, 3600), (90, 10, 864000), (90, 10, 864000)]
        for order in swf, swf[::-1]:
            self.write("l.swf", "".join(f"{i} {day * 86400} 0 {length} {n} -1 -1 {n} {length} -1 1 1 1 -1 -1 -1 -1 -1\n"
                                        for i, (day, n, length) in enumerate(order)))
            self.assertEqual(self.load(self.DATED % (nodes, "", "log: l.swf, shift: to-start")), want)

    def test_jobs_of_a_stay(self):
        """Nine of 240 processor-hours come while the tenant is there: 0.9 on average over 2400 h, whatever came before."""
        jobs = "jobs: [{submit: 50d, processors: 40, runtime: 24h}, {submit: 70d, processors: 10, runtime: 24h, count: 9}]"
        text = self.DATED % ("", ", join: 60d, leave: 80d", jobs)
        text = text[:text.index("changes")] + text[text.index("tenants"):]
        self.assertEqual(self.load(text), [["f/v", "9", "240", "10", "0.90"], ["asked", "for", "0.90"]])
        self.assertEqual(self.load(text.replace("leave: 80d", "leave: 65d")), [["f/v", "0", "-", "-", "-"], ["asked", "for", "-"]])

    def test_change_of_load(self):
        """1200 jobs of 5 processor-hours, then 30 000; or 1200 of 5 and 1200 of 15, or of 20: each change has a column, and all jobs count."""
        w = "tenants.f.workloads.v."
        flow = "arrival: {poisson: 1/h}, processors: 5, runtime: 1h"
        self.assertEqual(self.load(self.DATED % (w + "arrival.poisson: 25/h", "", flow)),
                         [["f/v", "31", "200", "5", "5", "5", "125", "65"], ["asked", "for", "5", "125", "65"]])
        self.assertIn("\n  2022-02-20 to 2022-04-11: more is asked for than is in service, the queue grows by about 600 "
                      "processor-hours a day.\n", self.out)
        self.assertEqual(self.load(self.DATED % (w + "runtime: 3h", "", flow))[0], ["f/v", "2", "400", "10", "5", "5", "15", "10"])
        self.assertEqual(self.load(self.DATED % (w + "processors: 20", "", flow))[0], ["f/v", "2", "400", "12.5", "20", "5", "20", "12.5"])
        self.assertEqual(self.load(self.DATED % (w + "arrival.poisson: 24/d", "", flow))[0], ["f/v", "2", "400", "5", "5", "5"])
        # from day 50 on all are too large, or refused
        self.assertEqual(self.load(self.DATED % (w + "processors: 200", "", flow))[0], ["f/v", "1", "200", "5", "200", "5", "-", "2.5"])
        self.assertIn("  f/v, from 2022-02-20T00:00:00+00:00 on: jobs of up to 200 processors, but one never gets more than 100: "
                      "the larger ones (100 % of its jobs) are rejected, and not counted above.\n", self.out)
        self.assertEqual(self.load(self.DATED % ("tenants.f.quota.processors: 4", "", flow))[0],
                         ["f/v", "1", "200", "5", "5", "5", "-", "2.5"])

    def test_log_without_length(self):
        """From the first submission to the last: 240 processor-hours in 240 h, then 480 and 48, of 10 and 20 nodes, of which 10 are in
        maintenance for 5 days. A list beside it adds 24, and lasts a day longer."""
        text = """jishi: 1
time: {start: 2022-01-01}
centres: {c: {partitions: {p: {nodes: 10, maintenance: [{from: 15d, length: 5d, nodes: 10}]}}}}
changes: [{at: 10d, set: {centres.c.partitions.p.nodes: 20}}, {at: 100d, set: {centres.c.partitions.p.nodes: 30}}]
tenants: {f: {home: c, workloads: {v: {log: l.swf, shift: to-start}}}}
"""
        self.write("l.swf", "".join(f"{i} {day * 86400} 0 {hours * 3600} {n} -1 -1 {n} {hours * 3600} -1 1 1 1 -1 -1 -1 -1 -1\n"
                                    for i, (day, n, hours) in enumerate([(0, 10, 24), (10, 10, 48), (20, 1, 48)])))
        self.assertEqual(self.load(text), [["f/v", "3", "256", "10", "1", "2.2", "1.6"], ["asked", "for", "1", "2.2", "1.6"]])
        self.assertRegex(self.out, "from each date on\nThe run has no length: jobs come from 2022-01-01 to 2022-01-21, the first and the last submission\n\n"
                         "c/p +jobs +processor-h each +largest +2022-01-01 +2022-01-11 +while jobs come\n")
        self.assertRegex(self.out, "\n  installed +10 +20 +15\n  in maintenance +- +5 +2.5\n  asked for / in service +10.0 % +14.7 % +12.8 %\n")
        two = text.replace("to-start}", "to-start}, w: {jobs: [{submit: 21d, processors: 1, runtime: 24h}]}")
        # 792 processor-hours in 504 h, 552 of them in 264 h
        self.assertEqual(self.load(two)[2], ["asked", "for", "1", "2.1", "1.6"])
        self.assertIn(" to 2022-01-22, the first and the last submission\n", self.out)

    def test_whole_nodes_that_differ(self):
        """2 nodes for half of the time: 2 processors of those of 2, and up to 8 of those of 8, of which a job on 4 equal nodes has 8."""
        text = """jishi: 1
time: {start: 2022-01-01, length: 100d}
centres: {c: {partitions: {p: {nodes: 4, processors_per_node: 8}, q: {groups: [{nodes: 4, processors_per_node: 8},
  {nodes: 1, processors_per_node: 2}]}}}}
tenants:
  f: {home: c, workloads: {v: {partition: q, arrival: {every: 6h}, nodes: 2, runtime: 3h}, w: {partition: q, arrival: {every: 6h}, runtime: 3h}}}
  g: {home: c, workloads: {v: {partition: p, arrival: {every: 6h}, nodes: 2, runtime: 3h}}}
"""
        told = ("  f/v: whole nodes count as of 2 processors each, and some have more: at least that is asked for, and up to 4 times as much "
                "where all have 8.\n")
        self.assertEqual(self.load(text)[0], ["g/v", "400", "48", "16", "8"])
        self.assertEqual(self.out.count("whole nodes"), 1)
        self.assertRegex(self.out, "\nf/v +400 +12 +4 +2\n(.*\n){4}" + re.escape(told))

    def test_maintenance_that_overlaps(self):
        """No more nodes than there are, 4, then 2: 3 from 5 h, all from 10 h, 3 from 15 h to 20 h, of 100 h; all that one window takes
        another cannot take again."""
        text = """jishi: 1
time: {start: 2022-01-01, length: 100h}
centres: {c: {partitions: {p: {nodes: 4, maintenance: [%s]}}}}
tenants: {f: {home: c, workloads: {v: {arrival: {poisson: 1/h}, runtime: 1h}}}}
"""
        three = "{from: 5h, length: 10h, nodes: 3}, {from: 10h, length: 10h, nodes: 3}"
        for windows, change, want in (
                (three, "", ["0.50"]), ("{from: 5h, length: 10h, nodes: 2}, {from: 5h, length: 10h}", "", ["0.40"]),
                # 15 + 8 of 12 h, 2 x 8 of 88 h
                (three, "changes: [{at: 12h, set: {centres.c.partitions.p.nodes: 2}}]\n", ["1.9", "0.18", "0.39"])):
            self.load(text % windows + change)
            self.assertEqual([line.split()[2:] for line in self.out.splitlines() if "in maintenance" in line], [want])

    def test_refused_by_distribution(self):
        """600 jobs an hour for 2400 h, of which those of too long a request are refused; E[X; X <= x] of an exponential X is 1 - (1 + x) / e^x."""
        text = self.DATED[:self.DATED.index("changes")].replace("100}", "2000}") + \
            "tenants: {f: {home: c, quota: {%s}, workloads: {v: {arrival: {poisson: 600/h}, %s}}}}\n"
        exponential = "runtime: {exponential: 1h}"
        drawn = "runtime: 1h, request: {factor: {uniform: [0.5, 1.5]}}"
        for quota, jobs, want in (
                ("max_request: 30min", exponential, ["566", "596", "0.23", "1", "54.1"]),
                ("max_request: 1h", exponential + ", request: {factor: 2}", ["566", "596", "0.23", "1", "54.1"]),
                # killed at their request: 1 - 1 / e - 1 / e^2
                ("max_request: 2h", "runtime: 1h, request: {exponential: 1h}", ["1", "245", "117", "0.57", "1", "298"]),
                # the half of 0.8^2 - 0.5^2; of 1 - 0.5^2, and a quarter of 1
                ("max_request: 48min", drawn, ["432", "000", "0.65", "1", "117"]),
                ("max_request: 75min", drawn, ["1", "080", "000", "0.83", "1", "375"]),
                # of 1 up to 2 h, of 4 up to half an hour
                ("processor_hours: {limit: 2, per: day}", exponential + ", processors: {choice: [1, 4]}",
                 ["905", "857", "0.76", "4", "286"])):
            with self.subTest(quota=quota, jobs=jobs):
                self.assertEqual(self.load(text % (quota, jobs))[0], ["f/v", *want])

    def test_refused_jobs_when_they_come(self):
        """From day 50 on none of 2 h may come: of 20 a day 10 are left. Twice 100 x 10 x 2 h, and 100 x 10 x 1 h, in 1200 h each."""
        jobs = "jobs: [" + ", ".join(f"{{submit: {day}d, processors: 100, runtime: {2 if day < 50 else hours}h, count: 10}}"
                                     for day in (10, 20, 60) for hours in (1, 2) if day != 20 or hours == 2) + "]"
        self.assertEqual(self.load(self.DATED % ("tenants.f.quota.max_request: 1h, centres.c.partitions.p.nodes: 150", "", jobs)),
                         [["f/v", "40", "175", "100", "5", "0.83", "2.9"], ["asked", "for", "5", "0.83", "2.9"]])
        self.assertEqual(self.load(self.DATED % ("tenants.f.quota.max_request: 1h, centres.c.partitions.p.nodes: 50", "", jobs)),
                         [["f/v", "30", "200", "100", "5", "-", "2.5"], ["asked", "for", "5", "-", "2.5"]])

    def test_counts_of_members(self):
        """What is scaled or varies among members is rounded where a whole number is needed."""
        text = SCENARIO.replace("    workloads:\n", "    members: {count: 30, scale: {workloads.w.processors: {uniform: [0.1, 0.9]}, "
                                "quota.processors: {uniform: [0.1, 1]}}, vary: {workloads.w.batch: {uniform: [1, 5]}}, each:\n     {workloads:\n"
                                ).replace("w: {arrival", "{w: {batch: 2, arrival").replace(
                                "processors: 1,", "processors: 7,").replace("exponential: 1h}}", "exponential: 1h}}}, quota: {processors: 1k}}}")
        self.assertIn("quota: {processors: 1k}", text)
        self.assertEqual(self.errors(text), "")


if __name__ == "__main__":
    unittest.main()
