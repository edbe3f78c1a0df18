"""Orders in Lua: the same as the built-in ones where they say the same, and every error told.

usage: test_lua.py JISHI

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import subprocess
import sys
import time
import unittest

import h5py

from in_folder import InFolder

PROGRAM = os.path.abspath(sys.argv.pop(1))
CONFIGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../configs")
BASE = """jishi: 1
seed: 3
time: {length: 300h}
centres: {c: {partitions: {p: {nodes: 8}}, scheduler: {order: fcfs, backfill: easy}}}
tenants:
  a: {home: c, workloads: {w: {arrival: {poisson: 2/h}, processors: {choice: {1: 1, 2: 1, 4: 1}},
                               runtime: {exponential: 1h}, request: {factor: 2}, deadline: {uniform: [0h, 20h]}}}}
  b: {home: c, share: 2, priority: high,
      workloads: {w: {arrival: {poisson: 0.7/h}, processors: {choice: {1: 1, 8: 1}}, runtime: {exponential: 1h}}}}
"""
SAME = {  # what the script returns, of an order that ships
    "expansion": open(os.path.join(CONFIGS, "ageing.lua"), encoding="utf-8").read(),
    "sjf": "function score(job) return job.request end",
    "fcfs": "function score() return 0 end",
    "saf": "function score(job) return job.request * job.processors end",
    "wfp3": "function score(job) local s = job.waited / job.request return -(s * s * s) * job.processors end",
    "priority": "local class = {high = 0, medium = 1, low = 2} function score(job) return class[job.priority] end",
    "edf": "function score(job) return job.deadline or math.huge end",
}
BUDGET = "the call takes more instructions than its budget"
MEMORY = "the script needs more than 16 MiB of memory"
HOLES = "local t = {1, 2, 3, 4} for i = 3, 60 do t[1 << i] = i end t[9] = 9 assert(#t > 1e18)\n"
WRONG = [
    ("function score() return 0 / 0 end", ":1: score gave NaN, not a number, for job 1"),
    ("\nfunction score() end", ":2: score gave nil, not a number, for job 1"),
    ("function score() return '1' end", ":1: score gave string, not a number, for job 1"),
    ("function score() while true do end end", f":1: {BUDGET}"),
    ("\n\nwhile true do end", f":3: {BUDGET}"),
    ("function score() return score() + 1 end", f":1: {BUDGET}"),
    ("function score() local t = {} for i = 1, 3e4 do t['k' .. i] = i end for i = 1, 9 do for k in pairs(t) do end end "
     "return 1 end", f":1: {BUDGET}"),
    ("function score() return #string.rep('x', 1e9) end", f":1: {MEMORY}"),
    ("local s = string.rep('x', 1e6) function score() for i = 1, 1e9 do local x = s .. i end end", f":1: {MEMORY}"),
    ("local t = {}\nfor i = 1, 9e9 do\n  t[i] = i\nend", f":3: {BUDGET}"),
    ("local t = string.rep('x', 5e6)\nlocal u = t .. t .. t", f":2: {MEMORY}"),
    ("\ntable.move({}, 1, 1000000000000, 2)", f":2: {BUDGET}"),
    ("table.move({}, 1, math.maxinteger, 2, {})", f":1: {BUDGET}"),
    ("table.move({}, math.mininteger, math.maxinteger, 2)", f":1: {BUDGET}"),
    ("function score()\n  return #string.rep('', 1 << 62)\nend", f":2: {BUDGET}"),
    ("function score() return #(''):rep(1000000000000, '') end", f":1: {BUDGET}"),
    ("local t = {''} for i = 2, 2000 do t[i] = '' end\nfor i = 1, 500 do table.concat(t) end", f":2: {BUDGET}"),
    ("local t = {''} for i = 2, 2000 do t[i] = '' end\nfor i = 1, 500 do table.unpack(t) end", f":2: {BUDGET}"),
    (HOLES + "table.insert(t, 1, 0)", f":2: {BUDGET}"),
    (HOLES + "table.insert(t, '1', 0)", f":2: {BUDGET}"),
    (HOLES + "table.remove(t, 1)", f":2: {BUDGET}"),
    ("table.unpack({}, 1, 1e8)", f":1: {BUDGET}"),
    ("table.unpack({}, 1, 90000)\ntable.concat({}, '', 1, 20000)", f":2: {BUDGET}"),
    ("table.insert({}, -5, 1)", ":1: bad argument #2 to 'insert' (position out of bounds)"),
    ("table.move(1, 2, 3, 4)", ":1: bad argument #1 to 'move' (table expected, got number)"),
    ("string.format('%d', 'x')", ":1: bad argument #2 to 'format' (number expected, got string)"),
    ("function score()\n  error(nil)\nend", ":2: error() with a nil, not a text"),
    ("function score()\n\n  error('plain', 0) end", ":3: plain"),
    ("local function f() error('where f was called', 2) end\nf()", ":2: where f was called"),
    ("function score( return 1 end", ":1: <name> or '...' expected near 'return'"),
    ("x = 1", ": there is no function score(job, tenant, now)"),
    ("function score(job)\n  return job.foo + 1\nend",
     ":2: attempt to perform arithmetic on a nil value (field 'foo')"),
    ("function score() return math.floor('a') end",
     ":1: bad argument #1 to 'floor' (number expected, got string)"),
    ("function score() os.exit() end", ":1: attempt to index a nil value (global 'os')"),
    ("function score() return io.read() end", ":1: attempt to index a nil value (global 'io')"),
    ("require 'x'", ":1: attempt to call a nil value (global 'require')"),
    ("load 'x'", ":1: attempt to call a nil value (global 'load')"),
    ("pcall(error)", ":1: attempt to call a nil value (global 'pcall')"),
    ("function score() return math.random() end", ":1: attempt to call a nil value (field 'random')"),
    ("function score() return ('x'):find('x') end", ":1: attempt to call a nil value (method 'find')"),
    ("function score() error({}) end", ":1: error() with a table, not a text"),
    ("function score() error('mine') end", ":1: mine"),
    ("function score() score = 1 return 1 end", ": score is a function no more"),
    ("for k in pairs({[{}] = 1}) do end", ":1: pairs: the keys must be numbers, texts or booleans"),
    ("string.format('%-9p', 'x')", ":1: format: %p is not there"),
    ("string.format('%s', {})", ":1: format: a table has no text"),
    ("\x1bLua", ": attempt to load a binary chunk (mode is 't')"),
]
SEEN = """
local seen = {}
function score(job, tenant, now)
    assert(job.processors >= 1 and math.abs(job.waited - (now - job.submit)) < 1e-6 and job.capacity == 8 and job.attempt == 1)
    assert(job.workload == tenant.path .. '/w' and tenant.waiting_jobs >= 1 and tenant.parent == nil)
    assert(tenant.share == (tenant.path == 'b' and 2 or 1))
    assert(tenant.running_processors <= 8 and tenant.running_processors >= tenant.running_jobs)
    assert((job.deadline == nil) == (tenant.path == 'b') and job.nodes == 0 and job.attained == 0)
    local text = ''
    for key, value in pairs({b = 1, a = 2, [2] = 3, [1] = 4, [true] = 5}) do text = text .. tostring(key) .. value end
    assert(text == '1423a2b1true5', text)
    assert(tostring({}) == 'table' and string.format('%d%%', 3) == '3%')
    seen[job.id] = (seen[job.id] or 0) + 1
    if MOST then assert(seen[job.id] <= MOST, 'asked too often') end
    return tenant.running_processors
