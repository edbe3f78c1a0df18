#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second, plain implementation of how tenants share (docs/sharing.md), beside plain.py.

Written from the documents alone, sharing no code and no data structure with the program, and kept slow and
obvious: every usage, rank, limit and claim is worked out anew from the list of all runs whenever it is asked
for. Partitions are counts of processors, jobs wait in one, backfill is by at most one reservation.

    simulate(world) -> {job: Outcome}

Times are integer microseconds. Usage without decay, shares, levels and scores are exact rationals. Decayed usage is
a Decimal of 60 digits; two numbers nearer than EPSILON that are not equal to the last digits cannot be told apart by
a program that computes in doubles, and raise NearTie: such a scenario proves nothing.

Where the documents leave room, this is how they were read:

 a. Claims go first among heads only. Behind the head all other jobs are candidates in the order of the queue.
 b. drf is looked at after each start among heads too; candidates are taken in the order there was when the
    head was found.
 c. Reclaim: stopping "all of these" means one after the other, each judged when its turn comes.
"""

import datetime
from collections import namedtuple
from dataclasses import dataclass, field
from decimal import Decimal, getcontext
from fractions import Fraction
from functools import cmp_to_key

import fairtree
from plain import NEVER, PRIORITIES, US, score

getcontext().prec = 60
EPSILON = Decimal('1e-9')      # relative, of what doubles can tell after some thousand operations
SAME = Decimal('1e-45')        # relative, of what 60 digits can
HOUR = 3600 * US

Outcome = namedtuple('Outcome', 'start end state preemptions lost')


class NearTie(Exception):
    """Two standings are too near to each other for doubles."""


@dataclass
class Quota:
    processors: object = NEVER
    jobs: object = NEVER
    queued: object = NEVER
    hours: object = NEVER            # processor-hours in a period
    per: str = 'run'                 # 'run', 'month', '3 months', 'year', or microseconds
    max_processors: object = NEVER   # of one job
    max_request: object = NEVER

    def holds(self):
        """Can it hold jobs, or only refuse them?"""
        return (self.processors, self.jobs, self.queued, self.hours) != (NEVER,) * 4


@dataclass
class Guarantee:
    processors: object = None
    share: object = None             # instead, in whole percent
    borrow: object = NEVER
    lend: object = NEVER


@dataclass(eq=False)
class Tenant:
    name: str
    parent: object = None            # a Tenant
    home: str = 'c0'
    share: int = 1
    quota: Quota = field(default_factory=Quota)
    guarantee: object = None
    join: int = 0                    # it, and all below it, are there from here on
    leave: int = NEVER               # and until here
    jobs: list = field(default_factory=list)

    def up(self):
        """Itself and all above."""
        tenant = self
        while tenant is not None:
            yield tenant
            tenant = tenant.parent

    def is_there(self, at):
        return all(t.join <= at < t.leave for t in self.up())

    def comings(self):
        """When it joins and leaves."""
        return {max(t.join for t in self.up()), min(t.leave for t in self.up())} - {0, NEVER}


@dataclass(eq=False)
class Qos:
    name: str
    quota: Quota = field(default_factory=Quota)
    each: Quota = field(default_factory=Quota)


@dataclass(frozen=True)
class Party:
    """Who has a quota: a tenant with all below it, a QOS (tenant None), or a tenant's own jobs of a QOS."""
    tenant: object
    qos: object

    def who(self):
        return self.tenant if self.qos is None else self.qos

    def what(self):
        return 'each' if self.qos and self.tenant else 'quota'

    def quota(self):
        return getattr(self.who(), self.what())

    def counts(self, job):
        if self.qos is None:
            return self.tenant in job.tenant.up()
        return job.qos is self.qos and self.tenant in (None, job.tenant)


@dataclass(eq=False)
class Job:
    seq: int
    submit: int
    runtime: int
    request: int
    procs: int
    priority: str = 'medium'
    deadline: object = None
    tenant: object = None
    partition: object = None
    qos: object = None

    def planned(self):
        return max(self.request, 1)

    def parties(self):
        own = [Party(None, self.qos), Party(self.tenant, self.qos)] if self.qos else []
        return [Party(tenant, None) for tenant in self.tenant.up()] + own


