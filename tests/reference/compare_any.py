#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that wait in several partitions (`partition: any`), by the rules of docs/scheduling.md, plain and slow, and
the program held against it on random jobs.

usage: compare_any.py [JISHI] [--cases N] [--seed N]
"""

import argparse
import os
import random
import sys
import tempfile
from collections import namedtuple

import program
from plain import US, Profile

BACKFILLS = ('none', 'easy', 'plan', 'conservative')
ORDERS = {'fcfs': lambda n, r, w: 0, 'sjf': lambda n, r, w: r, 'ljf': lambda n, r, w: -r, 'saf': lambda n, r, w: r * n,
          'wfp3': lambda n, r, w: -((w / r) ** 3) * n, 'expansion': lambda n, r, w: -(w + r) / r}   # those that age

Job = namedtuple('Job', 'submit runtime request procs where')     # where: a partition, None for any
Part = namedtuple('Part', 'processors order backfill changes max_queued')   # changes: (at, processors from then on)


class Simulation:
    def __init__(self, jobs, parts):
        self.jobs, self.parts, self.now = jobs, parts, 0
        self.processors = [part.processors for part in parts]
        self.changes = sorted((at, k, n) for k, part in enumerate(parts) for at, n in part.changes)
        self.waiting, self.start, self.running = {}, {}, {}       # waiting: job -> partitions; running: job -> (partition, end)
        self.held = [{} for _ in parts]                           # conservative: job -> reserved start, None for never
        self.early = set()                                        # partitions where something came free early
        self.lost = set()                                         # and those that have fewer processors since their last pass
        self.left = 0                                             # queues left for good by jobs that waited elsewhere, too
        self.full = 0                                             # jobs of several queues that one of these was too full for

    def could_run(self, j, k):
        """With the processors there are or will be."""
        job = self.jobs[j]
        ever = [self.processors[k]] + [n for at, where, n in self.changes if where == k]
        return job.where in (None, k) and job.procs <= max(ever)

    def queue(self, k):
        score = ORDERS[self.parts[k].order]

        def key(j):
            job = self.jobs[j]
            return score(job.procs, (job.request or US) / US, (self.now - job.submit) / US), j
        return sorted((j for j, where in self.waiting.items() if k in where), key=key)

    def length(self, j):
        return max(self.jobs[j].request, 1)

    def profile(self, k):
        profile = Profile(self.now, self.processors[k])
        for j, (where, _) in self.running.items():
            if where == k:
                profile.take(self.now, self.start[j][0] + self.length(j), self.jobs[j].procs)
        return profile

    def free(self, k):
        return self.profile(k).at(self.now)

    def begin(self, j, k):
        """It leaves all queues; those it left are looked at again, in a further round."""
        job = self.jobs[j]
        left = self.waiting.pop(j) - {k}
        self.start[j] = (self.now, k)
        self.running[j] = (k, self.now + min(job.runtime, job.request))
        self.again |= left
        self.early |= {q for q in left if j in self.held[q]}

    def decide(self, k):
        backfill = self.parts[k].backfill
        if backfill == 'conservative':
            return self.decide_conservative(k, k in self.early)
        reserved = 0
        profile = self.profile(k)
        for j in self.queue(k):
            n, length = self.jobs[j].procs, self.length(j)
            at = profile.earliest(n, length)
            if at == self.now:
                self.begin(j, k)
                profile.take(at, at + length, n)
            elif backfill == 'none':
                return
            elif backfill == 'plan' or reserved == 0:
                if at is not None:
                    profile.take(at, at + length, n)
                reserved += 1

    def take(self, j, k, profile, sign=1):
        at = self.held[k][j]
        if at is not None:
            profile.take(at, at + self.length(j), sign * self.jobs[j].procs)

    def place(self, j, k, profile):
        self.held[k][j] = profile.earliest(self.jobs[j].procs, self.length(j))
        self.take(j, k, profile)

    def decide_conservative(self, k, early):
        """Reservations stay where they have room, and move forward after an early end or when one left; then
        newcomers get theirs."""
        held, profile = self.held[k], self.profile(k)
        queue = self.queue(k)
        for j in set(held) - set(queue):
            del held[j]
        old, moved = [j for j in queue if j in held], []
        for j in old:
            at = held[j]
            if k in self.lost and (at is None or profile.least(at, at + self.length(j)) < self.jobs[j].procs):
                early |= at is not None
                moved.append(j)
            else:
                self.take(j, k, profile)
        for j in moved:
            self.place(j, k, profile)
        for j in old if early else []:
            self.take(j, k, profile, -1)
            self.place(j, k, profile)
        self.early.discard(k)
        self.lost.discard(k)
        for j in sorted(j for j in queue if j not in held):
            self.place(j, k, profile)
        for j in queue:
            if held[j] == self.now and self.jobs[j].procs <= self.free(k):
                self.begin(j, k)

    def judge(self, k, arrived):
        """The limit on queued jobs: the last to have come at this instant leave all queues; those are looked at again."""
        most = self.parts[k].max_queued
        for j in reversed(arrived) if most is not None else ():
            if j in self.waiting and k in self.waiting[j] and len(self.queue(k)) > most:
                left = self.waiting.pop(j)
                self.again |= left
                self.early |= {q for q in left - {k} if j in self.held[q]}
                self.full += len(left) > 1

    def end_those(self, touched):
        for j in [j for j, (_, end) in self.running.items() if end == self.now]:
            k = self.running.pop(j)[0]
            touched.add(k)
            if self.start[j][0] + self.length(j) > self.now:
                self.early.add(k)

    def change_those(self, touched):
        """Then what could never run any more leaves, and is rejected where no queue is left to it."""
        changed = {}
        while self.changes and self.changes[0][0] == self.now:
            k, n = self.changes.pop(0)[1:]
            changed[k] = self.processors[k]
            self.processors[k] = n
        for k, before in changed.items():
            touched.add(k)
            if self.processors[k] > before:
                self.early.add(k)
            else:
                self.lost.add(k)
        for k in changed:
            for j in [j for j in self.queue(k) if not self.could_run(j, k)]:
                self.waiting[j].remove(k)
                if j in self.held[k]:
                    self.early.add(k)
                self.left += len(self.waiting[j]) > 0
                if not self.waiting[j]:
                    del self.waiting[j]

    def run(self):
        """When and where each started; None: it was rejected."""
        to_come = list(range(len(self.jobs)))
        while to_come or self.running or self.waiting:
            reserved = [at for held in self.held for j, at in held.items() if j in self.waiting and at is not None]
            self.now = min([end for _, end in self.running.values()] + [self.jobs[j].submit for j in to_come[:1]] +
                           [at for at in reserved if at > self.now] + [at for at, *rest in self.changes[:1]])
            touched = {k for k, held in enumerate(self.held) if self.now in held.values()}
            self.change_those(touched)
            arrived = []
            while True:
                self.end_those(touched)
                while to_come and self.jobs[to_come[0]].submit == self.now:
                    j = to_come.pop(0)
                    where = {k for k in range(len(self.parts)) if self.could_run(j, k)}
                    touched |= where
                    if where:
                        self.waiting[j] = where
                        arrived.append(j)
                self.again = set()
                for k in sorted(touched):
                    self.decide(k)
                for k in range(len(self.parts)):
                    self.judge(k, arrived)
                arrived = []
                touched = set(self.again)
                if not touched and not any(end == self.now for _, end in self.running.values()):
                    break
        return [self.start.get(j) for j in range(len(self.jobs))]


def draw_changes(rng, jobs, parts):
    """Of the processors of half of the partitions."""
    horizon = max(job.submit for job in jobs) // US
    for part in parts:
        at, processors = 0, part.processors
        for _ in range(rng.choice((0, 0, 1, 3))):
            at += rng.randint(1, max(horizon // 2, 1))
            n = rng.randint(1, 2 * part.processors)
            if n != processors:      # else nothing changes, and no pass is owed
                part.changes.append((at * US, n))
                processors = n


def draw_limits(rng, parts):
    """Of waiting jobs, in every other scenario."""
    return [part._replace(max_queued=rng.choice((None, 0, 1, 3, 8))) for part in parts] if rng.random() < 0.5 else parts


def draw(rng):
    scale, length = rng.choice((3, 10, 50)), rng.choice((10, 30, 60))
    parts = [Part(rng.choice((2, 4, 8)), rng.choice(list(ORDERS)), rng.choice(BACKFILLS), [], None)
             for _ in range(rng.choice((2, 2, 3)))]
    jobs, at = [], 0
    for _ in range(length):
        at += rng.choice((0, 1, 1)) * rng.randint(0, scale)
        where = rng.choice((*range(len(parts)), None, None))
        most = max(p.processors for p in parts) if where is None else parts[where].processors
        runtime = rng.randint(0, 2 * scale)
        request = rng.choice((runtime, runtime, runtime + 1, 2 * runtime, max(runtime - 3, 0), 3 * scale))
        jobs.append(Job(at * US, runtime * US, request * US, rng.randint(1, most), where))
    return jobs, parts


def seconds(time):
    return '%ds' % (time // US)


def scenario_of(jobs, parts):
    """One workload for each place, so that jobs of one instant come in order of these."""
    workloads = {}
    for where in (*range(len(parts)), None):
        mine = [{'submit': seconds(j.submit), 'processors': j.procs, 'runtime': seconds(j.runtime),
                 'request': seconds(j.request)} for j in jobs if j.where == where]
        if mine:
            name = 'any' if where is None else 'p%d' % where
            workloads['w-' + name] = {'partition': name, 'jobs': mine}
    partitions = {'p%d' % k: {'nodes': p.processors, 'scheduler': {'order': p.order, 'backfill': p.backfill, 'max_queued': 'unlimited'
                                                                   if p.max_queued is None else p.max_queued}}
                  for k, p in enumerate(parts)}
    changes = [{'at': seconds(at), 'set': {'centres.c.partitions.p%d.nodes' % k: n}}
               for k, p in enumerate(parts) for at, n in p.changes]
    return {'jishi': 1, 'centres': {'c': {'partitions': partitions}}, 'changes': changes,
            'tenants': {'t': {'home': 'c', 'workloads': workloads}}}


def run(binary, folder, jobs, parts):
    path = program.write(folder, program.yaml(scenario_of(jobs, parts), depth=5))
    with program.run(binary, path, os.path.join(folder, 'out.h5'), '--check') as trace:
        table = trace['jobs'][...]
    table.sort(order='id')
    for row in table:
        if program.STATES[int(row['state'])] not in ('completed', 'killed', 'rejected'):
            raise program.Failed('job %d is left' % row['id'])
    return [None if row['start'] != row['start'] else (int(round(float(row['start']) * 1e6)), int(row['partition']))
            for row in table]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('binary', nargs='?')
    parser.add_argument('--cases', type=int, default=150)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    binary = program.binary_or_skip(options.binary)
    changing = random.Random('changes of %d' % options.seed)
    limiting = random.Random('limits of %d' % options.seed)
    rng, odd, moved, left, full, rejected = random.Random(options.seed), 0, 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for case in range(options.cases):
            jobs, parts = draw(rng)
            draw_changes(changing, jobs, parts)
            parts = draw_limits(limiting, parts)
            jobs.sort(key=lambda j: (j.submit, len(parts) if j.where is None else j.where))
            simulation = Simulation(jobs, parts)
            want, got = simulation.run(), run(binary, folder, jobs, parts)
            moved += sum(j.where is None and start is not None and start[1] > 0 for j, start in zip(jobs, want))
            left, full, rejected = left + simulation.left, full + simulation.full, rejected + want.count(None)
            if got != want:
                odd += 1
                first = next(j for j in range(len(jobs)) if got[j] != want[j])
                print('case %d: %s: job %d: %s, want %s' % (case, parts, first + 1, got[first], want[first]))
    print('%d cases, %d at odds, %d jobs started elsewhere than in the first partition, %d rejected (%d by one full queue of several), '
          '%d left one queue of several' % (options.cases, odd, moved, rejected, full, left))
    sys.exit(odd > 0 or 0 in (moved, rejected, left, full))


if __name__ == '__main__':
    main()
