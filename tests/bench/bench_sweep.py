"""What a sweep costs: a run that simulates next to nothing, a thousand points of 10 000 jobs, and how
much faster two processes are than one, beside two plain processes that only count.

usage: bench_sweep.py JISHI

Fails where a run costs 5 ms of processor time besides its simulation, or a thousand points of 10 000
jobs more than 40 s of it: two processors have that in 20 s.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
SCENARIO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../experiment/small.yaml")
LOW, HIGH = 12, 22


def sweep_file(folder, length, warmup):
    path = os.path.join(folder, "sweep.yaml")
    rates = ", ".join(f"{7 + i / 4} per h" for i in range(10))
    runtimes = ", ".join(f"{{exponential: {50 + i}min}}" for i in range(10))
    with open(path, "w", encoding="ascii") as file:
        file.write(f"""jishi-sweep: 1
scenario: {SCENARIO}
set: {{time.length: {length}, time.warmup: {warmup}}}
factors:
  centres.shop.partitions.p.nodes: {list(range(LOW, HIGH))}
  tenants.firms.workloads.w.arrival.poisson: [{rates}]
  tenants.firms.workloads.w.runtime: [{runtimes}]
measures: [wait.mean, wait.p95, utilisation]
""")
    return path


def measure(length, warmup, workers):
    """Wall and processor seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = sweep_file(folder, length, warmup)
        used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run([PROGRAM, "sweep", path, "-q", "-j", str(workers), "-o",
                        os.path.join(folder, "out")], check=True)
        wall, now = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        return wall, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def count(times):
    total = 0
    for i in range(times):
        total += i
    return total


def plain(processes):
    began = time.monotonic()
    workers = [multiprocessing.Process(target=count, args=(40_000_000 // processes,))
               for _ in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.monotonic() - began


def main():
    wall, used = measure("2h", "0h", 1)
    print(f"1000 runs of 20 jobs, one process: {wall:.2f} s, {used:.3f} ms of processor time a run")
    walls = {}
    for workers in (1, 2):
        walls[workers], busy = measure("1000h", "10h", workers)
        print(f"1000 points of 10 000 jobs, -j {workers}: {walls[workers]:.1f} s, {busy:.1f} s of processor time")
    print(f"two processes against one: {walls[1] / walls[2]:.2f} times as fast; "
          f"plain processes: {plain(1) / plain(2):.2f}")
    return 0 if used < 5 and busy < 40 else 1


if __name__ == "__main__":
    sys.exit(main())
