"""What `jishi check` and `jishi run` say of logs.

usage: test_logs.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import subprocess
import sys
import unittest

from in_folder import InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))

SCENARIO = """jishi: 1
%s
centres: {c: {partitions: {p: {nodes: 4}}%s}}
tenants: {t: {home: c, workloads: {w: {log: l.swf%s}}}}
"""


class Logs(InFolder):
    def notes(self, log, head="", centre="", workload=""):
        """Those of the log, which `check` and `run` tell alike."""
        self.write("l.swf", log)
        self.write("s.yaml", SCENARIO % (head, centre, workload))
        told = []
        for command, begins in (["check"], "  t/w: "), (["run", "--no-trace"], "Note: t/w: "):
            done = subprocess.run([PROGRAM, *command, "s.yaml"], cwd=self.folder, capture_output=True, text=True,
                                  timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            told.append([line[len(begins):] for line in done.stdout.splitlines() if line.startswith(begins)])
        self.assertEqual(told[0], told[1])
        return told[0]

    def test_longer_than_requested(self):
        log = "1 0 -1 30 1 -1 -1 1 20\n"
        ends = "1 job: ran longer than requested, will be ended there (first: line 1)"
        on = "1 job: ran longer than requested, will run on where `overrun: extend` holds (first: line 1)"
        kill, extend = self.notes(log), self.notes(log, centre=", scheduler: {overrun: extend}")
        self.assertEqual([ends in kill, on in kill], [True, False])
        self.assertEqual([ends in extend, on in extend], [False, True])


    def test_zone(self):
        says = "TimeZoneString is not read, and there is no TimeZone: its zone counts as UTC"
        head, job = "; TimeZoneString: Europe/Luxembourg\n", "1 0 -1 30 1\n"
        self.assertIn(says, self.notes(head + job))
        self.assertNotIn(says, self.notes(head + "; TimeZone: 3600\n" + job))

    def test_headers_only(self):
        self.assertEqual(self.notes("; MaxProcs: 4\n; UnixStartTime: 0\n"), ["no job in the log"])

    def test_long_after_the_start(self):
        """Times that are dates, and no header says so; a start long before the log's own."""
        far = ("the first job comes 11575 d after the start, the last 20 h later: `shift: to-start` or a `window` "
               "lets the run begin with the first")
        dates = "1 1000080000 -1 30 1\n2 1000152000 -1 30 1\n"
        self.assertEqual([note for note in self.notes(dates) if "comes" in note], [far])
        near = "; UnixStartTime: 1000080000\n1 0 -1 30 1\n2 72000 -1 30 1\n"
        start = "time: {start: 1970-01-01}"
        self.assertEqual([note for note in self.notes(near, start) if "comes" in note], [far])
        for log, head, workload in ((dates, "", ", shift: to-start"), (near, "", ""),
                                    (near, start, ", shift: to-start"),
                                    (dates, "", ", window: {from_job: 0, jobs: 2}"),
                                    ("1 80000 -1 30 1\n", "", ""),
                                    ("1 80000 -1 30 1\n2 170000 -1 30 1\n", "", "")):
            self.assertEqual([note for note in self.notes(log, head, workload=workload) if "comes" in note], [])


if __name__ == "__main__":
    unittest.main()
