#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""plain.py against schedules worked out by hand, and against identities on random traces."""

import dataclasses
import math
import random

import compare
from logs import Checks
from plain import US, Job, Scheduler, Simulation, simulate

MS = 1000


def job(submit, runtime, procs, request=None, by=None):
    return Job(int(submit * US), int(runtime * US), int((runtime if request is None else request) * US), procs,
               deadline=by and by * US)


def slurm(**parameters):
    return Scheduler(backfill={'slurm': parameters})


EASY_BY_HAND = [job(0, 10, 2), job(0, 5, 2), job(0, 10, 4), job(0, 4, 2), job(0, 20, 1)]
NO = None

# what | processors | scheduler | jobs | starts in s (None: none) | maintenance | changes, in s
BY_HAND = [
    ('fcfs', 4, Scheduler(), EASY_BY_HAND, [0, 0, 10, 20, 20]),
    ('easy', 4, Scheduler(backfill='easy'), EASY_BY_HAND, [0, 0, 10, 5, 20]),
    ('a job that ends at the shadow may pass, one a microsecond longer may not', 2, Scheduler(backfill='easy'),
     [job(0, 10, 1), job(0, 5, 2), job(0, 10.000001, 1), job(0, 10, 1)], [0, 10, 15, 0]),
    ('every release at the shadow counts for the spare', 4, Scheduler(backfill='easy'),
     [job(0, 10, 2), job(0, 10, 1), job(0, 5, 3), job(0, 99, 1)], [0, 0, 10, 0]),
    ('the spare is used up', 4, Scheduler(backfill='easy'),
     [job(0, 10, 2), job(0, 5, 3), job(0, 99, 1), job(0, 99, 1)], [0, 10, 0, 15]),
    ('a job of zero length ends in a further round of its instant', 1, Scheduler(),
     [job(3, 0, 1), job(3, 0, 1, 7), job(3, 5, 1)], [3, 3, 3]),
    ('ends come before submissions, then one pass', 2, Scheduler('sjf'),
     [job(0, 5, 2), job(1, 9, 2), job(5, 1, 2)], [0, 6, 5]),
    ('killed at the request', 1, Scheduler(), [job(0, 10, 1, 4), job(0, 1, 1)], [0, 4]),
    ('overrun: extend', 1, Scheduler(overrun='extend'), [job(0, 10, 1, 4), job(0, 1, 1)], [0, 10]),
    ('the end of an overrun is now: the head alone is owed what it leaves', 2,
     Scheduler(backfill='easy', overrun='extend'),
     [job(0, 10, 1, 4), job(5, 9, 2), job(6, 1, 1)], [0, 10, 19]),
    ('the nearest deadline first, jobs without one last', 1, Scheduler('edf'),
     [job(0, 10, 1), job(1, 10, 1), job(2, 10, 1, by=27), job(3, 10, 1, by=20), job(4, 10, 1, by=27)],
     [0, 40, 20, 10, 30]),
    ('a request of zero is 1 s in scores', 1, Scheduler('sjf'),
     [job(0, 9, 1), job(1, 0, 1), job(1, 0.5, 1)], [0, 9.5, 9]),
    ('what never fits is rejected and blocks nobody', 4, Scheduler(), [job(0, 1, 5), job(0, 1, 4)], [NO, 0]),
    ('the limit on queued jobs is judged after the pass, latest first', 1, Scheduler(max_queued=1),
     [job(0, 5, 1), job(0, 5, 1), job(0, 5, 1)], [0, 5, NO]),
    ('conservative: an early end moves held jobs once, in queue order', 4, Scheduler(backfill='conservative'),
     [job(0, 5, 4, 20), job(0, 10, 3), job(0, 10, 2), job(0, 30, 1)], [0, 5, 15, 5]),
    ('conservative: a later arrival may not delay the second in the queue', 4, Scheduler(backfill='conservative'),
     [job(0, 10, 3), job(0, 10, 4), job(0, 10, 2), job(1, 25, 1), job(1, 9, 1)], [0, 10, 20, 20, 1]),
    ('easy: the second in the queue may be delayed', 4, Scheduler(backfill='easy'),
     [job(0, 10, 3), job(0, 10, 3), job(0, 10, 2), job(1, 35, 1)], [0, 10, 20, 1]),
    ('reserve 1, shortest candidate first', 2, Scheduler(backfill={'reserve': 1, 'order': 'sjf'}),
     [job(0, 10, 1), job(0, 5, 2), job(1, 9, 1), job(1, 3, 1), job(1, 6, 1)], [0, 10, 15, 1, 4]),
    ('no start into a maintenance window', 4, Scheduler(backfill='easy'),
     [job(0, 10, 4), job(0, 5, 4), job(0, 5, 2)], [0, 20, 10], [(12, 20, 2)]),
    ('none waits out a maintenance window too', 4, Scheduler(), [job(0, 5, 4), job(0, 2, 1)], [4, 9], [(1, 4, 1)]),
    ('a loss drains, a gain starts', 4, Scheduler(), [job(0, 10, 4), job(0, 5, 3), job(0, 5, 2)], [0, 20, 20], [],
     [(5, 2), (20, 5)]),
    ('future capacity counts: not rejected', 2, Scheduler(backfill='easy'), [job(0, 5, 4), job(0, 99, 1)],
     [50, 0], [], [(50, 6)]),
    ('decide every 10 s', 1, Scheduler(decide={'every': 10 * US}), [job(0, 3, 1), job(1, 3, 1), job(2, 3, 1)], [0, 10, 20]),
    ('each-event: a submission is served before a second one of the instant is seen', 1,
     Scheduler('sjf', decide='each-event'), [job(0, 9, 1), job(0, 1, 1)], [0, 9]),
    ('each-event: a requested end of now is free for a submission of now', 1,
     Scheduler('sjf', decide='each-event'), [job(0, 5, 1), job(1, 2, 1), job(5, 1, 1)], [0, 6, 5]),
    ('commit_head waits for the job once chosen', 2, Scheduler('sjf', commit_head=True),
     [job(0, 10, 1), job(1, 5, 2), job(2, 1, 1)], [0, 10, 15]),
    ('commit_head, their backfilling: strictly before est', 2, Scheduler('sjf', 'easy', commit_head=True),
     [job(0, 10, 1), job(1, 5, 2), job(2, 8, 1), job(2, 7, 1)], [0, 10, 15, 2]),
    ('slurm: behind a blocked head jobs wait for the plan', 4, slurm(),
     [job(0, 100, 3), job(1, 50, 4), job(2, 20, 1)], [0, 100, 30]),
    ('slurm: a reservation begins at the whole minute, and no job may end right then', 4, slurm(),
     [job(0, 100, 3), job(1, 50, 4), job(2, 30, 1), job(2, 29, 1)], [0, 100, 150, 30]),
    ('slurm: resolution', 4, slurm(resolution=US),
     [job(0, 100, 3), job(1, 50, 4), job(2, 69, 1)], [0, 100, 30]),
    ('slurm: at a multiple of the interval the plan follows at once', 4, slurm(),
     [job(0, 100, 3), job(0, 50, 4), job(0, 20, 1)], [0, 100, 0]),
    ('slurm: what starts beyond the window is not reserved', 4, slurm(window=50 * US),
     [job(0, 100, 3), job(1, 50, 4), job(2, 500, 1)], [0, 530, 30]),
    ('slurm: depth', 4, slurm(depth=1), [job(0, 100, 3), job(1, 50, 4), job(2, 20, 1)], [0, 100, 150]),
    ('slurm: one reservation, the second job may be delayed', 4, slurm(reservations=1),
     [job(0, 100, 3), job(1, 50, 3), job(1, 50, 4), job(2, 300, 1)], [0, 100, 330, 30]),
    ('slurm: reservations without limit', 4, slurm(),
     [job(0, 100, 3), job(1, 50, 3), job(1, 50, 4), job(2, 300, 1)], [0, 100, 150, 200]),
    ('slurm: one start a plan', 4, slurm(starts=1, interval=10 * US),
     [job(0, 100, 2), job(1, 50, 4), job(2, 20, 1), job(2, 20, 1)], [0, 100, 10, 20]),
    ('slurm: one job looked at when something happens, the rest in the plan', 4, slurm(queue_depth=1),
     [job(1, 500, 1), job(1, 500, 1), job(1, 500, 1)], [1, 30, 30]),
    ('slurm: or when all are looked at', 4, slurm(queue_depth=1, interval=1000 * US),
     [job(1, 500, 1), job(1, 500, 1), job(1, 500, 1)], [1, 60, 60]),
    ('slurm: a young head blocks nobody and holds nothing', 4, slurm(reserve_after=1000 * US),
     [job(0, 100, 3), job(1, 50, 4), job(2, 500, 1)], [0, 502, 2]),
    ('slurm: a run ends, though the order ages, when what waits can never start', 4, Scheduler('wfp3', {'slurm': {}}),
     [job(0, 10, 4), job(5, 10, 4)], [0, NO], [], [(8, 2)]),
    ('slurm: one job a tenant', 4, slurm(per_tenant=1),
     [job(0, 100, 3), job(1, 50, 4), job(2, 20, 1), dataclasses.replace(job(3, 10, 1), tenant=1)], [0, 100, 150, 30]),
    # Reservations do not only take: one more in front moves the next, which opens the way for a third that waited.
    ('slurm: a job that comes in front and does not fit opens the way for another', 6,
     Scheduler('sjf', {'slurm': {'resolution': US}}),
     [job(0, 100, 2), job(0, 160, 2), job(1, 70, 4), job(1, 90, 2), job(31, 50, 6)], [0, 0, 210, 60, 160]),
    ('slurm: so does a start that comes within the window', 6, slurm(resolution=US, window=100 * US),
     [job(0, 100, 2), job(0, 160, 2), job(1, 50, 6), job(1, 70, 4), job(1, 90, 2), job(31, 10, 6)],
     [0, 0, 160, 210, 60, 280]),
    ('slurm: so does a job that comes of age', 6,
     Scheduler('sjf', {'slurm': {'resolution': US, 'reserve_after': 40 * US}}),
     [job(0, 100, 2), job(0, 160, 2), job(1, 65, 4), job(31, 50, 6), job(45, 69, 2), job(61, 80, 6)],
     [0, 0, 210, 160, 90, 275]),
    ('slurm: what a plan started comes free before the reservation in front, which then holds less', 6, slurm(),
     [job(0, 100, 2), job(1, 50, 5), job(2, 50, 1), job(2, 40, 1)], [0, 100, 30, 60]),
    ('slurm: as the next plan finds, though nothing has happened since', 4, slurm(interval=US, resolution=600 * US),
     [job(0, 9, 2), job(0, 6, 3), job(0, 2, 1), job(0, 2, 1)], [0, 9, 0, 1]),
    ('slurm: a plan that goes on where the last one ended: one reservation comes due within it', 4, slurm(resolution=US),
     [job(0, 90, 3), job(1, 50, 4), job(2, 20, 1), job(31, 500, 1), job(32, 20, 1)], [0, 90, 30, 140, 60]),
]


