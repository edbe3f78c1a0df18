#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `jishi check` and `jishi run` print for the scenarios that ship, held against stored texts.

usage: golden.py JISHI [--update]      --update stores what comes out now; read the difference before committing it
"""

import difflib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# name of the stored text: arguments; the run of Wuhan is cut to eight months
CASES = {
    'wuhan-check': ['check', 'configs/wuhan-dual-centre.yaml'],
    'wuhan-check-nvidia': ['check', 'configs/wuhan-dual-centre.yaml', '--variant', 'nvidia-pool'],
    'wuhan-check-no-phase-2': ['check', 'configs/wuhan-dual-centre.yaml', '--variant', 'no-phase-2'],
    'wuhan-check-maintenance': ['check', 'configs/wuhan-dual-centre.yaml', '--variant', 'maintenance'],
    'wuhan-run': ['run', 'configs/wuhan-dual-centre.yaml', '--no-trace', '--set', 'time.length=245d',
                  '--set', 'measure.periods=month'],
    'compare': ['compare', 'tests/golden/compare.yaml', '-r', '8'],
    'compare-uncertain': ['compare', 'tests/golden/compare.yaml', '-r', '4', '--variant', 'shortest-first',
                          '--uncertain', '--points', '10'],
    'compare-replay': ['compare', 'configs/replay.yaml', '--variant', 'conservative'],
    'replay-check': ['check', 'configs/replay.yaml'],
    'replay-run': ['run', 'configs/replay.yaml', '--no-trace'],
    'replay-run-conservative': ['run', 'configs/replay.yaml', '--no-trace', '--variant', 'conservative'],
}


def output(jishi, arguments):
    done = subprocess.run([jishi, *arguments], cwd=ROOT, capture_output=True, timeout=300)
    if done.returncode != 0:
        sys.exit('%s: exit status %d\n%s' % (' '.join(arguments), done.returncode, done.stderr.decode(errors='replace')))
    return done.stdout.decode()


def differs(name, want, got):
    for line in difflib.unified_diff(want.splitlines(), got.splitlines(), name + ' stored', name + ' now', lineterm=''):
        print(line)
    return want != got


def main(arguments):
    update = '--update' in arguments
    jishi = os.path.abspath([a for a in arguments if not a.startswith('--')][0])
    bad = 0
    for name, case in CASES.items():
        path = os.path.join(HERE, name + '.txt')
        got = output(jishi, case)
        if update:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(got)
        elif not os.path.exists(path):
            print('%s is missing: run with --update' % path)
            bad += 1
        else:
            with open(path, encoding='utf-8') as file:
                bad += differs(name, file.read(), got)
    print('%d texts, %d differ' % (len(CASES), bad))
    return 1 if bad else 0


if __name__ == '__main__':
    if len(sys.argv) < 2 or '--help' in sys.argv:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
