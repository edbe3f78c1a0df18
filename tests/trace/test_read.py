"""What write_demo wrote, read by h5py, PyTables and pandas; killed runs; equal bytes.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import warnings

import h5py
import numpy
import pandas
import tables

DEMO = sys.argv.pop(1)
JOBS = 50_000
TENANTS = ["handary", "users/12", "zhang.san", "戴家山/企业-3"]


def demo(path, jobs=JOBS, *more):
    subprocess.run([DEMO, path, str(jobs), *more], check=True)


def expected(jobs):
    """The formulas of write_demo.c, in whole microseconds; the two unfinished rows left out."""
    i = numpy.arange(jobs, dtype=numpy.int64)
    second = 1_000_000
    submit = i * 1_500_000 + i % 1000
    runtime = i * 7919 % 36000 * second + 1
    start = submit + i % 100 * second
    rejected = i % 50 == 0
    seconds = lambda us: numpy.where(rejected, numpy.nan, us / 1e6)
    return {
        "id": i + 1, "tenant": i % 4, "workload": i % 3, "centre": i % 2, "partition": i % 2,
        "submit": submit / 1e6, "start": seconds(start), "end": seconds(start + runtime),
        "wait": numpy.where(rejected, 0, (start - submit) / 1e6), "procs": 1 + i % 512,
        "request": (i * 7919 % 36000 + 600) * 1.0, "runtime": runtime / 1e6,
        "state": numpy.where(rejected, 4, 0), "reason": numpy.where(rejected, 1, 0),
    }


class Read(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "results", "demo.h5")
        demo(cls.path)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def check_jobs(self, get, dtype):
        self.assertEqual(list(dtype.names), list(expected(1)))
        for name, want in expected(JOBS).items():
            numpy.testing.assert_array_equal(get(name)[:JOBS], want, name)
        self.assertEqual(list(get("state")[JOBS:]), [6, 5])
        self.assertTrue(numpy.isnan(get("end")[JOBS:]).all())

    def test_h5py(self):
        with h5py.File(self.path) as file:
            jobs = file["jobs"]
            self.assertEqual(jobs.shape, (JOBS + 2,))
            self.assertEqual(jobs.dtype.itemsize, 84)
            self.assertEqual((jobs.compression, jobs.compression_opts, jobs.shuffle),
                             ("gzip", 1, True))
            self.check_jobs(lambda name: jobs[name], jobs.dtype)
            self.assertEqual(jobs.attrs["NROWS"], JOBS + 2)
            self.assertEqual(jobs.attrs["FIELD_8_UNITS"], "s")
            self.assertIn("pending", jobs.attrs["FIELD_8_DESCRIPTION"])

    def test_pandas(self):
        frame = pandas.read_hdf(self.path, "jobs")
        self.check_jobs(lambda name: frame[name].to_numpy(), frame.to_records(index=False).dtype)
        metrics = pandas.read_hdf(self.path, "metrics")
        self.assertEqual(list(metrics["name"]), ["wait.mean", "wait.p95", "等待"])
        self.assertEqual(list(metrics["value"]), [0, 1.5, 3])

    def test_tables(self):
        with warnings.catch_warnings():
            # PyTables does not know references: the dimension scale costs a warning, no more.
            warnings.filterwarnings("ignore", "Unsupported type for attribute 'DIMENSION_LIST'")
            warnings.filterwarnings("ignore", category=tables.NaturalNameWarning)
            warnings.simplefilter("error", UserWarning)
            with tables.open_file(self.path) as file:
                jobs = file.root.jobs
                self.check_jobs(jobs.col, jobs.dtype)
                self.assertEqual(jobs.title, "jobs in order of end")
                self.assertEqual(jobs.attrs.FIELD_5_UNITS, "s")
                big = jobs.read_where("(procs == 512) & (state == 0)")
                i = numpy.arange(JOBS)
                self.assertEqual(len(big), ((i % 512 == 511) & (i % 50 != 0)).sum())
                self.assertEqual([t.decode() for t in file.root.names.tenants[:]], TENANTS)
                self.assertEqual(file.root._v_attrs.title, "武汉 demo")
                for node in file.walk_nodes():
                    self.assertNotIsInstance(node, tables.UnImplemented, node._v_pathname)
                    str(node)

    def test_names_and_scenario(self):
        with h5py.File(self.path) as file:
            self.assertEqual(list(file["names/tenants"].asstr()), TENANTS)
            self.assertEqual(list(file["names/partitions"].asstr()),
                             ["wuhan-ai/ascend", "成都/a/b"])
            self.assertEqual(file["names/states"].asstr()[5], "pending")
            self.assertEqual(file["scenario/given"].asstr()[()], "jishi: 1\ntitle: 武汉\n")
            self.assertEqual(file["scenario/sets"].asstr()[()], "")
            attrs = dict(file.attrs)
            attrs.pop("jishi_version")
            self.assertEqual(attrs, {"format": 1, "complete": 1, "seed": 20230101,
                                     "replication": 1, "title": "武汉 demo",
                                     "start": "2021-05-01T00:00:00+08:00"})

    def test_series(self):
        i = numpy.arange(JOBS, dtype=numpy.int64)
        end = JOBS * 1_500_000 + 1_800_000_000
        with h5py.File(self.path) as file:
            for part, name in enumerate(("wuhan-ai/ascend", "成都/a%2Fb")):
                group = file["series"][name]
                times = group["time"][:]
                steps = -(-end // 3_600_000_000)
                numpy.testing.assert_array_equal(times, 3600.0 * numpy.arange(steps))
                self.assertTrue(h5py.h5ds.is_scale(group["time"].id))
                for column in ("capacity", "up", "busy", "queued_jobs", "queued_procs"):
                    self.assertEqual(group[column].dims[0].keys(), ["time"])
                    self.assertEqual(group[column].dims[0][0][1], 3600)
                    self.assertIn("mean over the step", group[column].attrs["description"])
                self.assertTrue((group["capacity"][:] == 392).all())
                self.assertTrue((group["up"][:] == 384).all())
                # The integral of a step function, from the facts of this partition.
                mine = i[i % 2 == part]
                at = numpy.concatenate(([0], mine * 1_500_000 + mine % 1000, [end]))
                busy = numpy.concatenate(([0], mine % 97))
                total = int((numpy.diff(at) * busy).sum())
                lengths = numpy.diff(numpy.append(times, end / 1e6))
                self.assertAlmostEqual((group["busy"][:] * lengths).sum() * 1e6 / total, 1,
                                       delta=1e-12)

    def test_same_bytes(self):
        for jobs in (0, 100, JOBS):
            files = []
            for name in ("one.h5", "another-name.h5"):
                path = os.path.join(self.folder.name, name)
                demo(path, jobs)
                with open(path, "rb") as file:
                    files.append(file.read())
            self.assertEqual(files[0], files[1])
        time.sleep(1.1)  # no clock in it either, nor memory that happened to be there
        subprocess.run([DEMO, path, str(JOBS)], check=True,
                       env=dict(os.environ, MALLOC_PERTURB_="123"))
        with open(path, "rb") as file:
            self.assertEqual(files[0], file.read())

    @unittest.skipUnless(os.getuid() == 0, "becomes another user to run out of threads")
    def test_no_thread(self):
        def confine():
            resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
            os.setuid(64321)

        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            program = shutil.copy(DEMO, folder)
            path = os.path.join(folder, "x.h5")
            subprocess.run([program, path, str(JOBS)], check=True, preexec_fn=confine)
            with open(path, "rb") as file, open(self.path, "rb") as usual:
                self.assertEqual(file.read(), usual.read())

    def test_incomplete(self):
        path = os.path.join(self.folder.name, "incomplete.h5")
        demo(path, 1000, "incomplete")
        with h5py.File(path) as file:
            self.assertEqual(file.attrs["complete"], 0)
            self.assertEqual(len(file["jobs"]), 1002)

    def test_killed(self):
        want = expected(1_000_000)
        read = 0
        for trial in range(8):
            path = os.path.join(self.folder.name, f"killed{trial}.h5")
            run = subprocess.Popen([DEMO, path, "1000000000"])
            time.sleep(0.2 + 0.037 * trial)
            run.send_signal(signal.SIGKILL)
            run.wait()
            self.assertFalse(os.path.exists(path))
            with h5py.File(path + ".tmp") as file:
                self.assertEqual(file.attrs["complete"], 0)
                jobs = file["jobs"][:] if "jobs" in file else []
                read += len(jobs)
                self.assertEqual(len(jobs) % 16384, 0)
                self.assertEqual(list(file["names/centres"].asstr()), ["wuhan-ai", "成都"])
                for name, column in want.items():
                    n = min(len(jobs), len(column))
                    if n:
                        numpy.testing.assert_array_equal(jobs[name][:n], column[:n])
            os.unlink(path + ".tmp")
        self.assertGreater(read, 0)


class Errors(unittest.TestCase):
    def test_messages(self):
        with tempfile.TemporaryDirectory() as folder:
            full = os.path.join(folder, "a", "b.h5")
            limit = subprocess.run(
                ["sh", "-c", 'trap "" XFSZ; ulimit -f 64; exec "$@"', "sh", DEMO, full, "1000000"],
                capture_output=True, text=True, timeout=60)
            self.assertEqual((limit.returncode, limit.stdout, limit.stderr),
                             (1, "", f"{full}: cannot write: File too large\n"))
            self.assertEqual(os.listdir(os.path.dirname(full)), [])


if __name__ == "__main__":
    unittest.main()
