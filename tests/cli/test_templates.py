"""Paths into what templates say, and assumptions about it: one value is set and all else stays.

usage: test_templates.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import json
import os
import subprocess
import sys
import unittest

from in_folder import InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))

SCENARIO = """jishi: 1
time: {length: 20d}
centres:
  a: {partitions: {p: {nodes: 8}}, scheduler: {order: {fair-share: {half_life: 7d, period: 5min}}}}
  b: {partitions: {p: {nodes: 8}}}
broker: {policy: {overflow: {after: 30min}}}
templates:
  firm:
    workloads:
      jobs:
        arrival: {poisson: 2/h, profile: {day_of_week: [1, 1, 1, 1, 1, 2, 2]}}
        processors: {choice: {1: 0.5, 2: 0.5}}
        runtime: {lognormal: {median: 1h, sigma: 1.5}, max: 5h}
        request: {modal: [2h, 8h]}
      written: {jobs: [{submit: 1h, processors: 1, runtime: 2h}, {submit: 2h, processors: 1, runtime: 2h}]}
  large: {like: firm, share: 3}
tenants:
  one: {home: a, like: large}
  many: {home: a, members: {count: 3, like: firm}}
variants:
  home: {broker.policy: home}
  first-come: {centres.a.scheduler.order: fcfs}
  idle: {tenants.one: {home: a, workloads: {written: {jobs: [{submit: 1h, processors: 1, runtime: 2h}]}}}}
question: {metric: wait.mean, better: lower, matters: 1min}
"""
ONE, EACH = "tenants.one.workloads.", "tenants.many.members.each.workloads."
UNCERTAIN = """uncertain:
  broker.policy.overflow.after: {uniform: [10min, 2h], confidence: low, source: assumption}
  centres.a.scheduler.order.fair-share.half_life: {uniform: [1d, 14d]}
  tenants.one.workloads.jobs.runtime.lognormal.median: {uniform: [30min, 2h]}
  tenants.many.members.each.workloads.jobs.runtime.lognormal.median: {uniform: [30min, 2h]}
