"""Sweeps as job arrays of a real Slurm: the same bytes as on this machine, with a node that dies in
the middle, left alone and merged later, and what a controller that refuses says.

usage: test_slurm.py JISHI

Slurm is brought up on loopback by scripts that are no part of the project ($JISHI_SLURM, else
../shared/slurm beside it); without them, or without Slurm, the test is skipped.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import filecmp
import glob
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(FOLDER))
PROGRAM = os.path.abspath(sys.argv.pop(1))
SCRIPTS = os.environ.get("JISHI_SLURM", os.path.join(ROOT, "..", "shared", "slurm"))
NEEDED = ("sbatch", "slurmctld", "slurmd", "munged")
SKIP = 77
SWEEP = f"""jishi-sweep: 1
scenario: {FOLDER}/small.yaml
replications: 5
set: {{time.length: LENGTH}}
factors:
  centres.shop.partitions.p.nodes: [11, 12, 13]
  tenants.firms.workloads.w.arrival: [{{poisson: 8 per h}}, {{poisson: 9 per h}}, {{poisson: 9.5 per h}}]
measures: [wait.mean, wait.p95, utilisation]
"""


def script(name, *arguments):
    return subprocess.run([os.path.join(SCRIPTS, name), *arguments], capture_output=True, text=True,
                          timeout=120, stdin=subprocess.DEVNULL, check=False,
                          env=dict(os.environ, CPORT=str(PORT)))


PORT = random.Random(os.getpid()).randrange(20000, 30000)


class Slurm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.mkdtemp(prefix="jishi-slurm-")
        os.chmod(cls.home, 0o755)
        cls.cluster = os.path.join(cls.home, "cluster")
        done = script("up.sh", cls.cluster, "4")
        if done.returncode != 0:
            cls.tearDownClass()
            raise unittest.SkipTest("Slurm does not come up here: " + done.stdout + done.stderr)
        os.environ["SLURM_CONF"] = os.path.join(cls.cluster, "slurm.conf")

    @classmethod
    def tearDownClass(cls):
        script("down.sh", cls.cluster)
        shutil.rmtree(cls.home, ignore_errors=True)

    def file(self, name, length):
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(SWEEP.replace("LENGTH", length))
        return path

    def command(self, *arguments):
        return [PROGRAM, "sweep", *arguments]

    def sweep(self, *arguments, status=0):
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=300,
                              cwd=self.home, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout, done.stderr

    def folder(self, name):
        return os.path.join(self.home, name)

    def records(self, name):
        count = 0
        for path in glob.glob(os.path.join(self.folder(name), "journal", "slurm-*.log")):
            with open(path, "rb") as file:
                count += file.read().count(b"\n")
        return count

    def same_table(self, one, two):
        self.assertTrue(filecmp.cmp(os.path.join(self.folder(one), "sweep.h5"),
                                    os.path.join(self.folder(two), "sweep.h5"), shallow=False))

    def test_node_lost(self):
        """Four nodes; one dies once some runs are done. What it lost is done again."""
        sweep = self.file("lost.yaml", "20000h")
        self.sweep(sweep, "-q", "-o", "lost-here")
        going = subprocess.Popen(
            self.command(sweep, "-o", "lost-there", "--engine", "slurm", "--part-time", "1ms",
                         "--max-jobs", "15"),
            cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 120
        while self.records("lost-there") < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertIsNone(going.poll(), "it was over before a node could be lost")
        killed = script("kill-node.sh", self.cluster, "n2")
        self.assertEqual(killed.returncode, 0, killed.stderr)
        out, err = going.communicate(timeout=300)
        self.assertEqual(going.returncode, 0, err)
        self.assertRegex(err, r"^job array \d+: 42 runs in 14 parts of up to 3\n")
        self.assertIn("sweep.h5", out)
        self.same_table("lost-here", "lost-there")
        subprocess.run(["slurmd", "-N", "n2"], timeout=30, check=True)

    def test_left_alone(self):
        """Handed over, looked at, merged: each by a process of its own."""
        sweep = self.file("left.yaml", "400h")
        self.sweep(sweep, "-q", "-o", "left-here")
        out, err = self.sweep(sweep, "-o", "left-there", "--engine", "slurm", "--detach",
                              "--part-time", "1ms", "--max-jobs", "6")
        self.assertEqual(out, "jishi sweep --status left-there tells how far it is, --merge "
                              "left-there writes the table\n")
        self.assertRegex(err, r"^job array \d+: 42 runs in 6 parts of up to 7\n$")
        for _ in range(600):
            out, _ = self.sweep("--status", "left-there")
            if re.search(r"^45 of 45 runs", out, re.MULTILINE):
                break
            time.sleep(0.2)
        self.sweep("--merge", "left-there", "-q")
        self.same_table("left-here", "left-there")
        self.sweep(sweep, "-q", "-o", "left-there", "--engine", "slurm", "--resume")

    def test_stopped_and_resumed(self):
        """Ctrl-C leaves the array to itself; --resume waits for it and hands nothing out twice."""
        sweep = self.file("stopped.yaml", "8000h")
        self.sweep(sweep, "-q", "-o", "stopped-here")
        arguments = ("-o", "stopped-there", "--engine", "slurm", "--part-time", "1ms", "--max-jobs", "9")
        going = subprocess.Popen(self.command(sweep, *arguments), cwd=self.home,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True)
        while self.records("stopped-there") < 1 and going.poll() is None:
            time.sleep(0.02)
        going.send_signal(2)
        _, err = going.communicate(timeout=60)
        self.assertEqual(going.returncode, 130, err)
        self.assertRegex(err, r"job array (\d+) goes on: --resume waits for it, `scancel \1` ends it\n")
        _, err = self.sweep(sweep, *arguments, "--resume")
        self.assertLessEqual(len(glob.glob(self.folder("stopped-there/slurm/*"))), 1, err)
        self.same_table("stopped-here", "stopped-there")
        self.assertEqual(self.records("stopped-there"), 42)

    def test_refused(self):
        """What sbatch complains of is passed on; nothing is lost by it."""
        sweep = self.file("refused.yaml", "400h")
        arguments = ("-o", "refused", "--engine", "slurm")
        _, err = self.sweep(sweep, *arguments, "--sbatch=--partition=nowhere", status=1)
        self.assertEqual(err, "jishi: sbatch: invalid partition specified: nowhere\n")
        self.sweep(sweep, *arguments, "--resume", "--sbatch=--comment=x", "-q")
        self.sweep(sweep, "-q", "-o", "refused-here")
        self.same_table("refused-here", "refused")


if __name__ == "__main__":
    missing = [name for name in NEEDED if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")]
    if missing or not os.path.exists(os.path.join(SCRIPTS, "up.sh")) or os.getuid() != 0:
        print("skipped: no Slurm that a test may bring up", *missing)
        sys.exit(SKIP)
    unittest.main()
