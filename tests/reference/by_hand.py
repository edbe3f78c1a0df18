#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schedules worked out by hand in test_plain.py, held against the program.

usage: by_hand.py [JISHI]
"""

import sys
import tempfile

import compare
import program
from logs import Checks
from plain import US
from test_plain import BY_HAND


def is_whole(job):
    """Logs tell whole seconds, and no deadlines."""
    return job.deadline is None and not any(t % US for t in (job.submit, job.runtime, job.request))


def case_of(what, processors, scheduler, jobs, starts, windows=(), changes=()):
    """One log a tenant; their jobs have to stand in order of it."""
    groups = [('medium', [job for job in jobs if job.tenant == t]) for t in sorted({job.tenant for job in jobs})]
    return compare.Case(what, scheduler, processors, groups,
                        [(start * US, end * US, n) for start, end, n in windows], [(at * US, n) for at, n in changes])


def main():
    checks = Checks()
    binary = program.binary_or_skip(sys.argv[1] if len(sys.argv) > 1 else None)
    whole = [row for row in BY_HAND if all(is_whole(job) for job in row[3])]
    cases = [case_of(*row) for row in whole]
    with tempfile.TemporaryDirectory() as folder:
        outcomes = compare.run_cases(binary, folder, cases)
    for row, case, got in zip(whole, cases, outcomes):
        assert case.jobs() == row[3], row[0]
        got = [None if o is None or o[0] is None else o[0] / US for o in got]
        checks.true(row[0], got == row[4], '' if got == row[4] else 'got %s, want %s' % (got, row[4]))
    checks.exit()


if __name__ == '__main__':
    main()
