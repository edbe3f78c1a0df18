"""Values that change at a date: before the start any value, which then holds from the start; after
it what may change while a run goes on.

usage: test_changes.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import re
import subprocess
import sys
import unittest

import h5py
import numpy as np

from in_folder import InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))

# Something of everything, in which each of the values below changes what a run says.
SCENARIO = """jishi: 1
title: before
seed: 3
time: {start: 2024-01-01, length: 4d}
processors: {a: {fp16: 100 TFLOPS}, b: {fp16: 200 TFLOPS}}
centres:
  c:
    partitions:
      p: {processor: a, nodes: 4, processors_per_node: 4}
      q: {processor: a, groups: [{nodes: 2, processors_per_node: 4}, {nodes: 1, processors_per_node: 8}]}
    scheduler: {order: fair-share, max_queued: 60}
  d:
    partitions: {p: {processor: b, nodes: 4, processors_per_node: 4}}
links: [{between: [c, d], bandwidth: 1 Gbit/s}]
qos: {short: {quota: {processors: 12}}}
templates:
  firm: {share: 2, workloads: {w: {partition: p, arrival: {poisson: 1/h}, runtime: {exponential: 1h}, processors: 2}}}
tenants:
  t:
    home: c
    workloads:
      g: {partition: p, arrival: {poisson: 2/h}, runtime: {exponential: 2h}, processors: 3}
      m: {partition: q, qos: short, arrival: {poisson: 1/h}, work: 1000 PFLOP, processors: 2}
      l: {partition: p, lublin: {machine: 16}}
      j: {partition: p, jobs: [{submit: 1h, processors: 1, runtime: 1h}]}
  f: {home: c, like: firm}
  u: {home: c, members: {count: 3, like: firm}}
"""

EARLY = [
    ("title", "after", None),
    ("seed", "4", None),
    ("seed", "+9", "12"),
    ("time.length", "3d", None),
    ("time.length", "-1d", "3d"),
    ("time.warmup", "1d", None),
    ("measure.from", "2024-01-02", None),
    ("measure.until", "2024-01-03", None),
    ("measure.after", "drain", None),
    ("measure.tau", "1h", None),
    ("measure.periods", "month", None),
    ("series.step", "2h", None),
    ("metrics", "['wait.p95[processors>=3]']", None),
    ("processors.a.fp16", "150 TFLOPS", None),
    ("centres.c.partitions.q.processor", "b", None),
    ("centres.c.partitions.p.nodes", "+2", "6"),
    ("centres.c.partitions.p.processors_per_node", "6", None),
    ("centres.c.partitions.p.processors_per_node", "-1", "3"),
    ("centres.c.partitions.q.groups", "[{nodes: 5, processors_per_node: 3}]", None),
    ("centres.c.partitions.q.groups[1].processors_per_node", "+4", "12"),
    ("centres.c.partitions.p.maintenance", "[{from: 1d, length: 10h}]", None),
    ("centres.c.partitions.p.tenants", "[t, f, u]", None),
    ("centres.c.partitions.p.reservations", "[{name: r, tenant: u, nodes: 2, from: 1d, length: 1d}]",
     None),
    ("centres.c.scheduler.order", "sjf", None),
    ("centres.c.scheduler.placement", "contiguous", None),
    ("centres.c.scheduler.decide", "{every: 1h}", None),
    ("centres.c.scheduler.max_queued", "-50", "10"),
    ("centres.e", "{partitions: {p: {nodes: 4}}}", None),
    ("templates.firm.workloads.w.processors", "5", None),
    ("templates.firm.workloads.w.processors", "+3", "5"),
    ("qos.short.quota.processors", "-8", "4"),
    ("qos.long", "{quota: {jobs: 3}}", None),
    ("links[0].bandwidth", "+1 Gbit/s", "2 Gbit/s"),
    ("broker", "{policy: least-wait}", None),
    ("tenants.f.home", "d", None),
    ("tenants.f.like", "firm", None),
    ("tenants.f.workloads.w.processors", "+2", "4"),
    ("tenants.f.share", "+5", "7"),
    ("tenants.f.location", "remote", None),
    ("tenants.f.sector", "vision", None),
    ("tenants.f.join", "1d", None),
    ("tenants.f.leave", "2d", None),
    ("tenants.v", "{home: d, like: firm}", None),
    ("tenants.u.members.count", "+2", "5"),
    ("tenants.u.members.join", "{from: 1d}", None),
    ("tenants.u.members.each.workloads.w.processors", "4", None),
    ("tenants.u.members.each.workloads.w.processors", "+2", "4"),
    ("tenants.t.workloads.g.partition", "any", None),
    ("tenants.t.workloads.g.data", "10 GB", None),
    ("tenants.t.workloads.g.data_at", "d", None),
    ("tenants.t.workloads.g.arrival", "{poisson: 3/h}", None),
    ("tenants.t.workloads.g.arrival.poisson", "+1/h", "3/h"),
    ("tenants.t.workloads.l.lublin.arrival_factor", "0.5", None),
    ("tenants.t.workloads.j.jobs[0].runtime", "+3h", "4h"),
    ("tenants.t.workloads.n", "{partition: p, arrival: {poisson: 1/h}, runtime: 1h}", None),
    ("analysis", "steady", None),
    ("uncertain", "{'centres.c.partitions.p.nodes': {uniform: [2, 8]}}", None),
    ("question", "{metric: wait.p95, better: lower, matters: 1min}", None),
]


def datasets(path):
    """All that a trace holds, but for the scenario as it was given."""
    found = {}
    with h5py.File(path, "r") as trace:
        found[""] = {name: value for name, value in trace.attrs.items()}
        trace.visititems(lambda name, item: found.update({name: item[()]})
                         if isinstance(item, h5py.Dataset) and not name.startswith("scenario") else None)
    return found


def same(one, other):
    return one.keys() == other.keys() and all(
        np.asarray(one[name]).tobytes() == np.asarray(other[name]).tobytes() for name in one if name) \
        and all(np.array_equal(one[""][key], other[""][key]) for key in one[""] | other[""])


def scenario(partition, *jobs, length=20):
    """One partition, and jobs told as (hour of submission, processors, hours)."""
    rows = "".join(f"          - {{submit: {at}h, processors: {procs}, runtime: {hours}h}}\n"
                   for at, procs, hours in jobs)
    return (f"jishi: 1\ntime: {{length: {length}h}}\ncentres: {{c: {{partitions: {{p: {partition}}}}}}}\n"
            f"tenants:\n  t:\n    home: c\n    workloads:\n      w:\n        jobs:\n{rows}")


class Changes(InFolder):
    def jishi(self, *arguments, status=0):
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def trace(self, text, *arguments):
        self.write("s.yaml", text)
        self.jishi("run", "s.yaml", "-o", "s.h5", "--quiet", *arguments)
        return datasets(os.path.join(self.folder, "s.h5"))

    def test_before_the_start(self):
        """Any value: the run is that of the scenario with the value written into it."""
        plain = self.trace(SCENARIO)
        no_effect = {"title", "uncertain", "analysis", "question", "tenants.f.like",
                     "tenants.f.location", "tenants.f.sector", "links[0].bandwidth", "qos.long",
                     "centres.c.partitions.p.tenants", "tenants.t.workloads.g.data"}
        for at in "2023-11-05", "0s":
            for path, value, becomes in EARLY if at == "0s" else EARLY[::4]:
                with self.subTest(path=path, value=value, at=at):
                    change = f"changes: [{{at: {at}, set: {{\"{path}\": {value}}}}}]\n"
                    changed = self.trace(SCENARIO + change)
                    written = self.trace(SCENARIO, "--set", f"{path}={becomes or value}")
                    self.assertTrue(same(changed, written))
                    if path not in no_effect:
                        self.assertFalse(same(changed, plain))

    def test_before_the_start_in_order(self):
        """By date, whatever their order in the file; each adds to what the ones before came to."""
        changes = """changes:
  - {at: 2023-12-01, set: {tenants.f.workloads.w.processors: +1}}
  - {at: 2023-11-01, set: {tenants.f.workloads.w.processors: 6, centres.c.partitions.p.nodes: 5}}
  - {at: 2024-01-01, set: {centres.c.partitions.p.nodes: +3}}
