#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random tenants with guarantees and a broker: where each job was sent, against docs/brokers.md read plainly.

    compare_broker.py JISHI [--cases N] [--seed N] [--case NUMBER] [--keep FOLDER]

From the trace alone it is told what ran, waited and was on its way when the broker decided, or looked last; rooms and
claims are those of plain_sharing.py. Then the rules of sections 3 and 4 say where the job had to go: by what queues and
counts tell (`sees: queue` and `free`), under guarantees and limits on queued jobs, and by plans without these. Centres may
have several partitions, and jobs may wait in any of them. No two jobs are submitted at once.
"""

import argparse
import collections
import os
import random
import sys
import tempfile

import program
from compare_sharing import START, draw_limits, draw_tenants, full_name, seconds, tenant_yaml
from plain import NEVER, US
from plain_sharing import Job, Partition, Rules, Run, Simulation, World

MINUTE = 60 * US
ANY = Partition('any', None, 0)


class Broker:
    def __init__(self, rng):
        self.policy = rng.choice(['least-wait', 'overflow'])
        self.after = rng.choice([0, 3 * MINUTE, 20 * MINUTE, NEVER])
        self.refresh = rng.choice([0, 0, 4 * MINUTE, 30 * MINUTE])
        self.delay = rng.choice([0, 0, MINUTE, 6 * MINUTE])
        self.sees = rng.choice(['queue', 'queue', 'queue', 'free'])
        self.knows_own = rng.random() < 0.8
        self.depth = rng.choice([0, 1, 3, 100, 100])
        self.queued = rng.choice([NEVER, 0.5, 1, 2])
        self.max_queued = {}

    def yaml(self):
        share = 'unlimited' if self.queued == NEVER else self.queued
        policy = {'overflow': {'after': seconds(self.after), 'queued': share}} if self.policy == 'overflow' else self.policy
        return {'policy': policy, 'refresh': seconds(self.refresh), 'delay': seconds(self.delay), 'sees': self.sees,
                'knows_own': self.knows_own, 'depth': self.depth}


def draw(rng):
    centres = ['c0', 'c1', 'c2'][:rng.choice([2, 2, 3])]
    partitions = [Partition(name, centre, rng.randint(2, 10)) for centre in centres
                  for name in 'pqr'[:rng.choice([1, 1, 2, 3])]]
    rules = {centre: Rules('fcfs', rng.choice(['none', 'easy'])) for centre in centres}
    world = World(partitions, draw_tenants(rng, centres, rng.choice([1, 2, 2, 3])), rules, START)
    kind = rng.choice(['guarantee', 'bounds', 'bounds', 'none', 'none'])
    broker = Broker(rng)
    if kind != 'none':
        draw_limits(rng, world, kind, MINUTE)
    elif rng.random() < 0.7:
        broker.sees, broker.depth = 'plan', 100
    for centre in centres:
        if rng.random() < 0.3:
            broker.max_queued[centre] = rng.choice([0, 1, 3])
    submits = sorted(rng.sample(range(60 * 40), rng.randint(10, 60)))
    for seq, at in enumerate(submits):
        tenant = rng.choice(world.tenants)
        runtime = rng.choice([1, 2, 3, 5, 8, 13, 60]) * MINUTE
        request = rng.choice([runtime, runtime, runtime + MINUTE, 3 * runtime, MINUTE])
        tenant.jobs.append(Job(seq, at * US, runtime, request, rng.choice([1, 1, 2, 3, 5]), tenant=tenant))
        at_home = [p for p in partitions if p.centre == tenant.home]
        tenant.jobs[-1].partition = rng.choice(at_home)
        if len(at_home) > 1 and rng.random() < 0.7:
            tenant.jobs[-1].partition = ANY
    return world, broker


def scenario(world, broker):
    centres = {}
    for partition in world.partitions:
        if partition.centre in centres:
            centres[partition.centre]['partitions'][partition.name] = {'nodes': partition.processors}
            continue
        scheduler = {'backfill': world.rules[partition.centre].backfill}
        if partition.centre in broker.max_queued:
            scheduler['max_queued'] = broker.max_queued[partition.centre]
        centres[partition.centre] = {
            'partitions': {partition.name: {'nodes': partition.processors}}, 'scheduler': scheduler}
    value = {'jishi': 1, 'title': 'Tenants that share', 'seed': 1, 'time': {'start': START.isoformat()},
             'centres': centres, 'broker': broker.yaml(),
             'tenants': {t.name: tenant_yaml(world, t) for t in world.tenants if t.parent is None}}
    return program.yaml(value, depth=6)


Row = collections.namedtuple('Row', 'job centre partition waits joined start end rejected')


def rows(binary, world, broker, folder):
    path = program.write(folder, scenario(world, broker))
    with program.run(binary, path, os.path.join(folder, 'out.h5'), '--check', timeout=20) as trace:
        table, works = trace['jobs'][...], program.names(trace, 'workloads')
        centres, partitions = program.names(trace, 'centres'), program.names(trace, 'partitions')
    by_name = {'%s/w%d' % (full_name(t), n): job for t in world.tenants for n, job in enumerate(t.jobs)}

    def us(value):
        return NEVER if value != value else round(float(value) * US)

    def row_of(row):
        job, centre = by_name[works[row['workload']]], centres[row['centre']]
        ran_in = partitions[row['partition']].split('/')[1] if row['partition'] >= 0 else None
        return Row(job, centre, ran_in, waits(world, job, centre), us(row['joined']), us(row['start']),
                   us(row['end']), program.STATES[row['state']] == 'rejected')
    found = [row_of(row) for row in table]
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


# -- what that leaves in the partitions of a centre ---------------------------------------------------


def of_centre(world, centre):
    """Its partitions by name."""
    return {p.name: p.processors for p in world.partitions if p.centre == centre}


def kinds(sizes, waiting):
    """Those that may run in several partitions, with what they may run in; fewer first, then by bits."""
    found = {row.waits for row in waiting if len(row.waits) > 1}
    order = sorted(found, key=lambda names: (len(names), sum(1 << list(sizes).index(name) for name in names)))
    return [(names, [row for row in waiting if row.waits == names]) for names in order]


def rooms(sizes, running, waiting):
    """Processors that those who wait leave in each partition."""
    left_in = {name: size - sum(r.job.procs for r in running if r.partition == name)
               - sum(r.job.procs for r in waiting if r.waits == (name,)) for name, size in sizes.items()}
    for names, jobs in kinds(sizes, waiting):
        asks = sum(row.job.procs for row in jobs)
        for name in sorted(names, key=lambda name: -left_in[name]):
            taken = min(asks, max(0, left_in[name]))
            asks -= taken
            left_in[name] -= taken
    return left_in


def works(sizes, at, running, waiting):
    """Work in each partition, in processors x microseconds."""
    work = {name: left([r for r in running if r.partition == name], at)
            + sum(asked(r) for r in waiting if r.waits == (name,)) for name in sizes}
    for names, jobs in kinds(sizes, waiting):
        names = sorted(names, key=lambda name: work[name] / sizes[name])
        for n in range(len(names), 0, -1):      # the most that are below the level
            level = (sum(map(asked, jobs)) + sum(work[x] for x in names[:n])) // sum(sizes[x] for x in names[:n])
            if all(work[x] <= level * sizes[x] for x in names[:n]):
                work.update((x, level * sizes[x]) for x in names[:n])
                break
    return work


def queue_length(sizes, name, seen, running, waiting):
    """Jobs in a queue: of those sent since the look the ones that nowhere found as many processors left."""
    length, before = 0, []
    for row in sorted(waiting, key=lambda row: (row.job.submit >= seen.at, row.job.submit)):
        found = any(row.job.procs <= rooms(sizes, running, before)[other] for other in row.waits)
        length += name in row.waits and (row.job.submit < seen.at or not found)
        before.append(row)
    return length


def earliest(size, taken, after, procs, request):
    """Where nobody in `taken`, (start, end, processors), has to move; NEVER: the partition is too small."""
    def fits(at):
        looks = [at] + [start for start, _, _ in taken if at < start < at + request]
        return all(sum(n for start, end, n in taken if start <= look < end) + procs <= size for look in looks)
    ends = {after} | {end for _, end, _ in taken if end > after}
    return next((at for at in sorted(ends) if fits(at)), NEVER)


def planned(world, broker, seen, job, centre, arrival):
    """The expected start by plans: each job once, in the order of submission."""
    sizes = of_centre(world, centre)
    taken = {name: [(r.start, due(r), r.job.procs) for r in seen.running if (r.centre, r.partition) == (centre, name)]
             for name in sizes}

    def best(job, names, after):
        return min((earliest(sizes[name], taken[name], after, job.procs, job.planned()), list(sizes).index(name), name)
                   for name in names)
    for row in sorted((r for r in seen.waiting if r.centre == centre), key=lambda r: r.job.seq):
        sent = row.job.submit + (broker.delay if centre != row.job.tenant.home else 0)
        start, _, name = best(row.job, row.waits, max(seen.at, sent))
        taken[name].append((start, start + row.job.planned(), row.job.procs))
    return best(job, waits(world, job, centre), arrival)[0]


def expected(world, broker, seen, job, centre, now):
    """The expected start there."""
    sizes, names = of_centre(world, centre), waits(world, job, centre)
    arrival = now + (broker.delay if centre != job.tenant.home else 0)
    running = [r for r in seen.running if r.centre == centre]
    waiting = [r for r in seen.waiting if r.centre == centre]
    if broker.sees == 'plan':
        start = planned(world, broker, seen, job, centre, arrival)
    else:
        after = max(arrival, held_until(world, broker, seen, job, centre))
        room, work = rooms(sizes, running, waiting), works(sizes, seen.at, running, waiting)
        start = min(after if job.procs <= room[name] else
                    max(after, seen.at + work[name] // sizes[name] if broker.sees == 'queue' else NEVER) for name in names)
    full = any(queue_length(sizes, name, seen, running, waiting) >= broker.max_queued.get(centre, NEVER) for name in names)
    return NEVER if full and start > arrival else start


def is_crowded(world, broker, seen, job, centre):
    """Do those who wait where it would ask for more than the share `queued`?"""
    sizes, names = of_centre(world, centre), waits(world, job, centre)
    asks = sum(r.job.procs for r in seen.waiting if r.centre == centre and set(r.waits) & set(names))
    return broker.sees != 'free' and asks > broker.queued * sum(sizes[name] for name in names)


def may_hold(world, job, partition):
    sim = books(world, [])
    fits = all(job.procs <= sim.bound(t) for t in job.tenant.up() if t.home == partition.centre)
    return job.procs <= partition.processors and fits and let_in(sim, job, partition.centre)


def waits(world, job, centre):
    """The partitions of the centre in which it waits, there: the one of its name, else all that can hold it."""
    names = tuple(p.name for p in world.partitions if p.centre == centre and may_hold(world, job, p))
    return (job.partition.name,) if job.partition.name in names else names


def wanted(world, broker, found, row):
    """The centre it has to go to; None: none."""
    job, now = row.job, row.job.submit
    seen = Seen(world, broker, found, now)
    choices = [centre for centre in dict.fromkeys(p.centre for p in world.partitions) if waits(world, job, centre)]
    choices.sort(key=lambda centre: centre != job.tenant.home)
    if len(choices) < 2:
        return choices[0] if choices else None
    starts = {centre: expected(world, broker, seen, job, centre, now) for centre in choices}
    home = choices[0] if choices[0] == job.tenant.home else None
    if broker.policy == 'overflow' and home and not is_crowded(world, broker, seen, job, home):
        if starts[home] != NEVER and starts[home] - now <= broker.after:
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