def by_hand(checks):
    for what, processors, scheduler, jobs, starts, *dates in BY_HAND:
        windows, changes = (dates + [[], []])[:2]
        windows = [(start * US, end * US, n) for start, end, n in windows]
        got = simulate(jobs, processors, scheduler, windows, [(at * US, n) for at, n in changes])
        got = [o.start if o.start is None else o.start / US for o in got]
        checks.true(what, got == starts, '' if got == starts else 'got %s, want %s' % (got, starts))


class EasyByProfile(Simulation):
    """EASY by the engine of rule 8 instead of the words of rule 6."""

    def pass_easy(self):
        self.pass_reserve(1)


def outcome(case, **changed):
    return simulate(case.jobs(), case.processors, dataclasses.replace(case.scheduler, **changed),
                    case.maintenance, case.changes, case.endless)


def identities(checks, cases):
    """On random traces; the invariants of section 7 are asserted inside."""
    odd = {'easy by its words and by the profile': 0, 'reserve of all jobs is plan': 0, 'reserve 1 is easy': 0,
           'a time shift changes nothing': 0, 'conservative with exact requests never later than fcfs': 0}
    # Conservative is tried once a second while jobs outlive their requests: ages here, and no identity is of it.
    combos = [c for c in compare.combinations([]) if c[2:] != ('conservative', 'extend')]
    for number in range(cases):
        rng = random.Random('plain/%d' % number)
        name, order, backfill, mode = rng.choice(combos)
        case = compare.draw_case(rng, name, order, backfill, mode, (1, 60))
        jobs, scheduler = case.jobs(), case.scheduler
        base = outcome(case)
        if not scheduler.commit_head and backfill != 'conservative' and not scheduler.slurm():
            easy = dataclasses.replace(scheduler, backfill='easy')
            words = simulate(jobs, case.processors, easy, case.maintenance, case.changes, case.endless)
            if not case.maintenance:
                profile = EasyByProfile(jobs, case.processors, easy, case.maintenance, case.changes, None).run()
                odd['easy by its words and by the profile'] += words != profile
            odd['reserve 1 is easy'] += words != outcome(case, backfill={'reserve': 1})
            odd['reserve of all jobs is plan'] += (outcome(case, backfill='plan')
                                                   != outcome(case, backfill={'reserve': len(jobs)}))
        if order not in ('f1', 'f2', 'f3', 'f4') and mode != 'rules':     # which has f1 and intervals, too
            every = scheduler.decide['every'] if isinstance(scheduler.decide, dict) else US
            for key in ('interval', 'full_interval', 'resolution') if scheduler.slurm() else ():
                every = math.lcm(every, scheduler.slurm()[key])
            shift = 600 * every     # a multiple: ticks stay where they are
            def later(windows):
                return [(a + shift, b + shift, n) for a, b, n in windows]
            moved = simulate([dataclasses.replace(j, submit=j.submit + shift) for j in jobs], case.processors, scheduler,
                             later(case.maintenance),
                             [(at + shift, later(new) if isinstance(new, list) else new) for at, new in case.changes],
                             case.endless and case.endless + shift)
            back = [o._replace(start=o.start - shift, end=o.end - shift) if o.start is not None else o for o in moved]
            odd['a time shift changes nothing'] += back != base
        exact = [dataclasses.replace(j, request=j.runtime) for j in jobs if j.runtime > 0]
        fcfs = simulate(exact, case.processors, Scheduler())
        held = simulate(exact, case.processors, Scheduler(backfill='conservative'))
        odd['conservative with exact requests never later than fcfs'] += any(
            h.start is not None and h.start > f.start for h, f in zip(held, fcfs))
    for what, count in odd.items():
        checks.true(what, count == 0, '%d of %d traces at odds' % (count, cases))


def main():
    checks = Checks()
    by_hand(checks)
    identities(checks, 150)
    checks.exit()


if __name__ == '__main__':
    main()
