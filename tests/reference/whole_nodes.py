#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole nodes of one size are as good as processors: random jobs start alike, whichever of the two they ask for.

usage: whole_nodes.py [JISHI] [--cases N] [--seed N]
"""

import argparse
import os
import random
import sys
import tempfile

import program

BACKFILLS = ('none', 'easy', {'reserve': 1, 'order': 'sjf'}, {'reserve': 3}, 'plan', 'conservative')


def draw(rng):
    nodes, span = rng.choice((2, 3, 8, 16)), rng.choice((20, 100, 400))
    jobs = []
    for _ in range(60):
        request = rng.choice((0, 1, 2, 5, 10, 20, rng.randint(1, 60)))
        jobs.append((rng.randint(0, span), rng.choice((1, 1, 2, nodes, rng.randint(1, nodes))), request,
                     rng.choice((request, 0, rng.randint(0, request), request + 1))))
    scheduler = {'order': rng.choice(('fcfs', 'sjf', 'ljf', 'wfp3')), 'backfill': rng.choice(BACKFILLS),
                 'placement': rng.choice(('any', 'pack', 'spread'))}
    return nodes, scheduler, sorted(jobs)


def starts(binary, folder, nodes, scheduler, jobs, unit):
    partition = {'nodes': nodes, 'processors_per_node': 3 if unit == 'nodes' else 1}
    mine = [{'submit': '%ds' % at, unit: n, 'request': '%ds' % request, 'runtime': '%ds' % runtime}
            for at, n, request, runtime in jobs]
    path = program.write(folder, program.yaml(
        {'jishi': 1, 'centres': {'c': {'partitions': {'p': partition}, 'scheduler': scheduler}},
         'tenants': {'t': {'home': 'c', 'workloads': {'w': {'jobs': mine}}}}}, depth=5))
    with program.run(binary, path, os.path.join(folder, 'out.h5'), '--check') as trace:
        return {int(row['id']): float(row['start']) for row in trace['jobs'][...]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('binary', nargs='?')
    parser.add_argument('--cases', type=int, default=100)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    binary = program.binary_or_skip(options.binary)
    rng, odd, waited = random.Random(options.seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for case in range(options.cases):
            nodes, scheduler, jobs = draw(rng)
            by_count, whole = (starts(binary, folder, nodes, scheduler, jobs, unit) for unit in ('processors', 'nodes'))
            waited += sum(by_count[i + 1] > job[0] for i, job in enumerate(jobs))
            if whole != by_count:
                odd += 1
                first = next(i for i in sorted(whole) if whole[i] != by_count[i])
                print('case %d: %d nodes, %s: job %d starts at %g, by count at %g'
                      % (case, nodes, scheduler, first, whole[first], by_count[first]))
    print('%d cases, %d at odds, %d jobs waited' % (options.cases, odd, waited))
    sys.exit(odd > 0 or waited == 0)


if __name__ == '__main__':
    main()
