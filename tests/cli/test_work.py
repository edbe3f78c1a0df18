"""Jobs given by work: what published training runs took, and cases worked by hand.

usage: test_work.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import subprocess
import sys
import unittest

import h5py

from in_folder import InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))
DAY = 86400

# The share of the peak is in the speed where the source states what one card reached.
TRAINED = [  # name, card's TFLOPS, cards, parameters, tokens, mfu, recompute, days
    ("gpt-3", 140, 1024, 175e9, 300e9, 1, True, 33.90842014),
    ("1t", 163, 3072, 1e12, 450e9, 1, True, 83.21084697),
    ("llama-3", 400, 16384, 405e9, 15.6e12, 1, False, 66.94793701),
    ("chengdu", 256, 1200, 100e9, 2e12, 0.40, False, 113.0280671),
    ("100b", 312, 4000, 100e9, 2e12, 0.40, False, 27.82229345),
    ("13b", 256, 128, 13e9, 300e9, 0.40, False, 20.66294352),
]

# A card of 1 TFLOPS and one of 2: 3.6 PFLOP are an hour of the first.
TWO_SPEEDS = """jishi: 1
processors:
  slow: {fp16: 1 TFLOPS, fp64: 100 GFLOPS}
  fast: {fp16: 2 TFLOPS, fp64: 1 TFLOPS}
centres:
  c:
    partitions:
      slow: {processor: slow, nodes: 2}
      fast: {processor: fast, nodes: 2}
    scheduler: {order: fcfs, backfill: easy}
tenants:
  t:
    home: c
    workloads:
      w:
        PLACE
        jobs: [JOBS]
