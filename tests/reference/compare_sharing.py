#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random tenants that share a centre: the program against plain_sharing.py, start for start.

    compare_sharing.py JISHI [--cases N] [--seed N] [--only WORDS] [--case NUMBER] [--keep FOLDER]

Of each trace it is also asserted, from /jobs alone, that no quota is exceeded at any instant and that what is kept
for a tenant, and bounds on borrowing, are heeded at each start (`heeds`). Scenarios in which standings come too near to each
other for doubles prove nothing about order; they are counted, and there may be only few.
"""

import argparse
import collections
import datetime
import os
import random
import sys
import tempfile

import program
from plain import NEVER, PRIORITIES, US
from plain_sharing import (HOUR, Guarantee, Job, NearTie, Partition, Qos, Quota, Rules, Run, Simulation, Tenant,
                           World, simulate)

MINUTE = 60 * US
DAY = 24 * HOUR
ORDERS = ('fcfs', 'fair-share', 'multifactor', 'drf', 'las', 'edf', 'priority', 'sjf')
BACKFILLS = ('none', 'easy', {'reserve': 1, 'order': 'sjf'})
GATES = ('free', 'processors', 'jobs', 'queued', 'hours', 'calendar', 'guarantee', 'bounds', 'reclaim', 'all', 'qos', 'within',
         'owed', 'stays', 'away')
NEAR_TIES = 0.1                     # of the cases at most
START = datetime.datetime(2024, 2, 28, 20, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))


# -- random worlds ---------------------------------------------------------------------------------


def draw_tenants(rng, centres, levels):
    """Few tenants in one to three levels, children after their parents."""
    tenants = []
    for _ in range(rng.randint(2, 4)):
        tenants.append(Tenant('t%d' % len(tenants), None, rng.choice(centres), rng.choice([1, 1, 2, 3, 8])))
    for depth in range(1, levels):
        for parent in [t for t in tenants if sum(1 for _ in t.up()) == depth]:
            for _ in range(rng.choice([0, 2, 2, 3])):
                tenants.append(Tenant('t%d' % len(tenants), parent, parent.home, rng.choice([1, 1, 2, 3])))
    return tenants


def draw_quota(rng, kind, step):
    quota = Quota()
    if kind in ('processors', 'all', 'within'):
        quota.processors = rng.choice([1, 2, 3, 5, 8])
    if kind == 'jobs' or kind == 'all' and rng.random() < 0.5:
        quota.jobs = rng.choice([1, 2, 3])
    if kind == 'queued' or kind == 'all' and rng.random() < 0.5:
        quota.queued = rng.choice([0, 1, 2, 4])
    if kind == 'hours' or kind == 'all' and rng.random() < 0.5:
        quota.hours, quota.per = rng.choice([1, 2, 6]), rng.choice(['run', HOUR, 6 * HOUR, 2 * HOUR])
    if kind == 'calendar':
        quota.hours = rng.choice([1, 3, 10]) * step // MINUTE
        quota.per = rng.choice(['month', 'month', '3 months', 'year'])
    return quota


def draw_guarantee(rng, kind, processors, room):
    guarantee = Guarantee(borrow=rng.choice([NEVER, 0, 1, 2, 4]), lend=rng.choice([NEVER, 0, 1]))
    if kind == 'guarantee':
        guarantee.borrow = NEVER
    if kind == 'reclaim' and rng.random() < 0.7:
        guarantee.borrow = guarantee.lend = NEVER
    most = room if rng.random() < 0.8 else processors
    if rng.random() < 0.3:
        guarantee.share = rng.choice([10, 25, 33, 50, 60])
        guarantee.processors = None
    else:
        guarantee.processors = rng.randint(0, max(most, 0))
    least = guarantee.processors if guarantee.share is None else guarantee.share * processors // 100
    if guarantee.lend != NEVER:
        guarantee.lend = min(guarantee.lend, least)
    return guarantee, least


def draw_owed(rng, world, processors):
    """Groups that may run on little, with members that are guaranteed part of it and lend it to others below them."""
    for tenant in world.tenants:
        group = [t for t in world.tenants if t.parent is tenant]
        whole = processors[tenant.home]
        if group and rng.random() < 0.8:
            bound = rng.randint(1, max(whole, 1))
            if rng.random() < 0.5:
                tenant.quota = Quota(processors=bound)
                if rng.random() < 0.3:
                    tenant.quota.jobs = rng.choice([2, 3])
            else:
                tenant.guarantee = Guarantee(rng.randint(0, bound), lend=rng.choice([NEVER, NEVER, 0]))
                tenant.guarantee.borrow = bound - tenant.guarantee.processors
                tenant.guarantee.lend = min(tenant.guarantee.lend, tenant.guarantee.processors) if tenant.guarantee.lend != NEVER else NEVER
        elif rng.random() < 0.6:
            tenant.guarantee = Guarantee(rng.randint(0, max(whole // 2, 1)), borrow=rng.choice([NEVER, NEVER, 1]))


def draw_away(rng, world):
    """Groups with a quota, with members of any home that are guaranteed part of it, and jobs sent anywhere."""
    for tenant in world.tenants:
        group = [t for t in world.tenants if t.parent is tenant]
        if group and rng.random() < 0.8:
            tenant.quota = Quota(processors=rng.randint(2, 12))
        most = tenant.parent.quota.processors if tenant.parent else NEVER
        most = min(most, *(p.processors for p in world.partitions if p.centre == tenant.home))
        if rng.random() < 0.6:
            guarantee = Guarantee(rng.randint(0, most // rng.choice([1, 2, 2])), lend=rng.choice([0, 0, 0, NEVER]))
            if guarantee.processors <= tenant.quota.processors:
                tenant.guarantee = guarantee


def draw_stays(rng, world, step):
    """Some join and some leave, groups as a whole."""
    for tenant in world.tenants:
        if rng.random() < 0.4:
            tenant.join = rng.randint(0, 12) * step
        if rng.random() < 0.4:
            tenant.leave = tenant.join + rng.randint(1, 12) * step


def draw_limits(rng, world, kind, step):
    room = {centre: sum(p.processors for p in world.partitions if p.centre == centre) for centre in world.rules}
    whole, given = dict(room), collections.Counter()
    if kind == 'owed':
        draw_owed(rng, world, room)
    if kind == 'away':
        draw_away(rng, world)
    for tenant in world.tenants:
        quota = {'guarantee': 'free', 'bounds': 'free', 'reclaim': 'free', 'qos': 'all', 'owed': 'free', 'stays': 'free', 'away': 'free'}.get(kind, kind)
        if rng.random() < 0.5 and quota != 'free':
            tenant.quota = draw_quota(rng, quota, step)
        if kind in ('guarantee', 'bounds', 'reclaim', 'all', 'qos', 'within', 'stays') and rng.random() < (0.2 if kind == 'qos' else 0.6):
            over = tenant.parent and tenant.parent.guarantee
            most = (Simulation(world).guaranteed(tenant.parent) if over else whole[tenant.home]) - given[tenant.home, tenant.parent and tenant.parent.name]
            guarantee, least = draw_guarantee(rng, kind, whole[tenant.home], most)
            if least <= min(tenant.quota.processors, most):
                tenant.guarantee = guarantee
                given[tenant.home, tenant.parent and tenant.parent.name] += least


def draw_qos_quota(rng, step):
    """One or more of all kinds, of one job too."""
    quota = draw_quota(rng, rng.choice(['processors', 'jobs', 'queued', 'hours', 'calendar', 'all']), step)
    if rng.random() < 0.3:
        quota.max_processors = rng.choice([1, 2, 4])
    if rng.random() < 0.3:
        quota.max_request = rng.choice([1, 3, 8]) * step
    return quota


def draw_qos(rng, world, step):
    """Some QOS, of some jobs each."""
    for number in range(rng.choice([1, 2, 2, 3])):
        qos = Qos('q%d' % number)
        for what in ('quota', 'each'):
            if rng.random() < 0.6:
                setattr(qos, what, draw_qos_quota(rng, step))
        world.qos.append(qos)
    for job in (job for tenant in world.tenants for job in tenant.jobs):
        job.qos = rng.choice(world.qos + [None])


def draw_jobs(rng, world, step):
    jobs, number = [], rng.randint(3, 30)
    leaves = [t for t in world.tenants if not any(c.parent is t for c in world.tenants)]
    for _ in range(number):
        tenant = rng.choice(leaves if rng.random() < 0.8 else world.tenants)
        partition = rng.choice([p for p in world.partitions if world.broker or p.centre == tenant.home])
        runtime = rng.choice([0, 1, 2, 2, 3, 5, 8, 13]) * step
        request = rng.choice([runtime, runtime, runtime + step, 2 * runtime, 5 * step, 0 if rng.random() < 0.2 else step])
        job = Job(0, rng.randint(0, 15) * step, runtime, request,
                  rng.choice([1, 1, 1, 2, 2, 3, partition.processors]), tenant=tenant, partition=partition)
        if rng.random() < 0.4:
            job.submit = rng.randint(0, 15 * step // US) * US
        job.priority = rng.choice(list(PRIORITIES))
        if rng.random() < 0.5:
            job.deadline = job.submit + rng.randint(1, 20) * step
        jobs.append(job)
    for tenant in world.tenants:
        tenant.jobs = sorted((j for j in jobs if j.tenant is tenant), key=lambda j: j.submit)
    # seq: by submit time, then by workload in the order of the file, then by their ordinal
    for seq, job in enumerate(sorted((j for t in in_file(world.tenants) for j in t.jobs), key=lambda j: j.submit)):
        job.seq = seq


def in_file(tenants, parent=None):
    """Tenants in the order in which they stand in the file, those below before the next."""
    return [t for top in tenants if top.parent is parent for t in [top] + in_file(tenants, top)]


def draw_rules(rng, order, backfill, kind, step):
    rules = Rules(order, backfill, reclaim=kind in ('reclaim', 'owed') or kind in ('all', 'stays', 'away') and rng.random() < 0.5)
    rules.extend = kind in ('hours', 'calendar', 'reclaim', 'all') and rng.random() < 0.4
    rules.half_life = rng.choice([NEVER, NEVER, step, 7 * step])
    rules.period = rng.choice([1, step, 3 * step, 8 * step])
    rules.period = max(rules.period, MINUTE)
    rules.max_age = rng.choice([2, 7, 40]) * step
    rules.favour_small = rng.random() < 0.3
    rules.weights = {key: rng.choice([1, 10, 1000, 7]) for key in ('age', 'fair_share', 'size', 'class', 'partition')
                     if rng.random() < 0.5} or {'age': 1}
    rules.thresholds = tuple(sorted(rng.sample([step, 3 * step, 10 * step, 40 * step], 2)))
    return rules


def draw_changes(rng, world, kind, step):
    changes = []
    for _ in range(rng.choice([0, 0, 1, 2])):
        tenant, at = rng.choice(world.tenants), rng.randint(1, 25) * step
        if rng.random() < 0.5:
            changes.append((at, tenant, 'share', rng.choice([1, 2, 5])))
        elif kind in ('processors', 'jobs', 'hours', 'within') and tenant.quota != Quota() and not tenant.guarantee:
            changes.append((at, tenant, 'quota', draw_quota(rng, kind, step)))
        elif kind == 'qos':
            changes.append((at, rng.choice(world.qos), rng.choice(['quota', 'each']), draw_qos_quota(rng, step)))
    return changes


def draw(rng, order, backfill, kind):
    step = rng.choice([MINUTE, 10 * MINUTE]) if kind != 'calendar' else rng.choice([HOUR, DAY, 3 * DAY])
    away = kind == 'away'
    centres = ['c0', 'c1'] if away else rng.choice([['c0'], ['c0'], ['c0', 'c1']])
    partitions = [Partition('p%d' % k, centre, rng.randint(1, 10), rng.choice([1, 1, 0.5, 0.125]))
                  for centre in centres for k in range(1 if away else rng.choice([1, 1, 2]))]
    rules = {centre: draw_rules(rng, order, backfill, kind, step) for centre in centres}
    world = World(partitions, draw_tenants(rng, centres, rng.choice([2, 2, 3] if kind in ('owed', 'away') else [1, 2, 2, 3])), rules, START,
                  broker=away)
    for tenant in world.tenants if away else []:
        tenant.home = rng.choice(centres)
    draw_limits(rng, world, kind, step)
    draw_jobs(rng, world, step)
    if kind == 'stays':
        draw_stays(rng, world, step)
    if kind == 'qos':
        draw_qos(rng, world, step)
    world.changes = draw_changes(rng, world, kind, step)
    return world


# -- the same for the program ----------------------------------------------------------------------


def seconds(us):
    return 'unlimited' if us == NEVER else '%.6f s' % (us / US) if us % US else '%d s' % (us // US)


def limit(value):
    return 'unlimited' if value == NEVER else value


def quota_yaml(quota):
    value = {key: limit(getattr(quota, key)) for key in ('processors', 'jobs', 'queued', 'max_processors')
             if getattr(quota, key) != NEVER}
    if quota.max_request != NEVER:
        value['max_request'] = seconds(quota.max_request)
    if quota.hours != NEVER:
        value['processor_hours'] = {'limit': quota.hours, 'per': seconds(quota.per) if isinstance(quota.per, int) else quota.per}
    return value


def tenant_yaml(world, tenant):
    value = {'home': tenant.home, 'share': tenant.share}
    if tenant.quota != Quota():
        value['quota'] = quota_yaml(tenant.quota)
    if tenant.guarantee:
        value['guarantee'] = {'borrow': limit(tenant.guarantee.borrow), 'lend': limit(tenant.guarantee.lend)}
        by_share = tenant.guarantee.share is not None
        value['guarantee']['share' if by_share else 'processors'] = (
            '%d%%' % tenant.guarantee.share if by_share else tenant.guarantee.processors)
    if tenant.join > 0:
        value['join'] = seconds(tenant.join)
    if tenant.leave != NEVER:
        value['leave'] = seconds(tenant.leave)
    works = {}
    for number, job in enumerate(tenant.jobs):
        row = {'submit': seconds(job.submit), 'processors': job.procs, 'runtime': seconds(job.runtime),
               'request': seconds(job.request)}
        if job.deadline is not None:
            row['deadline'] = seconds(job.deadline - job.submit)
        # one workload a job, so that each may have a priority and a partition
        where = {'centres': [job.partition.centre]} if world.broker else {'partition': job.partition.name}
        works['w%d' % number] = {'jobs': [row], 'priority': job.priority, **where}
        if job.qos:
            works['w%d' % number]['qos'] = job.qos.name
    if works:
        value['workloads'] = works
    below = {t.name: tenant_yaml(world, t) for t in world.tenants if t.parent is tenant}
    if below:
        value['tenants'] = below
    return value


def rules_yaml(rules):
    common = {'half_life': seconds(rules.half_life), 'period': seconds(rules.period)}
    order = {'fair-share': {'fair-share': common},
             'multifactor': {'multifactor': {**common, **rules.weights, 'favour_small': rules.favour_small,
                                             'max_age': seconds(rules.max_age)}},
             'las': {'las': [seconds(limit) for limit in rules.thresholds]}}.get(rules.order, rules.order)
    return {'order': order, 'backfill': rules.backfill, 'reclaim': 'newest' if rules.reclaim else 'none',
            'overrun': 'extend' if rules.extend else 'kill'}


def place(tenant):
    return '.'.join('tenants.' + t.name for t in reversed(list(tenant.up())))


def changes_yaml(world):
    value = []
    for at, who, what, new in world.changes:
        whose = 'qos.' + who.name if isinstance(who, Qos) else place(who)
        settings = {'%s.%s' % (whose, what): new if what == 'share' else quota_yaml(new)}
        value.append({'at': seconds(at), 'set': settings})
    return value


def scenario(world):
    centres = {}
    for centre, rules in world.rules.items():
        parts = {p.name: {'nodes': p.processors, 'processors_per_node': 1, 'weight': p.weight}
                 for p in world.partitions if p.centre == centre}
        centres[centre] = {'partitions': parts, 'scheduler': rules_yaml(rules)}
    value = {'jishi': 1, 'title': 'Tenants that share', 'seed': 1, 'time': {'start': START.isoformat()}, 'centres': centres,
             'tenants': {t.name: tenant_yaml(world, t) for t in world.tenants if t.parent is None}}
    if world.broker:
        value['broker'] = {'policy': 'home'}
    if world.qos:
        value['qos'] = {q.name: {what: quota_yaml(getattr(q, what)) for what in ('quota', 'each')} for q in world.qos}
    if world.changes:
        value['changes'] = changes_yaml(world)
    return program.yaml(value, depth=6)


def full_name(tenant):
    return '/'.join(t.name for t in reversed(list(tenant.up())))


def outcomes(binary, world, folder):
    """What the program says of each job, in the terms of plain_sharing.py."""
    path = program.write(folder, scenario(world))
    with program.run(binary, path, os.path.join(folder, 'out.h5'), '--check', timeout=20) as trace:
        table = trace['jobs'][...]
        workloads = program.names(trace, 'workloads')
    rows = {workloads[row['workload']]: row for row in table}

    def us(value):
        return None if value != value else round(float(value) * US)
    found = {}
    for tenant in world.tenants:
        for number, job in enumerate(tenant.jobs):
            if not tenant.is_there(job.submit):
                assert '%s/w%d' % (full_name(tenant), number) not in rows
                continue
            row = rows['%s/w%d' % (full_name(tenant), number)]
            stopped = 'preemptions' in table.dtype.names
            found[job] = (us(row['start']), us(row['end']), program.STATES[row['state']],
                          int(row['preemptions']) if stopped else 0, us(row['lost']) if stopped else 0)
    return found


# -- what holds whatever the order -----------------------------------------------------------------


def heeds(world, found):
    """None, or how the program broke a limit: told from starts and ends, where nothing was ever stopped."""
    runs = []
    for job, (start, end, state, preemptions, lost) in found.items():
        if preemptions:
            return None
        if start is not None:
            runs.append(Run(job, start, 0))
            runs[-1].end = end
    sim = Simulation(world)
    for now in sorted({run.start for run in runs}):
        sim.now = now
        # as the books stand when all of the instant is over; a job of length zero has come and gone
        sim.runs = []
        for run in runs:
            if run.start <= now:
                sim.runs.append(Run(run.job, run.start, 0))
                sim.runs[-1].end = run.end if run.end is not None and run.end <= now else None
        for party in sim.parties:
            wrong = exceeded(sim, party, now)
            if wrong:
                names = [party.tenant and full_name(party.tenant), party.qos and party.qos.name]
                return '%s at %g s: %s' % (' '.join(filter(None, names)), now / US, wrong)
    return None


def exceeded(sim, party, now):
    mine = [run for run in sim.running() if party.counts(run.job)]
    fresh = [run for run in mine if run.start == now]
    quota = party.quota()
    if not fresh:
        return None
    if sum(run.job.procs for run in mine) > quota.processors:
        return 'processors'
    if party.qos is None and quota.processors < sim.everywhere(party.tenant) + kept_for_good(sim, party.tenant):
        return 'what was kept of its processors'
    if len(mine) > quota.jobs:
        return 'jobs'
    if quota.hours != NEVER and sim.spent(party, sim.period_begin(quota.per)) > quota.hours * HOUR:
        return 'processor-hours'
    if any(run.job.procs > quota.max_processors or run.job.request > quota.max_request for run in fresh):
        return 'a job of its own size'
    return broken_guarantee(sim, party.tenant, fresh, now) if party.qos is None else None


def kept_for_good(sim, tenant):
    """Of its quota, by those below it: none of which lends, comes or goes, and all of which fit."""
    below = [t for t in sim.below(tenant) if t is not tenant and t.guarantee]
    if any(t.guarantee.lend != 0 for t in below) or sim.comings:
        return 0
    runs, sim.runs = sim.runs, []
    fits = sim.parts(tenant, None) <= tenant.quota.processors
    sim.runs = runs
    return sim.parts(tenant, None) if fits else 0


def broken_guarantee(sim, tenant, fresh, now):
    if sim.bound(tenant) < 0:
        return 'borrowed too much'
    kept = sum(sim.keeps(b) for b in sim.brothers(tenant) if b.home == tenant.home)
    # a claim may be met by any free processors, and so may a job of those who are nobody's brothers
    others = [run for run in sim.runs if run.start == now and run.job.partition.centre == tenant.home]
    alone = len(others) == 1 and others[0] in fresh and not sim.claiming(others[0].job.tenant, tenant.home)
    if kept > 0 and alone and (
            sim.in_service(tenant.home) - sim.busy(tenant.home) < kept):
        return 'what was kept'
    return None


# -- the command -----------------------------------------------------------------------------------


def draw_case(seed, number, only):
    """A function of (seed, number): one can be drawn again alone."""
    rng = random.Random('%d/%d' % (seed, number))
    combos = [(order, backfill, kind) for order in ORDERS for kind in GATES for backfill in BACKFILLS]
    labels = [' '.join(program.flow(part) for part in combo) for combo in combos]
    chosen = [(label, combo) for label, combo in zip(labels, combos) if all(w in label for w in only)]
    label, combo = chosen[number * 7 % len(chosen)] if len(chosen) % 7 else rng.choice(chosen)
    return label, draw(rng, *combo)


def differences(binary, world, folder):
    """(None or what is wrong, was the order too near to call)."""
    found = outcomes(binary, world, folder)
    if not any(what in ('quota', 'each') for at, tenant, what, value in world.changes):
        wrong = heeds(world, found)
        if wrong:
            return wrong, False
    try:
        wanted = simulate(world)
    except NearTie:
        return None, True
    for job in sorted(found, key=lambda job: job.seq):
        if tuple(wanted[job]) != found[job]:
            return '%s/w%d (seq %d): plain %s, the program %s' % (
                full_name(job.tenant), job.tenant.jobs.index(job), job.seq, tuple(wanted[job]), found[job]), False
    return None, False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('binary', nargs='?')
    parser.add_argument('--cases', type=int, default=1000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--only', default='', help='words that the label must hold, separated by commas')
    parser.add_argument('--case', type=int, help='this one alone')
    parser.add_argument('--keep', help='folder for the files of the last difference')
    options = parser.parse_args()
    binary = program.binary_or_skip(options.binary)
    only = [word for word in options.only.split(',') if word]
    numbers = range(options.cases) if options.case is None else [options.case]
    near, odd, tried = 0, collections.Counter(), collections.Counter()
    for number in numbers:
        label, world = draw_case(options.seed, number, only)
        tried[label] += 1
        with tempfile.TemporaryDirectory() as scratch:
            folder = options.keep or scratch
            os.makedirs(folder, exist_ok=True)
            try:
                wrong, too_near = differences(binary, world, folder)
            except program.Failed as error:
                wrong, too_near = str(error), False
        near += too_near
        if wrong:
            odd[label] += 1
            print('case %d, %s: %s' % (number, label, wrong), flush=True)
    print('%d cases, %d at odds, %d too near to call' % (len(numbers), sum(odd.values()), near))
    sys.exit(1 if odd or near > max(NEAR_TIES * len(numbers), 1) else 0)


if __name__ == '__main__':
    main()
