#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues with known answers (validation/queueing.csv), simulated by the program.

    queueing_c.py BINARY [--row Q01,Q14] [--effort X] [--list]

The full proof, 335 million jobs and about a quarter of an hour of one core, is the command without options:

    /usr/bin/python3 tests/reference/queueing_c.py build/src/cli/jishi

It holds every figure to within 3.3 standard errors, and every standard error below 1 % of the figure
(0.2 % for M/M/c with rho <= 0.8). `meson test` simulates less: with `--effort X` so many times the jobs,
and below 1 the limits of the standard errors are wider by 1 / sqrt(X), as the errors themselves are.

Time unit of the table: 1 minute here (1 hour for Q23 to Q25). A row is 32 replications or more, each
with its own warm-up; what is counted is what was submitted in the window, or the time average
over it, taken from /jobs by this script. Estimates are corrected by control variates whose means are
known, all of what is put into the queue and none of what comes out (run times, number of arrivals,
variance of the work offered in some time), which are checked themselves. Where a row fails, replications
are added up to four times their number, and all of them judged together.
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


# -- rows --------------------------------------------------------------------------------------------


class Row:
    """One queue: what is simulated, what is measured, what is exact.

    classes: name -> workload (a tenant each), in file order. exact: quantity -> value. jobs: about how
    many a replication counts. limit: of the relative standard errors.
    """

    def __init__(self, name, model, servers, classes, rate, exact, jobs, warmup, limit=0.01, scheduler=None,
                 priorities=None, unit=MINUTE, controls=True, cover=None, replications=REPLICATIONS):
        self.name, self.model, self.servers, self.classes = name, model, servers, classes
        self.rate, self.exact, self.jobs, self.warmup, self.limit = rate, exact, jobs, warmup, limit
        self.scheduler = scheduler or {'order': 'fcfs', 'backfill': 'none'}
        self.priorities = priorities or {}
        self.unit, self.controls, self.replications = unit, controls, replications
        self.margin = max(50.0, warmup / 4) if cover is None else cover

    @property
    def seed(self):     # one of its own: what chance does to one row, it does not do to all
        return 20260100 + int(self.name[1:])

    def window(self, effort):
        length = math.ceil(max(self.jobs * effort / self.rate, 6 * HOUR / self.unit))
        return float(self.warmup), float(self.warmup + length)

    def scenario(self, effort):
        begin, finish = self.window(effort)
        minutes = int(math.ceil((finish + self.margin) * self.unit / MINUTE))
        step = max(1, int((finish - begin) * self.unit / HOUR) // 500)      # of a series that only one check reads
        tenants = {}
        for name, workload in self.classes.items():
            tenants[name] = {'home': 'shop', 'workloads': {'w': workload}}
            if name in self.priorities:
                tenants[name]['priority'] = self.priorities[name]
        return program.yaml({
            'jishi': 1, 'title': '%s %s' % (self.name, self.model.replace(':', ',')), 'seed': self.seed,
            'time': {'length': '%dmin' % minutes}, 'series': {'step': '%dh' % step},
            'centres': {'shop': {'partitions': {'p': {'nodes': self.servers, 'processors_per_node': 1}},
                                 'scheduler': self.scheduler}},
            'tenants': tenants}, depth=4)


def one_class(arrival, runtime, procs=1, **more):
    return {'firms': dict({'arrival': arrival, 'processors': procs, 'runtime': runtime, 'request': 'exact'}, **more)}


def warm(rho, c=1):
    """At least 20 / (mu (1 - sqrt(rho))^2); c servers forget c times as fast, once their jobs have ended."""
    return math.ceil(20 / (c * (1 - math.sqrt(rho)) ** 2)) + (20 if c > 1 else 0)


def mmc(name, rate, c, values, jobs, limit, replications):
    names = ('P(wait)', 'E[Wq]', 'E[T]', 'E[Lq]', 'E[N]', 'SD[Wq]', 'Wq quantile 0.95', 'Wq quantile 0.99')
    return Row(name, 'M/M/%d' % c, c, one_class(poisson(rate), EXPONENTIAL), rate, dict(zip(names, values)), jobs,
               warm(rate / c, c), limit, replications=replications)


def mg1(name, model, rate, runtime, rho, jobs, wait, response, sd, **more):
    classes = runtime if isinstance(runtime, dict) and 'firms' in runtime else one_class(poisson(rate), runtime)
    exact = {'E[Wq]': wait, 'E[T]': response, 'E[N]': rate * response, 'P(wait)': rho}
    if sd is not None:
        exact['SD[Wq]'] = sd
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
    yield mmc('Q01', 0.8, 1, (0.8, 4, 5, 3.2, 4, 4.898979486, 13.86294361, 21.91013317), 850000, 0.002, 64)
    yield mmc('Q02', 1.5, 2, (0.6428571429, 1.285714286, 2.285714286, 1.928571429, 3.428571429, 1.868099547,
                              5.107799043, 8.326674867), 850000, 0.002, 64)
    yield mmc('Q03', 9, 10, (0.6687315241, 0.6687315241, 1.668731524, 6.018583717, 15.01858372, 0.9435365371,
                             2.593359665, 4.202797577), 220000, 0.01, 64)
    yield mmc('Q05', 142.5, 150, (0.425442076, 0.05672561014, 1.05672561, 8.083399444, 150.5833994, 0.109128523,
                                  0.2854807736, 0.5000724952), 900000, 0.01, 128)
    yield Row('Q06', 'M/M/4/10', 4, one_class(poisson(3.6), EXPONENTIAL), 3.6, {
        'P(block)': 0.06717440793, 'E[N]': 5.061102357, 'E[Wq]': 0.5071003389, 'E[T]': 1.507100339,
        'utilisation': 0.8395430329}, 40000, 200,
        scheduler={'order': 'fcfs', 'backfill': 'none', 'max_queued': 6}, controls=False)
    yield Row('Q07', 'M/M/10/10', 10, one_class(poisson(8), EXPONENTIAL), 8, {
        'P(block)': 0.1216610643, 'E[N]': 7.026711486, 'E[Wq]': 0.0, 'E[T]': 1.0, 'utilisation': 0.7026711486},
        40000, 100, scheduler={'order': 'fcfs', 'backfill': 'none', 'max_queued': 0}, controls=False)
    yield mg1('Q09', 'M/D/1', 0.5, FIXED, 0.5, 40000, 0.5, 1.5, 0.7637626158)
    yield mg1('Q10', 'M/D/1', 0.8, FIXED, 0.8, 60000, 2.0, 3.0, 2.309401077)
    yield mg1('Q11', 'M/D/1', 0.95, FIXED, 0.95, 300000, 9.5, 10.5, 9.827681992, replications=64)
    yield Row('Q12', 'M/D/2', 2, one_class(poisson(1.6), FIXED), 1.6, {
        'E[Wq]': 0.9032838794, 'E[N]': 3.045254207, 'P(wait)': 0.7018983172}, 60000, warm(0.8, 2))
    # two Poisson streams into one queue are one with hyperexponential service
    yield mg1('Q14', 'M/H2/1', 0.8, {'firms': job_class(poisson(0.72), {'exponential': '30s'}),
                                     'slow': job_class(poisson(0.08), {'exponential': '5min'})},
              0.76, 300000, 9.083333333, 10.03333333, 12.90698562)
    yield mg1('Q15', 'M/lognormal/1', 0.8, LOGNORMAL_MEAN_1, 0.8, 250000, 5.436563657, 6.436563657, 7.505793782)
    yield mg1('Q16', 'M/E4/1', 0.8, ERLANG_4, 0.8, 80000, 2.5, 3.5, 2.958039892)
    yield mg1('Q18', 'M/M/1 SPT', 0.5, EXPONENTIAL, 0.5, 40000, 0.7126863319, 1.712686332, None, scheduler=SJF)
    yield mg1('Q19', 'M/M/1 SPT', 0.8, EXPONENTIAL, 0.8, 150000, 1.882218616, 2.882218616, None, scheduler=SJF)
    yield Row('Q20', 'M/M/10, three priorities', 10, {
        'urgent': job_class(poisson(2), EXPONENTIAL), 'normal': job_class(poisson(3), EXPONENTIAL),
        'patient': job_class(poisson(4), EXPONENTIAL)}, 9, {
        'E[Wq] urgent': 0.08359144051, 'E[Wq] normal': 0.167182881, 'E[Wq] patient': 1.337463048,
        'E[Wq]': 0.6687315241}, 130000, warm(0.9, 10), scheduler=PRIORITY,
        priorities={'urgent': 'high', 'patient': 'low'}, replications=64)
    yield Row('Q22', 'M/G/1, two priorities (Cobham)', 1, {
        'patient': job_class(poisson(0.3), '2min'),      # E[S^2] = 4: of fixed length
        'urgent': job_class(poisson(0.2), EXPONENTIAL)}, 0.5,
        {'E[Wq] urgent': 1.0, 'E[Wq] patient': 5.0}, 150000, 2 * warm(0.8), scheduler=PRIORITY,
        priorities={'urgent': 'high', 'patient': 'low'})
    yield Row('Q23', 'M/G/inf, lognormal', 300, one_class(
        {'poisson': '5 per h'}, {'lognormal': {'median': '%.9fh' % (4 * math.exp(-0.5)), 'sigma': 1}}), 5, {
        'E[N]': 20.0, 'Var[N]': 20.0, 'P(N>30)': 0.01347468128}, 520000, 600, unit=HOUR, controls=False, cover=0)
    yield Row('Q28', 'D/M/1', 1, one_class({'every': '75s'}, EXPONENTIAL), 0.8, {
        'P(wait)': 0.6286297965, 'E[Wq]': 1.69273084}, 80000, warm(0.8), controls=False)
    yield Row('Q29', 'M^5/M/1', 1, one_class(poisson(0.16), EXPONENTIAL, batch=5), 0.8, {
        'E[N]': 12.0, 'E[T]': 15.0}, 250000, 5 * warm(0.8), controls=False)
    yield Row('Q30', 'loss, three sizes (Kaufman-Roberts)', 32, {
        'one': job_class(poisson(8), EXPONENTIAL), 'four': job_class(poisson(2), FIXED, 4),
        'sixteen': job_class(poisson(0.5), EXPONENTIAL, 16)}, 10.5, {
        'P(block) one': 0.02748222349, 'P(block) four': 0.1187790661, 'P(block) sixteen': 0.5543696581,
        'busy': 18.39495242}, 75000, 60, controls=False,
        scheduler={'order': 'fcfs', 'backfill': 'none', 'max_queued': 0})
    yield saturated('Q32', 2, {1: 0.5, 2: 0.5}, 1.142857143, 0.8571428571)
    yield saturated('Q33', 8, {1: 0.5, 2: 0.2, 4: 0.2, 8: 0.1}, 2.29683499, 0.7177609345)


# -- measuring one replication -------------------------------------------------------------------------


NEAR = np.linspace(0.8, 1.2, 17)     # of the exact quantile: where the tail is counted


def tail(values, points):
    """The share of the values beyond each point."""
    beyond = np.sort(values[values > points[0]])
    return (len(beyond) - np.searchsorted(beyond, points, 'right')) / len(values)


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
            elif what == 'SD[Wq]':
                got[quantity] = np.mean(waits), np.mean(waits ** 2)
            elif what == 'Wq':
                got[quantity] = tail(waits, self.row.exact[quantity] * NEAR)
            elif what == 'E[Lq]':
                got[quantity] = self.overlap(self.submit[here], self.start[here])
            elif what == 'E[N]' and self.row.name != 'Q23':
                got[quantity] = self.overlap(self.submit[here], self.end[here])
            elif what in ('E[N]', 'Var[N]', 'P(N>30)'):
                there = self.running_at(np.arange(self.begin, self.finish, 0.25))
                moments = np.mean(there), np.mean(there ** 2)
                got[quantity] = {'E[N]': moments[0], 'Var[N]': moments, 'P(N>30)': np.mean(there > 30)}[what]
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
        """Of known mean: work offered by a job of each class, arrivals of each class, bursts of work."""
        got = {}
        for name in self.row.classes:
            mine = self.counted & self.of(name)
            got['runtime ' + name] = np.mean(self.runtime[mine])
            got['arrivals ' + name] = np.sum(mine) / (self.finish - self.begin)
        offered, _ = work_moments(self.row)
        for length in blocks(self.row):
            count = int((self.finish - self.begin) / length)
            block = ((self.submit[self.counted] - self.begin) / length).astype(int)
            work = np.bincount(block, self.runtime[self.counted], count + 1)[:count]
            got['bursts in %g' % length] = np.mean((work - offered * length) ** 2) / length
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


# -- estimates: (value, standard error) ------------------------------------------------------------


def runtime_moments(runtime):
    """Mean and mean square, in minutes."""
    minutes = {'30s': 0.5, '1min': 1.0, '2min': 2.0, '5min': 5.0}
    if not isinstance(runtime, dict):
        return minutes[runtime], minutes[runtime] ** 2
    if runtime == LOGNORMAL_MEAN_1:
        return 1.0, math.e
    if runtime == ERLANG_4:
        return 1.0, 1.25
    mean = minutes[runtime['exponential']]
    return mean, 2 * mean ** 2


def arrivals_per_minute(workload):
    return float(workload['arrival']['poisson'].split()[0]) / 60


def work_moments(row):
    """Mean and variance of the work that all classes together offer in a minute: compound Poisson."""
    each = [arrivals_per_minute(w) * np.array(runtime_moments(w['runtime'])) for w in row.classes.values()]
    return sum(each)


def blocks(row):
    """Lengths of time that matter to the queue: below, about and above what it takes to forget."""
    return [part * row.warmup for part in (0.005, 0.025, 0.1)]


def workload_means(row):
    """Known means of the controls, in units of the row."""
    means = {}
    for name, workload in row.classes.items():
        means['runtime ' + name], _ = runtime_moments(workload['runtime'])
        means['arrivals ' + name] = arrivals_per_minute(workload)
    _, bursts = work_moments(row)
    means.update(('bursts in %g' % length, bursts) for length in blocks(row))
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


def variance(moments, controls=None):
    """Of (mean, mean square) of each replication; the error by the delta method, linear in both."""
    first, second = np.asarray(moments, float).T
    mean, _ = estimate(first, controls)
    value, error = estimate(second - 2 * mean * first, controls)
    return value + mean ** 2, error


def deviation(moments, controls=None):
    value, error = variance(moments, controls)
    return math.sqrt(value), error / (2 * math.sqrt(value))


def quantile(fraction, points, tails, controls=None):
    """Where the tail of all replications together falls to the fraction.

    A quantile of each replication would be biased, by more than the error of the mean of many. Between
    the points the tail is taken as exponential; the error is that of the probability beyond the
    estimate (over replications), divided by the density there.
    """
    tails = np.asarray(tails, float)
    logs = np.log([estimate(column, controls)[0] for column in tails.T])
    k = np.searchsorted(-logs, -math.log(fraction)) - 1
    if not 0 <= k < len(points) - 1:
        return math.nan, math.nan       # further off than the tail was counted
    part = (logs[k] - math.log(fraction)) / (logs[k] - logs[k + 1])
    low, high = max(k - 2, 0), min(k + 3, len(points) - 1)
    density = fraction * (logs[low] - logs[high]) / (points[high] - points[low])
    _, error = estimate((1 - part) * tails[:, k] + part * tails[:, k + 1], controls)
    return points[k] + part * (points[k + 1] - points[k]), error / density


def estimate_of(quantity, exact, values, controls):
    what, _, rest = quantity.partition(' ')
    if what == 'SD[Wq]':
        return deviation(values, controls)
    if what == 'Var[N]':
        return variance(values, controls)
    if what == 'Wq':
        return quantile(1 - float(rest.split()[1]), exact * NEAR, values, controls)
    return estimate(values, controls)


def control_estimates(row, controls):
    """The controls less their known means, as columns, and what they are judged by."""
    columns, values = [], []
    for name, mean in workload_means(row).items():
        column = np.array([c[name] for c in controls]) - mean
        if column.std() > 1e-6 * mean:
            columns.append(column)
            values.append((name, estimate(column + mean), mean, None))
        else:
            values.append((name, (float(column.mean()) + mean, 1e-6 * mean), mean, None))
    return (np.column_stack(columns) if columns else None), values


def row_estimates(row, samples, controls):
    """(quantity, (estimate, standard error), exact, limit or None) of each quantity and control."""
    columns, values = control_estimates(row, controls) if row.controls else (None, [])
    for quantity, exact in row.exact.items():
        got = estimate_of(quantity, exact, [s[quantity] for s in samples], columns)
        values.append((quantity, got, exact, row.limit))
    return values


def slack(effort):
    """Less than the full effort is held to less."""
    return max(1.0, 1 / math.sqrt(effort))


def good(got, error, exact, limit, effort):
    if exact == 0.0:
        return got == 0.0
    close = abs(got - exact) <= SIGMAS * error      # not so if either is NaN
    return close and (limit is None or error <= limit * slack(effort) * abs(exact))


def told(got, error, exact):
    return 'z %+.2f, error %.3f %%' % ((got - exact) / error if error else 0, 100 * error / (abs(exact) or 1))


class Verdicts(Checks):
    """Checks that remember the largest relative standard error of each kind of quantity."""

    def __init__(self, effort):
        super().__init__()
        self.effort, self.largest = effort, {}

    def estimate(self, row, quantity, value, exact, limit=0.01):
        got, error = value
        relative = error / (abs(exact) or 1)
        self.true('%s: %s' % (row, quantity), good(got, error, exact, limit, self.effort),
                  'got %.6g, exact %.6g, %s' % (got, exact, told(got, error, exact)))
        if limit is not None:
            kind = quantity if quantity.startswith('Wq') else quantity.split(' ')[0]
            kind = '%s, limit %g %%' % (kind, 100 * limit * slack(self.effort))
            self.largest[kind] = max(self.largest.get(kind, (0, '')), (relative, '%s: %s' % (row, quantity)))

    def tell_largest(self):
        for kind, (relative, where) in sorted(self.largest.items()):
            print('largest standard error of %-36s %.3f %%  %s' % (kind, 100 * relative, where))


def run_row(binary, row, folder, effort, checks):
    begun = time.monotonic()
    path = os.path.join(folder, row.name + '.yaml')
    with open(path, 'w') as out:
        out.write(row.scenario(effort))
    samples, controls, jobs = [], [], 0
    for rounds in range(4):
        for replication in range(len(samples) + 1, len(samples) + 1 + row.replications):
            with program.run(binary, path, path[:-5] + '.h5', '--replication', str(replication)) as trace:
                sample = Sample(row, trace, effort)
                samples.append(sample.quantities())
                if row.controls:
                    controls.append(sample.controls())
                jobs += len(sample.submit)
                if replication == 1:
                    series, busy = sample.check_series(trace)
                    checks.near('%s %s: busy series' % (row.name, row.model), series, busy, 1e-6)
        values = row_estimates(row, samples, controls)
        bad = ['%s (%s)' % (quantity, told(*got, exact)) for quantity, got, exact, limit in values
               if not good(*got, exact, limit, effort)]
        if not bad:
            break
        print('     %s: not yet after %d replications: %s' % (row.name, len(samples), ', '.join(bad)), flush=True)
    for quantity, got, exact, limit in values:
        checks.estimate('%s %s' % (row.name, row.model), quantity, got, exact, limit)
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
        for replication in range(1, 1 + max(16, int(REPLICATIONS * min(effort, 1)))):
            with program.run(binary, path, path[:-5] + '.h5', '--replication', str(replication)) as trace:
                table = trace['jobs'].fields(['submit', 'start', 'end'])[...]
                if (table['start'] > table['submit']).any():
                    raise program.Failed('a job waited for an infinite number of servers')
                for t in exact:
                    ended = ~(table['end'] > t * HOUR)
                    ended &= ~np.isnan(table['end'])
                    counts[t].append(np.sum((table['start'] <= t * HOUR) & ~ended) / EMPTY_CENTRES)
        for t, want in exact.items():
            checks.estimate('Q24 M/G/inf from empty, %s' % name, 'E[N(%dh)]' % t, estimate(counts[t]), want)


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
        checks.estimate('Q25 M(t)/M/inf', 'E[N(%dh)]' % hour, estimate(values), means[hour])


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
        print('\n'.join('%s %s, about %d jobs' % (r.name, r.model, r.jobs * r.replications) for r in chosen))
        print('Q24 M/G/inf from empty\nQ25 M(t)/M/inf')
        sys.exit(0)
    binary = program.binary_or_skip(options.binary)
    checks = Verdicts(options.effort)
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
    checks.tell_largest()
    checks.exit()


if __name__ == '__main__':
    main()
