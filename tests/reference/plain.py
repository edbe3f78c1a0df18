#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second, plain implementation of the rules of time and order (docs/design.md, section 2).

It is the referee of the C program: written from the rules alone, sharing no code and no data
structure with it, and kept slow and obvious. One partition, by counts of processors. Comments
cite the rule they follow.

    simulate(jobs, processors, Scheduler(order='sjf', backfill='easy')) -> list of Outcome

Times are integer microseconds. The position of a job in the list is its position in the input.

Where the rules leave room, this is how they were read:

 a. A job starts only if it fits by what is really free *and* by the plan (requested ends and
    maintenance known ahead), under every backfill, `none` included.
 b. Rule 3: with `overrun: kill` a job runs min(run time, request); a request of zero with a
    longer run time is killed at once. A run time equal to the request is not a kill.
 c. Rule 3: with `overrun: extend` a job past its request is taken to end "now" in plans, so a
    shadow can be "now"; nothing starts before the processors are really free.
 d. Rule 4: what could never run is judged at submission against the largest capacity from that
    instant on, and against windows that come again; so is what waits, at each change of capacity and
    where such a window begins, before the arrivals of its instant. Where one is rejected that held a
    reservation, the pass over held jobs comes.
 e. Rule 4: `max_queued` is judged right after the first pass of the instant, before its further
    rounds. The jobs submitted at that instant and still queued are turned away latest first until
    the queue is within the limit. A rejection there is a further round: the scheduler runs again,
    for the rejected job may have blocked another. A job rejected at submission (too large) never
    joined the queue and causes no pass. That matters to orders that age.
 f. Rule 2: what affects a scheduler is a job end, an accepted submission, a change of capacity,
    the start or end of a maintenance window, and under conservative the start of a reservation.
 g. Rule 5: scores are compared exactly where they are rational (scores='exact'); 'double' takes
    the formulas as written, left to right, in doubles. They differ only where scores are equal.
 h. Rule 7: "ended before its request" is judged by the plan, where a request of zero lasts 1 us:
    a job of request zero always ends early. Arrivals of one instant are placed in input order.
    Starts are made in queue order.
 i. Rule 7: a gain of capacity is followed by the same pass over held jobs as an early end. After a
    loss, what has room where it is stays, in queue order, and then the others are placed, in queue
    order; if any had to, or a job ended early at that instant, the pass over held jobs comes after.
    As long as a running job is past its request (or a held start lies in the past because of one),
    all reservations are made anew in queue order.
 j. Rule 8: `reserve: k` walks the queue: a job that fits without moving a reservation starts, else
    it gets a reservation, until k are held (a started job holds none); the rest are candidates,
    sorted by the inner `order` if there is one. reserve: 0 is `none`, whatever the inner order.
 k. Rule 9: under each-event the free processors count every job whose requested end has come.
    Submissions of one instant come in input order, then ends in the order in which the jobs
    started, that is of insertion: ends by input order miss the published EASY-SJBF figures. A job
    of length zero ends after the submissions of its instant.
 l. commit_head handles single events as each-event does, but only what really ended is free, and
    every event is followed by a pass. Backfilling under it is the published protocol: `est` is
    taken once, when the head is chosen and does not fit.
 m. decide: every N runs the scheduler at the multiples of N at which a job is pending and at no
    other instant. `max_queued` is judged at the submission's instant all the same.
 n. Maintenance takes free processors: by counts it may sit on any.

 o. `slurm` (docs/slurm.md): one look at the queue for each round in which something happened, and a
    plan at a multiple of its interval if anything happened since the last one, starts included.

 p. A change of the scheduler is followed by a pass. From conservative to conservative reservations
    stay, in the order of now; where another backfilling was before, who waits gets one in the order of
    the queue as it is now, before the arrivals of the instant.

