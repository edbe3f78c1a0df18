# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole command: from a .swf.gz to a closed .h5, and a generated load.

    bench_command.py JISHI MAKE_TRACE BENCH_SWF BENCH_TRACE [--jobs N]... [--generated N]

Prints a row a run: jobs a second of wall time, processor time, the most memory. Fails if a
generated load of 10 million jobs takes 100 MB. Then the stages apart: reading, writing.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time

MEMORY_MOST = 100e6  # bytes, of a generated load below 1

REPLAY = """\
jishi: 1
title: Benchmark
seed: 1
centres:
  c:
    partitions: {p: {nodes: 256, processors_per_node: 1}}
    scheduler: {order: fcfs, backfill: easy}
tenants:
  users: {home: c, members: {by: user}, workloads: {log: {log: %s}}}
"""

# Sizes within 1..128, run times and requests as in the logs.
SIZES = {1: 0.15, 2: 0.15, 4: 0.1, 8: 0.1, 16: 0.1, 32: 0.2, 64: 0.15, 128: 0.05}
MEDIAN, SIGMA, LOAD, PROCS = 600, 1.5, 0.9, 256

GENERATED = """\
jishi: 1
title: Benchmark
seed: 1
time: {length: %ds}
centres:
  c:
    partitions: {p: {nodes: %d, processors_per_node: 1}}
    scheduler: {order: fcfs, backfill: easy}
tenants:
  users:
    home: c
    workloads:
      w:
        arrival: {poisson: %.9g per h}
        processors: {choice: {%s}}
        runtime: {lognormal: {median: %ds, sigma: %g}, max: 1d}
        request: {factor: {uniform: [1, 5]}}
"""


def normal(x):
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def mean_run():
    """Of the lognormal cut at a day: draws beyond it are drawn again."""
    cut = (math.log(86400) - math.log(MEDIAN)) / SIGMA
    whole = MEDIAN * math.exp(SIGMA * SIGMA / 2)
    return whole * normal(cut - SIGMA) / normal(cut)


def generated(jobs):
    mean = mean_run() * sum(size * chance for size, chance in SIZES.items())
    rate = LOAD * PROCS / mean  # a second
    sizes = ", ".join(f"{size}: {chance}" for size, chance in SIZES.items())
    return GENERATED % (jobs / rate, PROCS, rate * 3600, sizes, MEDIAN, SIGMA)


def measure(command):
    """Wall seconds, processor seconds, bytes of memory at most."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: failed")
    return wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss * 1024


def row(what, jobs, measured, result):
    wall, user, system, memory = measured
    print(f"{what:<34} {jobs:>9} {jobs / wall:>9.0f} {wall:>7.2f} {user:>7.2f} {system:>7.2f} "
          f"{memory / 1e6:>6.0f} {os.path.getsize(result) / jobs:>6.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    for name in ["jishi", "make_trace", "bench_swf", "bench_trace"]:
        parser.add_argument(name)
    parser.add_argument("--jobs", type=int, action="append", help="of a log")
    parser.add_argument("--generated", type=int, default=10_000_000, help="jobs, about")
    options = parser.parse_args()
    broken = False
    with tempfile.TemporaryDirectory() as folder:
        scenario, result = os.path.join(folder, "b.yaml"), os.path.join(folder, "b.h5")
        run = [options.jishi, "run", scenario, "-o", result, "--quiet"]
        print(f"{'whole command':<34} {'jobs':>9} {'jobs/s':>9} {'wall s':>7} {'user s':>7} "
              f"{'sys s':>7} {'MB':>6} {'B/job':>6}")
        logs = {}
        for jobs in options.jobs or [1_000_000, 5_000_000]:
            logs[jobs] = os.path.join(folder, f"{jobs}.swf.gz")
            subprocess.run([options.make_trace, "--jobs", str(jobs), logs[jobs]], check=True)
            with open(scenario, "w") as file:
                file.write(REPLAY % logs[jobs])
            row(".swf.gz to .h5, easy, load 0.9", jobs, measure(run), result)
        with open(scenario, "w") as file:
            file.write(generated(options.generated))
        measured = measure(run)
        row("generated to .h5, easy, load 0.9", options.generated, measured, result)
        if measured[3] >= MEMORY_MOST:
            print(f"the generated load took {measured[3] / 1e6:.0f} MB: BROKEN")
            broken = True
        print("stages apart:", flush=True)
        jobs = max(logs)
        subprocess.run([options.bench_swf, logs[jobs]], check=True)
        subprocess.run([options.bench_trace, str(jobs), result], check=True)
    sys.exit(broken)


if __name__ == "__main__":
    main()
