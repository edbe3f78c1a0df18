"""Random small scenarios run with every invariant checked after every event.

usage: test_random.py JISHI [--cases N] [--first SEED] [--keep FOLDER] [--stops]

--stops: of the same scenarios, with a tenant in each that takes back what it lent to the others. A run must end with status 0 within the time, leave a whole trace, and account for every job. What
breaks is kept in the folder given, under the number of its case.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import scenarios  # noqa: E402

ENDED = (0, 1, 2)
REJECTED, PENDING, RUNNING = 4, 5, 6
TIME_LIMIT = 20


def check_jobs(trace):
    """What holds for the rows of any scenario; a text of what does not, else None."""
    jobs = trace["jobs"][:] if "jobs" in trace else None
    if jobs is None:
        return "no table of jobs"
    state, submit, start, end = (jobs[name] for name in ("state", "submit", "start", "end"))
    begun = numpy.isin(state, ENDED) | (state == RUNNING)
    ended = numpy.isin(state, ENDED)
    unknown = set(state) - {*ENDED, REJECTED, PENDING, RUNNING}
    if unknown:
        return f"states {unknown}"
    keys = list(zip(jobs["workload"], jobs["id"]))
    if "load" not in trace["scenario/resolved"].asstr()[()] and len(set(keys)) != len(keys):
        return "a job is told of twice"
    stops = "preemptions" in jobs.dtype.names
    stopped = jobs["preemptions"] > 0 if stops else numpy.zeros(len(jobs), bool)  # these waited again
    # What was stopped has a start, also where it waits again at the end.
    if (numpy.isnan(start) == (begun | stopped)).any() or (numpy.isnan(end) == ended).any():
        return "start or end is there without cause, or missing"
    if (start[begun] < submit[begun]).any() or (end[ended] < start[ended]).any():
        return "a start before the submission or an end before the start"
    if (abs(jobs["wait"] - (start - submit))[begun & ~stopped] > 1e-6).any():
        return "the wait is not start - submit"
    if (jobs["wait"] < start - submit - 1e-6)[begun & stopped].any():
        return "a job that was stopped waited less than until its first start"
    causes = [jobs[name] for name in jobs.dtype.names if name.startswith("wait_")]
    if (abs(sum(causes) - jobs["wait"]) > 1e-6).any():
        return "the causes of waiting do not add up to the wait"
    whole = (state == 0) & ~stopped
    if (abs((end - start - jobs["runtime"])[whole]) > 2e-6).any():
        return "a completed job did not run for its run time"
    killed = state == 1
    lost = jobs["lost"] / numpy.fmax(jobs["procs"], 1) if stops else 0  # of attempts before the last
    if (end - submit - jobs["wait"] - lost - jobs["runtime"] > 1e-5)[killed].any():
        return "a killed job ran for longer than it needed"
    if (numpy.diff(end[: int(ended.sum())]) < 0).any() and not (state == REJECTED).any():
        return "rows out of the order of end"
    if "deadline" in jobs.dtype.names:
        due = jobs["deadline"]
        if (due <= submit).any():
            return "a deadline that is not after the submission"
        if "warmup" not in trace["scenario/resolved"].asstr()[()]:
            length = float(re.search(r"length: (\d+) ?h", trace["scenario/resolved"].asstr()[()])[1])
            bound = ended & ~numpy.isnan(due) & (submit < 3600 * length)
            late = bound & ((state != 0) | (end > due))
            said = [row["value"] for row in trace["metrics"][:]
                    if (row["name"], row["scope"], row["period"]) == (b"deadline.missed", b"all", b"")]
            want = late.sum() / bound.sum() if bound.any() else numpy.nan
            if not numpy.allclose(said, [want], equal_nan=True):
                return f"deadlines missed: {said}, not {want}"
    return (check_joined(trace, jobs, begun) or check_capacity(trace, jobs, begun, stopped) or
            check_received(trace))


def check_joined(trace, jobs, begun):
    """What a broker adds: nothing starts before its data are there."""
    if "joined" not in jobs.dtype.names:
        return None
    joined = jobs["joined"]
    if numpy.isnan(joined[begun]).any() or (joined[begun] < jobs["submit"][begun]).any():
        return "a job started that joined no queue, or joined before its submission"
    if (jobs["start"] < joined)[begun].any():
        return "a job started before it joined a queue"
    slow = [8 * jobs["moved"] / 10e9 - 1e-6]  # the fastest link of scenarios.py
    if (joined - jobs["submit"] < slow)[0][begun].any():
        return "data moved faster than any link"
    return None


def check_capacity(trace, jobs, begun, stopped):
    """At no instant are more processors busy than the centre's partitions ever have. Of a job that
    was stopped, only the last stretch is known, and only if it completed."""
    completed = jobs["state"] == 0
    begun = begun & (~stopped | completed)
    first = numpy.where(stopped, numpy.round(jobs["end"] - jobs["runtime"], 6), jobs["start"])
    paths = trace["names/partitions"].asstr()[:]
    for row, path in enumerate(paths):
        mine = begun & (jobs["partition"] == row)
        if not mine.any():
            continue
        if "+" in path:  # a reservation, as scenarios.reservations makes them
            tenants = trace["names/tenants"].asstr()[:][jobs["tenant"][mine]]
            if any(tenant != "t0" and not tenant.startswith("t0/") for tenant in tenants):
                return f"{path}: jobs of others"
        if any(other != path and other.split("+")[0] == path.split("+")[0] for other in paths):
            continue  # the series has means, --check has looked at each instant
        till = numpy.where(numpy.isnan(jobs["end"]), numpy.inf, jobs["end"])[mine]
        at = numpy.concatenate([first[mine], till])
        procs = numpy.concatenate([jobs["procs"][mine], -jobs["procs"][mine]]).astype(numpy.int64)
        busy = numpy.cumsum(procs[numpy.lexsort((procs, at))])
        most = trace["series"][path]["capacity"][:].max()
        changing = "changes:" in trace["scenario/resolved"].asstr()[()]
        if busy.max() > most and not changing:
            return f"{path}: {busy.max()} processors busy of {most}"
    return None


def busy_seconds(trace, path):
    """What a partition held over the whole run, by its series."""
    series = trace["series"][path]
    return (series["busy"][:] * numpy.diff([*series["time"][:], series.attrs["end"]])).sum()


def check_received(trace):
    """What tenants received is what centres and partitions gave, and that is all they held."""
    tenants, centres = trace["tenants"][:], trace["centres"][:]
    paths = trace["names/partitions"].asstr()[:]
    busy = {path: busy_seconds(trace, path) for path in paths}
    whole = sum(row["processor_seconds"] for row in tenants if b"/" not in row["name"])
    for what, got, want in [("all", whole, sum(busy.values()))] + [
            (name, seconds, sum(busy[path] for path in paths if path.split("/")[0] == name))
            for name, seconds in ((row["name"].decode(), row["processor_seconds"]) for row in centres)]:
        if not numpy.isclose(got, want, rtol=1e-9, atol=1e-3):
            return f"{what}: {got} processor-seconds received of {want} busy"
    resolved = trace["scenario/resolved"].asstr()[()]
    if "warmup" in resolved or "drain" in resolved:
        return None  # these are of jobs of the window, also after it
    hours = {row["scope"].decode(): row["value"] for row in trace["metrics"][:]
             if (row["name"], row["period"]) == (b"processor_hours", b"")}
    want = {f"partition:{path}": seconds for path, seconds in busy.items()}
    want.update({f"tenant:{row['name'].decode()}": row["processor_seconds"] for row in tenants})
    for path in paths:  # of each tenant there, as asked for by run_case
        hours[f"tenants in {path}"] = sum(row["value"] for row in trace["metrics"][:]
                                          if row["name"].endswith(f",partition={path}]".encode()))
        want[f"tenants in {path}"] = busy[path]
    for scope, seconds in want.items():
        if scope in hours and not numpy.isclose(3600 * hours[scope], seconds, rtol=1e-9, atol=1e-3):
            return f"{scope}: {hours[scope]} processor-hours received of {seconds / 3600}"
    return None


def places(plan):
    """The partitions of a centre, reservations included, as the trace names them."""
    for name, part in plan["partitions"].items():
        yield name
        yield from (f"{name}+{i + 1}" for i in range(len(part.get("reservations", []))))


def with_stops(scenario):
    """The first tenant is guaranteed processors, the others nothing, and stopping jobs is how it gets them."""
    for key in ("changes", "uncertain", "question", "analysis"):
        scenario.pop(key, None)
    for plan in scenario["centres"].values():
        plan["scheduler"] = {"backfill": "easy", "reclaim": "newest"}
        for part in plan["partitions"].values():
            for key in ("scheduler", "tenants", "reservations", "maintenance"):
                part.pop(key, None)
    for _, tenant in scenarios.tenant_paths(scenario["tenants"]):
        tenant.pop("guarantee", None)
        tenant.pop("quota", None)
    for i, tenant in enumerate(scenario["tenants"].values()):
        tenant["guarantee"] = {"processors": 0 if i else 6}


def run_case(program, folder, seed, stops):
    rng = random.Random(seed)
    path = os.path.join(folder, "case.yaml")
    scenario = scenarios.generate(rng, folder)
    if stops:
        with_stops(scenario)
    scenario["metrics"] = [f"'processor_hours[tenant={tenant},partition={centre}/{part}]'"
                           for tenant in scenario["tenants"] for centre, plan in scenario["centres"].items()
                           for part in places(plan)]
    with open(path, "w", encoding="utf-8") as file:
        file.write(scenarios.text_of(scenario))
    out = os.path.join(folder, "case.h5")
    command = [program, "run", path, "-o", out, "--check", "--quiet"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                              timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        return f"no end within {TIME_LIMIT} s"
    if done.returncode == 1 and scenarios.nothing_to_run(done.stderr):
        return None
    if done.returncode != 0 or done.stderr or done.stdout:
        return f"exit status {done.returncode}: {(done.stderr + done.stdout).strip()[:3000]}"
    with h5py.File(out) as trace:
        if trace.attrs["complete"] != 1:
            return "the trace is not complete"
        return check_jobs(trace)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--keep")
    parser.add_argument("--stops", action="store_true")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    failures = 0
    for seed in range(options.first, options.first + options.cases):
        with tempfile.TemporaryDirectory() as folder:
            why = run_case(program, folder, seed, options.stops)
            if why is None:
                continue
            failures += 1
            print(f"case {seed}: {why}")
            if options.keep:
                shutil.copytree(folder, os.path.join(options.keep, str(seed)), dirs_exist_ok=True)
    print(f"{options.cases} cases, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
