/* What is asked of Slurm and what is read out of its answers: stand-ins of its commands, in PATH,
 * print what the real ones printed and note how they were called. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/command.h"
#include "experiment/slurm.h"

#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/jishi-slurm-XXXXXX";

static int begin(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    char *path = mem_format("%s:%s", folder, getenv("PATH"));
    setenv("PATH", path, 1);
    free(path);
    return 0;
}

static int end(void **state)
{
    static const char *const names[] = {"sbatch", "squeue", "scancel", "scontrol", "called"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char *path = mem_format("%s/%s", folder, names[i]);
        unlink(path);
        free(path);
    }
    rmdir(folder);
    return 0;
}

/* A command that notes its arguments, then does `body`. */
static void stand_in(const char *name, const char *body)
{
    char *path = mem_format("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\nprintf '%%s\\n' \"$@\" > %s/called\n%s\n", folder, body);
    fclose(file);
    assert_int_equal(chmod(path, 0755), 0);
    free(path);
}

static void assert_called(const char *wanted)
{
    char buffer[1024] = "";
    char *path = mem_format("%s/called", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    buffer[fread(buffer, 1, sizeof(buffer) - 1, file)] = '\0';
    fclose(file);
    free(path);
    assert_string_equal(buffer, wanted);
}

static void test_command(void **state)
{
    (void)state;
    struct command_result result;
    struct error err;
    const char *const both[] = {"sh", "-c", "echo out; echo says >&2; exit 3", NULL};
    assert_int_equal(command_execute(both, 20, &result, &err), 0);
    assert_string_equal(result.out, "out\n");
    assert_string_equal(result.says, "says\n");
    assert_int_equal(result.status, 3);
    command_result_deinit(&result);

    const char *const killed[] = {"sh", "-c", "kill -9 $$", NULL};
    assert_int_equal(command_execute(killed, 20, &result, &err), 0);
    assert_int_equal(result.status, -1);
    command_result_deinit(&result);

    const char *const missing[] = {"jishi-no-such-program", NULL};
    assert_int_equal(command_execute(missing, 20, &result, &err), -1);
    assert_string_equal(err.text,
                        "jishi-no-such-program: cannot run it: No such file or directory");

    const char *const slow[] = {"sh", "-c", "sleep 60 & sleep 60", NULL};
    assert_int_equal(command_execute(slow, 0.2, &result, &err), -1);
    assert_string_equal(err.text, "sh: no answer within 0.2 s");
}

/* More than a pipe holds, on both streams. */
static void test_much_output(void **state)
{
    (void)state;
    struct command_result result;
    struct error err;
    const char *const much[] = {
        "sh", "-c",
        "head -c 300000 /dev/zero | tr '\\0' a; head -c 200000 /dev/zero | tr '\\0' b >&2", NULL};
    assert_int_equal(command_execute(much, 20, &result, &err), 0);
    assert_int_equal(strlen(result.out), 300000);
    assert_int_equal(strlen(result.says), 200000);
    command_result_deinit(&result);
}

static void test_submit(void **state)
{
    (void)state;
    const char *const options[] = {"--partition=long", "--time=60"};
    struct slurm_array array = {.script = "/x/job.sh",
                                .name = "sweep",
                                .output = "/x/%A_%a.out",
                                .tasks = 12,
                                .options = options,
                                .n_options = 2};
    char id[SLURM_ID_SIZE];
    struct error err;
    stand_in("sbatch", "echo '4711;cluster'");
    assert_int_equal(slurm_submit(&array, id, &err), 0);
    assert_string_equal(id, "4711");
    assert_called("--parsable\n--requeue\n--open-mode=append\n--ntasks=1\n--array=0-11\n"
                  "--job-name=sweep\n--output=/x/%A_%a.out\n--partition=long\n--time=60\n"
                  "/x/job.sh\n");
    array.at_once = 4;
    array.n_options = 0;
    assert_int_equal(slurm_submit(&array, id, &err), 0);
    assert_called("--parsable\n--requeue\n--open-mode=append\n--ntasks=1\n--array=0-11%4\n"
                  "--job-name=sweep\n--output=/x/%A_%a.out\n/x/job.sh\n");
    stand_in("sbatch", "echo 'sbatch: error: invalid partition specified: long' >&2\n"
                       "echo 'sbatch: error: Batch job submission failed' >&2; exit 1");
    assert_int_equal(slurm_submit(&array, id, &err), -1);
    assert_string_equal(err.text, "sbatch: invalid partition specified: long");
    stand_in("sbatch", "exit 2");
    assert_int_equal(slurm_submit(&array, id, &err), -1);
    assert_string_equal(err.text, "sbatch: it ended with exit status 2");
    stand_in("sbatch", "echo 'a plugin greets'");
    assert_int_equal(slurm_submit(&array, id, &err), -1);
    assert_string_equal(err.text,
                        "sbatch: no job number in what it printed: \"a plugin greets\n\"");
}

static void test_ask(void **state)
{
    (void)state;
    struct slurm_tasks tasks;
    struct error err;
    stand_in("squeue", "printf '%s\\n' 'PENDING|Resources' 'PENDING|Priority' 'RUNNING|None' "
                       "'COMPLETING|None' 'COMPLETED|None' 'NODE_FAIL|None' 'REQUEUED|None'");
    assert_int_equal(slurm_ask("7", &tasks, &err), 0);
    assert_called("--noheader\n--array\n--format=%T|%r\n--states=all\n--jobs\n7\n");
    assert_int_equal(tasks.pending, 3);
    assert_int_equal(tasks.running, 2);
    assert_string_equal(tasks.reason, "Resources");
    stand_in("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
    assert_int_equal(slurm_ask("7", &tasks, &err), 0);
    assert_int_equal(tasks.pending + tasks.running, 0);
    stand_in("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller "
                       "(connect failure)' >&2; exit 1");
    assert_int_equal(slurm_ask("7", &tasks, &err), -1);
    assert_string_equal(err.text, "squeue: Unable to contact slurm controller (connect failure)");
}

static void test_cancel_and_most(void **state)
{
    (void)state;
    struct error err;
    size_t most = 0;
    stand_in("scancel", "");
    assert_int_equal(slurm_cancel("12", &err), 0);
    assert_called("12\n");
    stand_in("scontrol", "echo 'MailProg = /bin/mail'; echo 'MaxArraySize            = 1001'");
    assert_int_equal(slurm_most_tasks(&most, &err), 0);
    assert_int_equal(most, 1001);
    stand_in("scontrol", "echo 'MailProg = /bin/mail'");
    assert_int_equal(slurm_most_tasks(&most, &err), -1);
    assert_string_equal(err.text, "scontrol: it does not tell MaxArraySize");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command),         cmocka_unit_test(test_much_output),
        cmocka_unit_test(test_submit),          cmocka_unit_test(test_ask),
        cmocka_unit_test(test_cancel_and_most),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
