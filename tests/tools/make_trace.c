/* A benchmark log: Poisson arrivals of independent jobs for one partition, as .swf.gz.
 *
 *   make_trace --jobs N [--load 0.9] [--procs 256] [--seed 1] [--level 6] OUT.swf.gz
 *
 * Run times are lognormal (median 600 s, sigma 1.5) in whole seconds, drawn again until within
 * 1..86400. Sizes are within 1..128: with probability 0.75 a power of two, each equally likely,
 * else any. Requests are the run time times a factor uniform within [1, 5), rounded up to whole
 * minutes. Users 1..50, groups of ten of them. The mean of size x run time is computed from these
 * very (discrete) distributions, and the arrival rate from it, so that the expected offered load is
 * the one asked for. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MEDIAN 600.0
#define SIGMA 1.5
#define POWER_OF_TWO 0.75
#define FACTOR_MAX 5.0
enum { RUN_MAX = 86400, SIZE_MAX_LOG2 = 7, USERS = 50 };

struct options {
    long long jobs;
    double load;
    long procs;
    unsigned long seed;
    int level;
    const char *path;
};

static double mean_run(void)
{
    double mass = 0, sum = 0, below = gsl_cdf_lognormal_P(0.5, log(MEDIAN), SIGMA);
    for (int k = 1; k <= RUN_MAX; k++) {
        const double upto = gsl_cdf_lognormal_P(k + 0.5, log(MEDIAN), SIGMA);
        mass += upto - below;
        sum += k * (upto - below);
        below = upto;
    }
    return sum / mass;
}

static double mean_size(void)
{
    const double largest = 1 << SIZE_MAX_LOG2;
    const double powers = (2 * largest - 1) / (SIZE_MAX_LOG2 + 1);
    return POWER_OF_TWO * powers + (1 - POWER_OF_TWO) * (1 + largest) / 2;
}

static long draw_run(gsl_rng *rng)
{
    double run;
    do {
        run = floor(gsl_ran_lognormal(rng, log(MEDIAN), SIGMA) + 0.5);
    } while (!(run >= 1 && run <= RUN_MAX));
    return (long)run;
}

static long draw_size(gsl_rng *rng)
{
    if (gsl_rng_uniform(rng) < POWER_OF_TWO)
        return 1L << gsl_rng_uniform_int(rng, SIZE_MAX_LOG2 + 1);
    return 1 + (long)gsl_rng_uniform_int(rng, 1 << SIZE_MAX_LOG2);
}

static int write_header(gzFile out, const struct options *o, double gap)
{
    return gzprintf(out,
                    "; Version: 2.2\n"
                    "; Computer: none; drawn by make_trace\n"
                    "; Note: load %.17g of %ld processors, seed %lu, mean gap %.17g s\n"
                    "; MaxJobs: %lld\n; MaxRecords: %lld\n; MaxNodes: %ld\n; MaxProcs: %ld\n",
                    o->load, o->procs, o->seed, gap, o->jobs, o->jobs, o->procs, o->procs) > 0;
}

static int write_rows(gzFile out, const struct options *o, double gap, gsl_rng *rng)
{
    double now = 0;
    for (long long i = 1; i <= o->jobs; i++) {
        now += gsl_ran_exponential(rng, gap);
        const long run = draw_run(rng), size = draw_size(rng);
        const double factor = gsl_ran_flat(rng, 1, FACTOR_MAX);
        const long request = 60 * (long)ceil((double)run * factor / 60);
        const int user = 1 + (int)gsl_rng_uniform_int(rng, USERS);
        char row[160];
        const int n = snprintf(row, sizeof(row),
                               "%lld %lld -1 %ld %ld -1 -1 %ld %ld -1 1 %d %d -1 1 1 -1 -1\n", i,
                               (long long)now, run, size, size, request, user, 1 + (user - 1) / 10);
        if (gzwrite(out, row, (unsigned)n) != n)
            return 0;
    }
    return 1;
}

static int make(const struct options *o)
{
    const double gap = mean_run() * mean_size() / (o->load * (double)o->procs);
    char mode[4] = "wb0";
    mode[2] = (char)('0' + o->level);
    gzFile out = gzopen(o->path, mode);
    if (!out) {
        perror(o->path);
        return 1;
    }
    gzbuffer(out, 1 << 18);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, o->seed);
    const int ok = write_header(out, o, gap) && write_rows(out, o, gap, rng);
    gsl_rng_free(rng);
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
