#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a table of jobs, a CSV file, as a log in the Standard Workload Format.

usage: csv_to_swf.py JOBS.csv[.gz] LOG.swf[.gz] --submit COLUMN --run COLUMN --procs COLUMN
                     [--request COLUMN] [--user COLUMN] [--queue COLUMN] [--max-procs N]
                     [--zone HOURS] [--names FILE]

Columns are told by their names in the first line. Submit times are dates, such as
2017-10-09 07:01:55 (the time of a zone that many hours east of UTC), or seconds since 1970; run times
and requests are seconds, rounded up. Rows are sorted by submission and numbered. Users and queues that
are names get numbers from 1 in the order of the names, which the header tells ("Queue: 3 vc-c") and
--names writes as lines of number and name. Rows without a whole number of processors above 0, or
without a run time, are left out and counted.

The logs of Microsoft's Philly cluster (timestamp, duration, num_gpus, gpu_time, cluster):
  csv_to_swf.py philly.csv.gz philly.swf.gz --submit timestamp --run duration --procs num_gpus --queue cluster
"""
import argparse
import csv
import datetime
import gzip
import io
import math
import sys


def opened(path, mode):
    """Text of a file, gzip or plain by its name; the same input gives the same bytes."""
    if not path.endswith(".gz"):
        return open(path, mode, encoding="utf-8", newline="")
    if mode == "r":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return io.TextIOWrapper(gzip.GzipFile(path, "wb", mtime=0), encoding="utf-8", newline="")


def seconds_of(text, zone):
    try:
        return float(text)
    except ValueError:
        date = datetime.datetime.fromisoformat(text)
        if date.tzinfo is None:
            date = date.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=zone)))
        return date.timestamp()


def whole(text):
    """The number, or None where it is none above 0."""
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value == int(value) and value > 0 else None


def read(path, options):
    """Rows as (submit, run, procs, request, user, queue), in order, and how many were left out."""
    rows, left_out = [], 0
    with opened(path, "r") as file:
        table = csv.DictReader(file)
        for name in (options.submit, options.run, options.procs, options.request, options.user,
                     options.queue):
            if name and name not in table.fieldnames:
                sys.exit(f"{path}: no column {name}; there are {', '.join(table.fieldnames)}")
        for row in table:
            procs = whole(row[options.procs])
            try:
                submit = math.floor(seconds_of(row[options.submit], options.zone))
                run = math.ceil(float(row[options.run]))
                request = math.ceil(float(row[options.request])) if options.request else -1
            except (ValueError, OverflowError):
                procs = None
            if procs is None:
                left_out += 1
                continue
            rows.append((submit, run, procs, request, row[options.user] if options.user else "",
                         row[options.queue] if options.queue else ""))
    rows.sort(key=lambda row: row[0])
    return rows, left_out


def numbers(names):
    """Numbers for names: their own where all are numbers, else from 1 in order."""
    names = sorted(set(names))
    if all(name.isdigit() for name in names):
        return {name: int(name) for name in names}
    return {name: i for i, name in enumerate(names, 1)}


def write(path, rows, options):
    users, queues = (numbers(row[i] for row in rows) for i in (4, 5))
    start = rows[0][0]
    most = options.max_procs or max(row[2] for row in rows)
    head = [("Version", 2.2), ("MaxJobs", len(rows)), ("MaxRecords", len(rows)),
            ("MaxProcs", most), ("UnixStartTime", start)]
    if options.queue:
        head += [("Queue", f"{number} {name}") for name, number in queues.items()]
    with opened(path, "w") as out:
        for name, value in head:
            out.write(f"; {name}: {value}\n")
        for i, (submit, run, procs, request, user, queue) in enumerate(rows, 1):
            user = users[user] if options.user else -1
            queue = queues[queue] if options.queue else -1
            out.write(f"{i} {submit - start} -1 {run} {procs} -1 -1 {procs} {request} -1 1 {user} "
                      f"-1 -1 {queue} -1 -1 -1\n")
    if options.names:
        with open(options.names, "w", encoding="utf-8") as out:
            out.writelines(f"{number} {name}\n" for name, number in queues.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs")
    parser.add_argument("log")
    for name in ("submit", "run", "procs"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("request", "user", "queue", "names"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--max-procs", type=int)
    parser.add_argument("--zone", type=float, default=0)
    options = parser.parse_args()
    rows, left_out = read(options.jobs, options)
    if not rows:
        sys.exit(f"{options.jobs}: no job in it")
    write(options.log, rows, options)
    print(f"{len(rows)} jobs, {left_out} rows left out")


if __name__ == "__main__":
    main()