"""
        written = self.trace(SCENARIO, "--set", "tenants.f.workloads.w.processors=7",
                             "--set", "centres.c.partitions.p.nodes=8")
        self.assertTrue(same(self.trace(SCENARIO + changes), written))

    def starts(self, text, *arguments):
        """Hours at which jobs started, by id; None where one never did."""
        jobs = self.trace(text, "--check", *arguments)["jobs"]
        return [round(row["start"] / 3600, 6) if row["start"] >= 0 else None for row in sorted(jobs, key=lambda row: row["id"])]

    def test_placement(self):
        """By hand: at 3 h nodes 1 and 3 are free, which a contiguous job cannot have."""
        text = scenario("{nodes: 4}", (0, 1, 10), (0, 1, 1), (0, 1, 10), (0, 1, 1), (3, 2, 1))
        contiguous = "{at: 2h, set: {centres.c.scheduler.placement: contiguous}}"
        self.assertEqual(self.starts(text + "changes: []\n"), [0, 0, 0, 0, 3])
        self.assertEqual(self.starts(text + f"changes: [{contiguous}]\n"), [0, 0, 0, 0, 10])
        again = "{at: 5h, set: {centres.c.scheduler: {placement: any}}}"
        for backfill in "none", "easy", "conservative", "{reserve: 3}":
            self.assertEqual(self.starts(text + f"changes: [{contiguous}, {again}]\n", "--set",
                                         f"centres.c.partitions.p.scheduler={{backfill: {backfill}}}",
                                         "--set", "changes[0].set={'centres.c.partitions.p.scheduler.placement':"
                                         " contiguous}", "--set", "changes[1].set="
                                         "{'centres.c.partitions.p.scheduler.placement': any}"),
                             [0, 0, 0, 0, 5], backfill)

    def test_placement_could_never(self):
        """A job that has no room by one placement waits for the date of another."""
        text = scenario("{groups: [{nodes: 2}, {nodes: 2}]}", (1, 3, 1)).replace(
            "partitions:", "scheduler: {placement: contiguous}, partitions:")
        self.assertIsNone(self.starts(text)[0])
        self.assertEqual(self.starts(text + "changes: [{at: 4h, set: {centres.c.scheduler.placement: pack}}]\n"),
                         [4])

    def test_placement_of_later(self):
        """That it changes one day changes nothing before."""
        text = SCENARIO.replace("order: fair-share, ", "order: fair-share, placement: PLACEMENT, ")
        for placement in "any", "pack":
            one = text.replace("PLACEMENT", placement)
            later = "changes: [{at: 4d, set: {centres.c.scheduler.placement: contiguous}}]\n"
            for backfill in "easy", "conservative":
                arguments = "--set", f"centres.c.scheduler.backfill={backfill}"
                plain = self.trace(one, *arguments)["jobs"]
                jobs = self.trace(one + later, *arguments)["jobs"]
                for name in "id", "partition", "start", "end", "procs", "state":
                    self.assertEqual(plain[name].tobytes(), jobs[name].tobytes())

    def test_reservations(self):
        """By hand: what has a reservation keeps it, whatever the order is now; what gets one does so in the new order."""
        text = scenario("{nodes: 4}", (0, 4, 10), (1, 4, 9), (2, 4, 5), length=40)
        sjf = "--set", "centres.c.scheduler={order: sjf, backfill: %s}"
        for change in ("order: fcfs", "order: wfp3", "max_queued: 50", "overrun: extend"):
            later = text + "changes: [{at: 5h, set: {centres.c.scheduler.%s}}]\n" % change
            self.assertEqual(self.starts(later, sjf[0], sjf[1] % "conservative"), [0, 10, 19], change)
        for order, expected in ("fcfs", [0, 10, 19]), ("sjf", [0, 15, 10]):
            later = text + "changes: [{at: 5h, set: {centres.c.scheduler: {order: %s, backfill: conservative}}}]\n" % order
            for backfill in "none", "easy", "plan", "slurm":
                self.assertEqual(self.starts(later, sjf[0], sjf[1] % backfill), expected, (order, backfill))

    def test_reservations_after_a_loss(self):
        """By hand, shortest first: what has room where it is stays there. The third job asks for all 4 nodes, of
        which 3 are left: it never starts, and the fourth gets what it leaves. So does who stays behind a job that a window moves."""
        partition = "{nodes: 4, scheduler: {order: sjf, backfill: conservative}}"
        text = scenario(partition, (0, 4, 10), (1, 4, 9), (2, 4, 5), length=1000)
        for window in "{from: 900h, length: 1h}", "{from: 24h, length: 1h}":
            later = text + "changes: [{at: 5h, set: {centres.c.partitions.p.maintenance: [%s]}}]\n" % window
            self.assertEqual(self.starts(later), [0, 10, 19], window)
        later = text + "changes: [{at: 5h, set: {centres.c.partitions.p.maintenance: [{from: 12h, length: 1h}]}}]\n"
        self.assertEqual(self.starts(later), [0, 18, 13])
        text = scenario(partition, (0, 4, 10), (1, 3, 9), (2, 4, 3), (3, 3, 5), length=1000)
        self.assertEqual(self.starts(text), [0, 10, 19, 22])
        self.assertEqual(self.starts(text + "changes: [{at: 5h, set: {centres.c.partitions.p.nodes: 3}}]\n"), [0, 10, None, 19])

    def test_overrun(self):
        """By hand: a job that began when it might run on does so, and reservations wait for it."""
        text = scenario("{nodes: 4, scheduler: {backfill: conservative, overrun: extend}}",
                        (0, 2, 50), (1, 4, 30), (26, 1, 10), length=1000).replace("runtime: 50h", "runtime: 50h, request: 5h")
        for change in "{centres.c.partitions.p.scheduler.overrun: kill}", "{centres.c.partitions.p.scheduler: {backfill: easy}}":
            self.assertEqual(self.starts(text + "changes: [{at: 3h, set: %s}]\n" % change), [0, 50, 80], change)

    def test_processors_per_node(self):
        """By hand: 4, 6 from 2 h, 2 from 3 h, 6 from 8 h. What runs keeps what it has: the second job
        starts at 2 h beside the first, the third has to wait for both."""
        text = scenario("{nodes: 2, processors_per_node: 2}", (0, 4, 4), (1, 2, 3), (3, 2, 1), (3, 6, 1))
        text += """changes:
  - {at: 2h, set: {centres.c.partitions.p.processors_per_node: +1}}
  - {at: 3h, set: {centres.c.partitions.p.processors_per_node: -2}}
  - {at: 8h, set: {centres.c.partitions.p: {nodes: 3, processors_per_node: 2}}}
