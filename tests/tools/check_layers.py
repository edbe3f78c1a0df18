#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fails where a file of src/ includes a header of a layer above its own. The order is src/meson.build's."""

import re
import sys

from tracked import read, tracked_files

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


def layer_list():
    """util first. Of layers a, b, c each may include what stands before it."""
    text = read('src/meson.build').decode()
    found = re.search(r'^layers\s*=\s*\[(.*?)\]', text, re.MULTILINE | re.DOTALL)
    return re.findall(r"'([^']+)'", found.group(1)) if found else []


def main():
    layers = layer_list()
    if len(layers) < 2:
        print('src/meson.build: no list of layers')
        return 1
    level = {layer: i for i, layer in enumerate(layers)}
    faults = checked = 0
    for path in tracked_files():
        parts = path.split('/')
        if parts[0] != 'src' or len(parts) < 3 or not path.endswith(('.c', '.h', '.in')):
            continue
        if parts[1] not in level:
            print('%s: src/%s is not in the list of layers' % (path, parts[1]))
            faults += 1
            continue
        text = read(path).decode(errors='replace')
        for match in INCLUDE.finditer(text):
            checked += 1
            target = match.group(1)
            line = text.count('\n', 0, match.start()) + 1
            folder = target.split('/')[0] if '/' in target else parts[1]
            if folder not in level:
                print('%s:%d: "%s" names no layer: write "layer/file.h"' % (path, line, target))
                faults += 1
            elif level[folder] > level[parts[1]]:
                print('%s:%d: "%s": %s may not include %s' % (path, line, target, parts[1], folder))
                faults += 1
    print('%d includes between %d layers, %d upward or unknown' % (checked, len(layers), faults))
    return 1 if faults or not checked else 0


if __name__ == '__main__':
    sys.exit(main())
