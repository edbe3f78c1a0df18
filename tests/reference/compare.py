#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the `jishi` binary with plain.py, start by start, on random traces.

    compare.py [BINARY] [--cases N] [--seed S] [--scheduler WORDS] [--time SECONDS] [--jobs LO..HI] [--list]

Many traces go into one scenario, each with a centre, a partition, tenants and logs of its own. On a
mismatch the case is shrunk and printed with both schedules; --keep DIR keeps its files. Exit status:
0 agreed, 1 did not, 77 skipped. WORDS, separated by commas, must all occur in a scheduler's label.
"""

import argparse
import collections
import dataclasses
import os
import random
import sys
import tempfile
import time

import program
from plain import AGEING, ORDERS, US, Job, Scheduler, simulate

BACKFILLS = ('none', 'easy', 'conservative', 'plan', {'reserve': 2}, {'reserve': 5}, {'reserve': 1, 'order': 'sjf'},
             {'reserve': 3, 'order': 'saf'}, {'reserve': 1, 'order': 'wfp3'}, {'reserve': 0},
             {'slurm': {}}, {'slurm': 'drawn'})
MODES = ('instant', 'each-event', 'every', 'commit-head', 'extend', 'max-queued', 'max-processors', 'maintenance',
         'recurring', 'changes', 'rules', 'windows')
PACK = 100
CLASSES = ('high', 'medium', 'low')


@dataclasses.dataclass
class Case:
    label: str
    scheduler: Scheduler
    processors: int
    groups: list            # of (priority, jobs): one tenant and one log each, in file order
    maintenance: list
    changes: list
    recurring: list = ()    # of (first, length, every, processors), which maintenance holds until `endless`
    endless: object = None

    def jobs(self):
        return [job for priority, jobs in self.groups for job in jobs]

    def without(self, dropped):
        """The same case with some jobs left out, by position."""
        groups, position = [], 0
        for priority, jobs in self.groups:
            kept = [job for i, job in enumerate(jobs, position) if i not in dropped]
            position += len(jobs)
            if kept:
                groups.append((priority, kept))
        return dataclasses.replace(self, groups=groups)

    def plain(self, scores='exact'):
        return simulate(self.jobs(), self.processors, dataclasses.replace(self.scheduler, scores=scores),
                        self.maintenance, self.changes, self.endless)


# -- random cases ---------------------------------------------------------------------------------


def label(order, backfill, mode):
    return 'order=%s backfill=%s mode=%s' % (order, program.flow(backfill).replace(' ', ''), mode)


def combinations(words):
    """Labels with (order, backfill, mode), where the rules define them."""
    for order in ORDERS:
        for backfill in BACKFILLS:
            for mode in MODES:
                name = label(order, backfill, mode)
                scheduler, maintenance, changes = draw_mode(random.Random(0), order, backfill, mode, 8, 100)
                if scheduler.undefined(maintenance, changes) is None and all(w in name for w in words):
                    yield name, order, backfill, mode


def draw_slurm(rng, horizon):
    """Parameters of `slurm` near enough to the lengths of jobs to matter; each is left out now and then."""
    at_least = max(horizon // 20, 1)      # plans are slow here
    drawn = {'interval': max(rng.choice([1, 7, 30]), at_least) * US, 'window': rng.choice([5, 100, 86400]) * US,
             'resolution': rng.choice([1, 10, 60, 600]) * US, 'depth': rng.choice([1, 3, 20]),
             'per_tenant': rng.choice([1, 2, 5]), 'starts': rng.choice([1, 2]), 'reservations': rng.choice([1, 2, 4]),
             'reserve_after': rng.choice([1, 20, 300]) * US, 'queue_depth': rng.choice([1, 2, 5]),
             'full_interval': max(rng.choice([5, 60]), at_least) * US}
    return {key: value for key, value in drawn.items() if key in ('interval', 'full_interval') or rng.random() < 0.5}


def draw_windows(rng, processors, at, horizon):
    first, windows = at, []
    for _ in range(rng.randint(1, 3)):
        start = at + rng.randint(0 if at == first else 1, max(horizon // 2, 2))
        at = start + rng.randint(1, max(horizon // 3, 1))
        windows.append((start * US, at * US, rng.choice([processors, rng.randint(1, processors)])))
    return windows


def draw_recurring(rng, total, processors):
    """Windows that come again, the second list (if there is one) at multiples of the first."""
    every, recurring, left = max(total // rng.choice([5, 10, 20]), 2), [], processors
    for _ in range(rng.randint(1, 2)):
        if left > 0:
            nodes = rng.choice([left, rng.randint(1, left)])
            left -= nodes
            recurring.append((rng.randint(0, total // 2) * US, rng.randint(1, max(every * 6 // 10, 1)) * US, every * US, nodes))
            every *= rng.choice([1, 2, 3])
    endless = 10 * total * US
    windows = [(start, start + length, nodes) for first, length, every, nodes in recurring
               for start in range(first, endless, every)]
    return recurring, sorted(windows), endless


def draw_mode(rng, order, backfill, mode, processors, horizon):
    """The scheduler, maintenance windows and changes of one mode; horizon in s."""
    options, maintenance, changes = {}, [], []
    if isinstance(backfill, dict) and backfill.get('slurm') == 'drawn':
        backfill = {'slurm': draw_slurm(rng, horizon)}
    elif isinstance(backfill, dict) and 'slurm' in backfill and order in AGEING:
        backfill = {'slurm': {'interval': max(30, horizon // 20) * US, 'full_interval': max(60, horizon // 20) * US}}
    if mode == 'each-event':
        options['decide'] = 'each-event'
    elif mode == 'every':
        # not below a twentieth of the trace: every multiple is a pass while jobs wait
        options['decide'] = {'every': max(rng.choice([1, 3, 10, 60]), horizon // 20) * US}
    elif mode == 'commit-head':
        options['commit_head'] = True
    elif mode == 'extend':
        options['overrun'] = 'extend'
    elif mode == 'max-queued':
        options['max_queued'] = rng.choice([0, 1, 2, 5, 20])
    elif mode == 'max-processors':
        options['max_processors'] = rng.randint(1, processors)
    elif mode in ('maintenance', 'recurring'):
        maintenance = draw_windows(rng, processors, 0, horizon)
    elif mode == 'windows':
        at, known = 0, draw_windows(rng, processors, 0, horizon) if rng.random() < 0.5 else []
        maintenance = known
        for _ in range(rng.randint(1, 3)):
            at += rng.randint(1, max(horizon // 3, 2))
            begun = max([end // US for start, end, n in known if start < at * US], default=0)
            later = [window for window in known if window[0] >= at * US and rng.random() < 0.3]
            new = later or draw_windows(rng, processors, max(at, begun + 1), horizon) if rng.random() < 0.8 else []
            if new != [window for window in known if window[0] >= at * US]:     # else nothing changes, and no pass is owed
                changes.append((at * US, new))
                known = [window for window in known if window[0] < at * US] + new
    elif mode == 'changes':
        at = 0
        for _ in range(rng.randint(1, 4)):
            at += rng.randint(1, max(horizon // 2, 2))
            nodes = rng.randint(1, 2 * processors)
            if nodes != (changes[-1][1] if changes else processors):  # else nothing changes, and no pass is owed
                changes.append((at * US, nodes))
    elif mode == 'rules':
        at, before = 0, Scheduler(order, backfill)
        for _ in range(rng.randint(1, 4)):
            at += rng.randint(1, max(horizon // 3, 2))
            after = Scheduler(rng.choice((before.order, rng.choice(ORDERS))),
                              rng.choice((before.backfill, 'conservative', rng.choice(BACKFILLS[:-1]))),
                              max_queued=rng.choice((None, None, 0, 5)))
            if after != before:     # else nothing changes, and no pass is owed
                changes.append((at * US, after))
                before = after
    return Scheduler(order, backfill, **options), maintenance, changes


def draw_times(rng):
    """A pool of lengths in s that makes ties abound, or a wide one that makes them rare."""
    kind = rng.randrange(4)
    if kind == 0:
        return [rng.randint(0, 5) for _ in range(2)]
    if kind == 1:
        return [0, 1, 2, 3, 5, 10]
    if kind == 2:
        return [rng.randint(1, 20) for _ in range(rng.randint(1, 5))]
    return [int(10 ** rng.uniform(0, 5)) for _ in range(20)]


def draw_job(rng, submit, processors, lengths, sizes, honesty):
    runtime = rng.choice(lengths)
    how = rng.random()
    if how < honesty:
        request = runtime
    elif how < honesty + 0.15:
        request = rng.randint(1, max(runtime, 1))     # shorter than the run time, mostly
    else:
        request = max(rng.choice(lengths) + runtime, runtime, 1)
    if sizes == 'any':
        procs = rng.randint(1, processors)
    elif sizes == 'narrow':
        procs = min(rng.choice([1, 1, 1, 2, 2, 3]), processors)
    else:
        procs = min(2 ** rng.randint(0, 6), processors)
    if rng.random() < 0.05:
        procs = processors
    if rng.random() < 0.01:
        procs = processors + 1
    return Job(submit * US, runtime * US, request * US, procs)


def draw_jobs(rng, count, processors):
    lengths = draw_times(rng)
    sizes = rng.choice(['any', 'narrow', 'powers'])
    honesty = rng.choice([0, 0.3, 0.85, 1])
    arrivals = rng.choice(['at once', 'bursts', 'steady', 'few dates'])
    work = max(1, sum(lengths) // len(lengths) * {'any': processors // 2, 'narrow': 2, 'powers': 4}[sizes] // processors)
    dates = [rng.randint(0, work * 5) for _ in range(3)]
    jobs, at = [], 0
    for _ in range(count):
        if arrivals == 'bursts' and rng.random() < 0.2:
            at += rng.randint(1, 8 * work)
        elif arrivals == 'steady':
            at += rng.randint(0, 2 * work)
        elif arrivals == 'few dates':
            at = rng.choice(dates)
        jobs.append(draw_job(rng, at, processors, lengths, sizes, honesty))
    if rng.random() < 0.9:
        jobs.sort(key=lambda job: job.submit)         # else: a log out of order
    return jobs


def draw_case(rng, name, order, backfill, mode, sizes):
    processors = rng.choice([1, 2, 3, 4, 8, 16, 64, rng.randint(1, 64)])
    low, high = sizes
    count = rng.choice([rng.randint(low, min(high, 8)), rng.randint(low, min(high, 40)), rng.randint(low, high)]
                       if low <= 8 else [rng.randint(low, high)])
    jobs = draw_jobs(rng, count, processors)
    horizon = max(job.submit + job.runtime for job in jobs) // US
    scheduler, maintenance, changes = draw_mode(rng, order, backfill, mode, processors, horizon)
    recurring, endless = [], None
    if mode == 'recurring':
        total = max(job.submit for job in jobs) // US + sum(job.runtime for job in jobs) // US + 20
        jobs = [dataclasses.replace(job, request=min(job.request, total * US)) for job in jobs]   # the list is longer
        recurring, maintenance, endless = draw_recurring(rng, total, processors)
    parts = 3 if order in ('priority', 'edf') else rng.choice([1, 1, 1, 2])
    within = [None] + [rng.randint(1, horizon + 1) * US for _ in range(2)] if order == 'edf' else [None] * parts
    groups = []
    for part in range(parts):
        priority = CLASSES[part] if order == 'priority' else 'medium'
        mine = [dataclasses.replace(job, priority=priority, tenant=part,
                                    deadline=within[part] and job.submit + within[part])
                for job in jobs[part::parts]]
        if mine:
            groups.append((priority, mine))
    if order in ('priority', 'edf'):
        rng.shuffle(groups)
    return Case(name, scheduler, processors, groups, maintenance, changes, recurring, endless)


# -- a pack of cases as a scenario ------------------------------------------------------------------


def seconds(us):
    return '%ds' % (us // US) if us % US == 0 else '%.6fs' % (us / US)


def backfill_yaml(backfill):
    if not isinstance(backfill, dict) or 'slurm' not in backfill:
        return backfill
    times = ('interval', 'window', 'resolution', 'reserve_after', 'full_interval')
    params = {key: seconds(value) if key in times else value for key, value in backfill['slurm'].items()}
    return {'slurm': params} if params else 'slurm'


def scheduler_yaml(scheduler):
    value = {'order': scheduler.order, 'backfill': backfill_yaml(scheduler.backfill)}
    if isinstance(scheduler.decide, dict):
        value['decide'] = {'every': seconds(scheduler.decide['every'])}
    elif scheduler.decide != 'instant':
        value['decide'] = scheduler.decide
    if scheduler.commit_head:
        value['commit_head'] = True
    if scheduler.overrun != 'kill':
        value['overrun'] = scheduler.overrun
    for limit in ('max_queued', 'max_processors'):
        if getattr(scheduler, limit) is not None:
            value[limit] = getattr(scheduler, limit)
    return value


def windows_yaml(windows):
    return [{'from': seconds(start), 'until': seconds(end), 'nodes': n} for start, end, n in windows]


def change_yaml(centre, new):
    if isinstance(new, int):
        return {centre + '.partitions.p.nodes': new}
    if isinstance(new, list):
        return {centre + '.partitions.p.maintenance': windows_yaml(new)}
    return {centre + '.scheduler': {'max_queued': 'unlimited', **scheduler_yaml(new)}}


def write_log(path, jobs, first_id):
    with open(path, 'w') as log:
        for number, job in enumerate(jobs, first_id):
            # a request equal to the run time is left out now and then: missing means the run time
            request = -1 if job.request == job.runtime and number % 3 == 0 else job.request // US
            log.write('%d %d -1 %d %d -1 -1 %d %d -1 1 1 1 -1 -1 -1 -1 -1\n'
                      % (number, job.submit // US, job.runtime // US, job.procs, job.procs, request))


def write_scenario(folder, cases):
    """The scenario file, and the ids of each case's jobs."""
    centres, tenants, changes, ids, next_id = {}, {}, [], [], 1
    for c, case in enumerate(cases):
        partition = {'nodes': case.processors, 'processors_per_node': 1}
        if case.recurring:
            partition['maintenance'] = [{'from': seconds(first), 'length': seconds(length), 'every': seconds(every), 'nodes': n}
                                        for first, length, every, n in case.recurring]
        elif case.maintenance:
            partition['maintenance'] = windows_yaml(case.maintenance)
        centres['c%d' % c] = {'partitions': {'p': partition}, 'scheduler': scheduler_yaml(case.scheduler)}
        changes += [{'at': seconds(at), 'set': change_yaml('centres.c%d' % c, new)} for at, new in case.changes]
        mine = []
        for g, (priority, jobs) in enumerate(case.groups):
            name = 'c%d-%d.swf' % (c, g)
            write_log(os.path.join(folder, name), jobs, next_id)
            mine += range(next_id, next_id + len(jobs))
            next_id += len(jobs)
            tenant = {'home': 'c%d' % c, 'workloads': {'w': {'log': name}}}
            if jobs[0].deadline is not None:     # one for all of a group
                tenant['workloads']['w']['deadline'] = seconds(jobs[0].deadline - jobs[0].submit)
            if priority != 'medium':
                tenant['priority'] = priority
            tenants['t%d-%d' % (c, g)] = tenant
        ids.append(mine)
    scenario = {'jishi': 1, 'title': 'Random traces', 'seed': 1, 'centres': centres, 'tenants': tenants}
    if any(case.recurring for case in cases):
        length = max(case.endless for case in cases) // 10       # it drains for nine times that
        scenario |= {'time': {'length': seconds(length)}, 'measure': {'after': 'drain'}}
    if changes:
        scenario['changes'] = changes
    return program.write(folder, program.yaml(scenario, depth=2)), ids