"""


class Templates(InFolder):
    def setUp(self):
        super().setUp()
        self.write("s.yaml", SCENARIO)

    def jishi(self, *arguments, status=0):
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=120,
                              check=False)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done.stdout if status == 0 else done.stderr

    def values(self, *sets):
        more = [word for text in sets for word in ("--set", text)]
        return self.jishi("run", "s.yaml", "--no-trace", "--format", "csv", *more)

    def test_own_values(self):
        want = self.values()
        for place in ONE, EACH:
            for text in ("jobs.runtime.lognormal.median=1h", "jobs.runtime.max=5h", "jobs.arrival.poisson=2/h",
                         "jobs.processors.choice.2=0.5", "jobs.request.modal[1]=8h",
                         "jobs.arrival.profile.day_of_week[5]=2", "written.jobs[1].runtime=2h"):
                with self.subTest(place=place, text=text):
                    self.assertEqual(self.values(place + text), want)
        self.assertEqual(self.values(EACH + "jobs.runtime.lognormal.median=1h", EACH + "jobs.runtime.max=5h"), want)

    def test_one_value(self):
        """What is set through `like` gives what setting it in the template gives."""
        for text in "jobs.runtime.lognormal.sigma=0.5", "jobs.runtime.max=2h", "written.jobs[1].runtime=4h":
            with self.subTest(text=text):
                self.assertEqual(self.values(ONE + text, EACH + text), self.values("templates.firm.workloads." + text))

    def test_variant(self):
        self.write("s.yaml", SCENARIO.replace("variants:\n", "variants:\n  v: {%sjobs.runtime.lognormal.median: 1h}\n"
                                              % EACH))
        self.assertEqual(self.jishi("run", "s.yaml", "--variant", "v", "--no-trace", "--format", "csv"), self.values())

    def resolved(self, *arguments):
        """What runs of the scenario as `check --resolved` prints it give."""
        self.write("whole.yaml", self.jishi("check", "s.yaml", *arguments, "--resolved"))
        return self.jishi("run", "whole.yaml", "--no-trace", "--format", "csv")

    def test_map_replaces_map(self):
        """Nothing is left of what the template says there, whoever sets it, and the text as resolved says the same."""
        for text in ("jobs.arrival={every: 1h}", "jobs.runtime={exponential: {mean: 1h}}", "jobs.processors=2",
                     "jobs={jobs: [{submit: 3h, processors: 2, runtime: 1h}]}",
                     "written={arrival: {every: 5h}, processors: 1, runtime: 1h}"):
            with self.subTest(text=text):
                want = self.values("templates.firm.workloads." + text)
                self.assertEqual(self.values(ONE + text, EACH + text), want)
                self.assertEqual(self.resolved("--set", ONE + text, "--set", EACH + text), want)
                self.write("s.yaml", SCENARIO.replace("variants:", "variants:\n  v: {%s}" % ", ".join(
                    (place + text).replace("=", ": ", 1) for place in (ONE, EACH))))
                self.assertEqual(self.jishi("run", "s.yaml", "--variant", "v", "--no-trace", "--format", "csv"), want)
                self.write("s.yaml", SCENARIO)

    def test_map_at_a_date(self):
        """As in the template; a change gives new values, of the same kind of arrivals here."""
        changes = "changes:\n  - {at: 5d, set: {%s: {poisson: 4/h}}}\n"
        self.write("s.yaml", SCENARIO + changes % (ONE + "jobs.arrival"))
        want = self.values()
        self.write("s.yaml", SCENARIO + changes.replace("}}}", ", profile: {}}}}") % (ONE + "jobs.arrival"))
        self.assertEqual(self.values(), want)
        self.write("s.yaml", SCENARIO + changes.replace("}}}", ", profile: {day_of_week: [1, 1, 1, 1, 1, 2, 2]}}}}")
                   % (ONE + "jobs.arrival"))
        self.assertNotEqual(self.values(), want)

    def test_maps_of_tenants(self):
        """A quota and the workloads whole; what goes deeper; and a template that is like another."""
        quota = SCENARIO.replace("  firm:", "  firm:\n    quota: {processors: 2, jobs: 1}")
        self.write("s.yaml", quota)
        free = self.values("tenants.one.quota.jobs=unlimited")
        self.assertNotEqual(free, self.values())
        self.assertEqual(self.values("tenants.one.quota={processors: 2}"), free)
        self.assertEqual(self.values("templates.large.quota={processors: 2}"), free)
        self.assertEqual(self.resolved("--set", "templates.large.quota={processors: 2}"), free)
        self.assertEqual(self.values("tenants.one.quota={processors: 2}", "tenants.one.quota.jobs=1"), self.values())
        self.write("s.yaml", SCENARIO)
        alone = "{written: {jobs: [{submit: 1h, processors: 1, runtime: 2h}]}}"
        self.assertEqual(self.values("tenants.one.workloads=" + alone),
                         self.values("tenants.one={home: a, share: 3, workloads: %s}" % alone))

    def test_misspelt(self):
        for place, text in (ONE, "tenants.one.workloads"), (EACH, "tenants.many.members.each.workloads"):
            self.assertEqual(self.jishi("check", "s.yaml", "--set", place + "jbos.runtime.max=1h", status=1),
                             "--set %sjbos.runtime.max=1h: %s: there is no \"jbos\", did you mean jobs?\n" % (place, text))

    def test_uncertain(self):
        self.write("s.yaml", SCENARIO + UNCERTAIN)
        found = json.loads(self.jishi("compare", "s.yaml", "--uncertain", "-r", "2", "--points", "2", "--format", "json"))
        void = {item["path"].split(".")[-2]: item["left_out_of"] for item in found["uncertain"]["assumptions"]}
        self.assertEqual(void, {"overflow": ["home"], "fair-share": ["first-come"], "lognormal": []})
        left_out = found["uncertain"]["assumptions"][2]
        self.assertEqual((left_out["path"], left_out["left_out_of"]),
                         ("tenants.one.workloads.jobs.runtime.lognormal.median", ["idle"]))
        text = self.jishi("compare", "s.yaml", "--uncertain", "-r", "2", "--points", "2", "--variant", "home")
        self.assertIn(": broker.policy.overflow.after is no value of this variant: it is varied in the base alone\n", text)
        self.assertNotIn("overflow", self.jishi("check", "s.yaml", "--variant", "home").split("\nUncertain")[1])

    def test_where_it_is_wrong(self):
        self.write("s.yaml", SCENARIO + UNCERTAIN.replace("[30min, 2h]", "[-2h, -1h]"))
        line = (SCENARIO + UNCERTAIN).split("\n").index(UNCERTAIN.splitlines()[3]) + 1
        told = self.jishi("compare", "s.yaml", "--uncertain", "-r", "2", "--points", "2", "--variant", "home", status=1)
        self.assertRegex(told, r"^s\.yaml:%d:3: uncertain: tenants\.one\..*: -1\.\d+ h is drawn, which cannot be: .*: median must be above 0, not -\d+$" % line)
        self.assertNotIn("--set", told)

    def test_never_there(self):
        self.write("s.yaml", SCENARIO.replace("{overflow: {after: 30min}}", "home") + UNCERTAIN)
        line = SCENARIO.count("\n") + 2
        self.assertEqual(self.jishi("check", "s.yaml", status=1),
                         "s.yaml:%d:3: uncertain[\"broker.policy.overflow.after\"]: the scenario has no such value\n"
                         % line)


if __name__ == "__main__":
    unittest.main()
