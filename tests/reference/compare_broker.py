#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random tenants with guarantees and a broker: where each job was sent, against docs/brokers.md read plainly.

    compare_broker.py JISHI [--cases N] [--seed N] [--case NUMBER] [--keep FOLDER]

From the trace alone it is told what ran, waited and was on its way when the broker decided, or looked last; rooms and
claims are those of plain_sharing.py. Then the rules of sections 3 and 4 say where the job had to go: by what queues and
counts tell (`sees: queue` and `free`), under guarantees and limits on queued jobs. No two jobs are submitted at once.
"""

import argparse
import collections
import os
import random
import sys
import tempfile

import program
from compare_sharing import START, draw_limits, draw_tenants, full_name, seconds, tenant_yaml
from plain import NEVER, PRIORITIES, US
from plain_sharing import Job, Partition, Rules, Run, Simulation, World

MINUTE = 60 * US


class Broker:
    def __init__(self, rng):
        self.policy = rng.choice(['least-wait', 'overflow'])
        self.after = rng.choice([0, 3 * MINUTE, 20 * MINUTE, NEVER])
        self.refresh = rng.choice([0, 0, 4 * MINUTE, 30 * MINUTE])
        self.delay = rng.choice([0, 0, MINUTE, 6 * MINUTE])
        self.sees = rng.choice(['queue', 'queue', 'queue', 'free'])
        self.knows_own = rng.random() < 0.8
        self.depth = rng.choice([0, 1, 3, 100, 100])
        self.max_queued = {}

    def yaml(self):
        policy = {'overflow': {'after': seconds(self.after)}} if self.policy == 'overflow' else self.policy
        return {'policy': policy, 'refresh': seconds(self.refresh), 'delay': seconds(self.delay), 'sees': self.sees,
                'knows_own': self.knows_own, 'depth': self.depth}


def draw(rng):
    centres = ['c0', 'c1', 'c2'][:rng.choice([2, 2, 3])]
    partitions = [Partition('p', centre, rng.randint(2, 10)) for centre in centres]
    rules = {centre: Rules('fcfs', rng.choice(['none', 'easy'])) for centre in centres}
    world = World(partitions, draw_tenants(rng, centres, rng.choice([1, 2, 2, 3])), rules, START)
    kind = rng.choice(['guarantee', 'bounds', 'bounds'])
    draw_limits(rng, world, kind, MINUTE)
    broker = Broker(rng)
    for centre in centres:
        if rng.random() < 0.3:
            broker.max_queued[centre] = rng.choice([0, 1, 3])
    submits = sorted(rng.sample(range(60 * 40), rng.randint(10, 60)))
    for seq, at in enumerate(submits):
        tenant = rng.choice(world.tenants)
        runtime = rng.choice([1, 2, 3, 5, 8, 13, 60]) * MINUTE
        request = rng.choice([runtime, runtime, runtime + MINUTE, 3 * runtime, MINUTE])
        tenant.jobs.append(Job(seq, at * US, runtime, request, rng.choice([1, 1, 2, 3, 5]), tenant=tenant))
    return world, broker


def scenario(world, broker):
    for tenant in world.tenants:
        for job in tenant.jobs:
            job.partition = next(p for p in world.partitions if p.centre == tenant.home)
    centres = {}
    for partition in world.partitions:
        scheduler = {'backfill': world.rules[partition.centre].backfill}
        if partition.centre in broker.max_queued:
            scheduler['max_queued'] = broker.max_queued[partition.centre]
        centres[partition.centre] = {'partitions': {'p': {'nodes': partition.processors}}, 'scheduler': scheduler}
    value = {'jishi': 1, 'title': 'Tenants that share', 'seed': 1, 'time': {'start': START.isoformat()},
             'centres': centres, 'broker': broker.yaml(),
             'tenants': {t.name: tenant_yaml(world, t) for t in world.tenants if t.parent is None}}
    return program.yaml(value, depth=6)


Row = collections.namedtuple('Row', 'job centre joined start end rejected')


def rows(binary, world, broker, folder):
    path = os.path.join(folder, 'scenario.yaml')
    with open(path, 'w') as file:
        file.write(scenario(world, broker))
    with program.run(binary, path, os.path.join(folder, 'out.h5'), '--check', timeout=20) as trace:
        table, works = trace['jobs'][...], program.names(trace, 'workloads')
        centres = program.names(trace, 'centres')
    by_name = {'%s/w%d' % (full_name(t), n): job for t in world.tenants for n, job in enumerate(t.jobs)}

    def us(value):
        return NEVER if value != value else round(float(value) * US)
    found = [Row(by_name[works[row['workload']]], centres[row['centre']], us(row['joined']), us(row['start']),
                 us(row['end']), program.STATES[row['state']] == 'rejected') for row in table]
    found.sort(key=lambda row: row.job.seq)
    # one that no centre could hold was nowhere at any time
    return [row for row in found if row.joined != NEVER or not row.rejected]


# -- what the broker knew ----------------------------------------------------------------------------


class Seen:
    """What ran, waited and was on its way at `at`, and what was sent from then until `now`."""

    def __init__(self, world, broker, found, now):
        self.at = now // broker.refresh * broker.refresh if broker.refresh else now
        just_before = 1 if broker.refresh else 0      # ends at the instant of a look are not seen
        self.running = [r for r in found if r.start < self.at < r.end + just_before]
        self.waiting = [r for r in found if r.job.submit < now and r not in self.running and self.counts(broker, r)]

    def counts(self, broker, row):
        if row.job.submit >= self.at:
            return broker.knows_own
        there = row.joined < self.at if broker.refresh else row.joined <= self.at
        return row.start >= self.at and not row.rejected if there else broker.knows_own


def asked(row):
    return row.job.procs * row.job.planned()


def due(row):
    return row.start + row.job.planned()


def left(running, at):
    return max(0, sum(r.job.procs * (due(r) - at) for r in running))


def books(world, running):
    """Guarantees as they stand while these run."""
    sim = Simulation(world)
    for row in running:
        home = next(p for p in world.partitions if p.centre == row.centre)
        job = Job(0, 0, 0, 0, row.job.procs, tenant=row.job.tenant, partition=home)
        sim.runs.append(Run(job, row.start, 0))
    return sim


def let_in(sim, job, centre):
    return job.procs <= max(sim.room(job.tenant, centre), sim.claim(job.tenant, centre))


def most(idle, tenant, centre):
    """M of a tenant at its home."""
    above = tenant.parent
    while above is not None and above.home != centre:
        above = above.parent
    whole = most(idle, above, centre) if above is not None else idle.in_service(centre)
    whole -= idle.kept_beside(tenant, centre)
    return min(whole, idle.bound(tenant))


def held_until(world, broker, seen, job, centre):
    """0: not held; NEVER: for ever, or nobody knows."""
    levels = [t for t in job.tenant.up() if t.home == centre]
    running = sorted((r for r in seen.running if r.centre == centre), key=lambda r: (due(r), r.job.seq))
    idle, sim = books(world, []), books(world, running)

    def of(tenant, what):
        return [r for r in what if r.centre == centre and r.job.tenant in sim.below(tenant)]
    claimer = sim.claiming(job.tenant, centre)
    if claimer and job.procs + sum(r.job.procs for r in of(claimer, seen.waiting)) <= sim.claim(job.tenant, centre):
        return 0
    if not let_in(idle, job, centre):
        return NEVER
    until, inside = 0, let_in(sim, job, centre)
    if not inside:
        until = seen.at
        for n, row in enumerate(running[:broker.depth]):
            until = max(until, due(row))
            inside = let_in(books(world, running[n + 1:]), job, centre)
            if inside:
                break
    for tenant in levels:
        bound = most(idle, tenant, centre)
        there, ahead = of(tenant, running), of(tenant, seen.waiting)
        if not job.procs <= bound < idle.in_service(centre):
            continue
        if inside and sum(r.job.procs for r in there + ahead) + job.procs <= bound:
            continue
        until = max(until, seen.at + (left(there, seen.at) + sum(map(asked, ahead))) // bound)
    return until if broker.sees == 'queue' or until == 0 else NEVER


def queue_length(seen, waiting, free):
    """Jobs in a queue: of those sent since the look the ones that did not find as many processors left."""
    length = 0
    for row in sorted(waiting, key=lambda row: (row.job.submit >= seen.at, row.job.submit)):
        length += row.job.submit < seen.at or row.job.procs > free
        free -= row.job.procs
    return length


def expected(world, broker, seen, job, centre, now):
    """The expected start there."""
    processors = next(p.processors for p in world.partitions if p.centre == centre)
    arrival = now + (broker.delay if centre != job.tenant.home else 0)
    running = [r for r in seen.running if r.centre == centre]
    waiting = [r for r in seen.waiting if r.centre == centre]
    start = max(arrival, held_until(world, broker, seen, job, centre))
    if job.procs > processors - sum(r.job.procs for r in running + waiting):
        work = left(running, seen.at) + sum(map(asked, waiting))
        start = max(start, seen.at + work // processors if broker.sees == 'queue' else NEVER)
    full = queue_length(seen, waiting, processors - sum(r.job.procs for r in running)) >= broker.max_queued.get(centre, NEVER)
    return NEVER if full and start > arrival else start


def may_hold(world, job, partition):
    sim = books(world, [])
    fits = all(job.procs <= sim.bound(t) for t in job.tenant.up() if t.home == partition.centre)
    return job.procs <= partition.processors and fits and let_in(sim, job, partition.centre)


def wanted(world, broker, found, row):
    """The centre it has to go to; None: none."""
    job, now = row.job, row.job.submit
    seen = Seen(world, broker, found, now)
    choices = [p.centre for p in world.partitions if may_hold(world, job, p)]
    choices.sort(key=lambda centre: centre != job.tenant.home)
    if len(choices) < 2:
        return choices[0] if choices else None
    starts = {centre: expected(world, broker, seen, job, centre, now) for centre in choices}
    home = choices[0] if choices[0] == job.tenant.home else None
    if broker.policy == 'overflow' and home and starts[home] != NEVER and starts[home] - now <= broker.after:
        return home
    return min(choices, key=lambda centre: starts[centre])


def difference(binary, world, broker, folder):
    found = rows(binary, world, broker, folder)
    for row in found:
        want = wanted(world, broker, found, row)
        if want != row.centre:
            return '%s at %g s, %d processors: plain %s, the program %s' % (
                full_name(row.job.tenant), row.job.submit / US, row.job.procs, want, row.centre)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('binary', nargs='?')
    parser.add_argument('--cases', type=int, default=1000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--case', type=int, help='this one alone')
    parser.add_argument('--keep', help='folder for the files of the last difference')
    options = parser.parse_args()
    binary = program.binary_or_skip(options.binary)
    numbers = range(options.cases) if options.case is None else [options.case]
    odd = 0
    for number in numbers:
        world, broker = draw(random.Random('%d/%d' % (options.seed, number)))
        with tempfile.TemporaryDirectory() as scratch:
            folder = options.keep or scratch
            os.makedirs(folder, exist_ok=True)
            try:
                wrong = difference(binary, world, broker, folder)
            except program.Failed as error:
                wrong = str(error)
        if wrong:
            odd += 1
            print('case %d: %s' % (number, wrong), flush=True)
    print('%d cases, %d at odds' % (len(numbers), odd))
    sys.exit(1 if odd else 0)


if __name__ == '__main__':
    main()