def microseconds(value):
    return None if value != value else int(round(float(value) * 1e6))


def run_cases(binary, folder, cases):
    """The program's outcomes of each case: a list of (start, end, state), None for a job without a row."""
    alone = [[case] for case in cases if case.recurring]      # the run of all would be too long for their windows
    packs = [pack for pack in [[case for case in cases if not case.recurring]] + alone if pack]
    found = {id(case): got for pack in packs for case, got in zip(pack, run_pack(binary, folder, pack))}
    return [found[id(case)] for case in cases]


def run_pack(binary, folder, cases):
    path, ids = write_scenario(folder, cases)
    with program.run(binary, path, os.path.join(folder, 'out.h5'), timeout=300) as trace:
        table = trace['jobs'][...]
    rows = {}
    for number, start, end, state in zip(table['id'], table['start'], table['end'], table['state']):
        if int(number) in rows:
            raise program.Failed('two rows of job %d' % number)
        rows[int(number)] = (microseconds(start), microseconds(end), program.STATES[int(state)])
    return [[rows.get(i) for i in mine] for mine in ids]


def same(got, want):
    if got is None or got[2] != want.state or got[0] != want.start:
        return False
    return want.start is None or got[1] == want.end


def agrees(case, got, scores='exact'):
    return all(same(g, w) for g, w in zip(got, case.plain(scores)))