@dataclass(eq=False)
class Partition:
    name: str
    centre: str
    processors: int
    weight: float = 1.0              # a sum of powers of two


@dataclass
class Rules:
    """The scheduler of a centre; `weights` those of multifactor."""
    order: str = 'fcfs'
    backfill: object = 'none'        # 'none', 'easy' or {'reserve': 1, 'order': X}
    half_life: object = NEVER
    period: int = 300 * US
    weights: dict = field(default_factory=dict)
    favour_small: bool = False
    max_age: int = 7 * 86400 * US
    thresholds: tuple = ()           # processor-microseconds
    reclaim: bool = False
    extend: bool = False             # overrun: extend


@dataclass
class World:
    partitions: list
    tenants: list
    rules: dict                      # by centre
    start: datetime.datetime
    changes: list = field(default_factory=list)   # (at, tenant or QOS, 'share' | 'quota' | 'each', value)
    qos: list = field(default_factory=list)
    broker: bool = False             # each job goes to the centre of its partition, whatever its tenant's home


class Run:
    """One attempt of a job, running if it has no end."""

    def __init__(self, job, start, number):
        self.job, self.start, self.end, self.number = job, start, None, number
        self.stopped = False

    def planned_end(self):
        return self.start + self.job.planned()


def compare(a, b):
    """-1, 0 or 1; NearTie if doubles may see that otherwise."""
    if a == b:
        return 0
    if isinstance(a, Decimal) and isinstance(b, Decimal) and a.is_finite() and b.is_finite():
        apart = abs(a - b) / max(abs(a), abs(b))
        if apart < SAME:
            return 0
        if apart < EPSILON:
            raise NearTie
    return -1 if a < b else 1


class Leaf:
    """Who stands in the fair tree: a tenant without tenants below, or the jobs that a group has of its own."""

    def __init__(self, tenant, own):
        self.tenant, self.own = tenant, own

    @property
    def share(self):
        return 1 if self.own else self.tenant.share


