#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of the tree find what they are for: each on a small tree with one fault and one without."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SPDX = '/* SPDX-License-Identifier: GPL-3.0-or-later */\n'


class Checks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.write('src/meson.build', "layers = ['util', 'core',\n  'cli']\n")
        self.write('src/core/a.c', SPDX + '#include "util/b.h"\n')
        os.makedirs(self.path('tests/tools'))
        for name in ('tracked.py', 'check_layers.py', 'check_tree.py', 'check_format.py'):
            shutil.copy(os.path.join(HERE, name), self.path('tests/tools'))
        shutil.copy(os.path.join(HERE, '..', '..', '.clang-format'), self.path('.clang-format'))

    def tearDown(self):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)

    def run_check(self, name, *arguments):
        done = subprocess.run([sys.executable, self.path('tests/tools/' + name), *arguments],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_layers(self):
        self.assertEqual(self.run_check('check_layers.py')[0], 0)
        for text, message in (('#include "cli/x.h"\n', 'src/core/a.c:2: "cli/x.h": core may not include cli'),
                              ('\n  #  include "moon/x.h"\n', 'src/core/a.c:3: "moon/x.h" names no layer')):
            self.write('src/core/a.c', SPDX + text)
            status, output = self.run_check('check_layers.py')
            self.assertEqual(status, 1)
            self.assertIn(message, output)

    def test_tree(self):
        status, output = self.run_check('check_tree.py')
        self.assertEqual(status, 0, output)
        home = '/' + 'home/anna/x'
        for name, text, message in (
                ('docs/a.md', 'see\n"%s"\n' % home, 'docs/a.md:2: a path of one machine'),
                ('tests/a.py', '# SPDX-License-Identifier: GPL-3.0-or-later\ndef\n', 'tests/a.py:2: '),
                ('src/core/c.c', 'int a;\n', 'src/core/c.c: no line SPDX')):
            self.write(name, text)
            status, output = self.run_check('check_tree.py')
            self.assertEqual(status, 1)
            self.assertIn(message, output)
            os.unlink(self.path(name))
        self.write('docs/b.md', 'https://a.org' + home + ' and tests' + home + '\n')
        self.write('src/core/long.c', SPDX + '\n' * 600)
        status, output = self.run_check('check_tree.py')
        self.assertEqual(status, 0, output)
        self.assertIn('warning: src/core/long.c: 601 lines', output)

    def test_format(self):
        status, output = self.run_check('check_format.py')
        if status == 77:
            self.skipTest(output)
        self.assertEqual(status, 0, output)
        self.write('src/core/c.c', SPDX + 'int  a ;\n')
        self.assertEqual(self.run_check('check_format.py')[0], 1)
        self.assertEqual(self.run_check('check_format.py', '--fix')[0], 0)
        self.assertEqual(self.run_check('check_format.py')[0], 0)

    def test_count(self):
        log = self.path('log.json')
        for results, line, status in (
                (('OK', 'SKIP', 'EXPECTEDFAIL'), '2 passed, 0 failed, 1 skipped', 0),
                (('OK', 'FAIL', 'TIMEOUT', 'ERROR'), '1 passed, 3 failed, 0 skipped', 1),
                ((), '0 passed, 0 failed, 0 skipped', 1)):
            with open(log, 'w', encoding='utf-8') as file:
                for i, result in enumerate(results):
                    file.write(json.dumps({'name': 't%d' % i, 'result': result}) + '\n')
            done = subprocess.run([sys.executable, os.path.join(HERE, 'count_tests.py'), log],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, status)
            self.assertEqual(done.stdout.splitlines()[-1], line)
        done = subprocess.run([sys.executable, os.path.join(HERE, 'count_tests.py'), log + '.none'],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1]), (1, '0 passed, 1 failed, 0 skipped'))


if __name__ == '__main__':
    unittest.main()
