"""All faults of a scenario are told in one go: of two or three at different places `jishi check`
says exactly what it says of each alone, no less and no more.

usage: test_pairs.py JISHI [--all] [--base NAME]

Folders of pairs/ are valid scenarios (scenario.yaml and what it reads) with a file of faults: a
line `OLD -> NEW` each, where OLD stands in one line of one file alone. A fault keeps the count of
lines, so that the places of others stay as they are; those of one line are not combined.
Without --all some of the pairs are drawn, the same each time.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import concurrent.futures
import itertools
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pairs")
PROGRAM = os.path.abspath(sys.argv.pop(1))
ALL = "--all" in sys.argv
ONLY = sys.argv[sys.argv.index("--base") + 1] if "--base" in sys.argv else None
SLOWER = 10 if os.environ.get("JISHI_SLOW") else 1  # under a sanitizer, say
PAIRS, TRIPLES = 150 // SLOWER, 30 // SLOWER  # of each scenario

# Kinds of pairs of which one fault leaves the other undecided, and why.
EXCUSED = (
    (r"processors_per_node: 8 -> |proc_per_node|exam -> nodes", r"processors: 65 -> ",
     "how many nodes it takes is not known"),
    (r"^partition: groups -> ", r"-> (decide|commit_head|placement)",
     "which scheduler the jobs have is not known"),
    (r"^metric: ", r"^matters: ", "the unit is that of the metric, which is not known"),
    (r"^join: ", r"^leave: ", "when the tenant is there is not known"),
    (r"^(start|length): .* -> |^from: .*2025", r"^from: .*2025|^until: .*2024-09",
     "when the run is, or the window, is not known"),
    (r"processor: gpu -> processor: \[", r"precision: fp16 -> ",
     "what speeds a processor has hangs on its kind"),
    (r"^count: 6 -> ", r"^max: 9 -> max: 2", "how many members there are at first is not known"),
    (r"^backfill: plan -> backfill: pan|commit_head: maybe", r"-> (commit_head: true|decide)",
     "what the scheduler is is not known"),
    (r"grup|frim|tenant: lib", r"-> tenants: \[lab\]|fp_16",
     "whom the partition, or what of it, is kept for is not known"),
    (r"^every: 1 week -> ", r"^nodes: 9 -> ", "when the other reservation comes is not known"),
    (r"^work: 2 PFLOP -> work: 2 PFLOPS", r"-> runtime: 2h", "one of the two is not known"),
    (r"arrival: {poisson: 2/d} -> ", r"posson", "what is nearest in it is not known"),
    (r"poisson: 4 per h -> every", r"-> jitter|^growth",
     "growth goes with poisson and jitter with every: which of them it is is not known"),
    (r"^log: log.swf -> ", r"^3 3600", "a log that is not there has no rows"),
    (r"sight.conf", r"^(bf_|Priority|Over|Scheduler)",
     "a slurm.conf that is not there says nothing"),
    (r"ordre.lua", r"^(return|function)", "a script that is not there has no faults"),
    (r"function scores", r"^return", "a script that cannot be read has no functions"),
    (r"^nodes: 30 -> ", r"^nodes: 7 -> ", "how many nodes there are is not known"),
    (r"^- at: (45d|60d) -> ", r"seed: 4|sector: arts",
     "some values hold for the whole run: whether the change is of its start is not known"),
    (r"-> jobs: ", r"^(machine|arrival_factor|serial|u_low)", "what kind the workload is is not known"),
    (r"-> by: user", r"secter|shore|uniform|exponen|posson|median",
     "whom logs bring are told by none of the keys of those who are counted"),
    (r"home: \[", r"-> work: ", "which partitions need a speed hangs on the centre"),
)

# What a template says wrongly is told once, of any tenant that is like it.
LIKE = re.compile(r"tenants\.city\.tenants\.(handary|incubator\.members\.each)\b")


class Base:
    def __init__(self, name):
        self.name = name
        self.files = {}
        folder = os.path.join(FOLDER, name)
        for file in sorted(os.listdir(folder)):
            with open(os.path.join(folder, file), encoding="utf-8") as opened:
                self.files[file] = opened.read().split("\n")
        self.faults = [self.place(*line.split(" -> "))
                       for line in self.files.pop("faults") if line and line[0] != "#"]

    def place(self, old, new):
        """Where OLD is: a line that says just this, else the one that has it in it."""
        lines = [(file, i, line) for file, lines in self.files.items()
                 for i, line in enumerate(lines)]
        found = ([at[:2] for at in lines if at[2].strip(" -") == old] or
                 [at[:2] for at in lines if old in at[2]])
        if len(found) != 1:
            raise ValueError(f"{self.name}: {old!r} is there {len(found)} times")
        return old, new, found[0]

    def tell(self, faults):
        """What is told of the scenario with these faults, sorted."""
        with tempfile.TemporaryDirectory() as folder:
            for file, lines in self.files.items():
                lines = list(lines)
                for old, new, (where, i) in faults:
                    if where == file:
                        lines[i] = lines[i].replace(old, new)
                with open(os.path.join(folder, file), "w", encoding="utf-8") as opened:
                    opened.write("\n".join(lines))
            done = subprocess.run([PROGRAM, "check", "scenario.yaml"], cwd=folder, timeout=60,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{self.name}: {faults}: {done.returncode}\n{done.stderr.decode()}")
        return done.returncode, sorted(LIKE.sub("LIKE", line) for line in done.stderr.decode().splitlines())

    def sets(self, size, most):
        """Sets of so many faults, each of a line of its own."""
        if ALL and size == 2:
            picks = itertools.combinations(self.faults, size)
        else:
            drawn = random.Random(f"{self.name} {size}")
            picks = [drawn.sample(self.faults, size) for _ in range(most)]
        return [faults for faults in picks
                if len({fault[2] for fault in faults}) == size and not excused(faults)]


def excused(faults):
    """Is one of each kind among them?"""
    names = [f"{old} -> {new}" for old, new, _ in faults]
    return any(re.search(one, a) and re.search(other, b)
               for one, other, _ in EXCUSED for a, b in itertools.permutations(names, 2))


class Pairs(unittest.TestCase):
    def check(self, base, pool):
        sound = base.tell([])
        self.assertEqual(sound, (0, []))
        alone = {}
        singles = pool.map(base.tell, [[fault] for fault in base.faults])
        for fault, (status, told) in zip(base.faults, singles):
            alone[fault] = told
            if status != 1:
                self.problems.append(f"{fault[0]} -> {fault[1]}: nothing is told\n")
        sets = base.sets(2, PAIRS) + base.sets(3, TRIPLES)
        for faults, (_, told) in zip(sets, pool.map(base.tell, sets)):
            want = sorted({line for fault in faults for line in alone[fault]})
            if told == want:
                continue
            names = "\n".join(f"    {old} -> {new}" for old, new, _ in faults)
            lines = [f"  hidden: {line}" for line in want if line not in told]
            lines += [f"  too much: {line}" for line in told if line not in want]
            self.problems.append("\n".join([names, *(lines or ["  told twice"]), ""]))

    def test_pairs(self):
        names = sorted(os.listdir(FOLDER))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for name in names:
                if ONLY in (None, name):
                    with self.subTest(name):
                        self.problems = []
                        self.check(Base(name), pool)
                        text = "\n".join(self.problems)
                        self.assertEqual(len(self.problems), 0, f"{name}:\n{text}")


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