"""


class Work(InFolder):
    def jobs(self, text):
        path, out = os.path.join(self.folder, "x.yaml"), os.path.join(self.folder, "x.h5")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        subprocess.run([PROGRAM, "run", path, "-o", out, "--check", "-q"], check=True, timeout=60)
        with h5py.File(out) as trace:
            places = trace["names/partitions"].asstr()[:]
            rows = {}
            for row in trace["jobs"][:]:
                rows.setdefault(int(row["id"]), row)
            return [(row, places[row["partition"]]) for _, row in sorted(rows.items())]

    def two_speeds(self, jobs, place="partition: slow"):
        lines = ", ".join("{submit: %s, processors: %d, %s}" % job for job in jobs)
        return self.jobs(TWO_SPEEDS.replace("PLACE", place).replace("JOBS", lines))

    def test_trained_models(self):
        parts, loads, cards = [], [], []
        for name, tflops, n, parameters, tokens, mfu, again, _ in TRAINED:
            cards.append(f"  {name}: {{fp16: {tflops} TFLOPS}}")
            parts.append(f"      {name}: {{processor: {name}, nodes: {n}}}")
            llm = f"{{parameters: {parameters:g}, tokens: {tokens:g}, mfu: {mfu}, recompute: {str(again).lower()}}}"
            loads.append(f"      {name}: {{partition: {name}, "
                         f"jobs: [{{submit: 0s, processors: {n}, work: {{llm: {llm}}}}}]}}")
        text = "\n".join(["jishi: 1", "processors:", *cards, "centres:", "  c:", "    partitions:", *parts,
                          "tenants:", "  t:", "    home: c", "    workloads:", *loads, ""])
        for (row, place), want in zip(self.jobs(text), TRAINED):
            self.assertEqual(place, "c/" + want[0])
            self.assertAlmostEqual(row["runtime"] / DAY, want[-1], delta=6e-9 * want[-1])
            self.assertEqual((row["state"], row["end"], row["request"]), (0, row["runtime"], row["runtime"]))

    def test_a_run_time_is_work_over_speed(self):
        rows = self.two_speeds([
            ("0h", 1, "work: 3600 TFLOP"),                                      # 1 h
            ("10h", 2, "work: 1 TFLOPS-h"),                                     # by two: half of it
            ("20h", 1, "work: {amount: 1 TFLOPS-h, efficiency: 40%}"),          # 2.5 h
            ("30h", 2, "work: {amount: 1 TFLOPS-h, precision: fp64}"),          # 5 h at a tenth
            ("40h", 1, "work: {amount: 1 FLOP}"),                               # up to a microsecond
            ("50h", 1, "work: 0 FLOP"),
            ("60h", 1, "work: 1 TFLOPS-h, request: 30 min"),                    # killed
            ("70h", 1, "work: 1 TFLOPS-h, request: 2h"),
        ])
        self.assertEqual([(row["runtime"], round(row["end"] - row["start"], 6), row["state"]) for row, _ in rows],
                         [(3600, 3600, 0), (1800, 1800, 0), (9000, 9000, 0), (18000, 18000, 0), (1e-6, 1e-6, 0),
                          (0, 0, 0), (3600, 1800, 1), (3600, 3600, 0)])
        self.assertEqual([row["request"] for row, _ in rows],
                         [3600, 1800, 9000, 18000, 1e-6, 0, 1800, 7200])

    def test_any_partition(self):
        """Two processors each: the first two jobs take one partition each, the third the one that is
        free first, at its speed."""
        rows = self.two_speeds([("0s", 2, "work: 2 TFLOPS-h")] * 3, "partition: any")
        got = [(row["start"], row["end"], place) for row, place in rows]
        self.assertEqual(got, [(0, 3600, "c/slow"), (0, 1800, "c/fast"), (1800, 3600, "c/fast")])

    def test_requests_at_each_speed(self):
        """A job behind the blocked head backfills where its request by that partition's speed ends
        before the head's start: in the fast one, not in the slow one."""
        text = TWO_SPEEDS.replace("PLACE", "partition: slow").replace("JOBS", ", ".join([
            "{submit: 0s, processors: 1, runtime: 50 min}", "{submit: 1s, processors: 2, runtime: 1h}"]))
        text += """      f: {partition: fast, jobs: [{submit: 0s, processors: 1, runtime: 50 min}, {submit: 1s, processors: 2, runtime: 1h}]}
      any: {partition: any, jobs: [{submit: 2s, processors: 1, work: 1 TFLOPS-h}]}
"""
        (row, place), = [(row, place) for row, place in self.jobs(text) if row["submit"] == 2]
        self.assertEqual((row["start"], row["end"], row["request"], place), (2, 1802, 1800, "c/fast"))

    def test_causes_at_each_speed(self):
        """A quota of 216 processor-s an hour, of which the first job asks 100 in f. The second would ask 200 in s (quota, though all is
        free) and 50 in f (which is full: capacity, the later cause) and starts there at 100 s. The third, of as much work in fp64,
        would ask 80 in f: from 100 s on, when 66 are left, the quota holds it there too, up to the next hour."""
        places = ["s: {processor: s, nodes: 4}", "f: {processor: f, nodes: 1}"]
        for parts in (places, places[::-1]):
            rows = self.jobs("""jishi: 1
time: {length: 10d}
processors: {s: {fp16: 1 TFLOPS, fp64: 1 TFLOPS}, f: {fp16: 4 TFLOPS, fp64: 2.5 TFLOPS}}
centres: {c: {partitions: {%s}}}
tenants:
  a:
    home: c
    quota: {processor_hours: {limit: 0.06, per: 1h}}
    workloads:
      w:
        partition: any
        jobs:
          - {submit: 0s, processors: 1, work: 400 TFLOP}
          - {submit: 1s, processors: 1, work: 200 TFLOP}
          - {submit: 1s, processors: 1, work: {amount: 200 TFLOP, precision: fp64}}
""" % ", ".join(parts))
            self.assertEqual([place for _, place in rows[:2]], ["c/f", "c/f"])
            self.assertEqual([(row["start"], row["wait_capacity"], row["wait_quota"]) for row, _ in rows],
                             [(0, 0, 0), (100, 99, 0), (3600, 99, 3500)])

    def test_whole_nodes(self):
        """Planned with the smallest nodes, run on those it gets: nodes are taken lowest first."""
        text = TWO_SPEEDS.replace("slow: {processor: slow, nodes: 2}",
                                  "slow: {processor: slow, groups: [{nodes: 1, processors_per_node: 4}, "
                                  "{nodes: 1, processors_per_node: 2}]}")
        text = text.replace("PLACE", "partition: slow").replace(
            "JOBS", "{submit: 0s, nodes: 1, work: 4 TFLOPS-h}, {submit: 0s, nodes: 1, work: 4 TFLOPS-h}")
        got = sorted((row["procs"], row["end"], row["request"]) for row, _ in self.jobs(text))
        self.assertEqual(got, [(2, 7200, 7200), (4, 3600, 7200)])

    def test_offered_load(self):
        path = os.path.join(self.folder, "x.yaml")
        text = TWO_SPEEDS.replace("jobs: [JOBS]", """arrival: {poisson: 3 per h}
        processors: {choice: {1: 0.5, 2: 0.5}}
        work: {amount: {exponential: 1 TFLOPS-h}, efficiency: 0.5}
        request: {factor: 1.5}""").replace("PLACE", "partition: fast") + "time: {length: 100h}\n"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        said = subprocess.run([PROGRAM, "check", path], check=True, capture_output=True, text=True).stdout
        line, = [line for line in said.splitlines() if line.startswith("t/w ")]
        self.assertEqual(line.split(), ["t/w", "300", "1", "2", "3"])  # of 1 processor-hour


if __name__ == "__main__":
    unittest.main()
