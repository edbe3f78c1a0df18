#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the 95 % intervals of `jishi compare` cover the exact answer 95 times of a hundred?

usage: coverage.py JISHI [--effort E] [--row NAME]... [--jobs N]

Independent experiments of queues with known answers, each with a seed of its own. E = 1 makes 1000
of each row and holds every row to its band; less makes fewer and widens the band by what chance
allows. A last part tells how much common random numbers narrow the interval of a difference.
"""

import argparse
import concurrent.futures
import csv
import io
import math
import os
import subprocess
import sys
import tempfile

SCENARIO = """jishi: 1
title: coverage
analysis: steady
time: {{length: {length}h{warmup}}}
measure: {{after: drain}}
centres:
  shop:
    partitions:
      p: {{nodes: {servers}, processors_per_node: 1}}
    scheduler: {{order: fcfs, backfill: none}}
tenants:
  firms:
    home: shop
    workloads:
      w: {{arrival: {{poisson: {rate} per h}}, processors: 1, runtime: {service}, request: exact}}
"""


def erlang_c(servers, load):
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def mmc(servers, rate):
    """Mean wait and its 95th percentile, s, at mean service of an hour."""
    waits = erlang_c(servers, rate)
    return {'wait.mean': 3600 * waits / (servers - rate),
            'wait.p95': 3600 * math.log(waits / 0.05) / (servers - rate)}


def mg1(rate, second):
    """Pollaczek and Khinchine; second: E[S^2], h^2."""
    return {'wait.mean': 3600 * rate * second / (2 * (1 - rate))}


EXPONENTIAL = '{exponential: 1h}'
SIGMA = 2.6
HEAVY = '{lognormal: {mean: 1h, sigma: 2.6}}'
CUT = '{lognormal: {mean: 1h, sigma: 2.6, max: 100h}}'


def normal(z):
    return math.erfc(-z / math.sqrt(2)) / 2


def cut_answer(rate, most):
    """Of a service that is redrawn until it is at most `most` h."""
    mu = -SIGMA ** 2 / 2

    def moment(k):
        return (math.exp(k * mu + k * k * SIGMA ** 2 / 2) * normal((math.log(most) - mu) / SIGMA - k * SIGMA)
                / normal((math.log(most) - mu) / SIGMA))
    return {'wait.mean': 3600 * rate * moment(2) / (2 * (1 - rate * moment(1)))}


# name: scenario, arguments, exact answers, band of the share covered (None: told, not held to it)
ROWS = {
    'M/M/1': (dict(length=4000, warmup=', warmup: 100h', servers=1, rate=0.5, service=EXPONENTIAL),
              ['-r', '10'], mmc(1, 0.5), (0.93, 0.97)),
    'M/M/10': (dict(length=1000, warmup=', warmup: 50h', servers=10, rate=8, service=EXPONENTIAL),
               ['-r', '10'], mmc(10, 8), (0.93, 0.97)),
    'M/M/1, MSER-5': (dict(length=4000, warmup='', servers=1, rate=0.5, service=EXPONENTIAL),
                      ['-r', '10'], mmc(1, 0.5), (0.93, 0.97)),
    'M/M/1, --until 3 %': (dict(length=1000, warmup=', warmup: 50h', servers=1, rate=0.5, service=EXPONENTIAL),
                           ['--until', '+-3% wait.mean'], {'wait.mean': mmc(1, 0.5)['wait.mean']}, (0.92, 0.97)),
    'M/G/1, lognormal 2.6': (dict(length=20000, warmup=', warmup: 2000h', servers=1, rate=0.5, service=HEAVY),
                             ['-r', '10'], mg1(0.5, math.exp(SIGMA ** 2)), None),
    'M/G/1, lognormal 2.6 to 100 h': (dict(length=20000, warmup=', warmup: 2000h', servers=1, rate=0.7, service=CUT),
                                      ['-r', '10'], cut_answer(0.7, 100), (0.90, 0.97)),
}
# How much narrower: base, variants
NARROWER = {
    'M/M/10, one server more': (dict(length=1000, warmup=', warmup: 50h', servers=10, rate=8, service=EXPONENTIAL),
                                'centres.shop.partitions.p.nodes: 11'),
    'M/M/10, shortest first': (dict(length=1000, warmup=', warmup: 50h', servers=10, rate=8, service=EXPONENTIAL),
                               'centres.shop.scheduler.order: sjf'),
    'M/M/10, 2 % more arrivals': (dict(length=1000, warmup=', warmup: 50h', servers=10, rate=8, service=EXPONENTIAL),
                                  'tenants.firms.workloads.w.arrival: {poisson: 8.16 per h}'),
}


def compare(jishi, path, arguments, seed):
    done = subprocess.run([jishi, 'compare', path, '--format', 'csv', '-q', '-j', '1', '--seed', str(seed), *arguments],
                          capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return list(csv.DictReader(io.StringIO(done.stdout)))


def write(folder, scenario, variant=None):
    path = os.path.join(folder, 'scenario.yaml')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(SCENARIO.format(**scenario))
        if variant:
            file.write('variants:\n  other: {%s}\n' % variant)
    return path


def experiments(jishi, row, number, jobs):
    scenario, arguments, _, _ = row
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        path = write(folder, scenario)
        yield from pool.map(lambda seed: compare(jishi, path, arguments, seed), range(1, number + 1))


def judge(name, row, number, got):
    """Prints the shares; how many are out of their band."""
    bad = 0
    for metric, exact in row[2].items():
        found = [r for results in got for r in results if r['metric'] == metric and not r['tenant']]
        low = sum(float(r['base_hi']) < exact for r in found)
        high = sum(float(r['base_lo']) > exact for r in found)
        mean = sum(float(r['base']) for r in found) / len(found)
        runs = sum(int(r['n']) for r in found) / len(found)
        share = 1 - (low + high) / len(found)
        chance = 2.6 * math.sqrt(0.95 * 0.05) * max(0, 1 / math.sqrt(number) - 1 / math.sqrt(1000))
        band = row[3]
        fine = band is None or band[0] - chance <= share <= band[1] + chance
        bad += not fine
        print('%-4s %-28s %-10s covered %.1f %% (below %.1f %%, above %.1f %%) of %d; mean %+.2f %% off; %.0f replications'
              % ('told' if band is None else 'ok' if fine else 'BAD', name, metric, 100 * share, 100 * low / len(found),
                 100 * high / len(found), len(found), 100 * (mean / exact - 1), runs), flush=True)
    return bad


def narrower(jishi, name, number):
    scenario, variant = NARROWER[name]
    with tempfile.TemporaryDirectory() as folder:
        path = write(folder, scenario, variant)
        gains = {}
        for seed in range(1, number + 1):
            for row in compare(jishi, path, ['-r', '20'], seed):
                if row['narrower'] and not row['tenant']:
                    gains.setdefault(row['metric'], []).append(float(row['narrower']))
    for metric, found in gains.items():
        found.sort()
        print('     %-28s %-14s the interval of the difference is %.1f times narrower (median of %d)'
              % (name, metric, found[len(found) // 2], len(found)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('jishi')
    parser.add_argument('--effort', type=float, default=1)
    parser.add_argument('--row', action='append', choices=[*ROWS, *NARROWER])
    parser.add_argument('--jobs', type=int, default=2)
    options = parser.parse_args()
    number = max(20, round(1000 * options.effort))
    bad = 0
    for name, row in ROWS.items():
        if not options.row or name in options.row:
            bad += judge(name, row, number, list(experiments(options.jishi, row, number, options.jobs)))
    for name in NARROWER:
        if not options.row or name in options.row:
            narrower(options.jishi, name, max(1, round(20 * options.effort)))
    print('%d out of their band' % bad)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
