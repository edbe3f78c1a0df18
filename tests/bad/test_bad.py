"""Broken scenarios and the exact messages about them: NAME.yaml, NAME.err, and NAME.args for more
of the command line, an argument a line.

usage: test_bad.py JISHI [--update]

Each is refused in less than a second with exit status 1, nothing on stdout, and no file left;
`check` says the same as `run`.
What is too large or too odd to be kept as a file is made here.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import subprocess
import sys
import tempfile
import time
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(sys.argv.pop(1))
UPDATE = "--update" in sys.argv
SLOWER = 30 if os.environ.get("JISHI_SLOW") else 1  # under a sanitizer, say


def refuse(scenario, arguments, out):
    """The message about a scenario, and how long it took to come."""
    began = time.monotonic()
    done = subprocess.run([PROGRAM, "run", scenario, "-o", out, *arguments], cwd=FOLDER,
                          capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    return done, time.monotonic() - began


class Bad(unittest.TestCase):
    maxDiff = None

    def check(self, scenario, arguments, want):
        with tempfile.TemporaryDirectory() as folder:
            done, seconds = refuse(scenario, arguments, os.path.join(folder, "out.h5"))
            self.assertEqual(os.listdir(folder), [])
        if UPDATE and isinstance(want, str):
            with open(want, "wb") as file:
                file.write(done.stderr)
        elif isinstance(want, str):
            with open(want, "rb") as file:
                self.assertEqual(done.stderr.decode(), file.read().decode())
        else:
            self.assertEqual(done.stderr.decode(), want.decode())
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertNotEqual(done.stderr, b"")
        self.assertLess(seconds, SLOWER)
        judged = subprocess.run([PROGRAM, "check", scenario, *arguments], cwd=FOLDER,
                                capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        self.assertEqual((judged.returncode, judged.stderr), (1, done.stderr))

    def test_files(self):
        names = sorted(name[:-5] for name in os.listdir(FOLDER) if name.endswith(".yaml"))
        self.assertGreater(len(names), 100)
        for name in names:
            arguments = []
            path = os.path.join(FOLDER, name)
            if os.path.exists(path + ".args"):
                with open(path + ".args", encoding="utf-8") as file:
                    arguments = file.read().splitlines()
            with self.subTest(name):
                self.check(name + ".yaml", arguments, path + ".err")

    def make(self, content, want):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "made.yaml")
            with open(path, "wb") as file:
                file.write(content)
            self.check(path, [], want.replace("FILE", path).encode())

    def test_large(self):
        self.make(b"title: " + b"x" * (20 << 20) + b"\n", "FILE: is larger than 16 MiB\n")

    def test_many_values(self):
        self.make(b"a: [" + b"1," * 2_000_000 + b"]\n",
                  "FILE:1:400001: more than 200000 values, aliases expanded\n")

    def test_missing(self):
        self.check("none.yaml", [], b"none.yaml: cannot be read: No such file or directory\n")

    def test_folder(self):
        self.check(".", [], b".: cannot be read: Is a directory\n")

    def test_endless_file(self):
        self.check("/dev/zero", [], b"/dev/zero: is larger than 16 MiB\n")


if __name__ == "__main__":
    sys.argv = [arg for arg in sys.argv if arg != "--update"]
    unittest.main()