"""
        for placement in "any", "pack", "spread":
            for backfill in "none", "easy", "conservative", "{reserve: 3}":
                scheduler = f"centres.c.scheduler={{placement: {placement}, backfill: {backfill}}}"
                self.assertEqual(self.starts(text, "--set", scheduler), [0, 2, 5, 8], scheduler)
        done = self.jishi("run", "s.yaml", "-o", "s.h5")
        self.assertIn("\nc/p: 4 processors; from 1970-01-01T02:00:00+00:00 6; from 1970-01-01T03:00:00+00:00 "
                      "2; from 1970-01-01T08:00:00+00:00 6\n", done.stdout)
        done = self.jishi("check", "s.yaml", "--set", "changes[0].at=1d", "--set", "changes[1].at=36h",
                          "--set", "changes[2].at=40h", "--set", "time.length=3d")
        self.assertIn("\nc/p       the start                  2 x 2           4  not said     -\n"
                      "          1970-01-02                 2 x 3           6  not said     -\n"
                      "          1970-01-02T12:00:00+00:00  2 x 1           2  not said     -\n"
                      "          1970-01-02T16:00:00+00:00  3 x 2           6  not said     -\n", done.stdout)

    def test_maintenance(self):
        """By hand: a window is known from the date of the change on; one that has begun goes on."""
        jobs = (0, 4, 2), (1, 4, 3), (3.5, 1, 1)
        text = scenario("{nodes: 4, maintenance: MAINTENANCE}", *jobs)
        window = "[{from: 4h, length: 2h}]"
        path = "centres.c.partitions.p.maintenance"

        def change(at, windows):
            return f"changes: [{{at: {at}h, set: {{{path}: {windows}}}}}]\n"
        rows = [
            ("[]", "", [0, 2, 5]),
            (window, "", [0, 6, 9]),
            # the second job would run into it; it comes as it runs: its nodes go when it has ended
            ("[]", change(1, window), [0, 6, 9]),
            ("[]", change(3, window), [0, 2, 6]),
            # taken back before it begins, and as it goes on
            (window, change(3, "[]"), [0, 3, 6]),
            (window, change(4, "[]"), [0, 4, 7]),
            (window, change(5, "[]"), [0, 6, 9]),
            # one that begins at the very date, one that would have begun before
            ("[]", change(4, window), [0, 2, 6]),
            ("[]", change(5, window), [0, 2, 5]),
            # put off, shortened, for fewer nodes
            (window, change(3, "[{from: 9h, length: 1h}]"), [0, 3, 6]),
            (window, change(3, "[{from: 4h, length: 1h}]"), [0, 5, 8]),
            (window, change(1, "[{from: 4h, length: 2h, nodes: 1}]"), [0, 6, 3.5]),
            # the same once more is the same
            (window, change(2, "[{from: 4h, until: 6h}]"), [0, 6, 9]),
            (window, change(2, "[{from: 4h, length: 2h}, {from: 9h, length: 1h}]"), [0, 6, 10]),
        ]
        for backfill in "none", "easy", "conservative", "{reserve: 3}":
            for placement in "any", "pack":
                for before, after, want in rows:
                    got = self.starts(text.replace("MAINTENANCE", before) + after, "--set",
                                      f"centres.c.scheduler={{backfill: {backfill}, placement: {placement}}}")
                    if (backfill, want[2]) == ("none", 3.5):
                        want = [0, 6, 9]
                    self.assertEqual(got, want, (backfill, placement, before, after))

    def test_maintenance_of_groups(self):
        """By hand: 2 nodes of 1 processor and 3 of 2. Without nodes and group a window takes them all."""
        text = scenario("{groups: [{nodes: 2}, {nodes: 3, processors_per_node: 2}], maintenance: [{from: 1h, length: 2h%s}]}",
                        (0, 1, 2), (0.5, 6, 2), (0.5, 2, 2))
        for more, want in ("", [3, 3, 5]), (", group: 0", [0, 2, 3]), (", group: 1", [0, 3, 2]), (", nodes: 1, group: 1", [0, 2, 3]):
            for placement in "any", "pack":
                got = self.starts(text % more, "--set", f"centres.c.scheduler={{backfill: conservative, placement: {placement}}}")
                self.assertEqual(got, want, (more, placement))
        changed = text % ", nodes: 1, group: 0" + "changes: [{at: 10min, set: {centres.c.partitions.p.maintenance: [{from: 1h, length: 2h}]}}]\n"
        self.assertEqual(self.starts(changed), [0, 3, 3])

    def test_maintenance_from_before(self):
        """A window that began before the start is there from the start on."""
        text = scenario("{nodes: 2, maintenance: [{from: 1h, length: 4h, nodes: 1}]}", (0, 2, 1), (0, 1, 1))
        self.assertEqual(self.starts(text, "--set", "time.start=2024-01-02", "--set", "centres.c.partitions.p."
                                     "maintenance[0].from=2024-01-01T23:00"), [3, 0])

    def test_maintenance_of_all(self):
        """All nodes are all there are then, those that came later too."""
        text = scenario("{nodes: 2, maintenance: [{from: 4h, length: 2h}]}", (3, 4, 1), (5, 1, 1))
        self.assertEqual(self.starts(text + "changes: [{at: 3h, set: {centres.c.partitions.p.nodes: 4}}]\n"),
                         [3, 6])

    def test_home(self):
        """By hand: the jobs of 2 h and 3 h go to the other centre, that of 4 h to another partition at home."""
        text = scenario("{nodes: 4}, q: {nodes: 2}", (0, 4, 9), (1, 4, 1), (2, 4, 1), (3, 4, 2), (4, 2, 1))
        text = text.replace("tenants:", "  d: {partitions: {p: {nodes: 4}}}\ntenants:", 1).replace(
            "centres: {c: ", "centres:\n  c: ").replace("}}}\n  d:", "}}\n  d:").replace("w:\n", "w:\n        partition: p\n")
        text += """changes:
  - {at: 2h, set: {tenants.t.home: d}}
  - {at: 4h, set: {tenants.t.home: c, tenants.t.workloads.w.partition: q}}
