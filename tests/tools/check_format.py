#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fails where a C file is not as clang-format would write it. `--fix` rewrites. Skipped (77) without it.

Versions of clang-format differ in detail: the one that counts is Debian 12's, 14.
"""

import os
import re
import shutil
import subprocess
import sys

from tracked import ROOT, SKIPPED, tracked_files

VERSION = '14'


def program():
    for name in ('clang-format-' + VERSION, 'clang-format'):
        path = shutil.which(name)
        if path:
            text = subprocess.run([path, '--version'], capture_output=True, text=True, check=True).stdout
            if re.search(r'version %s\.' % VERSION, text):
                return path
    return None


def main():
    path = program()
    if not path:
        print('skipped: no clang-format ' + VERSION)
        return SKIPPED
    files = [f for f in tracked_files() if f.endswith(('.c', '.h'))]
    if '--fix' in sys.argv[1:]:
        return subprocess.run([path, '-i', *files], cwd=ROOT, check=False).returncode
    bad = 0
    for file in files:
        done = subprocess.run([path, '--dry-run', '-Werror', file], cwd=ROOT, capture_output=True,
                              text=True, errors='replace', check=False)
        if done.returncode != 0:
            bad += 1
            print(done.stderr.split('\n', 1)[0] or file)
    print('%d files, %d not as clang-format writes them' % (len(files), bad))
    if bad:
        print('to rewrite them: %s --fix' % os.path.relpath(os.path.abspath(__file__), ROOT))
    return 1 if bad or not files else 0


if __name__ == '__main__':
    sys.exit(main())
