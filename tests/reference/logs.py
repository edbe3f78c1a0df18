# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs in the Standard Workload Format, and the measures of the published tables, for the tests here."""

import gzip
import os
import sys
from collections import namedtuple

from plain import US, Job

Row = namedtuple('Row', 'id submit wait run allocated requested request')

SKIPPED = 77      # what meson takes for "skipped"


def traces_dir():
    """Where the real logs are: JISHI_TRACES, or ../shared/traces beside the checkout. None: skip."""
    here = os.path.dirname(os.path.abspath(__file__))
    tried = [os.environ.get('JISHI_TRACES', '')]
    while os.path.dirname(here) != here:
        here = os.path.dirname(here)
        tried.append(os.path.join(here, 'shared', 'traces'))
    return next((path for path in tried if path and os.path.isdir(path)), None)


def traces_or_skip(*names):
    folder = traces_dir()
    missing = list(names) if folder is None else [n for n in names if not os.path.exists(os.path.join(folder, n))]
    if missing:
        print('SKIPPED: not found:', ', '.join(missing))
        sys.exit(SKIPPED)
    return [os.path.join(folder, n) for n in names]


def read_swf(path):
    rows = []
    with gzip.open(path, 'rt', encoding='latin-1') as lines:
        for line in lines:
            if line.strip() and not line.startswith(';'):
                f = line.split()
                rows.append(Row(int(f[0]), int(f[1]), int(f[2]), int(f[3]), int(f[4]), int(f[7]), int(f[8])))
    return rows


def kth_rows(path, processors=100):
    """The rows that the published protocol keeps (validation/references.md, 1.2)."""
    return [r for r in read_swf(path)
            if r.run > 0 and r.request > 0 and r.submit >= 0 and max(r.allocated, r.requested) > 0
            and r.allocated <= processors and r.requested <= processors]


def kth_jobs(rows, perfect=False):
    return [Job(r.submit * US, r.run * US, (min(r.run, r.request) if perfect else r.request) * US,
                r.requested if r.requested > 0 else r.allocated) for r in rows]


LUBLIN_WINDOWS = (1981, 2756, 4299, 8850, 3316, 2714, 5228, 7762, 4022, 7085)


def lublin_windows(path):
    """Ten windows of 1024 jobs, as (first job index, jobs)."""
    rows = sorted((r for r in read_swf(path) if r.run > 0), key=lambda r: r.id)
    jobs = [Job(r.submit * US, r.run * US, (r.run if r.request == -1 else r.request) * US,
                max(r.allocated, r.requested)) for r in rows]
    return [(first, jobs[first:first + 1024]) for first in LUBLIN_WINDOWS]


def bounded_slowdown(wait, run, threshold=10.0):
    """Times in seconds."""
    return max(1.0, (wait + run) / max(run, threshold))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def measures(times):
    """What 1.2 tabulates, of (submit, start, end) in seconds."""
    flow = [end - submit for submit, start, end in times]
    run = [end - start for submit, start, end in times]
    slow = [bounded_slowdown(start - submit, end - start) for submit, start, end in times]
    return {'jobs': len(times), 'mean flow': mean(flow), 'max flow': max(flow),
            'mean stretch': mean(f / r for f, r in zip(flow, run)),
            'mean slowdown': mean(slow), 'max slowdown': max(slow),
            'mean wait': mean(start - submit for submit, start, end in times)}


def utilisation(jobs, starts, processors):
    """Work over (time of the last scheduling decision - first submit); jobs as (submit, run, procs) in seconds."""
    return (sum(run * procs for submit, run, procs in jobs)
            / (processors * (max(starts) - min(submit for submit, run, procs in jobs))))


class Checks:
    """One line a check; the exit status says whether all held."""

    def __init__(self):
        self.failed = self.done = 0

    def true(self, what, holds, detail=''):
        self.done += 1
        self.failed += not holds
        print('%s %-58s %s' % ('ok  ' if holds else 'FAIL', what, detail), flush=True)

    def near(self, what, got, want, relative=1e-9):
        self.true(what, abs(got - want) <= relative * abs(want), 'got %.13g, want %.13g' % (got, want))

    def rounded(self, what, got, want, digits):
        """Agrees with a figure printed with so many digits after the point."""
        self.true(what, abs(got - want) <= 0.5 * 10 ** -digits * (1 + 1e-9), 'got %.7g, want %.*f' % (got, digits, want))

    def exit(self):
        print('%d checks, %d failed' % (self.done, self.failed))
        sys.exit(1 if self.failed else 0)
