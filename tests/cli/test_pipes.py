"""Pipes in place of files: a scenario may come through one, what is read more than once may not, and none hangs.

usage: test_pipes.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import subprocess
import sys
import threading
import time
import unittest

from in_folder import InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))

SCENARIO = """jishi: 1
title: small
time: {length: 10h}
centres: {s: {partitions: {p: {nodes: 8}}}}
tenants: {u: {home: s, workloads: {w: {arrival: {every: 1h}, processors: 1, runtime: 1h}}}}
"""
TWICE = "is a pipe, but is read more than once: write it to a file first\n"


class Pipes(InFolder):
    def setUp(self):
        super().setUp()
        os.mkfifo(os.path.join(self.folder, "pipe"))

    def jishi(self, *arguments, text=None):
        return subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60, input=text)

    def refused(self, says, *arguments, text=None):
        done = self.jishi(*arguments, text=text)
        self.assertEqual((done.returncode, done.stderr), (1, says))

    def test_scenario(self):
        """The same as from a file, the trace too."""
        self.write("s.yaml", SCENARIO)
        told = self.jishi("check", "s.yaml").stdout
        self.assertEqual(self.jishi("check", "/dev/stdin", text=SCENARIO).stdout, told.replace("s.yaml", "/dev/stdin"))
        for path, text in ("s.yaml", None), ("/dev/stdin", SCENARIO):
            done = self.jishi("run", "--quiet", "-o", os.path.basename(path) + ".h5", path, text=text)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(os.path.join(self.folder, "s.yaml.h5"), "rb") as one, open(os.path.join(self.folder, "stdin.h5"), "rb") as other:
            self.assertEqual(one.read(), other.read())

    def test_read_again(self):
        for arguments in ["compare", "-r", "2"], ["plan", "-r", "2", "--vary", "centres.s.partitions.p.nodes=1..8", "--target",
                                                  "wait.mean<1h"], ["sweep", "-o", "d"]:
            self.refused("/dev/stdin: " + TWICE, *arguments, "/dev/stdin", text=SCENARIO)
        self.write("sweep.yaml", "jishi-sweep: 1\nscenario: pipe\nfactors: {centres.s.partitions.p.nodes: [1, 2]}\nmeasures: [wait.mean]\n")
        self.refused('sweep.yaml:2:11: scenario: "pipe" ' + TWICE, "sweep", "-o", "d", "sweep.yaml")

    def test_what_a_scenario_names(self):
        cases = (
            ("arrival: {every: 1h}, processors: 1, runtime: 1h", "log: pipe", "s.yaml:5:45: tenants.u.workloads.w.log: pipe: "),
            ("runtime: 1h", "runtime: {empirical: {file: pipe, unit: 1s}}",
             "s.yaml:5:86: tenants.u.workloads.w.runtime: empirical: pipe: "),
            ("title: small", "include: [pipe]", 's.yaml:2:11: include: "pipe" '),
            ("{p: {nodes: 8}}", "{p: {nodes: 8}}, scheduler: {order: {lua: pipe}}",
             "s.yaml:4:63: centres.s.scheduler.order: lua: pipe "),
        )
        for old, new, says in cases:
            self.write("s.yaml", SCENARIO.replace(old, new))
            with self.subTest(new):
                self.refused(says + TWICE, "check", "s.yaml")

    def test_late(self):
        """Somebody who opens it later, or takes long to write, is waited for."""
        def write():
            time.sleep(0.5)
            with open(os.path.join(self.folder, "pipe"), "w", encoding="utf-8") as file:
                time.sleep(6)
                file.write(SCENARIO)
        writer = threading.Thread(target=write)
        writer.start()
        done = self.jishi("check", "pipe")
        writer.join()
        self.assertEqual((done.returncode, done.stderr, done.stdout.partition("\n")[0]), (0, "", "pipe: small"))

    def test_nobody(self):
        self.refused("pipe: is a pipe, and for 5 s nobody has opened it for writing\n", "check", "pipe")


if __name__ == "__main__":
    unittest.main()