Not defined by the rules, and refused: conservative or slurm with each-event, every N or commit_head;
each-event and commit_head together; capacity changes, maintenance or max_queued with either;
each-event or maintenance with overrun: extend; capacity changes with every N.
"""

import bisect
import math
from collections import namedtuple
from dataclasses import dataclass
from fractions import Fraction

US = 1_000_000  # microseconds in a second
NEVER = math.inf

Outcome = namedtuple('Outcome', 'start end state')  # start, end: None where it never came
PRIORITIES = {'high': 0, 'medium': 1, 'low': 2}
ORDERS = ('fcfs', 'sjf', 'ljf', 'saf', 'laf', 'wfp3', 'unicef', 'f1', 'f2', 'f3', 'f4',
          'expansion', 'priority', 'edf')
AGEING = ('wfp3', 'unicef', 'expansion')
SLURM = {'interval': 30 * US, 'window': 86400 * US, 'resolution': 60 * US, 'depth': 500, 'per_tenant': NEVER,
         'starts': NEVER, 'reservations': NEVER, 'reserve_after': 0, 'queue_depth': 100, 'full_interval': 60 * US}


@dataclass(frozen=True)
class Job:
    submit: int
    runtime: int
    request: int
    procs: int
    priority: str = 'medium'
    deadline: object = None        # an instant; None: no deadline
    tenant: int = 0


@dataclass(frozen=True)
class Scheduler:
    order: str = 'fcfs'
    backfill: object = 'none'      # 'none' | 'easy' | 'conservative' | 'plan' | {'reserve': k, 'order': X} | {'slurm': {}}
    decide: object = 'instant'     # 'instant' | 'each-event' | {'every': microseconds}
    commit_head: bool = False
    overrun: str = 'kill'          # 'kill' | 'extend'
    max_queued: object = None
    max_processors: object = None
    scores: str = 'exact'          # 'exact' | 'double': see (g)

    def depth(self):
        """How many jobs hold reservations (rule 8)."""
        named = {'none': 0, 'easy': 1, 'plan': NEVER}
        return self.backfill['reserve'] if isinstance(self.backfill, dict) else named[self.backfill]

    def inner_order(self):
        """The order of backfill candidates, None for that of the queue (rule 8)."""
        return self.backfill.get('order') if isinstance(self.backfill, dict) else None

    def slurm(self):
        """The parameters of `backfill: slurm`, times in microseconds, None if it is another."""
        if not isinstance(self.backfill, dict) or 'slurm' not in self.backfill:
            return None
        return {**SLURM, **self.backfill['slurm']}

    def single_events(self):
        return self.decide == 'each-event' or self.commit_head

    def undefined(self, maintenance=(), changes=()):
        """Why the rules do not say what this combination does, or None."""
        every = isinstance(self.decide, dict)
        if self.backfill == 'conservative' and (self.single_events() or every):
            return 'conservative decides at each instant'
        if self.slurm() and (self.single_events() or every):
            return 'slurm has its own intervals'
        if self.decide == 'each-event' and self.commit_head:
            return 'each-event and commit_head together'
        if self.commit_head and (every or self.backfill not in ('none', 'easy')):
            return 'commit_head waits for its head with none or easy'
        if self.single_events() and (maintenance or changes or self.max_queued is not None):
            return 'single events know neither maintenance, changes nor a limit'
        if self.overrun == 'extend' and (maintenance or self.decide == 'each-event'):
            return 'overruns into what the plan calls free'
        if every and changes:
            return 'changes of capacity with every'
        return None


def score(order, job, now, exact=True):
    """Smaller first (rule 5). A request of zero counts as 1 s here (rule 3)."""
    n = job.procs
    request = job.request if job.request > 0 else US
    if order == 'fcfs':
        return 0
    if order == 'priority':
        return PRIORITIES[job.priority]
    if order == 'edf':
        return math.inf if job.deadline is None else job.deadline
    if exact and order in ('sjf', 'ljf', 'saf', 'laf'):   # whole microseconds: no rounding
        return {'sjf': request, 'ljf': -request, 'saf': request * n, 'laf': -request * n}[order]
    if exact and order == 'wfp3':
        return -Fraction(now - job.submit, request) ** 3 * n
    if exact and order == 'expansion':
        return -Fraction(now - job.submit + request, request)
    r = request / US
    w = (now - job.submit) / US
    s = max(job.submit / US, 1.0)
    if order == 'sjf':
        return r
    if order == 'ljf':
        return -r
    if order == 'saf':
        return r * n
    if order == 'laf':
        return -r * n
    if order == 'wfp3':
        return -((w / r) ** 3) * n
    if order == 'unicef':
        return -w / (math.log2(max(n, 2)) * r)
    if order == 'f1':
        return math.log10(r) * n + 870 * math.log10(s)
    if order == 'f2':
        return math.sqrt(r) * n + 25600 * math.log10(s)
    if order == 'f3':
        return r * n + 6860000 * math.log10(s)
    if order == 'f4':
        return r * math.sqrt(n) + 530000 * math.log10(s)
    if order == 'expansion':
        return -(w + r) / r
    raise ValueError(order)


class Profile:
    """Free processors over future time, a step function: free[i] holds from times[i] on."""

    def __init__(self, now, capacity):
        self.times = [now]
        self.free = [capacity]

    def split(self, t):
        i = bisect.bisect_left(self.times, t)
        if i == len(self.times) or self.times[i] != t:
            self.times.insert(i, t)
            self.free.insert(i, self.free[i - 1])
        return i

    def take(self, start, end, n):
        """Take n processors from start to end; n < 0 gives them back."""
        start = max(start, self.times[0])
        if end <= start:
            return
        i = self.split(start)
        j = self.split(end) if end != NEVER else len(self.times)
        for k in range(i, j):
            self.free[k] -= n

    def at(self, t):
        return self.free[bisect.bisect_right(self.times, t) - 1]

    def least(self, start, end):
        return min([self.at(start)] + [free for t, free in zip(self.times, self.free) if start < t < end])

    def earliest(self, n, duration):
        """The first instant with n processors free for the whole duration, None if never."""
        start, i = self.times[0], 0
        while i < len(self.times) and self.times[i] < start + duration:
            if self.free[i] < n:      # too few here: try from the next step on
                if i + 1 == len(self.times):
                    return None
                start = self.times[i + 1]
            i += 1
        return start


class Simulation:
    def __init__(self, jobs, processors, scheduler, maintenance, changes, endless):
        for one in [scheduler] + [new for at, new in changes if isinstance(new, Scheduler)]:
            if one.undefined(maintenance, changes):
                raise ValueError(one.undefined(maintenance, changes))
        self.jobs = jobs
        self.sched = scheduler
        self.capacity = processors
        self.maintenance = list(maintenance)                       # (from, to, processors)
        self.endless = endless                                     # they come again; written out until then
        self.changes = sorted(changes, key=lambda change: change[0])   # (at, processors, scheduler or windows from then on)
        # Rule 5: fcfs is by submit time, then position. Arrivals come in that order too (rule 2).
        self.arrivals = sorted(range(len(jobs)), key=lambda j: (jobs[j].submit, j))
        self.rank = {j: i for i, j in enumerate(self.arrivals)}
        self.now = None
        self.pending = []      # in order of arrival
        self.running = []      # in order of start
        self.starts = [None] * len(jobs)
        self.ends = [None] * len(jobs)
        self.states = [None] * len(jobs)
        self.held = {}         # conservative: job -> start of its reservation, None for never
        self.promise = None    # easy under fcfs: (head, shadow), to check that it never moves later
        self.committed = None  # commit_head: the head waited for, and est of the protocol
        self.est = None
        self.last_pass = None
        self.news = self.cut = False   # slurm: something happened since the last plan; the queue was not looked at whole
        self.static_scores = {}

    # -- what is known of a job ------------------------------------------------------------

    def planned(self, j):
        """Length in plans: the request, a request of zero counting as 1 us (rule 3)."""
        return max(self.jobs[j].request, 1)

    def planned_end(self, j):
        """Requested end of a running job; past it, the scheduler takes its end as now (rule 3)."""
        return max(self.starts[j] + self.planned(j), self.now)

    def true_end(self, j):
        job = self.jobs[j]
        length = job.runtime if self.sched.overrun == 'extend' else min(job.runtime, job.request)
        return self.starts[j] + length

    def queue(self, order=None, among=None):
        """Pending jobs in queue order; scores that age are taken anew at each pass (rule 5)."""
        order = order or self.sched.order
        exact = self.sched.scores == 'exact'

        def key(j):
            if order in AGEING:
                return score(order, self.jobs[j], self.now, exact), self.rank[j]
            if (order, j) not in self.static_scores:
                self.static_scores[order, j] = (score(order, self.jobs[j], self.now, exact), self.rank[j])
            return self.static_scores[order, j]
        return sorted(self.pending if among is None else among, key=key)

    # -- what is free ----------------------------------------------------------------------

    def in_maintenance(self):
        return sum(n for start, end, n in self.maintenance if start <= self.now < end)

    def really_free(self):
        return self.capacity - self.in_maintenance() - sum(self.jobs[j].procs for j in self.running)

    def free(self):
        """What a job may be started on now. Each-event counts who should have ended (rule 9)."""
        free = self.really_free()
        if self.sched.decide == 'each-event':
            free += sum(self.jobs[j].procs for j in self.running if self.planned_end(j) <= self.now)
        return free

    def profile(self, held=()):
        """Free capacity by requested ends, known maintenance and held reservations."""
        profile = Profile(self.now, self.capacity)
        for start, end, n in self.maintenance:
            profile.take(start, end, n)
        for j in self.running:
            profile.take(self.now, self.planned_end(j), self.jobs[j].procs)
        for j in held:
            if self.held[j] is not None:
                profile.take(self.held[j], self.held[j] + self.planned(j), self.jobs[j].procs)
        return profile

    def fits_now(self, j, profile):
        n = self.jobs[j].procs
        return n <= self.free() and profile.earliest(n, self.planned(j)) == self.now

    # -- what happens ----------------------------------------------------------------------

    def start(self, j):
        assert self.now >= self.jobs[j].submit, 'no start before submit'
        assert self.states[j] is None and self.starts[j] is None
        assert self.jobs[j].procs <= self.free(), 'no processor is given twice'
        self.pending.remove(j)
        self.held.pop(j, None)
        self.running.append(j)
        self.starts[j] = self.now

    def end(self, j):
        self.running.remove(j)
        self.ends[j] = self.now
        killed = self.sched.overrun == 'kill' and self.jobs[j].runtime > self.jobs[j].request
        self.states[j] = 'killed' if killed else 'completed'

    def reject(self, j):
        self.states[j] = 'rejected'

    def submit(self, j):
        """Rule 4: what could never run is rejected; max_processors is a limit of the same kind."""
        most = self.sched.max_processors
        if self.never_runs(j) or (most is not None and self.jobs[j].procs > most):
            self.reject(j)
            return False
        self.pending.append(j)
        return True

    def ever(self):
        """The largest capacity from now on."""
        return max([self.capacity] + [new for at, new in self.changes if isinstance(new, int)])

    def never_runs(self, j):
        """Is it larger than the partition ever is, or longer than windows that come again ever leave it?"""
        if self.endless is None or self.jobs[j].procs > self.ever():
            return self.jobs[j].procs > self.ever()
        empty = Profile(self.now, self.capacity)
        for window in self.maintenance:
            empty.take(*window)
        start = empty.earliest(self.jobs[j].procs, self.planned(j))
        return start is None or start + self.planned(j) > self.endless

    def reject_stranded(self):
        """Rule 4 once more, of the jobs that wait. Whether some had reservations."""
        stranded = [j for j in self.pending if self.never_runs(j)]
        held = any(j in self.held for j in stranded)
        for j in stranded:
            self.pending.remove(j)
            self.held.pop(j, None)
            self.reject(j)
        return held

    def judge_limit(self, arrived):
        """Rule 4: the limit on queued jobs, judged after the pass; the latest are turned away."""
        rejected = False
        for j in reversed(arrived):
            if self.sched.max_queued is not None and len(self.pending) > self.sched.max_queued and j in self.pending:
                self.pending.remove(j)
                self.held.pop(j, None)
                self.reject(j)
                rejected = True
        return rejected

    # -- the scheduler, one pass -----------------------------------------------------------

    def backfill_pass(self):
        self.last_pass = self.now
        if self.sched.depth() == 0:
            self.pass_none()
        elif self.sched.depth() == 1 and not self.maintenance:
            self.pass_easy()
        else:
            self.pass_reserve(self.sched.depth())

    def start_heads(self, queue):
        """Heads start while they fit; what is left of the queue."""
        while queue and self.fits_now(queue[0], self.profile() if self.maintenance else Profile(self.now, NEVER)):
            self.start(queue.pop(0))
        return queue

    def pass_none(self):
        self.start_heads(self.queue())

    def pass_easy(self):
        """Rule 6, word for word; only where nothing but running jobs limits the future."""
        queue = self.start_heads(self.queue())
        if len(queue) < 1:
            self.promise = None
            return
        head, rest = queue[0], queue[1:]
        need = self.jobs[head].procs
        # The shadow: the earliest instant at which the head fits by requested ends.
        ends = sorted((self.planned_end(j), self.jobs[j].procs) for j in self.running)
        free = self.really_free()
        shadow = NEVER
        for end, n in ends:
            free += n
            if free >= need:
                shadow = end
                break
        # Every release at or before that instant is counted.
        free = self.really_free() + sum(n for end, n in ends if end <= shadow)
        spare = free - need
        self.check_promise(head, shadow)
        for j in self.queue(self.sched.inner_order(), among=rest):
            n = self.jobs[j].procs
            if n > self.free():
                continue
            if self.now + self.planned(j) <= shadow:
                self.start(j)
            elif n <= spare:
                spare -= n
                self.start(j)

    def pass_reserve(self, depth):
        """Rule 8: up to `depth` jobs get reservations, all anew at each pass."""
        profile = self.profile()
        queue = self.queue()
        reserved = 0
        while queue and reserved < depth:
            j = queue.pop(0)
            n, length = self.jobs[j].procs, self.planned(j)
            at = profile.earliest(n, length)
            if at == self.now and n <= self.free():
                self.start(j)
            else:
                reserved += 1
                if reserved == 1:
                    self.check_promise(j, NEVER if at is None else at)
            if at is not None:
                profile.take(at, at + length, n)
        for j in self.queue(self.sched.inner_order(), among=queue):
            if self.fits_now(j, profile):
                self.start(j)
                profile.take(self.now, self.now + self.planned(j), self.jobs[j].procs)

    def pass_conservative(self, early_end, gain, loss, arrived):
        """Rule 7: releases have been made; held jobs; new arrivals; starts."""
        self.last_pass = self.now
        before = dict(self.held)
        held = [j for j in self.queue() if j in self.held]
        overdue = any(self.starts[j] + self.planned(j) <= self.now for j in self.running)
        past = any(at is not None and at < self.now for at in self.held.values())
        if overdue or past:
            profile = self.profile()
            for j in held:
                self.held[j] = self.place(j, profile)
        elif loss:
            profile = self.profile()
            for j in held:
                at, end = self.held[j], (self.held[j] or 0) + self.planned(j)
                if at is not None and profile.least(at, end) >= self.jobs[j].procs:
                    profile.take(at, end, self.jobs[j].procs)
                else:
                    early_end = early_end or at is not None
                    self.held[j] = None
            for j in held:
                if self.held[j] is None:
                    self.held[j] = self.place(j, profile)
        if not (overdue or past) and (early_end or gain):
            profile = self.profile(held)
            for j in held:
                if self.held[j] is not None:      # all others stay where they are
                    profile.take(self.held[j], self.held[j] + self.planned(j), -self.jobs[j].procs)
                self.held[j] = self.place(j, profile)
        else:
            profile = self.profile(held)
        unheld = [j for j in self.queue() if j not in self.held and j not in arrived]   # the backfilling was another
        for j in unheld + arrived:
            self.held[j] = self.place(j, profile)
        if self.sched.overrun == 'kill' and not loss:
            for j, at in before.items():
                assert at is None or self.held[j] <= at, 'a reservation never moves later'
        if self.sched.overrun == 'kill' and not self.changes_made:
            assert min(profile.free) >= 0, 'no processor is promised twice'
        for j in self.queue():
            if self.held[j] == self.now and self.jobs[j].procs <= self.really_free():
                self.start(j)
            else:
                assert self.held[j] != self.now or overdue or loss or past, 'a due reservation starts'

    def place(self, j, profile):
        at = profile.earliest(self.jobs[j].procs, self.planned(j))
        if at is not None:
            profile.take(at, at + self.planned(j), self.jobs[j].procs)
        return at

    def pass_slurm(self, happened):
        """docs/slurm.md, section 1."""
        slurm, ages = self.sched.slurm(), self.restless()
        full = self.now % slurm['full_interval'] == 0
        self.news |= bool(happened)
        if happened or (full and (self.cut or ages)):
            self.look(NEVER if full else slurm['queue_depth'], slurm['reserve_after'])
        if self.now % slurm['interval'] == 0 and (self.news or ages):
            self.news = False
            self.plan_slurm(slurm)

    def restless(self):
        """Does time alone change what may start? Not where nothing runs."""
        return self.sched.order in AGEING and bool(self.running)

    def look(self, depth, reserve_after):
        self.cut = False
        for tested, j in enumerate(self.queue()):
            if tested == depth:
                self.cut = True
                return
            if self.fits_now(j, self.profile() if self.maintenance else Profile(self.now, NEVER)):
                self.start(j)
                self.news = True
            elif self.now - self.jobs[j].submit >= reserve_after:
                return

    def plan_slurm(self, slurm):
        profile, resolution = self.profile(), slurm['resolution']
        tested = started = reserved = 0
        of_tenant = {}
        for j in self.queue():
            if tested == slurm['depth'] or started == slurm['starts']:
                return
            tenant = self.jobs[j].tenant
            if of_tenant.get(tenant, 0) == slurm['per_tenant']:
                continue
            of_tenant[tenant] = of_tenant.get(tenant, 0) + 1
            tested += 1
            n, length = self.jobs[j].procs, self.planned(j)
            at = profile.earliest(n, length)
            if at == self.now and n <= self.free():
                self.start(j)
                self.news = True
                started += 1
                profile.take(at, at + length, n)
            elif (at is not None and at - self.now <= slurm['window'] and reserved < slurm['reservations']
                  and self.now - self.jobs[j].submit >= slurm['reserve_after']):
                self.reserve_slurm(profile, n, at, at + length, resolution)
                reserved += 1

    def reserve_slurm(self, profile, n, at, end, resolution):
        """Widened to whole steps. Before its start, and in the instant before it is so widened, it holds only
        what does not come free until then."""
        first = max(at // resolution * resolution - 1, self.now)
        cuts = [first] + [t for t in profile.times if first < t < at] + [at]
        coming = [profile.at(at) - profile.at(t) for t in cuts[:-1]]
        for begin, stop, more in zip(cuts, cuts[1:], coming):
            profile.take(begin, stop, min(n, max(n - more, 0)))
        profile.take(at, -(-end // resolution) * resolution, n)

    def pass_commit(self):
        """Rule 9 and the published protocol: a blocked head stays chosen until it starts."""
        while True:
            if self.committed is not None and self.jobs[self.committed].procs <= self.really_free():
                self.start(self.committed)
                self.committed = None
            if self.committed is None:
                if not self.pending:
                    return
                head = self.queue()[0]
                self.committed = head
                if self.jobs[head].procs <= self.really_free():
                    continue
                # est: end, by request, of the running job whose release first gives enough.
                free = self.really_free()
                for end, n in sorted((self.starts[j] + self.jobs[j].request, self.jobs[j].procs) for j in self.running):
                    free += n
                    self.est = end
                    if free >= self.jobs[head].procs:
                        break
            if self.sched.backfill == 'easy':
                for j in self.queue('fcfs'):
                    if self.jobs[j].procs <= self.really_free() and self.now + self.jobs[j].request < self.est:
                        self.start(j)
            return

    # -- time ------------------------------------------------------------------------------

    def next_time(self):
        times = [self.true_end(j) for j in self.running]
        times += [self.jobs[j].submit for j in self.arrivals[:1]]
        times += [at for at, new in self.changes[:1]]
        if self.arrivals or self.running or self.pending:
            times += [t for window in self.maintenance for t in window[:2] if self.now is None or t > self.now]
        times += [at for at in self.held.values() if at is not None and at > (self.now or 0)]
        if isinstance(self.sched.decide, dict) and self.pending:
            n = self.sched.decide['every']
            times.append((self.now // n + 1) * n)
        slurm, ages = self.sched.slurm(), self.restless()
        if slurm and self.pending:
            times += [(self.now // n + 1) * n for n, wanted in (
                (slurm['interval'], self.news or ages), (slurm['full_interval'], self.cut or ages)) if wanted]
        return min(times, default=None)

    def pop_arrivals(self, most=None):
        arrived = []
        while self.arrivals and self.jobs[self.arrivals[0]].submit == self.now and len(arrived) != most:
            arrived.append(self.arrivals.pop(0))
        return arrived

    def pop_ends(self, most=None):
        """Ends of this instant, in the order in which they were inserted (rule 2)."""
        ended = [j for j in self.running if self.true_end(j) == self.now][:most]
        for j in ended:
            self.end(j)
        return ended

    def change(self, new):
        if isinstance(new, int):
            self.capacity = new
            return
        if isinstance(new, list):      # windows that have begun go on, others that should have never come
            self.maintenance = ([window for window in self.maintenance if window[0] < self.now]
                                + [window for window in new if window[0] >= self.now])
            return
        if self.sched.backfill != 'conservative' or new.backfill != 'conservative':
            self.held = {}
        self.sched = new
        self.cut = False

    def instant(self):
        """One instant, decided once and in further rounds (rule 2)."""
        before, known = self.capacity, self.maintenance
        changed = False
        while self.changes and self.changes[0][0] == self.now:    # gains and losses: by counts their
            self.change(self.changes.pop(0)[1])                   # place among the ends shows nowhere
            changed = self.changes_made = True
        moved = self.maintenance is not known      # some windows may have gone, others come
        gain, loss = self.capacity > before or moved, self.capacity < before or moved
        begins = self.endless is not None and any(self.now == window[0] for window in self.maintenance)
        vacated = (changed or begins) and self.reject_stranded()
        ended = self.pop_ends()
        arrived = [j for j in self.pop_arrivals() if self.submit(j)]
        edge = any(self.now in window[:2] for window in self.maintenance)
        due = any(at == self.now for at in self.held.values())
        tick = isinstance(self.sched.decide, dict) and self.now % self.sched.decide['every'] == 0
        affected = changed or ended or arrived or edge or due
        slurm, first = self.sched.slurm(), True
        while affected or ((tick or slurm) and first):
            if self.sched.backfill == 'conservative':
                early = vacated or any(self.starts[j] + self.planned(j) > self.now for j in ended)
                self.pass_conservative(early, gain, loss, arrived)
            elif slurm:
                self.pass_slurm(affected)
            elif tick or not isinstance(self.sched.decide, dict):
                self.backfill_pass()
            rejected = self.judge_limit(arrived) if first else False
            ended = self.pop_ends()                               # what it made happen: a further round
            affected = ended or rejected
            first, arrived, gain, loss, vacated = False, [], False, False, False

    def single_events(self):
        """One instant, a pass after every single event, submissions before ends (rule 9)."""
        while True:
            arrived, ended = self.pop_arrivals(1), []
            if arrived:
                if not self.submit(arrived[0]):
                    continue
                # a submission that does not fit what is free triggers no pass
                if not self.sched.commit_head and self.jobs[arrived[0]].procs > self.free():
                    continue
            else:
                ended = self.pop_ends(1)
            if not arrived and not ended:
                return
            self.pass_commit() if self.sched.commit_head else self.backfill_pass()

    def run(self):
        self.changes_made = False
        while True:
            t = self.next_time()
            if t is None:
                break
            assert self.now is None or t > self.now, 'time goes on'
            self.now = t
            self.single_events() if self.sched.single_events() else self.instant()
            self.check_instant()
        self.check_end()
        return [Outcome(self.starts[j], self.ends[j], self.states[j] or 'pending') for j in range(len(self.jobs))]

    # -- what must always hold (section 7) ---------------------------------------------------

    def check_instant(self):
        if not self.changes_made:    # a drained partition may hold more than its new capacity
            assert self.really_free() >= 0, 'no processor is given twice'
        if self.sched.overrun == 'kill':
            assert all(self.starts[j] + self.planned(j) > self.now for j in self.running), 'killed at the request'
        if self.sched.backfill == 'conservative':
            assert set(self.held) == set(self.pending)
        if self.sched.max_queued is not None and not self.changes_made:
            assert len(self.pending) <= self.sched.max_queued

    def check_promise(self, head, shadow):
        """Under EASY no job delays the head's reservation."""
        if self.sched.order == 'fcfs' and self.sched.overrun == 'kill' and not self.changes_made:
            if self.promise is not None and self.promise[0] == head:
                assert shadow <= self.promise[1], 'the reservation of the head moved later'
            self.promise = (head, shadow)

    def check_end(self):
        assert not self.running and not self.arrivals
        assert not self.pending, 'every job ends'
        assert self.endless is None or self.now < self.endless, 'all windows were given'
        for j, job in enumerate(self.jobs):
            if self.starts[j] is not None:
                assert job.submit <= self.starts[j] and self.ends[j] == self.true_end(j)
                assert self.states[j] in ('completed', 'killed')
            else:
                assert self.ends[j] is None and self.states[j] in ('rejected', None)
        if self.sched.order == 'fcfs' and self.sched.backfill == 'none' and not self.changes_made:
            in_order = [self.starts[j] for j in sorted(self.rank, key=self.rank.get) if self.starts[j] is not None]
            assert in_order == sorted(in_order), 'FCFS order kept'


def simulate(jobs, processors, scheduler=Scheduler(), maintenance=(), changes=(), endless=None):
    """Outcomes of the jobs, in their order.

    maintenance: (from, to, processors) windows the scheduler knows from the start.
    endless: the windows come again for ever, and are given until then, which must be long after the last job.
    changes: (at, processors, Scheduler or list of windows from then on), not known ahead; running jobs finish.
    """
    return Simulation(jobs, processors, scheduler, maintenance, changes, endless).run()
