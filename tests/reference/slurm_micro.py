#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""500 jobs that a real Slurm ran, run here with its slurm.conf. Usage: slurm_micro.py BINARY

10 nodes of 12 cores; jobs of one node's cores or of 1 to 8 whole nodes. What the language cannot say of a job, features
of nodes and GPUs, is left out (`one`), or said by partitions (`split`): jobs that ask for a GPU or for the memory of the
one large node wait for that node alone, all others for the 8 plain nodes or either of the two. Shares are 1 each.
docs/slurm.md, section 3, has the figures and what explains the rest.
"""

import csv
import datetime
import gzip
import os
import sys
import tempfile

import program
from logs import Checks, traces_or_skip

MINUTE = 60


def rows_of(path, delimiter):
    with gzip.open(path, 'rt') as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def add_what_happened(rows, sacct):
    """The real start, in s since the first submission, and how long the job ran."""
    when = datetime.datetime.fromisoformat
    first = min(when(row['Submit']) for row in sacct)
    told = {row['JobID']: row for row in sacct}
    for row in rows:
        start, end = when(told[row['job_id']]['Start']), when(told[row['job_id']]['End'])
        row['start'], row['ran'] = (start - first).total_seconds(), (end - start).total_seconds()


def place(row, how):
    if how == 'one':
        return 'all'
    if row['gres']:
        return 'gpu'
    if row['mem']:
        return 'large'
    return 'plain' if row['constraint'] or int(row['n_tasks']) > 12 else 'any'


def job(row):
    cores = int(row['n_tasks'])
    size = 'nodes: %d' % (cores // 12) if cores % 12 == 0 else 'processors: %d' % cores
    return '{submit: %ss, %s, runtime: %ds, request: %smin}' % (row['dt'], size, row['ran'], row['wall_limit'])


def scenario(rows, how, scheduler):
    nodes = {'one': {'all': 10}, 'split': {'plain': 8, 'gpu': 1, 'large': 1}}[how]
    text = ['jishi: 1', 'title: slurm-micro, %s' % how, 'centres:', '  micro:', '    scheduler: ' + scheduler, '    partitions:']
    text += ['      %s: {nodes: %d, processors_per_node: 12}' % item for item in nodes.items()]
    text += ['tenants:']
    order = []     # of jobs: tenant path, workload, in the order of the file
    for account in sorted({row['account'] for row in rows}):
        text += ['  %s:' % account, '    home: micro', '    tenants:']
        for user in sorted({row['user'] for row in rows if row['account'] == account}):
            text += ['      %s:' % user, '        workloads:']
            mine = [row for row in rows if row['user'] == user]
            for where in sorted({place(row, how) for row in mine}):
                jobs = [row for row in mine if place(row, how) == where]
                text += ['          %s:' % where, '            partition: %s' % where, '            jobs:']
                text += ['              - ' + job(row) for row in jobs]
                order.append(('%s/%s/%s' % (account, user, where), [row['job_id'] for row in jobs]))
    return '\n'.join(text) + '\n', dict(order)


def simulated_starts(binary, folder, rows, how, scheduler):
    text, order = scenario(rows, how, scheduler)
    path = os.path.join(folder, 'micro.yaml')
    with open(path, 'w') as file:
        file.write(text)
    starts = {}
    with program.run(binary, path, path[:-5] + '.h5', '--check') as trace:
        table, workloads = trace['jobs'][...], program.names(trace, 'workloads')
        for number, name in enumerate(workloads):
            mine = table[table['workload'] == number]
            mine = mine[mine['id'].argsort()]
            starts.update(zip(order[name], (float(start) for start in mine['start'])))
    return starts


def at(values, part):
    return values[min(len(values) - 1, int(part * len(values)))]


def figures(rows, real, got):
    off = sorted(abs(got[row['job_id']] - real[row['job_id']]) for row in rows)
    wait = [sum(starts[row['job_id']] - int(row['dt']) for row in rows) / len(rows) for starts in (real, got)]
    last = [max(starts[row['job_id']] + row['ran'] for row in rows) / 3600 for starts in (real, got)]
    within = [sum(x <= limit for x in off) / len(off) for limit in (MINUTE, 10 * MINUTE, 60 * MINUTE)]
    return {'median': at(off, 0.5), 'p90': at(off, 0.9), 'within': within, 'wait': wait, 'last': last}


def kind(row):
    return 'gpu' if row['gres'] else 'memory' if row['mem'] else 'four nodes' if row['constraint'] else 'any node'


def print_by_kind(rows, real, got):
    """How far starts are from the real ones, earlier or later, and mean waits, by what nodes a job can run on."""
    for name in sorted({kind(row) for row in rows}):
        mine = [row for row in rows if kind(row) == name]
        off = sorted(got[row['job_id']] - real[row['job_id']] for row in mine)
        wait = [sum(starts[row['job_id']] - int(row['dt']) for row in mine) / len(mine) for starts in (real, got)]
        print('       %-10s %3d jobs, later by: 5 %% %6.0f s, 25 %% %6.0f s, median %6.0f s, 75 %% %6.0f s, 95 %% %6.0f s; '
              'mean wait %5.0f s, really %5.0f s' % (name, len(mine), *(at(off, p) for p in (0.05, 0.25, 0.5, 0.75, 0.95)),
                                                     wait[1], wait[0]))


def main():
    binary = program.binary_or_skip(sys.argv[1] if len(sys.argv) > 1 else None)
    jobs, sacct, conf = traces_or_skip('slurm-micro.jobs.csv.gz', 'slurm-micro.sacct.gz', 'slurm-micro.conf')
    rows = rows_of(jobs, ';')
    add_what_happened(rows, rows_of(sacct, '|'))
    real = {row['job_id']: row['start'] for row in rows}
    checks = Checks()
    with_conf = '{slurm: %s%%s}' % conf
    cases = [('one', 'as in the file', with_conf % ''), ('split', 'as in the file', with_conf % ''),
             ('one', 'nodes packed', with_conf % ', placement: pack'), ('split', 'nodes packed', with_conf % ', placement: pack'),
             ('one', 'order fcfs', with_conf % ', order: fcfs'), ('split', 'order fcfs', with_conf % ', order: fcfs'),
             ('one', 'backfill easy', with_conf % ', backfill: easy'), ('split', 'backfill easy', with_conf % ', backfill: easy'),
             ('one', 'fcfs, none', '{order: fcfs, backfill: none}'), ('split', 'fcfs, none', '{order: fcfs, backfill: none}')]
    with tempfile.TemporaryDirectory() as folder:
        for how, what, scheduler in cases:
            got = simulated_starts(binary, folder, rows, how, scheduler)
            f = figures(rows, real, got)
            print('%-6s %-15s starts apart: median %5.0f s, p90 %6.0f s; within 1 min %4.1f %%, 10 min %4.1f %%, 1 h %4.1f %%; '
                  'mean wait %5.0f s, really %5.0f s; makespan %4.1f h, really %4.1f h'
                  % (how, what, f['median'], f['p90'], *(100 * x for x in f['within']), f['wait'][1], f['wait'][0], f['last'][1],
                     f['last'][0]))
            if what == 'as in the file':
                print_by_kind(rows, real, got)
            checks.true('%s, %s: all jobs ran' % (how, what), len(got) == len(rows) and all(x == x for x in got.values()))
    checks.exit()


if __name__ == '__main__':
    main()
