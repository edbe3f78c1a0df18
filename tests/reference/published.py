# SPDX-License-Identifier: GPL-3.0-or-later
"""The published figures of validation/references.md 1.1-1.3, checked on any simulator.

A simulator is given as functions that return, for each job in input order, (submit, start, end) in seconds.
"""

from logs import bounded_slowdown, mean, measures, utilisation

# RLScheduler (Zhang et al., SC'20), Tables V-VI: (order, backfilling) -> bounded slowdown, utilisation
LUBLIN = {
    ('fcfs', 'none'): (7273.77, .657), ('sjf', 'none'): (277.35, .762), ('f1', 'none'): (258.37, .816),
    ('fcfs', 'easy'): (235.82, .868), ('sjf', 'easy'): (73.31, .778), ('f1', 'easy'): (75.07, .840),
}
# Per window, in the order of the starts
LUBLIN_WINDOW = {
    'fcfs': (6862.2636, 7034.4524, 9090.8359, 5405.4992, 7847.3679, 6366.9808, 7655.8118, 7535.1375, 10071.4184,
             4867.9461),
    'sjf': (204.2585, 251.4177, 214.3197, 169.6855, 297.4313, 245.2995, 496.1384, 229.8970, 235.6777, 429.3581),
}
# The textbook rules on the same windows: sorted anew at every event, one pass an instant
LUBLIN_TEXTBOOK = {('sjf', 'none'): 47.16, ('f1', 'none'): 34.53, ('fcfs', 'easy'): 271.40}

# EASY on KTH-SP2 (Gaussier et al., SC'15; pyss)
KTH = {
    'published': {'jobs': 28481, 'mean flow': 15696.7981812436, 'max flow': 309231,
                  'mean stretch': 198.001775521565, 'mean slowdown': 92.5765397336295, 'max slowdown': 14805.2},
    'sjbf': {'jobs': 28481, 'mean flow': 14764.0026684456, 'max flow': 372238,
             'mean stretch': 158.867730214708, 'mean slowdown': 69.4054005803035, 'max slowdown': 14805.2},
    'perfect': {'jobs': 28481, 'mean flow': 15187.6077033812, 'max flow': 356843,
                'mean stretch': 139.004275796457, 'mean slowdown': 71.7223851124418, 'max slowdown': 10017.2},
    'instant': {'jobs': 28481, 'mean slowdown': 92.68765374270771, 'mean wait': 6834.5872687054525},
}


def check_lublin(checks, windows, run):
    """run(order, backfill, commit_head, first, jobs) -> times of one window."""
    for (order, backfill), (slowdown, used) in LUBLIN.items():
        slow, use = lublin_row(windows, run, order, backfill, True)
        name = 'lublin %s %s commit_head' % (order, backfill)
        checks.rounded(name + ': bounded slowdown', mean(slow), slowdown, 2)
        checks.rounded(name + ': utilisation', mean(use), used, 3)
        if backfill == 'none' and order in LUBLIN_WINDOW:
            for (first, jobs), got, want in zip(windows, slow, LUBLIN_WINDOW[order]):
                checks.rounded('%s, window at %d' % (name, first), got, want, 4)
    slow, use = lublin_row(windows, run, 'fcfs', 'none', False)
    checks.rounded('lublin fcfs none, no special mode', mean(slow), 7273.7714, 4)
    for (order, backfill), slowdown in LUBLIN_TEXTBOOK.items():
        slow, use = lublin_row(windows, run, order, backfill, False)
        checks.rounded('lublin %s %s, textbook' % (order, backfill), mean(slow), slowdown, 2)


def lublin_row(windows, run, order, backfill, commit_head):
    slow, use = [], []
    for first, jobs in windows:
        times = run(order, backfill, commit_head, first, jobs)
        slow.append(mean(bounded_slowdown(start - submit, end - start) for submit, start, end in times))
        sizes = [(submit, end - start, job.procs) for (submit, start, end), job in zip(times, jobs)]
        use.append(utilisation(sizes, [start for submit, start, end in times], 256))
    return slow, use


def check_kth(checks, variant, times, relative=1e-9):
    got = measures(times)
    for name, want in KTH[variant].items():
        checks.near('kth %s: %s' % (variant, name), got[name], want, relative)


def check_schedule(checks, rows, times, published):
    """Job by job: field 3 of the published schedule is the simulated wait."""
    want = {r.id: r.wait for r in published}
    differ = [r.id for r, (submit, start, end) in zip(rows, times) if want.get(r.id) != start - submit]
    checks.true('kth published: schedule, job by job', len(want) == len(rows) and not differ,
                '%d jobs, %d differ %s' % (len(rows), len(differ), differ[:5]))


def check_tsafrir(checks, name, times, wait, slowdown):
    """1.3: the first 1 % of terminated jobs dropped; 3 % of tolerance."""
    ended = sorted(times, key=lambda t: t[2])[len(times) // 100:]
    got = measures(ended)
    checks.near('tsafrir %s: mean wait (min)' % name, got['mean wait'] / 60, wait, 0.03)
    checks.near('tsafrir %s: bounded slowdown' % name, got['mean slowdown'], slowdown, 0.03)
