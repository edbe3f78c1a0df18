#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published figures, checked on the program's own output. Usage: published_c.py BINARY [lublin] [kth] [tsafrir]"""

import os
import sys
import tempfile

import program
from logs import Checks, kth_rows, lublin_windows, mean, read_swf, traces_dir, traces_or_skip
from plain import US
from published import LUBLIN, check_kth, check_lublin, check_schedule, check_tsafrir


def seconds(column):
    """Whole microseconds, as seconds: no trace of the double they were stored in."""
    return [round(float(value) * 1e6) / 1e6 for value in column]


def times_of(table):
    return list(zip(seconds(table['submit']), seconds(table['start']), seconds(table['end'])))


class Lublin:
    """Ten windows at once: a centre, a tenant and a window of the log each."""

    def __init__(self, binary, log, windows, folder):
        self.binary, self.log, self.windows, self.folder = binary, log, windows, folder
        self.runs, self.used = {}, {}

    def scenario(self, order, backfill, commit_head):
        scheduler = {'order': order, 'backfill': backfill}
        if commit_head:
            scheduler['commit_head'] = True
        centres, tenants = {}, {}
        for first, jobs in self.windows:
            centres['w%d' % first] = {'partitions': {'p': {'nodes': 256, 'processors_per_node': 1}},
                                      'scheduler': scheduler}
            tenants['t%d' % first] = {'home': 'w%d' % first, 'workloads': {'w': {
                'log': self.log, 'size': 'max', 'missing': {'request': 'runtime'}, 'drop': 'unusable',
                'window': {'from_job': first, 'jobs': len(jobs)}}}}
        return program.yaml({'jishi': 1, 'title': 'Windows of lublin-1', 'seed': 1, 'centres': centres,
                             'tenants': tenants})

    def run(self, order, backfill, commit_head, first, jobs):
        key = order, backfill, commit_head
        if key not in self.runs:
            path = os.path.join(self.folder, 'lublin-%s-%s-%s.yaml' % key)
            with open(path, 'w') as out:
                out.write(self.scenario(*key))
            with program.run(self.binary, path, path[:-5] + '.h5') as trace:
                self.runs[key] = trace['jobs'][...], program.names(trace, 'centres')
                self.used[key] = [row['value'] for row in trace['metrics'][...]
                                  if row['name'] == b'utilisation.to_last_start' and row['scope'].startswith(b'centre:')]
        table, centres = self.runs[key]
        mine = table[table['centre'] == centres.index('w%d' % first)]
        mine = mine[mine['id'].argsort()]
        times = times_of(mine)
        if [submit for submit, start, end in times] != [job.submit / US for job in jobs]:
            raise program.Failed('window at %d: not the jobs of the window' % first)
        return times


def lublin(checks, windows, simulated):
    """The utilisation that the program itself tells is the published one, too."""
    check_lublin(checks, windows, simulated.run)
    for (order, backfill), (slowdown, used) in LUBLIN.items():
        values = simulated.used[order, backfill, True]
        checks.true('lublin %s %s: a utilisation for each window' % (order, backfill), len(values) == len(windows))
        checks.rounded('lublin %s %s: utilisation as printed' % (order, backfill), mean(values), used, 3)


def kth_times(binary, fixture, folder, rows, name, *options):
    with program.run(binary, fixture, os.path.join(folder, name + '.h5'), *options) as trace:
        table = trace['jobs'][...]
    if sorted(table['id'].tolist()) != sorted(row.id for row in rows):
        raise program.Failed('%s: %d rows, not those of the %d jobs kept' % (name, len(table), len(rows)))
    by_id = dict(zip(table['id'].tolist(), times_of(table)))
    return [by_id[row.id] for row in rows]


def kth(checks, run, rows, schedule):
    times = run('published', '--variant', 'published')
    check_kth(checks, 'published', times)
    check_schedule(checks, rows, times, read_swf(schedule))
    check_kth(checks, 'sjbf', run('sjbf', '--variant', 'sjbf'))
    check_kth(checks, 'perfect', run('perfect', '--variant', 'perfect'))
    check_kth(checks, 'instant', run('instant'))


def tsafrir(checks, run):
    extend = ('--set', 'centres.kth.scheduler.overrun=extend')
    check_tsafrir(checks, 'easy', run('tsafrir-easy', *extend), 114.2, 89.9)
    check_tsafrir(checks, 'sjbf', run('tsafrir-sjbf', *extend, '--set',
                                      'centres.kth.scheduler.backfill={reserve: 1, order: sjf}'), 102, 73)


def main():
    known = ('lublin', 'kth', 'tsafrir')
    names = [a for a in sys.argv[1:] if a in known] or known
    binary = program.binary_or_skip(next((a for a in sys.argv[1:] if a not in known), None))
    log, schedule, synthetic = traces_or_skip('KTH-SP2-1996-2.swf.gz', 'KTH-SP2.easy-schedule.swf.gz',
                                              'lublin-1.swf.gz')
    fixture = os.path.join(os.path.dirname(traces_dir()), 'fixtures', 'replay-kth.yaml')
    checks, rows = Checks(), kth_rows(log)
    with tempfile.TemporaryDirectory() as folder:
        def run(name, *options):
            return kth_times(binary, fixture, folder, rows, name, *options)
        parts = {'lublin': lambda: lublin(checks, *lublin_of(binary, synthetic, folder)),
                 'kth': lambda: kth(checks, run, rows, schedule), 'tsafrir': lambda: tsafrir(checks, run)}
        for name in names:
            try:
                parts[name]()
            except program.Failed as error:
                checks.true(name, False, 'the program failed: %s' % error)
    checks.exit()


def lublin_of(binary, log, folder):
    windows = lublin_windows(log)
    return windows, Lublin(binary, log, windows, folder)


if __name__ == '__main__':
    main()