"""
        self.assertEqual(self.starts(text), [0, 9, 2, 3, 4])
        # a broker that keeps jobs at home keeps them at the home of the date
        self.assertEqual(self.starts(text + "broker: {policy: home}\n"), [0, 9, 2, 3, 4])
        jobs = datasets(os.path.join(self.folder, "s.h5"))["jobs"]
        self.assertEqual([row["home"] for row in sorted(jobs, key=lambda row: row["id"])], [0, 0, 1, 1, 0])
        done = self.jishi("check", "s.yaml")
        # 4 + 8 processor-hours from 2 h to 4 h, of 20 h
        self.assertRegex(done.stdout, r"\nd/p +jobs +processor-h each +largest +1970-01-01  "
                         r"1970-01-01T02:00:00\+00:00  1970-01-01T04:00:00\+00:00  whole run\n"
                         r"t/w +2 +6 +4 +- +6 +- +0.60\n")

    def test_whole_nodes_later(self):
        """One processor of four an hour until 9 h, then a whole node for 2.5 h: those of 11 h, 12 h and 13 h wait
        for those of 9 h, 10 h and 11 h."""
        text = """jishi: 1
time: {length: 14h}
centres: {c: {partitions: {p: {nodes: 2, processors_per_node: 2}}}}
tenants: {t: {home: c, workloads: {w: {arrival: {every: 1h}, runtime: 90min, processors: 1}}}}
changes: [{at: 9h, set: {tenants.t.workloads.w: {arrival: {every: 1h}, runtime: 150min, nodes: 1}}}]
"""
        self.assertEqual(self.starts(text), [*range(11), 11.5, 12.5, 14])
        jobs = datasets(os.path.join(self.folder, "s.h5"))["jobs"]
        self.assertEqual(sorted(jobs["procs"]), [1] * 9 + [2] * 5)

    def test_data(self):
        """By hand: data of 45 GB take an hour over 100 Mbit/s. From 2 h on they lie at home, from 4 h on at the
        other centre again, where the jobs have to stay."""
        text = scenario("{nodes: 4}", (0, 1, 1), (2, 1, 1), (4, 1, 1), (6, 1, 1)).replace(
            "tenants:", "  d: {partitions: {p: {nodes: 4}}}\ntenants:", 1).replace(
            "centres: {c: ", "centres:\n  c: ").replace("}}}\n  d:", "}}\n  d:").replace(
            "w:\n", "w:\n        data: 45 GB\n        data_at: d\n")
        text += """broker: {policy: home}
