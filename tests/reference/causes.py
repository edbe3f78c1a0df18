#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why jobs waited, worked out anew from when they were submitted, started and ended, held against the program.

usage: causes.py JISHI [--cases N] [--first SEED]

Random scenarios of partitions that count processors. Between two instants at which anything happened each waiting job
has one cause; free processors follow from the jobs that run, the rest from the rules in docs/causes.md. Every column
wait_<cause> must agree to the microsecond; series and sums must agree with the jobs.
"""

import argparse
import os
import random
import sys
import tempfile

import numpy

import program

US = 1000000
CAUSES = ('capacity', 'fragmentation', 'reserved', 'order')
INTERVAL = 97003000  # between plans of `slurm`: nothing else happens at multiples of it


def minutes(rng, most):
    return rng.randint(1, most) * 60 if rng.random() < 0.6 else rng.randint(1, most * 60)


def make_rules(rng):
    rules = {'order': rng.choice(['fcfs', 'fcfs', 'sjf', 'laf', 'wfp3']), 'backfill': 'none', 'placement': 'any'}
    rules['backfill'] = rng.choice(['none', 'easy', 'easy', 'plan', 'conservative', '{reserve: 3}', '{reserve: 0}'])
    pick = rng.random()
    if pick < 0.2 and rules['backfill'] != 'conservative':
        rules['every'] = rng.choice([60, 420, 1800])
    elif pick < 0.3:
        rules.update(backfill=rng.choice(['none', 'easy']), commit_head=True)
    elif pick < 0.4:
        rules.update(backfill=rng.choice(['none', 'easy']), each_event=True)
    elif pick < 0.6:
        rules['placement'] = rng.choice(['pack', 'spread'])
    if rng.random() < 0.2:
        rules['extend'] = True
    return rules


def make_partition(rng):
    part = {'nodes': rng.randint(1, 8), 'size': rng.choice([1, 1, 2, 4]), 'rules': make_rules(rng), 'windows': []}
    if part['rules']['placement'] == 'any' and rng.random() < 0.3:
        if part['rules']['backfill'] in ('none', '{reserve: 0}'):
            part['rules']['order'] = 'fcfs'  # who is in front is then known from the jobs alone
        for _ in range(rng.randint(1, 2)):
            start = minutes(rng, 300)
            part['windows'].append((start, start + minutes(rng, 90), rng.randint(1, part['nodes'])))
    return part


def make(rng):
    parts = {'p%d' % k: make_partition(rng) for k in range(rng.choice([1, 1, 2, 3]))}
    for part in parts.values():
        if 'commit_head' in part['rules']:
            part['windows'] = []      # it does not look ahead
    works = {}
    for k in range(rng.randint(1, 4)):
        jobs = [{'submit': rng.choice([0, minutes(rng, 200)]), 'processors': rng.choice([1, 1, 2, 3, 4, 6, 9]),
                 'runtime': rng.choice([0, minutes(rng, 60), minutes(rng, 60)]), 'request': minutes(rng, 90)}
                for _ in range(rng.randint(1, 25))]
        works['w%d' % k] = {'partition': rng.choice([*parts, *(['any'] if len(parts) > 1 else [])]), 'jobs': jobs}
    length = rng.choice([None, 3 * 3600])
    if len(parts) == 1 and rng.random() < 0.4:
        turn_to_slurm(parts['p0']['rules'], [job for work in works.values() for job in work['jobs']])
    return parts, works, length


def turn_to_slurm(rules, jobs):
    """Looks are never cut, and nothing happens at the instant of a plan but what that starts, which lasts."""
    for key in ('every', 'commit_head', 'each_event'):
        rules.pop(key, None)
    rules['order'] = 'sjf' if rules['order'] == 'sjf' else 'fcfs'
    rules['backfill'] = '{slurm: {interval: %.3fs, queue_depth: unlimited, full_interval: unlimited}}' % (INTERVAL / US)
    rules['slurm'] = True
    for job in jobs:
        job['submit'] = job['submit'] or 30
        job['runtime'] = job['runtime'] or 60


def text_of(parts, works, length):
    lines = ['jishi: 1', 'series: {step: 7min}']
    if length:
        lines.append('time: {length: %ds}' % length)
    lines += ['centres:', '  c:', '    partitions:']
    for name, part in parts.items():
        rules = part['rules']
        lines += ['      %s:' % name, '        nodes: %d' % part['nodes'], '        processors_per_node: %d' % part['size']]
        if part['windows']:
            lines.append('        maintenance:')
            lines += ['          - {from: %ds, until: %ds, nodes: %d}' % window for window in part['windows']]
        lines += ['        scheduler:'] + ['          %s: %s' % (key, rules[key]) for key in
                                           ('order', 'backfill', 'placement')]
        if 'every' in rules:
            lines.append('          decide: {every: %ds}' % rules['every'])
        for key, line in (('commit_head', 'commit_head: true'), ('each_event', 'decide: each-event'),
                          ('extend', 'overrun: extend')):
            if key in rules:
                lines.append('          ' + line)
    lines += ['tenants:', '  t:', '    home: c', '    workloads:']
    for name, work in works.items():
        lines += ['      %s:' % name, '        partition: %s' % work['partition'], '        jobs:']
        lines += ['          - {submit: %(submit)ds, processors: %(processors)d, runtime: %(runtime)ds, '
                  'request: %(request)ds}' % job for job in work['jobs']]
    return '\n'.join(lines) + '\n'


class Job:
    """A row of /jobs; times in microseconds, None: never."""

    def __init__(self, row, wanted, names, most):
        def at(name):
            return None if numpy.isnan(row[name]) else round(row[name] * US)
        self.id, self.procs, self.submit = int(row['id']), int(row['procs']), at('submit')
        self.start, self.end, self.state = at('start'), at('end'), program.STATES[row['state']]
        self.ran_in = names[row['partition']] if self.start is not None else None
        self.places = [name for name in most if wanted in (name, 'any') and self.procs <= most[name]]
        self.got = {cause: round(row['wait_' + cause] * US) for cause in CAUSES if 'wait_' + cause in row.dtype.names}
        self.wait = at('wait')
        self.want = dict.fromkeys(CAUSES, 0)

    def waits(self, at):
        return self.state != 'rejected' and self.submit <= at and (self.start is None or at < self.start)

    def runs(self, at):
        return self.start is not None and self.start <= at and (self.end is None or at < self.end)


class Partition:
    def __init__(self, name, plan, jobs):
        self.name, self.plan, self.rules, self.jobs = name, plan, plan['rules'], jobs
        self.edges = [edge * US for window in plan['windows'] for edge in window[:2]]
        self.stirs = {job.submit for job in jobs if name in job.places and job.state != 'rejected'}
        self.stirs |= {job.end for job in jobs if job.ran_in == name} | set(self.edges)
        self.stirs.discard(None)

    def free(self, at):
        down = sum(n for start, end, n in self.plan['windows'] if start * US <= at < end * US)
        up = (self.plan['nodes'] - min(down, self.plan['nodes'])) * self.plan['size']
        return max(0, up - sum(job.procs for job in self.jobs if job.ran_in == self.name and job.runs(at)))

    def is_owed_a_pass(self, at):
        if 'every' not in self.rules:
            return False
        tick = at // (self.rules['every'] * US) * self.rules['every'] * US
        return any(tick < stir <= at for stir in self.stirs)

    def is_owed_a_plan(self, at):
        plan = at // INTERVAL * INTERVAL
        return (any(plan < stir <= at for stir in self.stirs)
                or any(job.start == plan for job in self.jobs if job.ran_in == self.name))

    def cause_of_fitting(self, at):
        if 'slurm' in self.rules:
            return 'order' if self.is_owed_a_plan(at) else 'reserved'
        if self.rules.get('commit_head') or self.is_owed_a_pass(at):
            return 'order'
        if self.rules['backfill'] not in ('none', '{reserve: 0}'):
            return 'reserved'
        queue = [job for job in self.jobs if self.name in job.places and job.waits(at)]
        head = min(queue, key=lambda job: job.id)
        return 'reserved' if self.plan['windows'] and head.procs <= self.free(at) else 'order'

    def cause(self, job, at):
        return 'capacity' if job.procs > self.free(at) else self.cause_of_fitting(at)


def work_out(partitions, jobs, end):
    instants = {0, end}
    for partition in partitions.values():
        instants |= {stir for stir in partition.stirs if stir < end}
        if 'every' in partition.rules:
            instants |= set(range(0, end, partition.rules['every'] * US))
        if 'slurm' in partition.rules:
            instants |= set(range(0, end, INTERVAL))
    instants |= {job.start for job in jobs if job.start is not None} | {job.submit for job in jobs}
    instants = sorted(instants)
    for at, until in zip(instants, instants[1:]):
        for job in jobs:
            if job.waits(at):
                causes = [partitions[name].cause(job, at) for name in job.places]
                job.want[max(causes, key=CAUSES.index)] += until - at


def check_sums(trace, jobs):
    """The series add up to queued_procs and to the jobs; /tenants adds up to the jobs."""
    area = 0
    for name, group in trace['series/c'].items():
        steps = numpy.diff(numpy.append(group['time'][:], group.attrs['end']))
        parts = [group[key][:] for key in group if key.startswith('queued_procs_')]
        if not numpy.allclose(sum(parts), group['queued_procs'][:], 0, 1e-9):
            return '%s: queued_procs by cause do not add up' % name
        area += sum((part * steps).sum() for part in parts)
    want = sum(job.procs * job.wait * len(job.places) for job in jobs if job.state != 'rejected') / US
    if abs(area - want) > 1e-6 * max(1, want):
        return 'series by cause: %r processor-seconds, jobs %r' % (area, want)
    for cause in jobs[0].got:
        want = sum(job.got[cause] for job in jobs if job.state != 'rejected') / US
        if abs(trace['tenants'][0]['wait_' + cause] - want) > 1e-6:
            return '/tenants: wait_%s is not the sum of the jobs' % cause
    return None


def run_case(binary, folder, seed, seen):
    parts, works, length = make(random.Random(seed))
    path = os.path.join(folder, 'case.yaml')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text_of(parts, works, length))
    with program.run(binary, path, os.path.join(folder, 'case.h5'), '--check') as trace:
        names = [name.split('/')[1] for name in trace['names/partitions'].asstr()[:]]
        wanted = [works[path.split('/')[-1]]['partition'] for path in trace['names/workloads'].asstr()[:]]
        most = {name: part['nodes'] * part['size'] for name, part in parts.items()}
        jobs = [Job(row, wanted[row['workload']], names, most) for row in trace['jobs'][:]]
        end = round(float(trace['series/c/p0'].attrs['end']) * US)
        partitions = {name: Partition(name, plan, jobs) for name, plan in parts.items()}
        work_out(partitions, jobs, end)
        for job in jobs:
            for cause in CAUSES:
                seen[cause] += job.want[cause] > 0
                if job.got.get(cause, 0) != job.want[cause]:
                    return 'job %d: got %s, want %s' % (job.id, job.got, job.want)
            if sum(job.got.values()) != job.wait:
                return 'job %d: causes do not add up to the wait' % job.id
        return check_sums(trace, jobs)


def by_hand(binary, folder):
    """The example of docs/causes.md under Slurm's form of backfilling."""
    rules = {'order': 'fcfs', 'backfill': 'slurm', 'placement': 'any'}
    asked = [(0, 3, 100), (1, 4, 50), (2, 1, 20), (35, 1, 40)]
    jobs = [{'submit': at, 'processors': n, 'runtime': t, 'request': t} for at, n, t in asked]
    path = os.path.join(folder, 'hand.yaml')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text_of({'p': {'nodes': 4, 'size': 1, 'rules': rules, 'windows': []}},
                           {'w': {'partition': 'p', 'jobs': jobs}}, None))
    with program.run(binary, path, os.path.join(folder, 'hand.h5'), '--check') as trace:
        rows = sorted(trace['jobs'][:], key=lambda row: row['id'])
        got = [tuple(float(row[name]) for name in ('start', 'wait_capacity', 'wait_reserved', 'wait_order')) for row in rows]
    want = [(0, 0, 0, 0), (100, 99, 0, 0), (30, 0, 0, 28), (150, 65, 40, 10)]
    return None if got == want else 'by hand: got %s, want %s' % (got, want)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('program')
    parser.add_argument('--cases', type=int, default=200)
    parser.add_argument('--first', type=int, default=1)
    options = parser.parse_args()
    binary = program.binary_or_skip(options.program)
    failures, seen = 0, dict.fromkeys(CAUSES, 0)
    with tempfile.TemporaryDirectory() as folder:
        why = by_hand(binary, folder)
    if why:
        failures += 1
        print(why)
    for seed in range(options.first, options.first + options.cases):
        with tempfile.TemporaryDirectory() as folder:
            try:
                why = run_case(binary, folder, seed, seen)
            except program.Failed as failed:
                why = str(failed)
        if why:
            failures += 1
            print('case %d: %s' % (seed, why))
    print('%d cases, %d failed; jobs with a wait by cause: %s' % (options.cases, failures, seen))
    return 1 if failures or not all(seen[cause] for cause in ('capacity', 'reserved', 'order')) else 0


if __name__ == '__main__':
    sys.exit(main())
