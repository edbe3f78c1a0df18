"""The traces of random small scenarios: everything promised is there, read by pandas, PyTables and
h5py, and the parts agree with one another.

usage: test_run_trace.py JISHI [--cases N] [--first SEED]

SPDX-License-Identifier: GPL-3.0-or-later
"""
import argparse
import os
import random
import subprocess
import sys
import tempfile
import warnings

import h5py
import numpy
import pandas
import tables

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
import scenarios  # noqa: E402

JOBS = {"id": "i8", "tenant": "i4", "workload": "i4", "centre": "i4", "partition": "i4",
        "submit": "f8", "start": "f8", "end": "f8", "wait": "f8", "procs": "i4", "request": "f8",
        "runtime": "f8", "state": "i4", "reason": "i4"}
UNITS = {"submit": "s", "start": "s", "end": "s", "wait": "s", "procs": "processors",
         "request": "s", "runtime": "s", "lost": "processor s", "deadline": "s", "joined": "s", "moved": "B"}
TOTALS = ["submitted", "completed", "killed", "failed", "abandoned", "rejected", "pending",
          "running"]
STATES = TOTALS[1:]
SERIES = ["time", "capacity", "up", "busy", "queued_jobs", "queued_procs"]
CAUSES = ["dependency", "data", "broker", "quota", "guarantee", "capacity", "fragmentation", "reserved", "order"]
COMPLETED, KILLED, REJECTED, PENDING, RUNNING = 0, 1, 4, 5, 6


def require(holds, what, *more):
    if not holds:
        raise AssertionError(f"{what} {more if more else ''}")


def close(a, b, what):
    """Sums of many microseconds: equal but for rounding."""
    require(abs(a - b) <= 1e-3 + 1e-9 * abs(b), what, a, b)


FEATURES = [{"preemptions": "i4", "lost": "f8"}, {"deadline": "f8"}, {"home": "i4", "joined": "f8", "moved": "f8"}, {"qos": "i4"}]


def check_root(file, scenario):
    attrs = dict(file.attrs)
    want = {"format": 1, "complete": 1, "seed": scenario["seed"], "replication": 1}
    for key, value in want.items():
        require(attrs[key] == value, "root attribute", key, attrs[key])
    require({"jishi_version", "title", "start"} <= set(attrs), "root attributes", attrs)
    require(pandas.Timestamp(attrs["start"]).tzinfo is not None, "start has no offset")
    for name in ("given", "resolved", "sets", "hashes"):
        file["scenario"][name].asstr()[()]
    require(list(file["names/states"].asstr()) == STATES, "names of states")
    for name in ("tenants", "workloads", "centres", "partitions", "reasons"):
        require(file["names"][name].ndim == 1, "names", name)


def causes_of(file):
    """Of waiting, that can occur: there is capacity, and something that keeps a job that fits."""
    causes = [c for c in CAUSES if f"wait_{c}" in file["jobs"].dtype.names]
    require("capacity" in causes and {"reserved", "order"} & set(causes), "causes", causes)
    return causes


def check_columns(file):
    jobs = file["jobs"]
    want = JOBS | {f"wait_{cause}": "f8" for cause in causes_of(file)}
    for group in FEATURES:   # of what a scenario has, and then whole
        if set(group) & set(jobs.dtype.names):
            want |= group
    require(("qos" in jobs.dtype.names) == ("qos:" in file["scenario/resolved"].asstr()[()]), "qos")
    require({n: jobs.dtype[n].str[1:] for n in jobs.dtype.names} == want, "columns of jobs",
            set(jobs.dtype.names) ^ set(want))
    require(list(jobs.dtype.names)[:len(JOBS)] == list(JOBS), "order of columns")
    for i, name in enumerate(jobs.dtype.names):
        require(jobs.attrs[f"FIELD_{i}_NAME"].decode() == name, "name of column", name)
        require(bool(jobs.attrs[f"FIELD_{i}_DESCRIPTION"]), "description", name)
        require(jobs.attrs.get(f"FIELD_{i}_UNITS", "") == UNITS.get(name, "s" if "wait_" in name else ""),
                "unit", name)
    require(jobs.attrs["NROWS"] == len(jobs), "NROWS")
    require(file["metrics"].dtype.names == ("name", "scope", "period", "value", "unit"), "metrics")
    for name in ("tenants", "centres"):
        require(set(TOTALS) | {"name", "processor_seconds"} <= set(file[name].dtype.names), name)
        require(file[name].dtype["name"].kind == "S", "fixed-length name")


