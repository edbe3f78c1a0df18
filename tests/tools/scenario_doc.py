#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the tables of docs/scenario.md as `jishi schema` and `jishi list` tell them, and its examples running.

usage: scenario_doc.py JISHI [--check]      without --check the file is rewritten between its markers
"""

import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOC = os.path.join(ROOT, 'docs', 'scenario.md')
BEGIN, END = '<!-- tables: written by tests/tools/scenario_doc.py -->', '<!-- end of tables -->'
# things with parameters, by the stem of their definitions: heading, and what stands before the table
KINDS = {
    'order': ('Orders', 'Who goes first in the queue.'),
    'backfill': ('Backfills', 'How jobs may pass a blocked head.'),
    'placement': ('Placements', 'Which nodes a job gets.'),
    'decide': ('Decides', 'When the scheduler decides.'),
    'broker': ('Brokers', 'Which centre a job goes to: [brokers.md](brokers.md) has the rules.'),
    'request': ('Requests', 'The wall time that a job asks for. A duration or a distribution alone is short for `time`.'),
    'work': ('Work', 'How much a job computes. An amount or a distribution alone is short for `amount`.'),
    'distribution': ('Distributions', 'A number (with its unit) stands for a constant; else a map of one name and its '
                                      'parameters. Every one may be cut by `min` and `max`. '
                                      'Of counts (processors, nodes, batch) the nearest whole number is taken, at least 1: `{uniform: [1, 4]}` '
                                      'gives 1 and 4 half as often as 2 and 3; `{choice: {1: 1, 2: 1}}` gives each as often.'),
}


class Writer:
    def __init__(self, schema):
        self.defs = schema['$defs']
        self.lines = []
        self.kinds = {}     # stem -> definition
        self.done = set()

    def resolve(self, schema):
        """The table that a schema stands for, or None; notes kinds on the way."""
        name = schema.get('$ref', '').rsplit('/', 1)[-1]
        if not name:
            return None
        stem = name.rsplit('-', 1)[0]
        if stem in KINDS:
            self.kinds.setdefault(stem, self.defs[name])
            return None
        return name

    def what(self, schema):
        """What a value looks like, in a cell of a table."""
        name = schema.get('$ref', '').rsplit('/', 1)[-1]
        stem = name.rsplit('-', 1)[0]
        if stem in KINDS:
            self.resolve(schema)
            return '[%s](#%s)' % (stem, KINDS[stem][0].lower())
        if name:
            return 'map'
        if 'enum' in schema:
            return ', '.join('`%s`' % v for v in schema['enum'])
        if 'anyOf' in schema:
            if any(one.get('type') == 'boolean' for one in schema['anyOf']):
                return '`true`, `false`'
            parts = []
            for one in schema['anyOf']:
                text = self.what(one)
                if text and text not in parts:
                    parts.append(text)
            parts = [p for p in parts if p != 'text'] or parts
            return ' or '.join(parts)
        if schema.get('examples'):
            return 'such as ' + ' or '.join('`%s`' % e for e in schema['examples'][0].split(' or '))
        if schema.get('type') == 'array':
            return 'list of ' + ('maps' if '$ref' in schema.get('items', {}) else self.what(schema.get('items', {})))
        if schema.get('type') == 'object':
            return 'map by name' if 'additionalProperties' in schema else 'map'
        if schema.get('type') == 'boolean':
            return '`true`, `false`'
        if schema.get('type') in ('integer', 'number'):
            return 'whole number' if schema['type'] == 'integer' else 'number'
        return 'text' if 'type' in schema else 'map'

    def rows(self, properties, required):
        self.lines += ['| key | value | default | meaning |', '|---|---|---|---|']
        for key, schema in properties.items():
            default = '`%s`' % schema['default'] if 'default' in schema else 'required' if key in required else ''
            text = (self.what(schema), default, schema.get('description', ''))
            self.lines.append('| `%s` | %s |' % (key, ' | '.join(t.replace('|', '\\|') for t in text)))
        self.lines.append('')

    def below(self, path, schema):
        """The tables inside the values of a key."""
        for one in [schema] + schema.get('anyOf', []):
            if path in ('include', 'variants'):     # said in words above
                continue
            name = self.resolve(one)
            if name:
                self.table(path, name)
            items = one.get('items') if one.get('type') == 'array' else None
            if items and self.resolve(items):
                self.table(path + '[0]', self.resolve(items))
            each = one.get('additionalProperties')
            if isinstance(each, dict) and self.resolve(each):
                self.table(path + '.NAME', self.resolve(each))
            elif isinstance(each, dict):
                for kind in each.get('anyOf', []):
                    key = kind['required'][-1] if len(kind['required']) == 1 else \
                        [k for k in kind['properties'] if k in kind['required']][0]
                    self.section('%s.NAME with `%s`' % (path, key), kind)

    def section(self, path, table):
        head, _, rest = path.partition(' with ')
        self.lines += ['### `%s`%s' % (head, ' with ' + rest if rest else ''), '']
        if table.get('description'):
            self.lines += [table['description'][0].upper() + table['description'][1:] + '.', '']
        self.rows(table['properties'], table.get('required', []))
        for key, schema in table['properties'].items():
            self.below(head + '.' + key if path != 'scenario' else key, schema)

    def table(self, path, name):
        if name in self.done:
            return
        self.done.add(name)
        self.section(path, self.defs[name])

    def kind(self, stem):
        heading, text = KINDS[stem]
        definition = self.kinds[stem]
        forms = definition.get('oneOf') or definition['anyOf']
        self.lines += ['### %s' % heading, '', text, '', '| name | meaning | parameters |', '|---|---|---|']
        for form in (one for one in forms if 'enum' not in one):
            if 'required' not in form:
                continue
            name = form['required'][0]
            value = form['properties'][name]
            cell = []
            for key, schema in value['anyOf'][1].get('properties', {}).items():
                if stem == 'distribution' and key in ('min', 'max'):
                    continue
                default = ' (`%s`)' % schema['default'] if 'default' in schema else ''
                cell.append('`%s`: %s%s' % (key, schema.get('description', ''), default))
            self.lines.append('| `%s` | %s | %s |' % (name, value.get('description', ''), '<br>'.join(cell)))
        self.lines.append('')


def metrics(jishi):
    lines = ['### Metrics', '', 'Counted: submitted in the window and ended, killed included.',
             'Percentiles are exact of up to 4096 jobs, and within 0.1 % of more.', '',
             '| name | unit | meaning |', '|---|---|---|']
    for row in subprocess.run([jishi, 'list', 'metrics'], capture_output=True, text=True, check=True).stdout.splitlines()[1:]:
        name, unit, text = row.split(None, 2)
        lines.append('| `%s` | %s | %s |' % (name, unit, text.replace('|', '\\|')))
    return lines + ['']


def tables(jishi):
    schema = json.loads(subprocess.run([jishi, 'schema'], capture_output=True, text=True, check=True).stdout)
    writer = Writer(schema)
    schema['required'] = next((r['required'] for r in schema.get('anyOf', []) if len(r['required']) > 1), [])
    writer.section('scenario', schema)
    for stem in KINDS:
        if stem in writer.kinds:
            writer.kind(stem)
    return '\n'.join(writer.lines + metrics(jishi))


def check_examples(jishi, text):
    """Each yaml block that begins with `jishi: 1` must pass `jishi check`. How many did not."""
    bad = 0
    blocks = [b for b in re.findall(r'```yaml\n(.*?)```', text, re.S) if b.startswith('jishi: 1')]
    for block in blocks:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'example.yaml')
            with open(path, 'w', encoding='utf-8') as file:
                file.write(block)
            for variant in [[]] + [['--variant', v] for v in re.findall(r'^  ([a-z0-9-]+): \{.*\}\s+# variant$', block, re.M)]:
                done = subprocess.run([jishi, 'check', path, *variant], capture_output=True, text=True)
                if done.returncode != 0:
                    print('example of docs/scenario.md:\n%s\n%s' % (block, done.stderr))
                    bad += 1
    print('%d examples, %d bad' % (len(blocks), bad))
    return bad if blocks else 1


def main(arguments):
    jishi = os.path.abspath([a for a in arguments if not a.startswith('--')][0])
    with open(DOC, encoding='utf-8') as file:
        old = file.read()
    head, _, rest = old.partition(BEGIN)
    new = head + BEGIN + '\n\n' + tables(jishi) + '\n' + END + rest.partition(END)[2]
    if '--check' not in arguments:
        with open(DOC, 'w', encoding='utf-8') as file:
            file.write(new)
    elif new != old:
        print('docs/scenario.md is not up to date: run tests/tools/scenario_doc.py %s' % arguments[0])
        return 1
    return 1 if check_examples(jishi, new) else 0


if __name__ == '__main__':
    if len(sys.argv) < 2 or '--help' in sys.argv:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
