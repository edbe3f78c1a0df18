#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slurm's fair tree (https://slurm.schedmd.com/fair_tree.html), from its documentation, plain and slow.

At each level of the tree of accounts a sibling has

    NormShares = RawShares / the sum of them among its siblings
    EffectvUsage = RawUsage / that of its parent, 0 if the parent has none
    LevelFS = NormShares / EffectvUsage; 0 if NormShares is 0, else inf if EffectvUsage is 0

The tree is walked from the root, siblings by LevelFS, greatest first. Each user found takes the next of the
ranks N, N - 1, ... 1, N being the number of users in the tree, and FairShare = rank / N. Ties:

 1. sibling users of one LevelFS have one rank; the ranks between are left out
 2. sibling accounts of one LevelFS are walked as if their children were siblings (`merge`)
 3. a user and an account of one LevelFS: the user goes first, the account's first user has the same rank

Rule 2 is what the documentation says. Slurm 22.05.8, which made the data here, does not do it: accounts of one
LevelFS are walked one after the other, the first user of the second having the rank of the user before
(`merge=False`).

The files of fairtree/ are columns of `sshare -l`, with depth told by indentation as there:

    real-*.txt   what a Slurm 22.05.8 said after jobs had run (one machine, slurmdbd)
    hand-*.txt   trees worked out by hand, RawUsage in whole units; `# merge: no` where that matters

sshare cuts RawUsage to whole units, so that LevelFS of a file with decayed usage can be told to a unit only.
"""

import glob
import math
import os
import sys

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fairtree')


class Node:
    def __init__(self, account, user, shares, usage):
        self.account, self.user, self.shares, self.usage = account, user, shares, usage
        self.children = []
        self.norm_shares = self.effective = self.level_fs = self.fair_share = None
        self.counts = 1          # as a leaf; 0: jobs that a group has of its own

    def users(self):
        return (1 if self.user else 0) + sum(child.users() for child in self.children)


def set_levels(node):
    total = sum(child.shares for child in node.children)
    for child in node.children:
        child.norm_shares = child.shares / total if total else 0.0
        child.effective = child.usage / node.usage if node.usage else 0.0
        if child.norm_shares == 0:
            child.level_fs = 0.0
        else:
            child.level_fs = child.norm_shares / child.effective if child.effective else math.inf
        set_levels(child)


class Ranks:
    def __init__(self, users, merge):
        self.users, self.merge = users, merge
        self.next = self.last = users     # the next rank without a tie; the last one given

    def walk(self, siblings, tied):
        """`tied`: the first of them has the rank of whom came before."""
        siblings = sorted(siblings, key=lambda s: (-s.level_fs, not s.user))
        before, i = None, 0
        while i < len(siblings):
            s = siblings[i]
            if i > 0:
                tied = before == s.level_fs
            before = s.level_fs
            i += 1
            if s.user:
                if not tied:
                    self.last = self.next
                s.fair_share = self.last / self.users
                self.next -= s.counts
                continue
            children = list(s.children)
            while self.merge and i < len(siblings) and siblings[i].level_fs == s.level_fs:
                children += siblings[i].children
                i += 1
            self.walk(children, tied)


def fair_tree(root, merge=True):
    """Fill in norm_shares, effective, level_fs of all below the root and fair_share of its users."""
    set_levels(root)
    Ranks(root.users(), merge).walk(root.children, False)


# -- the files --------------------------------------------------------------------------------------


def read(path):
    """The root, the rows as (node, texts by column), and what the comments say as `key: value`."""
    with open(path) as file:
        lines = file.read().splitlines()
    said = dict(line[1:].strip().split(': ', 1) for line in lines if line.startswith('#') and ': ' in line)
    lines = [line for line in lines if line and not line.startswith('#')]
    head = lines[0].split('|')
    rows, path_to = [], []
    for line in lines[1:]:
        texts = dict(zip(head, line.split('|')))
        depth = len(texts['Account']) - len(texts['Account'].lstrip(' '))
        node = Node(texts['Account'].strip(), texts['User'], int(texts['RawShares'] or 1), int(texts['RawUsage']))
        path_to[depth:] = [node]
        if depth > 0:
            path_to[depth - 1].children.append(node)
            rows.append((node, texts))
    return path_to[0], rows, said


def near(got, text, slack):
    want = float(text)
    return got == want or abs(got - want) <= 0.6e-6 + slack * abs(want)


def wrong(path):
    """What a file and the rules differ in."""
    root, rows, said = read(path)
    decayed = said.get('decayed') == 'yes'
    fair_tree(root, said.get('merge') != 'no')
    found = []
    for node, texts in rows:
        # a unit of RawUsage more, of the node and of its parent
        slack = 2.5 / max(node.usage, 1) if decayed else 0
        checks = [('NormShares', node.norm_shares, 0), ('LevelFS', node.level_fs, slack)]
        checks += [('EffectvUsage', node.effective, slack)] if texts['EffectvUsage'] else []
        checks += [('FairShare', node.fair_share, 0)] if node.user else []
        for column, got, most in checks:
            if not near(got, texts[column], most):
                found.append('%s %s: %s is %s, by the rules %s' % (node.account, node.user, column, texts[column], got))
    return found


def main():
    paths = sorted(glob.glob(os.path.join(HERE, '*.txt')))
    bad = 0
    for path in paths:
        found = wrong(path)
        bad += bool(found)
        print('%s %s' % ('FAIL' if found else 'ok  ', os.path.basename(path)))
        for line in found:
            print('     ' + line)
    print('%d trees, %d at odds' % (len(paths), bad))
    sys.exit(1 if bad or len(paths) < 10 else 0)


if __name__ == '__main__':
    main()