links: [{between: [c, d], bandwidth: 100 Mbit/s}]
changes:
  - {at: 2h, set: {tenants.t.workloads.w.data_at: c}}
  - {at: 4h, set: {tenants.t.workloads.w: {data: 45 GB, data_at: d, data_may_leave: false, jobs: JOBS}}}
  - {at: 5h, set: {tenants.t.workloads.w.data_may_leave: true, tenants.t.workloads.w.centres: [c]}}
"""
        rows = ", ".join(f"{{submit: {at}h, processors: 1, runtime: 1h}}" for at in (0, 2, 4, 6))
        self.assertEqual(self.starts(text.replace("JOBS", f"[{rows}]")), [1, 2, 4, 7])
        jobs = datasets(os.path.join(self.folder, "s.h5"))["jobs"]
        self.assertEqual([row["centre"] for row in sorted(jobs, key=lambda row: row["id"])], [0, 0, 1, 0])

    def test_groups_at_once(self):
        """What only lies between two changes of one instant is never there: a job that asks for it is rejected."""
        text = """jishi: 1
time: {start: 2024-01-01, length: 20d}
centres: {c: {partitions: {p: {groups: [{nodes: 10}, {nodes: 0}]}}}}
changes: [{at: 5d, set: {"centres.c.partitions.p.groups[%d].nodes": %d, "centres.c.partitions.p.groups[%d].nodes": %d}}]
tenants: {t: {home: c, workloads: {w: {jobs: [{submit: 1d, processors: 20, runtime: 1h}, {submit: 1d, processors: 10, runtime: 1h}]}}}}
"""
        for values in (1, 10, 0, 0), (0, 0, 1, 10):
            jobs = self.trace(text % values)["jobs"]
            self.assertEqual([bool(row["start"] >= 0) for row in sorted(jobs, key=lambda row: row["id"])], [False, True])
            told = self.jishi("check", "s.yaml").stdout
            self.assertIn("t/w: jobs of up to 20 processors, but one never gets more than 10: the larger ones (50 % of its jobs)", told)

    def test_check_of_limits(self):
        """What `check` says is asked for is what a run takes in, whatever limits hold at which date."""
        text = """jishi: 1
time: {start: 2024-01-01, length: 40d}
centres:
  c: {partitions: {p: {groups: [{nodes: %s, memory_per_node: 8 GB}, {nodes: 2}]}}, scheduler: {%s}}
  d: {partitions: {p: {nodes: 5}}}
changes: [%s]
tenants: {t: {home: c, quota: {max_request: %s}, workloads: {w: {partition: p, %s}}}}
"""
        drawn = "arrival: {poisson: 20/h}, processors: {choice: {1: 0.5, 20: 0.5}}, runtime: {exponential: 5h}%s"
        listed = "jobs: [" + ", ".join("{submit: %dd, processors: %d, runtime: %dh}" % job for job in
                                       [(day, size, hours) for day in (1, 11, 31) for size in (1, 10, 20) for hours in (1, 6)]) + "]"
        low, high, few, none = ("centres.c.scheduler.max_processors: 10", "centres.c.scheduler.max_processors: 50",
                                '"centres.c.partitions.p.groups[0].nodes": 10', '"centres.c.partitions.p.groups[0].nodes": 0')
        for nodes, scheduler, changes, request, more in (
                (50, "", [(10, low)], "1k h", ""), (50, "max_processors: 10", [(10, high)], "1k h", ""),
                (50, "", [(10, low), (30, high)], "1k h", ""), (50, "", [(10, few)], "1k h", ""),
                (10, "", [(10, few.replace("10", "50")), (30, few)], "1k h", ""), (50, "", [(10, few), (10, none)], "1k h", ""),
                (50, "", [(10, none), (10, none.replace("[0]", "[1]"))], "1k h", ""),
                (50, "", [(10, "tenants.t.quota.max_request: 3h"), (30, "tenants.t.quota.max_request: 30h")], "1k h", ""),
                (50, "", [(10, "tenants.t.quota.max_request: 30h")], "3h", ""), (50, "", [(30, "tenants.t.home: d")], "1k h", ""),
                (50, "placement: pack", [], "1k h", ", memory: {choice: {1 GB: 0.3, 12 GB: 0.7}}"),
                (18, "placement: contiguous", [(20, few)], "1k h", ""),
                (18, "placement: contiguous", [(20, "centres.c.scheduler.placement: pack")], "1k h", "")):
            for jobs in drawn % more, listed:
                dates = ", ".join("{at: %dd, set: {%s}}" % change for change in changes)
                with self.subTest(nodes=nodes, scheduler=scheduler, changes=changes, request=request, jobs=jobs):
                    ran = self.trace(text % (nodes, scheduler, dates, request, jobs))
                    taken = [row for row in ran["jobs"] if ran["names/states"][row["state"]] != b"rejected" or row["wait"] > 0]
                    said = self.jishi("check", "s.yaml").stdout
                    asked = sum(int(found.replace(" ", "")) for found in re.findall(r"^t/w +(\d+(?: \d+)*)  ", said, re.M))
                    self.assertLess(abs(len(taken) - asked), 1 if jobs == listed else 4.5 * asked ** 0.5)
                    self.assertEqual("are rejected" in said, len(taken) < len(ran["jobs"]))

    def test_check_of_nodes(self):
        """The same of whole nodes in groups of unequal ones, and of several partitions of which some are never enough."""
        text = """jishi: 1
