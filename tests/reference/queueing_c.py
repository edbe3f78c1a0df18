#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues with known answers (validation/queueing.csv), simulated by the program.

    queueing_c.py BINARY [--row Q01] [--effort X] [--list]

Time unit of the table: 1 minute here (1 hour for Q23 to Q25). A row is 32 replications, each
with its own warm-up; what is counted is what was submitted in the window, or the time average
over it, taken from /jobs by this script. Estimates are corrected by control variates whose means are
known (run times, number of arrivals), which are checked themselves. A row passes if each estimate is
within 3.3 standard errors and the standard error is below the row's limit; where either fails,
replications are added up to four times their number, and all of them judged together.
"""

import argparse
import math
import os
import sys
import tempfile
import time

import numpy as np

import program
from logs import Checks

REPLICATIONS = 32
SIGMAS = 3.3
MINUTE = 60.0
HOUR = 3600.0

# How the scenario language spells the distributions used here.
EXPONENTIAL = {'exponential': '1min'}
FIXED = '1min'
LOGNORMAL_MEAN_1 = {'lognormal': {'median': '%.10fs' % (60 * math.exp(-0.5)), 'sigma': 1}}
ERLANG_4 = {'gamma': {'shape': 4, 'mean': '1min'}}


def day_profile(per_hour, factors):
    """A Poisson stream whose rate follows the hours of the day."""
    return {'poisson': '%g per h' % per_hour, 'profile': {'hour_of_day': ['%.12f' % f for f in factors]}}


def poisson(per_minute):
    return {'poisson': '%g per h' % (60 * per_minute)}


def erlang_c(load, c):
    b = 1.0
    for k in range(1, c + 1):
        b = load * b / (k + load * b)
    return b / (1 - load / c * (1 - b))


# -- rows --------------------------------------------------------------------------------------------


class Row:
    """One queue: what is simulated, what is measured, what is exact.

    classes: name -> workload (a tenant each), in file order. exact: quantity -> value or
    (value, limit of the relative standard error). jobs: about how many a replication counts.
    """

    def __init__(self, name, model, servers, classes, rate, exact, jobs, warmup, limit=0.01, scheduler=None,
                 priorities=None, unit=MINUTE, controls=True, cover=None):
        self.name, self.model, self.servers, self.classes = name, model, servers, classes
        self.rate, self.exact, self.jobs, self.warmup, self.limit = rate, exact, jobs, warmup, limit
        self.scheduler = scheduler or {'order': 'fcfs', 'backfill': 'none'}
        self.priorities = priorities or {}
        self.unit, self.controls = unit, controls
        self.margin = max(50.0, warmup / 4) if cover is None else cover

    def window(self, effort):
        length = math.ceil(max(self.jobs * effort / self.rate, 6 * HOUR / self.unit))
        return float(self.warmup), float(self.warmup + length)

    def scenario(self, effort):
        minutes = int(math.ceil((self.window(effort)[1] + self.margin) * self.unit / MINUTE))
        tenants = {}
        for name, workload in self.classes.items():
            tenants[name] = {'home': 'shop', 'workloads': {'w': workload}}
            if name in self.priorities:
                tenants[name]['priority'] = self.priorities[name]
        return program.yaml({
            'jishi': 1, 'title': '%s %s' % (self.name, self.model.replace(':', ',')), 'seed': 20260101,
            'time': {'length': '%dmin' % minutes},
            'centres': {'shop': {'partitions': {'p': {'nodes': self.servers, 'processors_per_node': 1}},
                                 'scheduler': self.scheduler}},
            'tenants': tenants}, depth=4)


def one_class(arrival, runtime, procs=1, **more):
    return {'firms': dict({'arrival': arrival, 'processors': procs, 'runtime': runtime, 'request': 'exact'}, **more)}


def warm(rho, c=1):
    """At least 20 / (mu (1 - sqrt(rho))^2); c servers forget c times as fast, once their jobs have ended."""
    return math.ceil(20 / (c * (1 - math.sqrt(rho)) ** 2)) + (20 if c > 1 else 0)


def mmc(name, rate, c, values, jobs, limit):
    wait, response, queue, system, sd, q95, q99 = values
    p = erlang_c(rate, c)

    def tail(fraction):    # 1 % of the quantile, seen as so much of the probability beyond it
        return fraction, 0.01 * math.log(p / fraction)
    return Row(name, 'M/M/%d' % c, c, one_class(poisson(rate), EXPONENTIAL), rate, {
        'P(wait)': (p, limit), 'E[Wq]': (wait, limit), 'E[T]': (response, limit), 'E[Lq]': queue, 'E[N]': system,
        'E[Wq^2]': (sd ** 2 + wait ** 2, 0.02),
        'P(Wq>) %r' % q95: tail(0.05), 'P(Wq>) %r' % q99: tail(0.01)}, jobs, warm(rate / c, c))


def mg1(name, model, rate, runtime, rho, jobs, wait, response, sd, **more):
    classes = runtime if isinstance(runtime, dict) and 'firms' in runtime else one_class(poisson(rate), runtime)
    exact = {'E[Wq]': wait, 'E[T]': response, 'E[N]': rate * response, 'P(wait)': rho}
    if sd is not None:
        exact['E[Wq^2]'] = (sd ** 2 + wait ** 2, 0.05)
    return Row(name, model, 1, classes, rate, exact, jobs, warm(rho), **more)


SJF = {'order': 'sjf', 'backfill': 'none'}
PRIORITY = {'order': 'priority', 'backfill': 'none', 'preemption': 'none'}


def job_class(arrival, runtime, procs=1):
    return {'arrival': arrival, 'processors': procs, 'runtime': runtime, 'request': 'exact'}


def saturated(name, c, sizes, throughput, used):
    rate = 1.5 * throughput
    work = one_class(poisson(rate), EXPONENTIAL, {'choice': sizes})
    return Row(name, 'rigid jobs, saturated, c=%d' % c, c, work, rate,
               {'throughput': throughput, 'utilisation': used}, 15000, 300, controls=False, cover=0)


def rows():
    yield mmc('Q01', 0.8, 1, (4, 5, 3.2, 4, 4.898979486, 13.86294361, 21.91013317), 400000, 0.002)
    yield mmc('Q02', 1.5, 2, (1.285714286, 2.285714286, 1.928571429, 3.428571429, 1.868099547, 5.107799043,
                              8.326674867), 300000, 0.002)
    yield mmc('Q03', 9, 10, (0.6687315241, 1.668731524, 6.018583717, 15.01858372, 0.9435365371, 2.593359665,
                             4.202797577), 200000, 0.01)
    yield mmc('Q05', 142.5, 150, (0.05672561014, 1.05672561, 8.083399444, 150.5833994, 0.109128523, 0.2854807736,
                                  0.5000724952), 500000, 0.01)
    yield Row('Q06', 'M/M/4/10', 4, one_class(poisson(3.6), EXPONENTIAL), 3.6, {
        'P(block)': 0.06717440793, 'E[N]': 5.061102357, 'E[Wq]': 0.5071003389, 'E[T]': 1.507100339,
        'utilisation': 0.8395430329}, 40000, 200,
        scheduler={'order': 'fcfs', 'backfill': 'none', 'max_queued': 6}, controls=False)
    yield Row('Q07', 'M/M/10/10', 10, one_class(poisson(8), EXPONENTIAL), 8, {
        'P(block)': 0.1216610643, 'E[N]': 7.026711486, 'E[Wq]': 0.0, 'E[T]': 1.0, 'utilisation': 0.7026711486},
        40000, 100, scheduler={'order': 'fcfs', 'backfill': 'none', 'max_queued': 0}, controls=False)
    yield mg1('Q09', 'M/D/1', 0.5, FIXED, 0.5, 40000, 0.5, 1.5, 0.7637626158)
    yield mg1('Q10', 'M/D/1', 0.8, FIXED, 0.8, 60000, 2.0, 3.0, 2.309401077)
    yield mg1('Q11', 'M/D/1', 0.95, FIXED, 0.95, 250000, 9.5, 10.5, 9.827681992)
    yield Row('Q12', 'M/D/2', 2, one_class(poisson(1.6), FIXED), 1.6, {
        'E[Wq]': 0.9032838794, 'E[N]': 3.045254207, 'P(wait)': 0.7018983172}, 60000, warm(0.8, 2))
    # two Poisson streams into one queue are one with hyperexponential service
    yield mg1('Q14', 'M/H2/1', 0.8, {'firms': job_class(poisson(0.72), {'exponential': '30s'}),
                                     'slow': job_class(poisson(0.08), {'exponential': '5min'})},
              0.76, 400000, 9.083333333, 10.03333333, 12.90698562)
    yield mg1('Q15', 'M/lognormal/1', 0.8, LOGNORMAL_MEAN_1, 0.8, 250000, 5.436563657, 6.436563657, 7.505793782)
    yield mg1('Q16', 'M/E4/1', 0.8, ERLANG_4, 0.8, 80000, 2.5, 3.5, 2.958039892)
    yield mg1('Q18', 'M/M/1 SPT', 0.5, EXPONENTIAL, 0.5, 40000, 0.7126863319, 1.712686332, None, scheduler=SJF)
    yield mg1('Q19', 'M/M/1 SPT', 0.8, EXPONENTIAL, 0.8, 150000, 1.882218616, 2.882218616, None, scheduler=SJF)
    yield Row('Q20', 'M/M/10, three priorities', 10, {
        'urgent': job_class(poisson(2), EXPONENTIAL), 'normal': job_class(poisson(3), EXPONENTIAL),
        'patient': job_class(poisson(4), EXPONENTIAL)}, 9, {
        'E[Wq] urgent': 0.08359144051, 'E[Wq] normal': 0.167182881, 'E[Wq] patient': 1.337463048,
        'E[Wq]': 0.6687315241}, 260000, warm(0.9, 10), scheduler=PRIORITY,
        priorities={'urgent': 'high', 'patient': 'low'})
    yield Row('Q22', 'M/G/1, two priorities (Cobham)', 1, {
        'patient': job_class(poisson(0.3), '2min'),      # E[S^2] = 4: of fixed length
        'urgent': job_class(poisson(0.2), EXPONENTIAL)}, 0.5,
        {'E[Wq] urgent': 1.0, 'E[Wq] patient': 5.0}, 150000, 2 * warm(0.8), scheduler=PRIORITY,
        priorities={'urgent': 'high', 'patient': 'low'})
    yield Row('Q23', 'M/G/inf, lognormal', 300, one_class(
        {'poisson': '5 per h'}, {'lognormal': {'median': '%.9fh' % (4 * math.exp(-0.5)), 'sigma': 1}}), 5, {
        'E[N]': 20.0, 'E[N^2]': 420.0, 'P(N>30)': (0.01347468128, 0.03)}, 60000, 600, unit=HOUR, controls=False)
    yield Row('Q28', 'D/M/1', 1, one_class({'every': '75s'}, EXPONENTIAL), 0.8, {
        'P(wait)': 0.6286297965, 'E[Wq]': 1.69273084}, 80000, warm(0.8), controls=False)
    yield Row('Q29', 'M^5/M/1', 1, one_class(poisson(0.16), EXPONENTIAL, batch=5), 0.8, {
        'E[N]': 12.0, 'E[T]': 15.0}, 250000, 5 * warm(0.8), controls=False)
    yield Row('Q30', 'loss, three sizes (Kaufman-Roberts)', 32, {
        'one': job_class(poisson(8), EXPONENTIAL), 'four': job_class(poisson(2), FIXED, 4),
        'sixteen': job_class(poisson(0.5), EXPONENTIAL, 16)}, 10.5, {
        'P(block) one': 0.02748222349, 'P(block) four': 0.1187790661, 'P(block) sixteen': 0.5543696581,
        'busy': 18.39495242}, 60000, 60, controls=False,
        scheduler={'order': 'fcfs', 'backfill': 'none', 'max_queued': 0})
    yield saturated('Q32', 2, {1: 0.5, 2: 0.5}, 1.142857143, 0.8571428571)
    yield saturated('Q33', 8, {1: 0.5, 2: 0.2, 4: 0.2, 8: 0.1}, 2.29683499, 0.7177609345)


# -- measuring one replication -------------------------------------------------------------------------


class Sample:
    """The jobs of one replication, times in units of the row."""

    FIELDS = ('tenant', 'submit', 'start', 'end', 'procs', 'runtime', 'state')

    def __init__(self, row, trace, effort):
        table = trace['jobs'].fields(self.FIELDS)[...]
        self.row = row
        self.begin, self.finish = row.window(effort)
        self.submit, self.start, self.end, self.runtime = (table[f] / row.unit for f in
                                                           ('submit', 'start', 'end', 'runtime'))
        self.procs = table['procs']
        self.tenants = program.names(trace, 'tenants')
        self.tenant = table['tenant']
        self.rejected = table['state'] == program.STATES.index('rejected')
        self.counted = (self.submit >= self.begin) & (self.submit < self.finish)
        self.served = self.counted & ~self.rejected
        if row.margin and np.isnan(self.end[self.served]).any():
            raise program.Failed('counted jobs had not ended at the end of the run')

    def of(self, name):
        return self.tenant == self.tenants.index(name)

    def overlap(self, since, until, weight=1.0):
        """Time average over the window of the weight of jobs between two of their instants."""
        since = np.where(np.isnan(since), np.inf, since)
        until = np.where(np.isnan(until), np.inf, until)
        inside = np.minimum(until, self.finish) - np.maximum(since, self.begin)
        return float((np.maximum(inside, 0) * weight).sum() / (self.finish - self.begin))

    def running_at(self, times):
        started = np.sort(self.start[~np.isnan(self.start)])
        ended = np.sort(self.end[~np.isnan(self.end)])
        return np.searchsorted(started, times, 'right') - np.searchsorted(ended, times, 'right')

    def quantities(self):
        waits = (self.start - self.submit)[self.served]
        here = ~self.rejected
        got = {}
        for quantity in self.row.exact:
            what, _, name = quantity.partition(' ')
            if what == 'P(wait)':
                got[quantity] = np.mean(waits > 1e-9)
            elif what == 'E[Wq]':
                got[quantity] = np.mean((self.start - self.submit)[self.served & self.of(name)] if name else waits)
            elif what == 'E[T]':
                got[quantity] = np.mean((self.end - self.submit)[self.served])
            elif what == 'E[Wq^2]':
                got[quantity] = np.mean(waits ** 2)
            elif what == 'P(Wq>)':      # at the exact quantile: unbiased, as a sample quantile is not
                got[quantity] = np.mean(waits > float(name))
            elif what == 'E[Lq]':
                got[quantity] = self.overlap(self.submit[here], self.start[here])
            elif what == 'E[N]' and self.row.name != 'Q23':
                got[quantity] = self.overlap(self.submit[here], self.end[here])
            elif what in ('E[N]', 'E[N^2]', 'P(N>30)'):
                there = self.running_at(np.arange(self.begin, self.finish, 0.25))
                got[quantity] = np.mean({'E[N]': there, 'E[N^2]': there ** 2, 'P(N>30)': there > 30}[what])
            elif what == 'P(block)':
                who = self.counted & self.of(name) if name else self.counted
                got[quantity] = np.mean(self.rejected[who])
            elif what in ('utilisation', 'busy'):
                busy = self.overlap(self.start[here], self.end[here], self.procs[here])
                got[quantity] = busy / self.row.servers if what == 'utilisation' else busy
            elif what == 'throughput':
                inside = (self.end >= self.begin) & (self.end < self.finish)
                got[quantity] = np.sum(inside) / (self.finish - self.begin)
            else:
                raise KeyError(quantity)
        return got

    def controls(self):
        """Of known mean: work offered by a job of each class, arrivals of each class."""
        got = {}
        for name in self.row.classes:
            mine = self.counted & self.of(name)
            got['runtime ' + name] = np.mean(self.runtime[mine])
            got['arrivals ' + name] = np.sum(mine) / (self.finish - self.begin)
        return got

    def check_series(self, trace):
        """The busy series of the trace says the same as its jobs."""
        series = trace['series/shop/p']
        steps = series['time'][...] / self.row.unit
        busy = series['busy'][...]
        inside = np.flatnonzero((steps >= self.begin) & (steps < self.finish))
        first, last = inside[1], inside[-2]
        mean = float(np.mean(busy[first:last]))
        self.begin, self.finish = float(steps[first]), float(steps[last])
        here = ~self.rejected
        return mean, self.overlap(self.start[here], self.end[here], self.procs[here])


# -- estimates -------------------------------------------------------------------------------------------


def workload_means(row):
    """Known means of the controls, in units of the row."""
    means = {}
    for name, workload in row.classes.items():
        minutes = {'30s': 0.5, '1min': 1.0, '2min': 2.0, '5min': 5.0}
        runtime = workload['runtime']
        runtime = runtime.get('exponential', '1min') if isinstance(runtime, dict) else runtime
        means['runtime ' + name] = minutes[runtime]
        means['arrivals ' + name] = float(workload['arrival']['poisson'].split()[0]) / 60
    return means


def estimate(values, controls=None):
    """Mean and standard error over replications, less what the controls explain."""
    y = np.asarray(values, float)
    n = len(y)
    if controls is None or not controls.shape[1]:
        return float(y.mean()), float(y.std(ddof=1) / math.sqrt(n))
    x = np.column_stack([np.ones(n), controls])
    beta, *_ = np.linalg.lstsq(x, y, rcond=None)
    residual = y - x @ beta
    sigma2 = residual @ residual / (n - x.shape[1])
    return float(beta[0]), float(math.sqrt(sigma2 * np.linalg.inv(x.T @ x)[0, 0]))


class Estimates:
    def __init__(self, row, samples, controls):
        means = workload_means(row) if row.controls else {}
        self.values = []         # (quantity, estimate, standard error, exact, limit or None)
        centred = []
        for name, mean in means.items():
            column = np.array([c[name] for c in controls]) - mean
            if column.std() > 1e-6 * mean:
                centred.append(column)
                self.add(name, column + mean, None, mean, None)
            else:
                self.values.append((name, float(column.mean()) + mean, 1e-6 * mean, mean, None))
        x = np.column_stack(centred) if centred else None
        for quantity, exact in row.exact.items():
            exact, limit = exact if isinstance(exact, tuple) else (exact, row.limit)
            self.add(quantity, [s[quantity] for s in samples], x, exact, limit)

    def add(self, name, values, controls, exact, limit):
        self.values.append((name,) + estimate(values, controls) + (exact, limit))

    @staticmethod
    def good(value, limit_factor):
        name, got, error, exact, limit = value
        if exact == 0.0:
            return got == 0.0
        return abs(got - exact) <= SIGMAS * error and (limit is None or error <= limit * limit_factor * abs(exact))


def run_row(binary, row, folder, effort, checks):
    begun = time.monotonic()
    path = os.path.join(folder, row.name + '.yaml')
    with open(path, 'w') as out:
        out.write(row.scenario(effort))
    samples, controls, jobs = [], [], 0
    factor = max(1.0, 1.5 / math.sqrt(effort))      # a smaller effort is held to less
    for rounds in range(4):
        for replication in range(len(samples) + 1, len(samples) + 1 + REPLICATIONS):
            with program.run(binary, path, path[:-5] + '.h5', '--replication', str(replication)) as trace:
                sample = Sample(row, trace, effort)
                samples.append(sample.quantities())
                if row.controls:
                    controls.append(sample.controls())
                jobs += len(sample.submit)
                if replication == 1:
                    series, busy = sample.check_series(trace)
                    checks.near('%s %s: busy series' % (row.name, row.model), series, busy, 1e-6)
        estimates = Estimates(row, samples, controls)
        if all(Estimates.good(v, factor) for v in estimates.values):
            break
    for value in estimates.values:
        name, got, error, exact, limit = value
        checks.true('%s %s: %s' % (row.name, row.model, name), Estimates.good(value, factor),
                    'got %.6g, exact %.6g, z %+.2f, error %.3f %%' % (
                        got, exact, (got - exact) / error if error else 0, 100 * error / (abs(exact) or 1)))
    print('     %s: %d replications, %d jobs, %.1f s' % (row.name, len(samples), jobs, time.monotonic() - begun),
          flush=True)


# -- M/G/inf from empty: many machines side by side in one run -----------------------------------------------

EMPTY_CENTRES = 100
EMPTY = (('exponential', {'exponential': '4h'}, {1: 4.423984339, 4: 12.64241118, 12: 19.00425863}),
         ('fixed', '4h', {1: 5.0, 4: 20.0, 12: 20.0}))


def run_from_empty(binary, folder, effort, checks):
    for name, runtime, exact in EMPTY:
        centres, tenants = {}, {}
        for i in range(EMPTY_CENTRES):
            centres['c%d' % i] = {'partitions': {'p': {'nodes': 200, 'processors_per_node': 1}},
                                  'scheduler': {'order': 'fcfs', 'backfill': 'none'}}
            tenants['t%d' % i] = {'home': 'c%d' % i, 'workloads': {'w': {
                'arrival': {'poisson': '5 per h'}, 'processors': 1, 'runtime': runtime, 'request': 'exact'}}}
        path = os.path.join(folder, 'Q24-%s.yaml' % name)
        with open(path, 'w') as out:
            out.write(program.yaml({'jishi': 1, 'title': 'M/G/inf from empty', 'seed': 20260101,
                                    'time': {'length': '13h'}, 'centres': centres, 'tenants': tenants}))
        counts = {t: [] for t in exact}
        for replication in range(1, 1 + max(8, int(REPLICATIONS * min(effort, 1)))):
            with program.run(binary, path, path[:-5] + '.h5', '--replication', str(replication)) as trace:
                table = trace['jobs'].fields(['submit', 'start', 'end'])[...]
                if (table['start'] > table['submit']).any():
                    raise program.Failed('a job waited for an infinite number of servers')
                for t in exact:
                    ended = ~(table['end'] > t * HOUR)
                    ended &= ~np.isnan(table['end'])
                    counts[t].append(np.sum((table['start'] <= t * HOUR) & ~ended) / EMPTY_CENTRES)
        for t, want in exact.items():
            got, error = estimate(counts[t])
            checks.true('Q24 M/G/inf from empty, %s: E[N(%dh)]' % (name, t),
                        abs(got - want) <= SIGMAS * error and error < 0.01 * want * max(1, 1 / math.sqrt(effort)),
                        'got %.6g, exact %.6g, z %+.2f, error %.3f %%' % (
                            got, want, (got - want) / error, 100 * error / want))


# -- M(t)/M/inf: the day seen through its hours ------------------------------------------------------------

PERIODIC = {0: 12.0084998, 6: 27.63132056, 12: 27.9915002, 18: 12.36867944}


def hourly_sine():
    """Mean of 1 + 0.8 sin(2 pi t / 24) over each hour."""
    return [1 + 0.8 * 12 / math.pi * (math.cos(math.pi * h / 12) - math.cos(math.pi * (h + 1) / 12)) for h in range(24)]


def periodic_means(rates, mu):
    """Mean number present at each full hour, rates constant within the hours: m' = rate - mu m."""
    stay = math.exp(-mu)
    m = 0.0
    for rate in rates * 40:         # forty days forget the start
        m = m * stay + rate / mu * (1 - stay)
    means = []
    for rate in rates:
        means.append(m)
        m = m * stay + rate / mu * (1 - stay)
    return means


