#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the tests in logs of `meson test` (testlog.json): one line, `N passed, N failed, N skipped`.

    count_tests.py LOG...

Each failed test is named before. Exit status 1 if there was none at all or one failed; a log that
is missing or torn counts as a failure.
"""

import json
import sys

PASSED = ('OK', 'EXPECTEDFAIL')
SKIPPED = ('SKIP', 'IGNORED')


def main(paths):
    passed = failed = skipped = 0
    for path in paths:
        try:
            with open(path, encoding='utf-8', errors='replace') as log:
                results = [json.loads(line) for line in log if line.strip()]
        except (OSError, ValueError) as error:
            print('failed: no test log: %s: %s' % (path, error))
            failed += 1
            continue
        for result in results:
            if result['result'] in PASSED:
                passed += 1
            elif result['result'] in SKIPPED:
                skipped += 1
            else:
                failed += 1
                print('failed: %s (%s)' % (result['name'], result['result'].lower()))
    print('%d passed, %d failed, %d skipped' % (passed, failed, skipped))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