time: {start: 2024-01-01, length: 40d}
centres: {c: {partitions: {p: {nodes: 20}, q: {%s}}, scheduler: {%s}}}
tenants: {t: {home: c, workloads: {w: {partition: %s, %s}}}}
"""
        groups = "groups: [{nodes: 7, processors_per_node: 8}, {nodes: 3, processors_per_node: 4}]"
        often = "nodes: 32, maintenance: [{from: 1d, length: 1h, every: 1d}]"
        listed = "jobs: [{submit: 1d, nodes: 11, runtime: 1h, count: 5}, {submit: 2d, nodes: 3, runtime: 1h, count: 3}]"
        drawn = "arrival: {every: 1h}, nodes: {choice: {3: 0.5, 11: 0.5}}, runtime: 1h"
        for q, scheduler, where, jobs, told in (
                (groups, "", "q", listed, "jobs of up to 11 nodes, but one never gets more than 10: the larger ones (62.5 % of its jobs)"),
                (groups, "", "q", drawn, "jobs of up to 11 nodes, but one never gets more than 10: the larger ones (50 % of its jobs)"),
                (groups, "placement: contiguous", "q", drawn, "but one never gets more than 10: the larger ones (50 % of its jobs)"),
                (groups, "max_processors: 3", "q", drawn, "one of its jobs never gets anything there: all are rejected"),
                (groups, "placement: contiguous, max_processors: 3", "q", drawn, "one of its jobs never gets anything there: all are rejected"),
                (often, "", "any", "arrival: {every: 1h, from: 1h}, processors: 27, runtime: 30h", "ever leave them: all are rejected"),
                (often, "", "any", "arrival: {every: 1h, from: 1h}, processors: 15, runtime: 30h", None)):
            with self.subTest(q=q, scheduler=scheduler, jobs=jobs):
                ran = self.trace(text % (q, scheduler, where, jobs))
                taken = sum(ran["names/states"][row["state"]] != b"rejected" for row in ran["jobs"])
                said = self.jishi("check", "s.yaml").stdout
                asked = int(re.search(r"^t/w +(\d+(?: \d+)*)  ", said, re.M).group(1).replace(" ", ""))
                self.assertLessEqual(abs(taken - asked), 0 if "choice" not in jobs else 4.5 * asked ** 0.5)
                self.assertIn(told or "t/w", said)
                self.assertEqual(said.count("rejected"), int(told is not None))

    def test_check_of_several_limits(self):
        """By hand: the shares that several notes tell are each of all jobs of the list, of which one note's are not another's."""
        text = """jishi: 1
time: {start: 2024-01-01, length: 40d}
centres:
  c:
    partitions: {p: {groups: [{nodes: 5, processors_per_node: 8}, {nodes: 5, processors_per_node: 4}], maintenance: [{from: 0s, length: 1h, every: 1d}]}}
    scheduler: {placement: contiguous}
tenants:
  t:
    home: c
    quota: {max_processors: 30, max_request: 10h}
    workloads:
      w: {jobs: [{submit: 1d, nodes: 11, runtime: 1h, count: 10}, {submit: 1d, nodes: 6, runtime: 1h, count: 20}, {submit: 1d, processors: 4, runtime: 24h, count: 30},
                 {submit: 1d, processors: 32, runtime: 11h, count: 4}, {submit: 1d, processors: 4, runtime: 11h, count: 16}, {submit: 1d, processors: 1, runtime: 1h, count: 20}]}
"""
        ran = self.trace(text)
        self.assertEqual(sum(ran["names/states"][row["state"]] != b"rejected" for row in ran["jobs"]), 20)
        said = self.jishi("check", "s.yaml").stdout
        for told in ("than 10: the larger ones (10 % of its jobs) are rejected", "nodes there ever have: those (20 % of its jobs) are rejected",
                     "ever leave them: the longer ones (30 % of its jobs) are rejected", "no more than 30: the larger ones (14 % of its jobs) are rejected",
                     "no more than 10 h by request: the longer ones (50 % of its jobs) are rejected"):
            self.assertIn(told, said)

    def test_check_of_limits_that_stay(self):
        """A share is of all jobs while the limit that is told stays, whatever else changes meanwhile; what changes is told with its date."""
        text = """jishi: 1
time: {start: 2024-01-01, length: 4d}
centres: {c: {partitions: {p: {nodes: 16, memory_per_node: 64GiB%s}}}}
tenants:
  t: {home: c, quota: {%s}, workloads: {w: {jobs: [{submit: 1h, %s}, {submit: 30h, processors: 2, runtime: 1h}, {submit: 31h, processors: 3, runtime: 1h}]}}}
  u: {home: c, guarantee: {processors: 1}, workloads: {w: {jobs: [{submit: 1h, processors: 1, runtime: 1h}]}}}