class Simulation:
    def __init__(self, world):
        self.world = world
        self.now = None
        self.jobs = sorted((job for tenant in world.tenants for job in tenant.jobs if tenant.is_there(job.submit)),
                           key=lambda job: job.seq)
        self.comings = sorted({at for tenant in world.tenants if tenant.guarantee for at in tenant.comings()})
        self.coming = list(self.jobs)
        self.waiting = []
        self.runs = []
        self.rejected = {}
        self.finished = {}
        self.changes = sorted(world.changes, key=lambda change: change[0])
        self.tree = {t: [b for b in world.tenants if t in b.up()] for t in world.tenants}
        self.stands = {t: self.grow(t) for t in [None] + world.tenants}
        self.owed = []                 # partitions that owe a pass
        self.parties = [Party(t, None) for t in world.tenants] + [
            Party(t, q) for q in world.qos for t in [None] + world.tenants]
        self.changed = {}              # party -> (when its quota changed last, the beginning of its period then)
        self.limited = [p for p in self.parties if any(quota.holds() for quota in self.quotas(p))]

    # -- the tree ---------------------------------------------------------------------------

    def below(self, tenant):
        """Itself and all below."""
        return self.tree[tenant]

    def brothers(self, tenant):
        return [t for t in self.world.tenants if t.parent is tenant.parent and t is not tenant]

    def grow(self, tenant):
        """What stands below a tenant, None for the top, in the fair tree."""
        below = [t for t in self.world.tenants if t.parent is tenant]
        nodes = [t if len(self.tree[t]) > 1 else Leaf(t, False) for t in below]
        if tenant is not None and below and tenant.jobs:
            nodes.append(Leaf(tenant, True))
        return nodes

    def children(self, tenant):
        return self.stands[tenant]

    # -- usage ------------------------------------------------------------------------------

    def usage(self, node, t, centre):
        """Processor-time of a node of the tree until t, decayed."""
        half_life = self.world.rules[centre].half_life
        tenants = [node.tenant] if isinstance(node, Leaf) else self.below(node)
        total = 0
        for run in self.runs:
            if run.job.partition.centre != centre or run.job.tenant not in tenants or run.start >= t:
                continue
            end = t if run.end is None else min(run.end, t)
            if half_life == NEVER:
                total += run.job.procs * (end - run.start)
            else:                                 # the integral, but for a factor common to all
                def left(s):
                    return Decimal(2) ** (Decimal(s - t) / Decimal(half_life))
                total += run.job.procs * (left(end) - left(run.start))
        return Fraction(total) if half_life == NEVER else Decimal(total)

    def level(self, node, parent, t, centre):
        """(own share / all their shares) / (own usage / all their usage)."""
        own = self.usage(node, t, centre)
        if own == 0:
            return Decimal('inf')
        brothers = self.children(parent)
        shares = sum(b.share for b in brothers if not (isinstance(b, Leaf) and b.own))
        usage = sum(self.usage(b, t, centre) for b in brothers)
        return type(own)(node.share) / shares / (own / usage)

    def path(self, tenant):
        """From the top down to where its jobs stand."""
        nodes = list(reversed(list(tenant.up())))
        leaf = next(n for n in self.children(tenant) + self.children(tenant.parent)
                    if isinstance(n, Leaf) and n.tenant is tenant)
        return (nodes if leaf.own else nodes[:-1]) + [leaf]

    def compare_tenants(self, a, b, t, centre):
        """Fair tree, rules 1 to 3, as `fair-share` has them."""
        if a is b:
            return 0
        own = [self.path(a), self.path(b)]
        parent, merged = None, False
        while True:
            x, y = own[0].pop(0), own[1].pop(0)
            if x is y:
                parent = x
                continue
            if merged:        # by own usage over own share, less first
                ux, uy = self.usage(x, t, centre), self.usage(y, t, centre)
                order = compare(ux / x.share, uy / y.share)
            else:
                order = -compare(self.level(x, parent, t, centre), self.level(y, parent, t, centre))
            if order != 0:
                return order
            leaves = [isinstance(x, Leaf), isinstance(y, Leaf)]
            if any(leaves):
                return leaves[1] - leaves[0]
            merged = True

    def factors(self, t, centre):
        """The fair-tree factor of each tenant with jobs, by the walk that Slurm's documentation describes."""
        leaves = {}

        def grow(node, parent):
            grown = fairtree.Node('', 'user' if isinstance(node, Leaf) else '', node.share, 0)
            grown.level_fs = self.level(node, parent, t, centre)
            if isinstance(node, Leaf):
                leaves[node.tenant.name] = grown
                grown.counts = not node.own
            else:
                grown.children = [grow(child, node) for child in self.children(node)]
            return grown
        top = [grow(node, None) for node in self.children(None)]
        self.refuse_near([node.level_fs for node in self.all_of(top)])
        n = sum(node.counts for node in leaves.values())
        fairtree.Ranks(n, True).walk(top, False)
        return {name: Fraction(node.fair_share).limit_denominator(n) for name, node in leaves.items()}

    def all_of(self, nodes):
        return nodes + [n for node in nodes for n in self.all_of(node.children)]

    def refuse_near(self, values):
        values = sorted(values)
        for a, b in zip(values, values[1:]):
            if a != b and compare(a, b) == 0:
                raise NearTie      # equal but for the last digits: the walk compares exactly
        return values

    # -- the order --------------------------------------------------------------------------

    def queue(self, partition, order=None):
        """Jobs that wait in a partition, in order."""
        rules = self.world.rules[partition.centre]
        order = order or rules.order
        jobs = sorted((j for j in self.waiting if j.partition is partition), key=lambda j: j.seq)
        begin = self.now // rules.period * rules.period
        if order == 'fair-share':
            def by_rank(a, b):
                return self.compare_tenants(a.tenant, b.tenant, begin, partition.centre) or (
                    PRIORITIES[a.priority] - PRIORITIES[b.priority])
            return sorted(jobs, key=cmp_to_key(by_rank))
        if order == 'multifactor':
            factors = self.factors(begin, partition.centre) if jobs else {}
            return sorted(jobs, key=lambda j: -self.multifactor(j, partition, begin, factors))
        if order == 'drf':
            return sorted(jobs, key=lambda j: (
                Fraction(sum(r.job.procs for r in self.running() if r.job.tenant in self.below(j.tenant)
                             and r.job.partition.centre == partition.centre), partition.processors) / j.tenant.share,
                PRIORITIES[j.priority]))
        if order == 'las':
            def attained(job):
                return sum(r.job.procs * (r.end - r.start) for r in self.runs if r.job is job)
            return sorted(jobs, key=lambda j: sum(attained(j) >= limit for limit in rules.thresholds))
        return sorted(jobs, key=lambda j: score(order, j, self.now))

    def multifactor(self, job, partition, begin, factors):
        rules = self.world.rules[partition.centre]
        weights = {**dict.fromkeys(('age', 'fair_share', 'size', 'class', 'partition'), 0), **rules.weights}
        unit = Fraction(1, 2 ** 26)
        while unit * 2 ** 26 <= sum(weights.values()):
            unit *= 2

        def rounded(value):
            return round(Fraction(value) / unit) * unit       # a tie: to even
        size = Fraction(job.procs, partition.processors)
        size = 1 - size if rules.favour_small else size
        rest = (weights['fair_share'] * factors[job.tenant.name] + weights['partition'] * Fraction(partition.weight)
                + weights['class'] * {'high': Fraction(1), 'medium': Fraction(1, 2), 'low': Fraction(0)}[job.priority])
        age = 0        # as of the beginning of the scenario
        if begin - job.submit >= rules.max_age:
            rest += weights['age']
        else:
            rest += Fraction(weights['age'] * begin, rules.max_age)
            age = -Fraction(weights['age'] * job.submit, rules.max_age)
        return rounded(weights['size'] * size) + rounded(age) + rounded(rest)

    # -- limits -----------------------------------------------------------------------------

    def running(self):
        return [run for run in self.runs if run.end is None]

    def quotas(self, party):
        """As it is now, and as it will be."""
        return [party.quota()] + [value for at, who, what, value in self.changes
                                  if who is party.who() and what == party.what()]

    def held_by_quota(self, job):
        return any(self.quota_holds(party, job) for party in job.parties())

    def quota_holds(self, party, job):
        return self.used_up(party, job) or self.quota_shuts(party, job)

    def used_up(self, party, job):
        mine = [run for run in self.running() if party.counts(run.job)]
        return sum(run.job.procs for run in mine) + job.procs > party.quota().processors

    def quota_shuts(self, party, job):
        """By what is not counted in processors."""
        quota = party.quota()
        if sum(party.counts(run.job) for run in self.running()) >= quota.jobs:
            return True
        if quota.hours == NEVER:
            return False
        return not self.affords(quota, self.spent(party, self.begin(party)), job)

    @staticmethod
    def affords(quota, spent, job):
        limit = quota.hours * HOUR
        return spent < limit and spent + job.procs * job.planned() <= limit

    def turns(self, party):
        quota = party.quota()
        return quota.hours != NEVER and self.now > 0 and self.period_begin(quota.per) == self.now

    def turn_frees(self, party):
        """A period begins now: does a job wait that the one before could not have afforded?"""
        quota = party.quota()
        before = self.spent(party, self.begin(party, self.now - 1))
        return any(party.counts(job) and not self.affords(quota, before, job) for job in self.waiting)

    def begin(self, party, at=None):
        """Of its period: a change of the quota lets the one that goes on end by the new one."""
        begin = self.period_begin(party.quota().per, at)
        when, before = self.changed.get(party, (-1, 0))
        return begin if begin > when else before

    def spent(self, party, begin):
        """What ran since then, what runs as if it ran to its request, or beyond it until now."""
        total = 0
        for run in self.runs:
            end = max(run.planned_end(), self.now) if run.end is None else run.end
            if party.counts(run.job) and end > begin:
                total += run.job.procs * (end - max(run.start, begin))
        return total

    def calendar(self, per):
        return {'month': 1, '3 months': 3, 'year': 12}[per]

    def instant_of(self, date):
        return (date - self.world.start) // datetime.timedelta(microseconds=1)

    def period_begin(self, per, at=None):
        at = self.now if at is None else at
        if per == 'run':
            return 0
        if isinstance(per, int):
            return at // per * per
        date = self.world.start + datetime.timedelta(microseconds=at)
        months = self.calendar(per)
        first = date.replace(month=(date.month - 1) // months * months + 1, day=1,
                             hour=0, minute=0, second=0, microsecond=0)
        return self.instant_of(first)

    def period_end(self, per):
        if per == 'run':
            return NEVER
        if isinstance(per, int):
            return (self.now // per + 1) * per
        date = self.world.start + datetime.timedelta(microseconds=self.period_begin(per))
        months = date.month - 1 + self.calendar(per)
        return self.instant_of(date.replace(year=date.year + months // 12, month=months % 12 + 1))

    # -- guarantees -------------------------------------------------------------------------

    def in_service(self, centre):
        return sum(p.processors for p in self.world.partitions if p.centre == centre)

    def busy(self, centre):
        return sum(run.job.procs for run in self.running() if run.job.partition.centre == centre)

    def held(self, tenant):
        """h: processors on which the tenant, with all below it, runs at home."""
        below = self.below(tenant)
        return sum(run.job.procs for run in self.running()
                   if run.job.tenant in below and run.job.partition.centre == tenant.home)

    def terms(self, tenant):
        """What it is guaranteed while it is there."""
        return tenant.guarantee if self.now is None or tenant.is_there(self.now) else None

    def guaranteed(self, tenant):
        guarantee = self.terms(tenant)
        if guarantee is None:
            return 0
        if guarantee.share is not None:
            return guarantee.share * self.in_service(tenant.home) // 100
        return guarantee.processors

    def keeps(self, tenant):
        below = self.kept_below(tenant)
        if self.terms(tenant) is None or tenant.guarantee.lend == NEVER:
            return below
        return max(below, self.guaranteed(tenant) - tenant.guarantee.lend - self.held(tenant))

    def kept_below(self, tenant):
        return sum(self.keeps(t) for t in self.world.tenants if t.parent is tenant and t.home == tenant.home)

    def kept_beside(self, tenant, centre):
        return sum(self.keeps(b) for b in self.brothers(tenant) if b.home == centre) if tenant.home == centre else 0

    def everywhere(self, tenant):
        """Processors on which the tenant, with all below it, runs in all centres."""
        return sum(run.job.procs for run in self.running() if tenant in run.job.tenant.up())

    def part(self, tenant):
        """What it keeps of the quotas above."""
        below = self.parts(tenant, None)
        if self.terms(tenant) is None or tenant.guarantee.lend == NEVER:
            return below
        return max(below, self.guaranteed(tenant) - tenant.guarantee.lend - self.everywhere(tenant))

    def parts(self, parent, but):
        """What all right below a tenant keep so, whatever their home."""
        return sum(self.part(t) for t in self.world.tenants if t.parent is parent and t is not but)

    def unkept(self, tenant):
        """From it upwards: who, what its quota leaves but for what is kept of it from the tenant, and that."""
        kept = self.parts(tenant, None)
        for at_hand in tenant.up():
            yield at_hand, at_hand.quota.processors - self.everywhere(at_hand) - kept if kept > 0 else NEVER, kept
            kept += self.parts(at_hand.parent, at_hand)

    def bound(self, tenant):
        """What it may still run on."""
        if self.terms(tenant) is None or tenant.guarantee.borrow == NEVER:
            return NEVER
        return self.guaranteed(tenant) + tenant.guarantee.borrow - self.held(tenant)

    def room(self, tenant, centre):
        room, kept = NEVER, self.kept_below(tenant) if tenant.home == centre else 0
        for at_hand, unkept, of_quota in self.unkept(tenant):
            room = min(room, unkept)
            if at_hand.home != centre:
                continue
            room = min(room, self.bound(at_hand) - kept)
            kept += self.kept_beside(at_hand, centre)
        if kept > 0:
            room = min(room, self.in_service(centre) - self.busy(centre) - kept)
        return room

    def claiming(self, tenant, centre):
        """The nearest upwards that has a guarantee there."""
        return next((t for t in tenant.up() if self.terms(t) and t.home == centre), None)

    def claim(self, tenant, centre):
        nearest = self.claiming(tenant, centre)
        if nearest is None:
            return 0
        above = list(nearest.up())[1:]
        return min([self.unused(tenant, nearest, centre)] + self.of_quotas(tenant, nearest) +
                   [self.bound(t) for t in above if t.home == centre])

    def of_quotas(self, tenant, nearest):
        """What the quotas leave a claim."""
        least, found = -NEVER, []
        for at_hand, unkept, kept in self.unkept(tenant):
            found.append(max(unkept, least))
            if at_hand is nearest:
                least = self.guaranteed(nearest) - self.everywhere(nearest) - kept
        return found

    def unused(self, tenant, nearest, centre):
        """What the nearest guarantee has left for the tenant."""
        kept = self.kept_below(tenant) if tenant.home == centre else 0
        for between in tenant.up():
            if between is nearest:
                break
            kept += self.kept_beside(between, centre)
        return self.guaranteed(nearest) - self.held(nearest) - kept

    def is_owed(self, job):
        """Would its claim suffice if those above the claiming tenant might run on more processors?"""
        nearest = self.claiming(job.tenant, job.partition.centre)
        if nearest is None or job.procs > self.unused(job.tenant, nearest, job.partition.centre):
            return False
        above = [Party(t, None) for t in list(nearest.up())[1:]]
        if job.procs > min(unkept for t, unkept, kept in self.unkept(job.tenant) if Party(t, None) not in above):
            return False
        return not any(self.quota_shuts(party, job) or party not in above and self.used_up(party, job)
                       for party in job.parties())

    def has_claim(self, job):
        return job.procs <= self.claim(job.tenant, job.partition.centre) and not self.held_by_quota(job)

    def may_start(self, job):
        if self.held_by_quota(job) or job.procs > self.left_idle(job):
            return False
        centre = job.partition.centre
        return job.procs <= max(self.room(job.tenant, centre), self.claim(job.tenant, centre))

    # -- what happens -----------------------------------------------------------------------

    def owe(self, partition):
        self.owed.append(partition)

    def spread(self, job):
        """The start or end of a job is a reason for a pass wherever limits on its tenants reach."""
        up = list(job.tenant.up())
        everywhere = any(party in self.limited for party in job.parties())
        in_centre = any(below.guarantee for t in up for b in [t] + self.brothers(t) for below in self.below(b))
        for partition in self.world.partitions:
            if partition is not job.partition and (everywhere or in_centre and partition.centre == job.partition.centre):
                self.owe(partition)

    def start(self, job):
        assert job.procs <= self.free(job.partition)
        self.waiting.remove(job)
        self.runs.append(Run(job, self.now, len(self.runs)))
        self.spread(job)

    def free(self, partition):
        return partition.processors - sum(r.job.procs for r in self.running() if r.job.partition is partition)

    def reject(self, job):
        self.rejected[job] = True

    def submit(self, job):
        most = [job.partition.processors]      # what could never run
        for party in job.parties():
            most.append(party.quota().max_processors)
        for tenant in job.tenant.up():
            if tenant.home == job.partition.centre:
                terms = [self.terms(tenant)] + [value for at, whose, what, value in self.changes
                                              if whose is tenant and what == 'guarantee']
                terms += [tenant.guarantee if tenant.is_there(at) else None for at in tenant.comings() if at > self.now]
                most.append(max(self.largest(g, tenant) for g in terms))
        too_long = any(job.request > party.quota().max_request for party in job.parties())
        if job.procs > min(most) or too_long or not self.ever_affords(job) or job.procs > self.ever_left(job):
            self.reject(job)
            return False
        self.waiting.append(job)
        return True

    def largest(self, guarantee, tenant):
        if guarantee is None or guarantee.borrow == NEVER:
            return NEVER
        share = guarantee.share
        return (share * self.in_service(tenant.home) // 100 if share is not None else guarantee.processors) + guarantee.borrow

    def ever_left(self, job):
        """The most that they would, now or after any change ahead."""
        terms = [(who, what, getattr(who, what)) for at, who, what, value in self.changes]
        found, now = [], self.now
        for date in [now] + sorted({at for at, *rest in self.changes} | set(self.comings)):
            self.now = date
            for at, who, what, value in self.changes:
                if at == date:
                    setattr(who, what, value)
            found.append(self.left_idle(job))
        for who, what, value in reversed(terms):
            setattr(who, what, value)
        self.now = now
        return max(found)

    def left_idle(self, job):
        """The most that guarantees would let in, if nothing ran."""
        runs, self.runs = self.runs, []
        most = max(self.room(job.tenant, job.partition.centre), self.claim(job.tenant, job.partition.centre))
        self.runs = runs
        return most

    def ever_affords(self, job):
        """Could it ever run by its quotas, each as it is or will be, in a period without any other job?"""
        area = job.procs * job.planned()
        return all(any(job.procs <= quota.processors and quota.jobs > 0 and area <= quota.hours * HOUR
                       for quota in self.quotas(party)) for party in job.parties())

    def judge_queued(self, arrived):
        """Those who came at this instant and still wait, one after the other: more than a limit is rejected; the
        partitions of these."""
        came = [job for job in arrived if job in self.waiting]
        stay, hit = [job for job in self.waiting if job not in came], []
        for job in came:
            if any(sum(party.counts(j) for j in stay + [job]) > party.quota().queued for party in job.parties()):
                self.waiting.remove(job)
                self.reject(job)
                hit.append(job.partition)
            else:
                stay.append(job)
        return hit

    # -- one pass ---------------------------------------------------------------------------

    def one_pass(self, partition):
        head = self.heads(partition)
        if head is None or self.world.rules[partition.centre].backfill == 'none':
            return
        backfill = self.world.rules[partition.centre].backfill
        order = backfill.get('order') if isinstance(backfill, dict) else None
        # The shadow and what is free there beside the head.
        ends = [(max(run.planned_end(), self.now), run.job.procs) for run in self.running() if run.job.partition is partition]
        shadow = min(end for end, n in ends
                     if self.free(partition) + sum(m for e, m in ends if e <= end) >= head.procs)
        spare = self.free(partition) + sum(n for end, n in ends if end <= shadow) - head.procs
        for job in self.queue(partition, order):
            if job is head or job.procs > self.free(partition) or not self.may_start(job):
                continue
            if self.now + job.planned() <= shadow:
                self.start(job)
            elif job.procs <= spare:
                spare -= job.procs
                self.start(job)

    def heads(self, partition):
        """Heads start while they fit; the one that does not."""
        while True:
            head = self.next_head(partition)
            if head is None or head.procs > self.free(partition):
                return head
            self.start(head)

    def next_head(self, partition):
        """Room was made for it if it can be."""
        if self.world.rules[partition.centre].reclaim:
            for job in self.queue(partition):
                if self.is_owed(job) and (self.fits(job) or self.reclaim(job) or self.has_claim(job)):
                    return job
        queue = [job for job in self.queue(partition) if self.may_start(job)]
        claims = [job for job in queue if self.has_claim(job)]
        return (claims + queue + [None])[0]

    def fits(self, job):
        return job.procs <= self.free(job.partition) and self.has_claim(job)

    def runs_on(self, tenant, partition):
        """As held, without what began in this partition at this instant."""
        below = self.below(tenant)
        return self.held(tenant) - sum(run.job.procs for run in self.running() if run.job.tenant in below
                                       and run.job.partition is partition and run.start == self.now
                                       and partition.centre == tenant.home)

    def backing(self, head):
        """The guaranteed tenants whose claim the head may take: the nearest, and those above that cover it too."""
        centre = head.partition.centre
        above = [t for t in head.tenant.up() if self.terms(t) and t.home == centre]
        return above[:1] + [t for t in above[1:]
                            if head.procs <= self.guaranteed(t) - self.held(t)]

    def to_be_stopped(self, head):
        """The newest of the borrowers' runs in its partition."""
        for run in sorted(self.running(), key=lambda run: -run.number):
            if run.job.partition is not head.partition or run.start >= self.now:
                continue
            for claiming in self.backing(head):
                for borrower in self.brothers(claiming):
                    if self.borrows(run, borrower, head) and borrower.home == claiming.home:
                        return run
        return None

    def borrows(self, run, borrower, head):
        """Is each tenant from the run's up to the borrower on more of the centre than it is guaranteed there?"""
        up = list(run.job.tenant.up())
        between = up[:up.index(borrower) + 1] if borrower in up else []
        return between != [] and all(
            self.runs_on(t, head.partition) > self.guaranteed(t) for t in between if t.home == head.partition.centre)

    def go_on(self, run):
        run.end, run.stopped = None, False
        self.waiting.remove(run.job)

    def go_back(self, run):
        run.end, run.stopped = self.now, True
        self.waiting.append(run.job)

    def reclaim(self, head):
        """Were runs stopped, so that it may start?"""
        stopped = []
        while not self.fits(head):
            run = self.to_be_stopped(head)
            if run is None:            # not even all of these: nobody is stopped
                for run in stopped:
                    self.go_on(run)
                return False
            self.go_back(run)
            stopped.append(run)
        for run in reversed(stopped[:-1]):
            self.go_on(run)
            if self.fits(head):
                stopped.remove(run)
            else:
                self.go_back(run)
        for run in stopped:
            self.spread(run.job)
        return True

    # -- time -------------------------------------------------------------------------------

    def true_end(self, run):
        extend = self.world.rules[run.job.partition.centre].extend
        return run.start + (run.job.runtime if extend else min(run.job.runtime, run.job.request))

    def next_time(self):
        times = [self.true_end(run) for run in self.running()] + [job.submit for job in self.coming[:1]]
        times += [at for at, *rest in self.changes[:1]] + self.comings[:1]
        # a new period brings nobody more where nothing was spent in this one
        limited = [p for p in self.limited if p.quota().hours != NEVER and self.now is not None]
        spent = [p for p in limited if p.quota().per != 'run' and
                 self.spent(p, self.begin(p)) > 0]
        if self.waiting and (times or spent):
            times += [self.period_end(p.quota().per) for p in limited]
        times = [t for t in times if t != NEVER]
        return min(times, default=None)

    def instant(self):
        """docs/scheduling.md, section 2."""
        if any(self.turns(party) and self.turn_frees(party) for party in self.limited):
            self.owed += self.world.partitions
        while self.changes and self.changes[0][0] == self.now:
            at, who, what, value = self.changes.pop(0)
            for party in self.parties:
                if (party.who(), party.what()) == (who, what):
                    self.changed[party] = (self.now, self.begin(party))
            setattr(who, what, value)
            self.owed += self.world.partitions if self.limited or any(t.guarantee for t in self.world.tenants) else []
        if self.now in self.comings:
            self.comings.remove(self.now)
            self.owed += self.world.partitions
        while True:
            for run in self.running():
                if self.true_end(run) == self.now:
                    self.end(run)
            arrived = []
            while self.coming and self.coming[0].submit == self.now:
                job = self.coming.pop(0)
                if self.submit(job):
                    arrived.append(job)
                    self.owe(job.partition)
            if not self.owed:
                return
            self.passes()
            for partition in self.judge_queued(arrived):
                self.owe(partition)
            self.passes()

    def end(self, run):
        run.end = self.now
        self.finished[run.job] = 'killed' if run.job.runtime > run.end - run.start else 'completed'
        self.owe(run.job.partition)
        self.spread(run.job)

    def passes(self):
        """Partitions in the order of the file; a pass may be a reason for others."""
        while self.owed:
            partition = min(self.owed, key=self.world.partitions.index)
            self.owed = [p for p in self.owed if p is not partition]
            self.one_pass(partition)

    def run(self):
        while True:
            self.now = self.next_time()
            if self.now is None:
                return {job: self.outcome(job) for job in self.jobs}
            self.instant()

    def outcome(self, job):
        runs = [run for run in self.runs if run.job is job]
        stopped = [run for run in runs if run.stopped]
        state = 'rejected' if job in self.rejected else self.finished.get(job, 'pending')
        end = runs[-1].end if job in self.finished else None
        return Outcome(runs[0].start if runs else None, end, state, len(stopped),
                       sum(job.procs * (run.end - run.start) for run in stopped))


def simulate(world):
    """The outcome of each job, or NearTie."""
    return Simulation(world).run()