end
"""


class Lua(InFolder):
    def setUp(self):
        super().setUp()
        self.write("base.yaml", BASE)

    def jishi(self, *arguments, command="run"):
        out = ["-q", "-o", "x.h5"] if command == "run" else []
        return subprocess.run([PROGRAM, command, "base.yaml", *out, *arguments], cwd=self.folder,
                              capture_output=True, text=True, timeout=60)

    def trace(self, *settings):
        more = [word for setting in settings for word in ("--set", "centres.c.scheduler." + setting)]
        done = self.jishi("--check", *more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with h5py.File(os.path.join(self.folder, "x.h5")) as trace:
            return trace["jobs"][:].tobytes(), trace["scenario/hashes"].asstr()[()]

    def test_same_as_built_in(self):
        for order, text in SAME.items():
            self.write("o.lua", text)
            for backfill in ("none", "easy", "conservative", "plan", "{reserve: 2, order: {lua: o.lua}}"):
                with self.subTest(order=order, backfill=backfill):
                    fixed, _ = self.trace(f"order={order}", "backfill=" + backfill.replace("{lua: o.lua}", order))
                    scripted, hashes = self.trace("order={lua: o.lua}", f"backfill={backfill}")
                    self.assertEqual(fixed, scripted)
                    self.assertEqual(hashes.count("o.lua"), 1)

    def test_commit_head(self):
        self.write("o.lua", SAME["wfp3"])
        self.assertEqual(self.trace("order=wfp3", "commit_head=true")[0],
                         self.trace("order={lua: o.lua}", "commit_head=true")[0])

    def test_what_it_sees(self):
        self.write("o.lua", SEEN)
        first, _ = self.trace("order={lua: o.lua}")
        self.assertEqual(first, self.trace("order={lua: o.lua}")[0])

    def test_qos(self):
        """Its name, nil for none, and a priority that a QOS says."""
        self.write("o.lua", """function score(job, tenant)
    assert(job.qos == (tenant.path == 'a' and 'short' or nil), job.qos)
    assert(job.priority == (tenant.path == 'a' and 'low' or 'high'))
    return job.qos == 'short' and 0 or 1
