"""A test case with an empty folder of its own, and what several of them run there.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import tempfile
import unittest

# Four jobs of an hour at once, twice: waits 3, 2, 1 and 0 h on one node, 1 h twice on two. Something else is drawn.
FOUR = """jishi: 1
title: four at once
time: {start: 2021-01-01, length: 10h}
centres:
  lab:
    partitions:
      p: {nodes: 1, processors_per_node: 1}
      q: {nodes: 1, processors_per_node: 1}
      r: {nodes: 1, processors_per_node: 1}
    scheduler: {order: fcfs}
tenants:
  firm:
    home: lab
    workloads:
      w: {jobs: [{submit: 0h, processors: 1, runtime: 1h, count: 4}], partition: p}
      v: {jobs: [{submit: 0h, processors: 1, runtime: 1h, count: 4}], partition: q}
  other:
    home: lab
    workloads:
      x: {arrival: {poisson: 1/h}, processors: 1, runtime: 1min, partition: r}
"""


class InFolder(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path