def run_periodic(binary, folder, effort, checks):
    factors = hourly_sine()
    means = periodic_means([5 * f for f in factors], 0.25)
    for hour, want in PERIODIC.items():
        checks.near('Q25 hours stand for the sine, at %dh' % hour, means[hour], want, 0.005)
    warmup, days = 5, max(5, int(150 * effort))
    work = one_class(day_profile(5, factors), {'exponential': '4h'})
    path = os.path.join(folder, 'Q25.yaml')
    with open(path, 'w') as out:
        out.write(program.yaml({
            'jishi': 1, 'title': 'M(t)/M/inf', 'seed': 20260101,
            'time': {'start': '2024-01-01T00:00:00Z', 'length': '%dd' % (warmup + days + 1)},
            'centres': {'shop': {'partitions': {'p': {'nodes': 300, 'processors_per_node': 1}},
                                 'scheduler': {'order': 'fcfs', 'backfill': 'none'}}},
            'tenants': {'firms': {'home': 'shop', 'workloads': {'w': work['firms']}}}}))
    samples = {hour: [] for hour in PERIODIC}
    for replication in range(1, 1 + REPLICATIONS):
        with program.run(binary, path, path[:-5] + '.h5', '--replication', str(replication)) as trace:
            table = trace['jobs'].fields(['start', 'end'])[...]
        started = np.sort(table['start'][~np.isnan(table['start'])])
        ended = np.sort(table['end'][~np.isnan(table['end'])])
        for hour, means_of in samples.items():
            at = (24.0 * np.arange(warmup, warmup + days) + hour) * HOUR
            means_of.append(np.mean(np.searchsorted(started, at, 'right') - np.searchsorted(ended, at, 'right')))
    for hour, values in samples.items():
        got, error = estimate(values)
        checks.true('Q25 M(t)/M/inf: E[N(%dh)]' % hour, abs(got - means[hour]) <= SIGMAS * error
                    and error < 0.01 * means[hour] * max(1, 1 / math.sqrt(effort)),
                    'got %.6g, exact %.6g, z %+.2f, error %.3f %%' % (
                        got, means[hour], (got - means[hour]) / error, 100 * error / means[hour]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('binary', nargs='?')
    parser.add_argument('--row', default='', help='rows, separated by commas')
    parser.add_argument('--effort', type=float, default=1.0, help='so many times the jobs; standard errors follow')
    parser.add_argument('--list', action='store_true')
    options = parser.parse_args()
    wanted = [name for name in options.row.split(',') if name]
    chosen = [row for row in rows() if not wanted or row.name in wanted]
    if options.list:
        print('\n'.join('%s %s, about %d jobs' % (r.name, r.model, r.jobs * REPLICATIONS) for r in chosen))
        print('Q24 M/G/inf from empty\nQ25 M(t)/M/inf')
        sys.exit(0)
    binary = program.binary_or_skip(options.binary)
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        for row in chosen:
            try:
                run_row(binary, row, folder, options.effort, checks)
            except program.Failed as error:
                checks.true('%s %s' % (row.name, row.model), False, 'the program failed: %s' % error)
        for name, run in (('Q24', run_from_empty), ('Q25', run_periodic)):
            if not wanted or name in wanted:
                try:
                    run(binary, folder, options.effort, checks)
                except program.Failed as error:
                    checks.true(name, False, 'the program failed: %s' % error)
    checks.exit()


if __name__ == '__main__':
    main()