end""")
        self.write("p.lua", "function score(job) return job.priority == 'low' and 0 or 1 end")
        self.write("base.yaml", BASE + "qos: {short: {priority: low}, long: {}}\n")
        qos = ["--set", "tenants.a.qos=short"]
        for name in ("o.lua", "p.lua"):
            done = self.jishi(*qos, "--set", f"centres.c.scheduler.order={{lua: {name}}}", "-o", name + ".h5")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        with h5py.File(os.path.join(self.folder, "o.lua.h5")) as a, h5py.File(os.path.join(self.folder, "p.lua.h5")) as b:
            self.assertEqual(a["jobs"][:].tobytes(), b["jobs"][:].tobytes())
            self.assertEqual({a["names/qos"].asstr()[q] for q in a["jobs"]["qos"]}, {"none", "short"})
        self.write("o.lua", "function score(job) return job.qos end")
        for settings, want in ((qos, "string"), ([], "nil")):
            done = self.jishi(*settings, "--set", "centres.c.scheduler.order={lua: o.lua}")
            self.assertEqual(done.stderr, f"o.lua:1: score gave {want}, not a number, for job 1\n")

    def test_refresh(self):
        """Scores that stand for longer than the run are taken once."""
        self.write("o.lua", "MOST = 1\n" + SEEN)
        self.trace("order={lua: {file: o.lua, refresh: 1000h}}")
        done = self.jishi("--set", "centres.c.scheduler.order={lua: o.lua}")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^o\.lua:\d+: asked too often\n$")

    def test_wrong(self):
        for text, want in WRONG:
            with self.subTest(text[:60]):
                self.write("o.lua", text)
                began = time.monotonic()
                done = self.jishi("--set", "centres.c.scheduler.order={lua: o.lua}")
                self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", "o.lua" + want + "\n"))
                self.assertLess(time.monotonic() - began, 10)

    def test_check_reads_it(self):
        self.write("large.lua", "--" + "x" * (1 << 20))
        for name, want in (("none.lua", "cannot be read: No such file or directory"), ("large.lua", "is larger than 1 MiB")):
            done = self.jishi("--set", f"centres.c.scheduler.order={{lua: {name}}}", command="check")
            self.assertEqual((done.returncode, done.stderr),
                             (1, f"--set centres.c.scheduler.order={{lua: {name}}}: centres.c.scheduler.order: lua: {name} {want}\n"))

    def test_budget(self):
        self.write("o.lua", "function score() for i = 1, 1e5 do end return 1 end")
        self.assertEqual(self.jishi("--set", "centres.c.scheduler.order={lua: o.lua}").returncode, 1)
        self.trace("order={lua: {file: o.lua, budget: 1000000, refresh: 100h}}")

    def test_changed_away_from(self):
        """An error is told though the script has just been replaced."""
        self.write("base.yaml", BASE + "changes: [{at: 100h, set: {centres.c.scheduler.order: sjf}}]\n")
        self.write("o.lua", "function score(job, tenant, now) if now > 99 * 3600 then error('late') end return 1 end")
        done = self.jishi("--set", "centres.c.scheduler.order={lua: o.lua}")
        self.assertEqual(done.stderr, "o.lua:1: late\n")


if __name__ == "__main__":
    unittest.main()