changes: [{at: 1d, set: {tenants.u.guarantee.processors: %d}}, {at: 30.5h, set: {%s}}]
"""
        eight, huge, long = "processors: 8, runtime: 1h", "processors: 20, runtime: 1h", "processors: 1, runtime: 8h"
        memory, often = "processors: 1, memory: 100GiB, runtime: 1h", ", maintenance: [{from: 2h, length: 1h, every: 6h}]"
        third = "the %s (33.3 %% of its jobs) are rejected"
        for quota, first, other, at, told in (
                ("processors: 4", eight, "", "", "t/w: jobs of up to 8 processors, but t has a quota of 4: " + third % "larger ones"),
                ("max_processors: 4", eight, "", "", "t/w: jobs of up to 8 processors, but t lets one job have no more than 4: " + third % "larger ones"),
                ("max_processors: 4", eight, "", "max_processors: 9",
                 "t/w, before 2024-01-02T06:30:00+00:00: jobs of up to 8 processors, but t lets one job have no more than 4: the larger ones (50 % of its jobs) are rejected"),
                ("max_request: 4h", long, "", "", "t/w: t lets one job have no more than 4 h by request: " + third % "longer ones"),
                ("processor_hours: {limit: 4, per: week}", long, "", "", "t/w: jobs of up to 8 processor-hours by their requests, but t has a quota of 4 "
                 "processor-hours: " + third % "larger ones"),
                ("jobs: 9", huge, "", "", "t/w: jobs of up to 20 processors, but one never gets more than 16: " + third % "larger ones"),
                ("jobs: 9", memory, "", "", "t/w: jobs ask for more memory, or processors in a row, than nodes there ever have: " + third.replace("the ", "") % "those"),
                ("jobs: 9", long, often, "", "t/w: jobs ask for longer than maintenance and reservations that come again ever leave them: " + third % "longer ones")):
            for guarantee in (1, 2):
                with self.subTest(quota=quota, first=first, at=at, guarantee=guarantee):
                    filled = text % (other, quota, first, guarantee, f"tenants.t.quota.{at}" if at else "tenants.t.share: 2")
                    ran = self.trace(filled)
                    self.assertEqual(sum(ran["names/states"][row["state"]] == b"rejected" for row in ran["jobs"]), 1)
                    said = self.jishi("check", "s.yaml").stdout
                    self.assertEqual([line for line in said.splitlines() if "are rejected" in line and line.startswith("  " + told)],
                                     [line for line in said.splitlines() if "are rejected" in line])
                    self.assertEqual(said.count("are rejected"), 1)

    def judged(self, text, *arguments):
        """Of each job, by id: the hour of its start, or why it was rejected and after how many hours, or its state."""
        trace = self.trace(text, "--check", *arguments)
        states, reasons = trace["names/states"], trace["names/reasons"]
        rows = []
        for row in sorted(trace["jobs"], key=lambda row: row["id"]):
            state = states[row["state"]].decode()
            if state == "rejected":
                self.assertTrue(np.isnan(row["end"]))
                self.assertAlmostEqual(sum(row[name] for name in row.dtype.names if name.startswith("wait_")), row["wait"])
                rows.append((reasons[row["reason"]].decode(), round(row["wait"] / 3600, 6)))
            else:
                rows.append(round(row["start"] / 3600, 6) if row["start"] >= 0 else state)
        rejected = {row["name"]: row["value"] for row in trace["metrics"] if row["scope"] == b"all" and row["period"] == b""}
        self.assertEqual(rejected[b"jobs.rejected"], sum(isinstance(row, tuple) for row in rows))
        return rows

    BACKFILLS = "none", "easy", "conservative", "plan", "{reserve: 2}", "slurm"
    TOO_LARGE = "asks more than the partition ever has"

    def test_shrinks_for_good(self):
        """By hand, 30 nodes of which 10 are left after 10 h: who waits for 20 is rejected then, as who comes later is, and
        keeps nobody waiting who comes behind. Who runs goes on: the machine is free at 15 h."""
        text = scenario("{nodes: 30}", (0, 20, 15), (5, 20, 1), (6, 5, 20), (16, 5, 1), (17, 20, 1), length=100)
        text += "changes: [{at: 10h, set: {centres.c.partitions.p.nodes: 10}}]\n"
        for backfill in self.BACKFILLS:
            arguments = "--set", f"centres.c.scheduler.backfill={backfill}"
            third = 15 if backfill == "none" else 6
            rejected = [(self.TOO_LARGE, 5), (self.TOO_LARGE, 0)]
            self.assertEqual(self.judged(text, *arguments), [0, rejected[0], third, 16, rejected[1]], backfill)
            # nobody waits for it in the drain, which is over when the third job is
            self.assertEqual(self.judged(text, *arguments, "--set", "time.length=18h", "--set", "measure.after=drain"),
                             [0, rejected[0], third, 16, rejected[1]], backfill)
            with h5py.File(os.path.join(self.folder, "s.h5"), "r") as trace:
                self.assertEqual(max(trace["jobs"]["end"][trace["jobs"]["state"] == 0]), (third + 20) * 3600)
            # a later date may give it room again, a limit of the scheduler may go
            later = text.replace("]\n", ", {at: 50h, set: {centres.c.partitions.p.nodes: 20}}]\n")
            third = 70 if backfill == "none" else 6
            self.assertEqual(self.judged(later, *arguments)[1], 50, backfill)
            limit = text.replace("partitions.p.nodes: 10", "scheduler.max_processors: 10")
            self.assertEqual(self.judged(limit, *arguments)[1], 15, backfill)

    def test_shrinks_at_once(self):
        """What lies between two changes of one instant is never there."""
        text = scenario("{groups: [{nodes: 4}, {nodes: 2}]}", (0, 6, 9), (1, 4, 1), (1, 6, 1), length=30)
        text += "changes: [{at: 5h, set: {'centres.c.partitions.p.groups[0].nodes': %d, 'centres.c.partitions.p.groups[1].nodes': %d}}]\n"
        for nodes in (0, 4), (2, 2):
            for backfill in self.BACKFILLS:
                self.assertEqual(self.judged(text % nodes, "--set", f"centres.c.scheduler.backfill={backfill}"),
                                 [0, 9, (self.TOO_LARGE, 4)], (nodes, backfill))

    def test_shrinks_in_other_ways(self):
        """Smaller nodes, a placement under which no group will do, windows that come again."""
        jobs = (0, 4, 9), (1, 4, 3), (1, 2, 1)
        small = scenario("{nodes: 2, processors_per_node: 2}", *jobs)
        groups = scenario("{groups: [{nodes: 2}, {nodes: 2}]}", *jobs)
        many = scenario("{nodes: 4}", *jobs)
        often = "{from: 6h, length: 1h, every: 3h}"      # leaves 2 h
        rows = [
            (small, "centres.c.partitions.p.processors_per_node: 1", self.TOO_LARGE, 9),
            (groups, "centres.c.scheduler.placement: contiguous",
             "no group of nodes is large enough for it (placement contiguous: in a row, of one group)", 9),
            (many, f"centres.c.partitions.p.maintenance: [{often}]",
             "asks for longer than maintenance and reservations that come again ever leave it", 10),
        ]
        for text, change, reason, third in rows:
            for backfill in self.BACKFILLS:
                self.assertEqual(self.judged(text + f"changes: [{{at: 5h, set: {{{change}}}}}]\n", "--set",
                                             f"centres.c.scheduler.backfill={backfill}"), [0, (reason, 4), third], (change, backfill))

    def test_shrinks_one_of_several(self):
        """By hand: with `any` a job leaves the queue where it could never run again, and waits on in the other; where
        none is left it is rejected. Without backfilling those behind it wait for it in the first partition until then."""
        text = scenario("{nodes: 4}, q: {nodes: 6}", (0, 6, 12), (1, 4, 2), (1, 6, 1), (2, 1, 1), length=30)
        text = text.replace("      w:\n", "      v: {partition: p, jobs: [{submit: 0h, processors: 2, runtime: 20h}, {submit: 3h, processors: 2, runtime: 1h}]}\n"
                            "      w:\n        partition: any\n")
        p = "{at: 5h, set: {centres.c.partitions.p.nodes: 3}}"
        q = "{at: 8h, set: {centres.c.partitions.q.nodes: 5}}"
        for backfill in "none", "easy", "conservative", "plan":
            arguments = "--set", f"centres.c.scheduler.backfill={backfill}"
            held = backfill == "none"
            self.assertEqual(self.judged(text, *arguments), [0, 0, 12, 14, *((12, 13) if held else (2, 3))], backfill)
            behind = (5, 20) if held else (2, 3)
            self.assertEqual(self.judged(text + f"changes: [{p}]\n", *arguments), [0, 0, 12, 14, *behind], backfill)
            self.assertEqual(self.judged(text + f"changes: [{p}, {q}]\n", *arguments),
                             [0, 0, 12, (self.TOO_LARGE, 7), *behind], backfill)

    def test_shrinks_under_a_stopped_job(self):
        """One that runs goes on where it could not start again. Stopped for a guarantee it is rejected."""
        text = """jishi: 1
