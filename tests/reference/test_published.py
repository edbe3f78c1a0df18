#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proves plain.py against figures that nobody here computed. Usage: test_published.py [lublin] [kth] [tsafrir]"""

import sys

from logs import Checks, kth_jobs, kth_rows, lublin_windows, read_swf, traces_or_skip
from plain import US, Scheduler, simulate
from published import check_kth, check_lublin, check_schedule, check_tsafrir


def run(jobs, processors, scheduler):
    outcomes = simulate(jobs, processors, scheduler)
    return [(job.submit / US, o.start / US, o.end / US) for job, o in zip(jobs, outcomes)]


def lublin(checks, path):
    check_lublin(checks, lublin_windows(path), lambda order, backfill, commit, first, jobs:
                 run(jobs, 256, Scheduler(order, backfill, commit_head=commit)))


def kth(checks, path, schedule):
    rows = kth_rows(path)
    times = run(kth_jobs(rows), 100, Scheduler(backfill='easy', decide='each-event'))
    check_kth(checks, 'published', times)
    check_schedule(checks, rows, times, read_swf(schedule))
    check_kth(checks, 'sjbf', run(kth_jobs(rows), 100, Scheduler(backfill={'reserve': 1, 'order': 'sjf'},
                                                                 decide='each-event')))
    check_kth(checks, 'perfect', run(kth_jobs(rows, perfect=True), 100,
                                     Scheduler(backfill='easy', decide='each-event')))
    check_kth(checks, 'instant', run(kth_jobs(rows), 100, Scheduler(backfill='easy')))


def tsafrir(checks, path):
    jobs = kth_jobs(kth_rows(path))
    check_tsafrir(checks, 'easy', run(jobs, 100, Scheduler(backfill='easy', overrun='extend')), 114.2, 89.9)
    check_tsafrir(checks, 'sjbf', run(jobs, 100, Scheduler(backfill={'reserve': 1, 'order': 'sjf'},
                                                           overrun='extend')), 102, 73)


def main():
    names = sys.argv[1:] or ['lublin', 'kth', 'tsafrir']
    log, schedule, synthetic = traces_or_skip('KTH-SP2-1996-2.swf.gz', 'KTH-SP2.easy-schedule.swf.gz',
                                              'lublin-1.swf.gz')
    checks = Checks()
    if 'lublin' in names:
        lublin(checks, synthetic)
    if 'kth' in names:
        kth(checks, log, schedule)
    if 'tsafrir' in names:
        tsafrir(checks, log)
    checks.exit()


if __name__ == '__main__':
    main()
