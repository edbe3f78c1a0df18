"""Where tenants stand at the end of a run, in the trace and on the page: what Slurm's sshare -l said of the same usage.

usage: test_standings.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest

import h5py

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(sys.argv.pop(1))
sys.path.insert(0, os.path.join(HERE, "../reference"))
import fairtree  # noqa: E402

# Not hand-4, hand-5 and real-5: Slurm does not rank the children of tied accounts together, and has shares of 0.
FILES = ["hand-1-plain", "hand-2-user-beside-account", "hand-3-merged", "hand-6-three-levels", "real-1-no-usage",
         "real-2-few-units", "real-3-other-shares", "real-4-decayed"]
HAND = """jishi: 1
title: Two firms
time: {length: 3h}
centres:
  c: {partitions: {p: {nodes: 8}, q: {nodes: 8}}, scheduler: {order: {fair-share: {half_life: 1h}}}}
  d: {partitions: {p: {nodes: 8, scheduler: {order: {multifactor: {fair_share: 10, half_life: unlimited}}}}}}
tenants:
  lab:
    home: c
    share: 3
    tenants:
      x: {workloads: {w: {partition: p, jobs: [{submit: 0h, processors: 6, runtime: 1h}, {submit: 2h, processors: 2, runtime: 2h}]}}}
      y: {workloads: {w: {partition: q, jobs: [{submit: 2h, processors: 4, runtime: 1h}]}}}
  firm: {home: d, workloads: {w: {jobs: [{submit: 0h, processors: 1, runtime: 2h}]}}}
"""
TEXT = """
Fair share at the end: c/p, c/q  share  of brothers  processor-h, decayed  of usage above      level  factor  rank
lab                                  3       75.0 %                   5.4         100.0 %       0.75       -     -
  x                                  1       50.0 %                   2.5          46.7 %      1.071  0.6667     2
  y                                  1       50.0 %                   2.9          53.3 %     0.9375  0.3333     3
firm                                 1       25.0 %                     0           0.0 %  none used  1.0000     1

Fair share at the end: d/p  share  of brothers  processor-h, decayed  of usage above      level  factor  rank
lab                             3       75.0 %                     0           0.0 %  none used       -     -
  x                             1       50.0 %                     0           0.0 %  none used  1.0000     1
  y                             1       50.0 %                     0           0.0 %  none used  1.0000     1
firm                            1       25.0 %                     2         100.0 %       0.25  0.3333     3
"""


def tenants_of(nodes):
    """As the tree of a file: each leaf runs its usage on one processor, a group what was cut off from its users'."""
    value = {}
    for node in nodes:
        tenant = {"home": "c", "share": node.shares}
        left = node.usage - sum(child.usage for child in node.children)
        if left > 0:
            tenant["workloads"] = {"w": {"jobs": [{"submit": "0s", "processors": 1, "runtime": f"{left} s"}]}}
        if node.children:
            tenant["tenants"] = tenants_of(node.children)
        value[node.user or node.account] = tenant
    return value


class Standings(unittest.TestCase):
    def run_text(self, text, *more):
        with tempfile.TemporaryDirectory() as folder:
            path, out = os.path.join(folder, "x.yaml"), os.path.join(folder, "x.h5")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run([PROGRAM, "run", path, "-o", out, "--check", *more], capture_output=True, text=True,
                                  timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            with h5py.File(out) as trace:
                found = {}
                if "sharing" in trace:
                    trace["sharing"].visititems(lambda name, item: found.update({name: item[:]})
                                                if isinstance(item, h5py.Dataset) else None)
        return found, done.stdout

    def near(self, got, text, slack, where):
        self.assertTrue(fairtree.near(float(got), text, slack), (where, float(got), text))

    def test_sshare(self):
        """All columns of the files that a Slurm wrote, and of those worked out by hand."""
        for name in FILES:
            root, rows, said = fairtree.read(os.path.join(fairtree.HERE, name + ".txt"))
            text = json.dumps({"jishi": 1, "title": name, "time": {"length": "2000 h"}, "centres": {"c": {
                "partitions": {"p": {"nodes": 100}}, "scheduler": {"order": {"fair-share": {
                    "half_life": "unlimited", "period": "100000 h" if "hand" in name else "90 min"}}}}},
                "tenants": tenants_of(root.children)})
            table = self.run_text(text)[0]["c/p"]
            self.assertEqual(len(table), len(rows))
            users = root.users()
            for row, (node, want) in zip(table, rows):
                where = (name, row["name"])
                self.assertEqual(row["name"].decode().split("/")[-1], node.user or node.account)
                slack = 2.5 / max(node.usage, 1) if said.get("decayed") == "yes" else 0
                self.assertEqual(row["shares"], int(want["RawShares"]))
                self.near(row["norm_shares"], want["NormShares"], 0, where)
                self.near(row["raw_usage"], want["RawUsage"], 0, where)
                if want["EffectvUsage"]:
                    self.near(row["norm_usage"], want["EffectvUsage"], slack, where)
                self.near(row["level_fs"], want["LevelFS"], slack, where)
                if node.user:
                    self.near(row["fair_share"], want["FairShare"], 0, where)
                    self.assertEqual(row["rank"], 1 + users - round(users * float(want["FairShare"])), where)
                else:
                    self.assertTrue(math.isnan(row["fair_share"]) and row["rank"] == 0, where)

    def test_by_hand(self):
        """Decayed to the end: of x 6 h of the first hour, halved twice, and 2 h of the last; the same for both partitions of c."""
        found, text = self.run_text(HAND)
        self.assertEqual(sorted(found), ["c/p", "c/q", "d/p"])
        self.assertEqual(found["c/p"].tobytes(), found["c/q"].tobytes())
        an_hour = 3600 / math.log(2) / 2  # of one processor, to its end
        usage = {b"lab": 7.5, b"lab/x": 3.5, b"lab/y": 4, b"firm": 0}
        for row in found["c/p"]:
            self.assertAlmostEqual(row["raw_usage"], usage[row["name"]] * an_hour, 6)
        self.assertEqual([row["level_fs"] for row in found["d/p"]][-1], 0.25)
        self.assertIn(TEXT, text)
        self.assertEqual(list(found["c/p"].dtype.names),
                         ["name", "shares", "norm_shares", "raw_usage", "norm_usage", "level_fs", "fair_share", "rank"])

    def test_off(self):
        """Other orders, and a multifactor without that weight, have none; more than 12 tenants are in the trace alone."""
        order = ["--set", "centres.d.partitions.p.scheduler.order=fcfs", "--set"]
        for other in ("fcfs", "drf", "{multifactor: {age: 1}}"):
            found, text = self.run_text(HAND, *order, "centres.c.scheduler.order=" + other)
            self.assertEqual((found, "Fair share at the end" in text), ({}, False))
        many = "tenants.firm.members={count: %d, each: {workloads: {w: {jobs: [{submit: 0h, processors: 1, runtime: 1h}]}}}}"
        for count, told in ((8, True), (9, False)):
            found, text = self.run_text(HAND, "--set", many % count)
            self.assertEqual((len(found["d/p"]), "Fair share at the end" in text), (4 + count, told))


if __name__ == "__main__":
    unittest.main()
