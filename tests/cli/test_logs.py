"""What `jishi check` and `jishi run` say of logs.

usage: test_logs.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import itertools
import os
import subprocess
import sys
import unittest

from in_folder import InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))

SCENARIO = """jishi: 1
%s
centres: {c: {partitions: {p: {nodes: 4}}%s}}
tenants: {t: {%shome: c, workloads: {w: {log: l.swf%s}}}}
"""


class Logs(InFolder):
    def notes(self, log, head="", centre="", workload="", tenant=""):
        """Those of the log, which `check` and `run` tell alike."""
        self.write("l.swf", log)
        self.write("s.yaml", SCENARIO % (head, centre, tenant, workload))
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

    def test_cut_by_the_end(self):
        """A run that ends within its log, at a job of it and before the first; one that jobs come out of order to."""
        log = "".join("%d %d 0 100 2 -1 -1 2 200 -1 1 1 1 -1 1 1 -1 -1\n" % (i, 10 * i) for i in range(1, 11))
        late = log + "11 5 0 100 2 -1 -1 2 200 -1 1 1 1 -1 1 1 -1 -1\n"
        for rows, length, says in (
                (log, 11, ["1 job used", "9 jobs: left out, submitted after the end"]),
                (log, 20, ["1 job used", "9 jobs: left out, submitted after the end"]),
                (log, 5, ["10 jobs: left out, submitted after the end"]),
                (log, 101, ["10 jobs used"]),
                (late, 6, ["1 job used", "10 jobs: left out, submitted after the end",
                           "1 job: submitted before the job of the line above (first: line 12)"])):
            told = self.notes("; MaxProcs: 40\n" + rows, "time: {length: %ds}" % length)
            self.assertEqual(told, ["%d jobs in the log" % rows.count("\n"), *says])

    def test_left_out_for_its_time(self):
        """A row without a submit time is left out; neither it nor the one below is out of order."""
        self.assertFalse(any("line above" in note for note in self.notes("1 5 -1 3 1\n2 -1 -1 3 1\n3 6 -1 3 1\n")))

    def test_tenant_that_comes_and_goes(self):
        log = "".join("%d %d -1 3 1\n" % (i, 86400 * i) for i in range(10))
        self.assertEqual(self.notes(log, tenant="join: 1970-01-04, leave: 1970-01-08, ")[:4],
                         ["10 jobs in the log", "4 jobs used", "3 jobs: left out, submitted before the start",
                          "3 jobs: left out, submitted after the end"])

    def test_zone(self):
        says = "TimeZoneString is not read, and there is no TimeZone: its zone counts as UTC"
        head, job = "; TimeZoneString: Europe/Luxembourg\n", "1 0 -1 30 1\n"
        self.assertIn(says, self.notes(head + job))
        self.assertNotIn(says, self.notes(head + "; TimeZone: 3600\n" + job))

    def test_header_values(self):
        job = "1 0 -1 30 1 -1 -1 1 30\n"
        hours = "TimeZone is in seconds, and no multiple of 15 minutes: hours, or minutes, written there?"
        far = "1 header value out of range, not read"
        again = "1 header value given again, other than before: the last one counts"
        for head, says in (("; TimeZone: 8\n", [hours]), ("; TimeZone: -480\n", [hours]), ("; TimeZone: 0\n", []),
                           ("; TimeZone: 20700\n", []), ("; TimeZone: 999999\n", [far]),
                           ("; TimeZone: 99999999999999999999\n", [far]),
                           ("; UnixStartTime: 1000000000000\n", [far]),
                           ("; UnixStartTime: 9\n; UnixStartTime: 8\n", [again]),
                           ("; UnixStartTime: 9\n; UnixStartTime: 9\n", []),
                           ("; TimeZone: 3600\n; TimeZone: 7200\n", [again]),
                           ("; MaxProcs: 4\n; MaxProcs: 8\n; MaxProcs: 4\n",
                            ["2 header values given again, other than before: the last one counts"]),
                           ("; MaxProcs: many\n", ["1 header value without a number"])):
            told = self.notes(head + job)
            self.assertEqual(told[:2], ["1 job in the log", "1 job used"])
            self.assertEqual([note for note in told if "TimeZone" in note or "header" in note], says)

    def test_carriage_returns(self):
        """Lines that end with them alone are one line: a comment, or one job with the next in its last columns."""
        says = "a carriage return within the line: lines end with a line feed, with or without one before it"
        row = "%d 0 -1 30 1 -1 -1 1 30 -1 1 1 1 1 1 1 -1 -1"
        rows = [row % 1, row % 2]
        self.write("s.yaml", SCENARIO % ("", "", "", ""))
        for lines in (["; MaxProcs: 4", *rows], rows):
            for end, status in (("\r", 1), ("\n", 0), ("\r\n", 0)):
                with open(os.path.join(self.folder, "l.swf"), "wb") as file:
                    file.write("".join(line + end for line in lines).encode())
                done = subprocess.run([PROGRAM, "check", "s.yaml"], cwd=self.folder, capture_output=True, text=True,
                                      timeout=60)
                self.assertEqual(done.returncode, status)
                self.assertEqual(says in done.stderr and "l.swf:1: " in done.stderr, status == 1)
                self.assertEqual("2 jobs used" in done.stdout, status == 0)

    def test_long_first_line(self):
        """Told once, by what is left of a scenario whose log could not be opened."""
        self.write("s.yaml", SCENARIO % ("", "", "", ""))
        self.write("l.swf", "1 " * 2000000)
        for command in ("check", "s.yaml"), ("run", "s.yaml", "-o", "x.h5"):
            done = subprocess.run([PROGRAM, *command], cwd=self.folder, capture_output=True, timeout=60)
            self.assertEqual((done.returncode, done.stderr), (1, b"l.swf:1: the line is longer than 65536 bytes: not a log\n"))

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

    START = "jishi: 1\ncentres: {c: {partitions: {p: {nodes: 4}}}}\ntenants: {t: {home: c, workloads: {%s}}}\n%s"

    def check(self, logs, more=""):
        """Its start, the notes of jobs of logs, and errors."""
        self.write("s.yaml", self.START % (", ".join(logs), more))
        done = subprocess.run([PROGRAM, "check", "s.yaml"], cwd=self.folder, capture_output=True, text=True, timeout=60)
        told = [line for line in done.stdout.splitlines() if line.startswith("  start ") or " job" in line]
        return told[0].split()[1] if told else None, [line for line in told if line.endswith("used")], done.stderr

    def write_dated(self):
        row = "%d %d -1 30 1\n"
        self.write("first.swf", "; UnixStartTime: 1000\n; TimeZone: 3600\n" + row % (1, 0) + row % (2, 50))
        self.write("second.swf", "; UnixStartTime: 2000\n" + row % (1, 0))
        self.write("zone.swf", "; UnixStartTime: 1000\n; TimeZone: -3600\n" + row % (1, 0))
        self.write("none.swf", row % (1, 0))

    def test_start_of_several(self):
        """The start is the earliest of those of logs that keep their dates, else of those that move, whatever the order."""
        self.write_dated()
        for logs, start, used in (
                (["a: {log: second.swf}", "b: {log: first.swf}"], "1970-01-01T01:16:40+01:00", 3),
                (["a: {log: second.swf}", "b: {log: first.swf}", "c: {log: zone.swf}"], "1969-12-31T23:16:40-01:00", 4),
                (["a: {log: second.swf}", "b: {log: first.swf, shift: to-start}"], "1970-01-01T00:33:20+00:00", 3),
                (["a: {log: second.swf, shift: to-start}", "b: {log: first.swf, shift: to-start}",
                  "c: {log: none.swf, shift: to-start}"], "1970-01-01T01:16:40+01:00", 4),
                (["a: {log: none.swf, shift: to-start}", "b: {log: second.swf}"], "1970-01-01T00:33:20+00:00", 2)):
            for order in itertools.permutations(logs):
                names = ", ".join("t/" + log[0] for log in order)
                want = "  %d workloads (%s): %d jobs used" % (len(logs), names, used)
                self.assertEqual(self.check(order), (start, [want], ""))

    def test_undated_beside_dated(self):
        """A log without a date that is not moved to the start tells of 1970, wherever it stands."""
        self.write_dated()
        for logs, column in ((["n: {log: none.swf}", "b: {log: second.swf}"], 36),
                             (["b: {log: second.swf}", "n: {log: none.swf}"], 58)):
            self.assertEqual(self.check(logs)[2],
                             "s.yaml:3:%d: tenants.t.workloads.n: none.swf: none of its jobs, submitted from "
                             "1970-01-01T00:00:00+00:00 to 1970-01-01T00:00:00+00:00, is used: 1 job: left out, submitted "
                             "before the start\n" % column)

    def test_start_moved_by_a_change(self):
        """A change at the start may be of a log, as long as that is not the one that the run starts with."""
        self.write_dated()
        logs = ["a: {log: zone.swf}", "b: {log: first.swf}", "c: {log: second.swf}"]
        moved = ("s.yaml:4:25: changes: the run would start at another time, and their dates are told from its start; write "
                 "time.start in the scenario itself, or in a variant\n")
        change = "changes: [{at: 0s, set: {tenants.t.workloads.%s.log: %s.swf}}]\n"
        for workload, log, says in (("a", "second", moved), ("b", "second", ""), ("c", "first", ""), ("b", "zone", "")):
            self.assertEqual(self.check(logs, change % (workload, log))[2], says)

    def test_several_missing(self):
        """Each log that is not there is told where it is named."""
        self.write_dated()
        self.assertEqual(self.check(["a: {log: x.swf}", "b: {log: first.swf}", "c: {log: y.swf}"])[2],
                         "s.yaml:3:45: tenants.t.workloads.a.log: x.swf: No such file or directory\n"
                         "s.yaml:3:83: tenants.t.workloads.c.log: y.swf: No such file or directory\n")


if __name__ == "__main__":
    unittest.main()