time: {length: 20h}
centres: {c: {partitions: {p: {nodes: 8}}, scheduler: {backfill: easy, reclaim: newest}}}
tenants:
  a: {home: c, guarantee: {processors: 2}, workloads: {w: {jobs: [{submit: 3h, processors: 2, runtime: 1h}]}}}
  b: {home: c, workloads: {w: {jobs: [{submit: 0h, processors: 6, runtime: 10h}]}}}
"""
        for nodes, borrower, ends in (8, 0, [10, 4]), (6, 0, [14, 4]), (4, (self.TOO_LARGE, 0), [None, 4]):
            change = f"changes: [{{at: 2h, set: {{centres.c.partitions.p.nodes: {nodes}}}}}]\n"
            self.assertEqual(self.judged(text + change), [borrower, 3], nodes)
            jobs = sorted(datasets(os.path.join(self.folder, "s.h5"))["jobs"], key=lambda row: row["id"])
            self.assertEqual([row["end"] / 3600 if row["end"] >= 0 else None for row in jobs], ends)
            stopped = int(nodes < 8)
            self.assertEqual((jobs[0]["start"], jobs[0]["preemptions"], jobs[0]["lost"]),
                             (0, stopped, stopped * 6 * 3 * 3600))

    def test_after_the_end(self):
        """A date that the run never gets to is told, but not where it goes on after its length."""
        text = scenario("{nodes: 4}", (0, 1, 1)) + """changes:
  - {at: 19h, set: {centres.c.partitions.p.nodes: 5}}
  - {at: 20h, set: {centres.c.partitions.p.nodes: 6}}
  - {at: 2d, set: {centres.c.partitions.p.nodes: 7}}
"""
        self.trace(text)
        rows = [("changes[2].at=20h", "1970-01-01T20:00:00+00:00"),
                ("changes[2].at=2d", "1970-01-01T20:00:00+00:00 and 1 later date"),
                ("changes[1].at=3d", "1970-01-03 and 1 later date"), ("changes[1].at=10h", "1970-01-03")]
        for setting, dates in rows:
            told = f"changes: those of {dates} change nothing: the run ends on 1970-01-01T20:00:00+00:00"
            done = self.jishi("run", "s.yaml", "-o", "s.h5", "--set", setting)
            self.assertEqual([line for line in done.stdout.splitlines() if line.startswith("Note: changes")],
                             ["Note: " + told])
            done = self.jishi("check", "s.yaml", "--set", setting)
            self.assertIn(f"\n\n  {told}\n", done.stdout)
        for setting in "measure.after=drain", "time.length=4d":
            for command in ("run", "s.yaml", "-o", "s.h5"), ("check", "s.yaml"):
                self.assertNotIn("change nothing", self.jishi(*command, "--set", setting).stdout)


if __name__ == "__main__":
    unittest.main()
