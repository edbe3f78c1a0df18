/* A benchmark log: Poisson arrivals of independent jobs for one partition, as .swf.gz.
 *
 *   make_trace --jobs N [--load 0.9] [--procs 256] [--seed 1] [--level 6] OUT.swf.gz
 *
 * Drawn by the rules of drawn_log.h; groups of ten users. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drawn_log.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct options {
    long long jobs;
    double load;
    long procs;
    unsigned long seed;
    int level;
    const char *path;
};

static int write_header(gzFile out, const struct options *o, double gap)
{
    return gzprintf(out,
                    "; Version: 2.2\n"
                    "; Computer: none; drawn by make_trace\n"
                    "; Note: load %.17g of %ld processors, seed %lu, mean gap %.17g s\n"
                    "; MaxJobs: %lld\n; MaxRecords: %lld\n; MaxNodes: %ld\n; MaxProcs: %ld\n",
                    o->load, o->procs, o->seed, gap, o->jobs, o->jobs, o->procs, o->procs) > 0;
}

static int write_rows(gzFile out, const struct options *o, struct drawn_log *log)
{
    for (long long i = 1; i <= o->jobs; i++) {
        const struct drawn_job job = drawn_log_next(log);
        char row[160];
        const int n =
            snprintf(row, sizeof(row),
                     "%lld %lld -1 %ld %ld -1 -1 %ld %ld -1 1 %d %d -1 1 1 -1 -1\n", i, job.submit,
                     job.run, job.size, job.size, job.request, job.user, 1 + (job.user - 1) / 10);
        if (gzwrite(out, row, (unsigned)n) != n)
            return 0;
    }
    return 1;
}

static int make(const struct options *o)
{
    char mode[4] = "wb0";
    mode[2] = (char)('0' + o->level);
    gzFile out = gzopen(o->path, mode);
    if (!out) {
        perror(o->path);
        return 1;
    }
    gzbuffer(out, 1 << 18);
    struct drawn_log log;
    drawn_log_init(&log, o->load, o->procs, o->seed);
    const int ok = write_header(out, o, log.gap) && write_rows(out, o, &log);
    drawn_log_deinit(&log);
    if (gzclose(out) == Z_OK && ok)
        return 0;
    fprintf(stderr, "%s: cannot be written\n", o->path);
    return 1;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        {"jobs", required_argument, NULL, 'n'},  {"load", required_argument, NULL, 'l'},
        {"procs", required_argument, NULL, 'p'}, {"seed", required_argument, NULL, 's'},
        {"level", required_argument, NULL, 'z'}, {NULL, 0, NULL, 0},
    };
    struct options o = {.load = 0.9, .procs = 256, .seed = 1, .level = 6};
    int c;
    while ((c = getopt_long(argc, argv, "n:l:p:s:z:", names, NULL)) >= 0) {
        if (c == 'n')
            o.jobs = atoll(optarg);
        else if (c == 'l')
            o.load = atof(optarg);
        else if (c == 'p')
            o.procs = atol(optarg);
        else if (c == 's')
            o.seed = strtoul(optarg, NULL, 10);
        else if (c == 'z')
            o.level = atoi(optarg);
        else
            return 2;
    }
    if (optind + 1 != argc || o.jobs < 1 || !(o.load > 0) || o.procs < 1 || o.level < 0 ||
        o.level > 9) {
        fprintf(stderr, "usage: make_trace --jobs N [--load 0.9] [--procs 256] [--seed 1] "
                        "[--level 6] OUT.swf.gz\n");
        return 2;
    }
    o.path = argv[optind];
    return make(&o);
}