def check_readers(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with h5py.File(path) as file:
            want = file["jobs"][:]
            metrics = file["metrics"][:]
        frame = pandas.read_hdf(path, "jobs")
        for name in JOBS:
            numpy.testing.assert_array_equal(frame[name].to_numpy(), want[name])
        frame = pandas.read_hdf(path, "metrics")
        numpy.testing.assert_array_equal(frame["value"].to_numpy(), metrics["value"])
        require(list(frame["name"]) == [n.decode() for n in metrics["name"]], "names of metrics")
        with tables.open_file(path) as file:
            require(file.root.jobs.read().tobytes() == want.tobytes(), "jobs read by PyTables")
            require(len(file.root.tenants.read()) > 0, "tenants")


def check_states(jobs):
    state = jobs["state"]
    require(set(state) <= {COMPLETED, KILLED, REJECTED, PENDING, RUNNING}, "states", set(state))
    ended = numpy.isin(state, (COMPLETED, KILLED))
    begun = ended | (state == RUNNING)
    require((numpy.isnan(jobs["start"]) == ~begun).all(), "NaN where a job never started")
    require((numpy.isnan(jobs["end"]) == ~ended).all(), "NaN where a job never ended")
    require(((jobs["reason"] > 0) == (state == REJECTED)).all(), "a reason where rejected")
    require((jobs["wait"][begun] == jobs["wait"][begun]).all(), "wait")
    unfinished = numpy.isin(state, (PENDING, RUNNING))
    require((numpy.diff(unfinished.astype(int)) >= 0).all(), "unfinished rows last")
    return ended, begun


def rows_within(names, path):
    """Rows of a tenant and its members."""
    return [row for row, name in enumerate(names) if name == path or name.startswith(path + "/")]


def check_totals(file, jobs, length):
    """Each job is counted once in its tenant and its centre."""
    for table, column in (("tenants", "tenant"), ("centres", "centre")):
        names = list(file["names"][table].asstr())
        told = file[table][:]
        require([n.decode() for n in told["name"]] == names, "names of", table)
        for row, name in zip(told, names):
            mine = jobs[numpy.isin(jobs[column], rows_within(names, name))]
            require(row["submitted"] == len(mine), table, name, "submitted")
            for code, state in enumerate(STATES):
                require(row[state] == (mine["state"] == code).sum(), table, name, state)
            waited = mine[mine["state"] != REJECTED]
            for column_of_wait in ["wait", *(f"wait_{cause}" for cause in causes_of(file))]:
                close(row[column_of_wait], waited[column_of_wait].sum(), f"{column_of_wait} of {name}")
            begun = mine[~numpy.isnan(mine["start"])]
            till = numpy.fmin(begun["end"], length)
            close(((till - begun["start"]) * begun["procs"]).sum(), row["processor_seconds"],
                  f"processor-seconds of {name}")


def counts_processors(scenario):
    """Do all jobs ask for processors? Before they start, whole nodes count as the smallest there are."""
    works = [work for _, work, _ in workloads_of(scenario["tenants"])]
    return not any("nodes" in asks for work in works for asks in (work, *work.get("jobs", [])))


def check_series(file, jobs, scenario, length):
    text = scenarios.text_of(scenario)
    counted = counts_processors(scenario)
    for row, path in enumerate(file["names/partitions"].asstr()):
        group = file["series"][path]
        require(set(SERIES) <= set(group), "series", path)
        step = {name: group[name][:] for name in SERIES}
        lengths = numpy.diff(numpy.append(step["time"], length))
        require((lengths > 0).all(), "steps")
        for name in SERIES[1:]:
            require("units" in group[name].attrs and "description" in group[name].attrs, name)
            require(group[name].dims[0].keys() == ["time"], "dimension scale", name)
            require((step[name] >= -1e-9).all(), "negative", name)
        require((step["busy"] <= step["up"].max() + 1e-6).all() or "changes" in scenario, "busy")
        queued = {f"queued_procs_{cause}" for cause in causes_of(file) if cause not in ("data", "broker")}
        require({name for name in group if name.startswith("queued_procs_")} == queued, "causes of queues")
        parts = sum(group[name][:] for name in sorted(queued))
        require(numpy.allclose(parts, step["queued_procs"], 1e-9, 1e-9), "queued_procs by cause")
        ways = {f"coming_{what}_{cause}" for what in ("jobs", "procs") for cause in ("data", "broker")
                if cause in causes_of(file)}
        require({name for name in group if name.startswith("coming_")} == ways, "jobs on their way")
        require((step["up"] <= step["capacity"] + 1e-6).all(), "up above capacity")
        mine = jobs[(jobs["partition"] == row)]
        begun = mine[~numpy.isnan(mine["start"])]
        till = numpy.fmin(begun["end"], length)
        close((step["busy"] * lengths).sum(), ((till - begun["start"]) * begun["procs"]).sum(),
              f"busy integral of {path}")
        # Where jobs wait in several queues, or more than once, a row does not tell when in which.
        if "partition: any" in text or "reservations:" in text or "preemptions" in jobs.dtype.names:
            continue
        if "broker" in scenario and len(scenario["centres"][path.split("/")[0]]["partitions"]) > 1:
            continue
        # What is rejected as it comes waited for nothing; what lost its last chance later waited until then.
        waited = mine
        left = numpy.where(waited["state"] == REJECTED, waited["submit"] + waited["wait"], length)
        until = numpy.where(numpy.isnan(waited["start"]), left, waited["start"])
        waits = until - waited["joined" if "joined" in jobs.dtype.names else "submit"]
        waits = numpy.nan_to_num(waits)  # on the way to a centre at the end
        close((step["queued_jobs"] * lengths).sum(), waits.sum(), f"Little's law in {path}")
        close(waited["wait"].sum(), (until - waited["submit"]).sum(), "waits")
        if counted:
            close((step["queued_procs"] * lengths).sum(), (waits * waited["procs"]).sum(),
                  f"processors queued in {path}")


def check_ways(file, jobs, scenario, length):
    """Jobs on their way to a centre count once where it has one partition; of several in each that may hold them."""
    paths = file["names/partitions"].asstr()[:]
    for row, centre in enumerate(file["names/centres"].asstr()):
        mine = jobs[jobs["centre"] == row]
        groups = [file["series"][path] for path in paths if path.startswith(centre + "/")]
        for cause in {"data", "broker"} & set(causes_of(file)):
            for name, weight in (("jobs", 1), ("procs", mine["procs"])):
                got = sum((group[f"coming_{name}_{cause}"][:] *
                           numpy.diff(numpy.append(group["time"][:], length))).sum() for group in groups)
                want = (mine[f"wait_{cause}"] * weight).sum()
                if len(groups) == 1 and (name == "jobs" or counts_processors(scenario)):
                    close(got, want, f"{name} on their way to {centre}: {cause}")
                elif name == "jobs":
                    require(got >= want - 1e-6 * abs(want) - 1e-6, name, "on their way to", centre, cause)


def workloads_of(tenants, above="", always=True):
    """Path and map of each workload written out in the tree, and whether its tenant is always there."""
    for tenant, plan in tenants.items():
        path = f"{above}{tenant}/"
        there = always and "join" not in plan and "leave" not in plan
        for name, work in plan.get("workloads", {}).items():
            yield path + name, work, there
        yield from workloads_of(plan.get("tenants", {}), path, there)


def check_submitted(jobs, scenario, names):
    """Jobs written out are all there, once each, but those of the very end."""
    logs = set()
    minutes = 60 * int(scenario["time"]["length"].split()[0])
    for path, work, always in workloads_of(scenario["tenants"]):
        if "log" in work:
            logs.add(path)
        if "jobs" not in work or not always:
            continue
        due = sum(job.get("count", 1) for job in work["jobs"]
                  if int(job["submit"].split()[0]) < minutes)
        mine = jobs[jobs["workload"] == names.index(path)]
        require(len(mine) == due, "jobs of", path, len(mine), due)
    generated = jobs[[names[w] not in logs for w in jobs["workload"]]]
    require(len(set(generated["id"])) == len(generated), "an id is told twice")


def run_case(program, seed, folder):
    rng = random.Random(seed)
    scenario = scenarios.generate(rng, folder)
    scenario.get("measure", {}).pop("after", None)
    scenario = {key: value for key, value in scenario.items() if value != {}}
    hours = int(scenario["time"]["length"].split()[0])
    path = os.path.join(folder, "case.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(scenarios.text_of(scenario))
    out = os.path.join(folder, "case.h5")
    done = subprocess.run([program, "run", path, "-o", out, "-q"], capture_output=True, text=True,
                          timeout=60)
    if done.returncode == 1 and scenarios.nothing_to_run(done.stderr):
        return
    require(done.returncode == 0, done.stderr)
    with h5py.File(out) as file:
        jobs = file["jobs"][:]
        length = hours * 3600
        check_root(file, scenario)
        check_columns(file)
        check_states(jobs)
        check_totals(file, jobs, length)
        check_series(file, jobs, scenario, length)
        check_ways(file, jobs, scenario, length)
        check_submitted(jobs, scenario, list(file["names/workloads"].asstr()))
    check_readers(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--first", type=int, default=5000)
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    failures = 0
    for seed in range(options.first, options.first + options.cases):
        with tempfile.TemporaryDirectory() as folder:
            try:
                run_case(program, seed, folder)
            except (AssertionError, subprocess.SubprocessError, KeyError) as error:
                failures += 1
                print(f"case {seed}: {type(error).__name__}: {error}")
    print(f"{options.cases} cases, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