# -- a mismatch ------------------------------------------------------------------------------------


def fails(binary, case):
    """Whether a case alone is at odds; a crash counts."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            got = run_cases(binary, folder, [case])[0]
        except program.Failed:
            return True
    return not agrees(case, got) and not agrees(case, got, 'double')


def shrink(binary, case, tries=400):
    """Drop jobs, ever smaller runs of them, while the case still fails; then windows and changes."""
    size = max(len(case.jobs()) // 2, 1)
    while size >= 1 and tries > 0:
        at, shrunk = 0, False
        while at < len(case.jobs()) and tries > 0 and len(case.jobs()) > 1:
            smaller = case.without(set(range(at, at + size)))
            tries -= 1
            if smaller.jobs() and fails(binary, smaller):
                case, shrunk = smaller, True
            else:
                at += size
        if not shrunk or size > 1:
            size //= 2
    for field in ('changes',) if case.recurring else ('maintenance', 'changes'):
        for item in list(getattr(case, field)):
            smaller = dataclasses.replace(case, **{field: [i for i in getattr(case, field) if i != item]})
            if fails(binary, smaller):
                case = smaller
    return case


def show(binary, case, keep):
    folder = keep or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    print('-' * 100)
    print(case.label)
    try:
        got = run_cases(binary, folder, [case])[0]
    except program.Failed as error:
        print('the program failed:', error)
        got = [None] * len(case.jobs())
    with open(os.path.join(folder, 'scenario.yaml')) as scenario:
        print(scenario.read())
    print('%4s %8s %10s %10s %10s %5s %-8s | %-32s | %s' % (
        'job', 'priority', 'submit', 'runtime', 'request', 'procs', '', 'plain: start end state', 'jishi'))
    for number, (job, w, g) in enumerate(zip(case.jobs(), case.plain(), got), 1):
        def text(o):
            return 'no row' if o is None else '%s %s %s' % tuple('-' if v is None else v / US if isinstance(v, int) else v for v in o)
        print('%4d %8s %10g %10g %10g %5d %-8s | %-32s | %s' % (
            number, job.priority, job.submit / US, job.runtime / US, job.request / US, job.procs,
            '' if same(g, w) else '<== here', text(w), text(g)))
    if keep:
        print('files kept in', folder)
    sys.stdout.flush()


# -- the command -----------------------------------------------------------------------------------


def check_pack(binary, cases):
    """(cases at odds, cases that differ in the rounding of equal scores only)."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            results = run_cases(binary, folder, cases)
        except program.Failed as error:
            if len(cases) == 1:
                print('the program failed on: %s: %s' % (cases[0].label, error))
                return cases, []
            half = len(cases) // 2
            first, second = check_pack(binary, cases[:half]), check_pack(binary, cases[half:])
            if not first[0] and not second[0]:
                print('the program fails on a pack and not on its halves:', error)
                return cases, []
            return first[0] + second[0], first[1] + second[1]
    odd = [(case, got) for case, got in zip(cases, results) if not agrees(case, got)]
    rounding = [case for case, got in odd if agrees(case, got, 'double')]
    return [case for case, got in odd if not any(case is r for r in rounding)], rounding


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('binary', nargs='?')
    parser.add_argument('--cases', type=int, default=None, help='random traces (default 1000, or as time allows)')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--scheduler', default='', help='words that the label must hold, separated by commas')
    parser.add_argument('--time', type=float, default=None, help='stop after so many seconds')
    parser.add_argument('--jobs', default='1..200', help='jobs in a trace, LO..HI')
    parser.add_argument('--show', type=int, default=3, help='mismatches to shrink and print')
    parser.add_argument('--strict', action='store_true', help='a difference in the rounding of equal scores fails too')
    parser.add_argument('--keep', help='folder for the files of the mismatch shown last')
    parser.add_argument('--list', action='store_true', help='list the labels')
    options = parser.parse_args()
    combos = list(combinations([w for w in options.scheduler.split(',') if w]))
    if options.list or not combos:
        print('\n'.join(name for name, *rest in combos) or 'no scheduler has these words in its label')
        sys.exit(0 if combos else 2)
    binary = program.binary_or_skip(options.binary)
    sizes = tuple(int(n) for n in options.jobs.split('..'))
    cases = options.cases or (1000 if options.time is None else sys.maxsize)
    begun, done, jobs, shown = time.monotonic(), 0, 0, 0
    tried, odd, rounding = collections.Counter(), collections.Counter(), collections.Counter()
    while done < cases and (options.time is None or time.monotonic() - begun < options.time):
        pack = []
        for number in range(done, min(done + PACK, cases)):
            # every case is a function of (seed, number): one can be drawn again alone
            rng = random.Random('%d/%d' % (options.seed, number))
            combo = combos[number % len(combos)] if cases >= len(combos) else rng.choice(combos)
            pack.append(draw_case(rng, *combo, sizes))
        done += len(pack)
        jobs += sum(len(case.jobs()) for case in pack)
        tried.update(case.label for case in pack)
        wrong, rounded = check_pack(binary, pack)
        rounding.update(case.label for case in rounded)
        odd.update(case.label for case in wrong)
        for case in wrong + (rounded if options.strict else []):
            if shown < options.show:
                shown += 1
                if fails(binary, case):
                    case = shrink(binary, case)
                else:
                    print('at odds in a pack (or in rounding), not alone: %s' % case.label)
                show(binary, case, options.keep)
    seen = set(tried)
    print('%d traces, %d jobs, %d of %d schedulers, seed %d, %.0f s' % (
        done, jobs, len(seen), len(combos), options.seed, time.monotonic() - begun))
    print('%d at odds, %d more differ only in the rounding of equal scores' % (
        sum(odd.values()), sum(rounding.values())))
    for name, count in odd.most_common(40):
        print('  %4d of %4d  %s' % (count, tried[name], name))
    for name, count in rounding.most_common(10):
        print('  rounding: %4d of %4d  %s' % (count, tried[name], name))
    sys.exit(1 if odd or (options.strict and rounding) else 0)


if __name__ == '__main__':
    main()
