#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the tree as a whole: Python files compile, no file names a place on somebody's machine,
every source file has its licence line. Warns of files in src/ that have outgrown their room.
"""

import re
import sys

from tracked import read, tracked_files

LINES_MOST = 600
HOMES = ('home', 'work', 'farm', 'Users')
# A folder of somebody, but no part of a longer path and no address on the web.
MACHINE_PATH = re.compile(r'(?<![\w.}\])%~/-])/(?:' + '|'.join(HOMES) + r')/\w')
SOURCES = ('.c', '.h', '.py', '.sh')


def check(path, content):
    """The faults of one file."""
    if b'\0' in content or path.startswith('tests/fuzz/corpus/'):
        return []
    text = content.decode(errors='replace')
    faults = ['%s:%d: a path of one machine: %s' % (path, text.count('\n', 0, m.start()) + 1, m.group(0))
              for m in MACHINE_PATH.finditer(text)]
    if path.endswith(SOURCES) and 'SPDX-License-Identifier: GPL-3.0-or-later' not in text:
        faults.append(path + ': no line SPDX-License-Identifier: GPL-3.0-or-later')
    if path.endswith('.py'):
        try:
            compile(text, path, 'exec')
        except SyntaxError as error:
            faults.append('%s:%s: %s' % (path, error.lineno, error.msg))
    return faults


def main():
    faults = []
    files = tracked_files()
    for path in files:
        content = read(path)
        faults += check(path, content)
        lines = content.count(b'\n')
        if path.startswith('src/') and lines > LINES_MOST:
            print('warning: %s: %d lines; two nouns in one room?' % (path, lines))
    for fault in faults:
        print(fault)
    print('%d files, %d faults' % (len(files), len(faults)))
    return 1 if faults or not files else 0


if __name__ == '__main__':
    sys.exit(main())
