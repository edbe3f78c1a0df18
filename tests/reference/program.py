# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the `jishi` binary on a scenario and reads its trace, for the tests here."""

import os
import subprocess
import sys

from logs import SKIPPED

STATES = ('completed', 'killed', 'failed', 'abandoned', 'rejected', 'pending', 'running')


class Failed(Exception):
    """The program did not end with status 0, or left no trace."""


def binary_or_skip(argument=None):
    path = argument or os.environ.get('JISHI', '')
    if not path or not os.path.exists(path):
        print('SKIPPED: no jishi binary (give its path as argument or in JISHI)')
        sys.exit(SKIPPED)
    try:
        import h5py  # noqa: F401
    except ImportError:
        print('SKIPPED: this python has no h5py (use /usr/bin/python3)')
        sys.exit(SKIPPED)
    return os.path.abspath(path)


def write(folder, text):
    """The path of a scenario file in the folder."""
    path = os.path.join(folder, 'scenario.yaml')
    with open(path, 'w') as file:
        file.write(text)
    return path


def run(binary, scenario, output, *options, timeout=600):
    """Run a scenario file; the open trace. The caller closes it."""
    import h5py
    if os.path.exists(output):
        os.remove(output)
    try:
        done = subprocess.run([binary, 'run', scenario, '-o', output, '--quiet', *options], capture_output=True,
                              text=True, errors='replace', timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed('no end after %d s' % timeout)
    if done.returncode != 0 or not os.path.exists(output):
        raise Failed('exit status %d\n%s' % (done.returncode, done.stderr.strip()))
    return h5py.File(output, 'r')


def names(trace, kind):
    return [n.decode() if isinstance(n, bytes) else str(n) for n in trace['names/' + kind][...]]


def flow(value):
    """A value as one line of YAML."""
    if isinstance(value, dict):
        return '{' + ', '.join('%s: %s' % (k, flow(v)) for k, v in value.items()) + '}'
    if isinstance(value, (list, tuple)):
        return '[' + ', '.join(flow(v) for v in value) + ']'
    if isinstance(value, bool):
        return 'true' if value else 'false'
    return str(value)


def yaml(value, depth=3, indent=''):
    """A mapping as YAML: block style down to `depth`, flow style below."""
    lines = []
    for key, item in value.items():
        if isinstance(item, dict) and item and depth > 0:
            lines += ['%s%s:' % (indent, key), yaml(item, depth - 1, indent + '  ').rstrip('\n')]
        else:
            lines.append('%s%s: %s' % (indent, key, flow(item)))
    return '\n'.join(lines) + '\n'
