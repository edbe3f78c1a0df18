/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/provenance.h"

#include "cli/routes.h"
#include "util/mem.h"
#include "workload/log.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *items;
    size_t len, cap;
};

static void append(struct text *text, const char *more)
{
    const size_t len = strlen(more);
    while (text->len + len + 1 > text->cap) {
        text->cap = text->cap ? 2 * text->cap : 256;
        text->items = mem_resize(text->items, text->cap, 1);
    }
    memcpy(text->items + text->len, more, len + 1);
    text->len += len;
}

/* "HASH  what" and a line end. */
static void append_digest(struct text *text, EVP_MD_CTX *digest, const char *what)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    REQUIRE(EVP_DigestFinal_ex(digest, hash, &len) == 1);
    for (unsigned i = 0; i < len; i++) {
        char hex[3];
        snprintf(hex, sizeof(hex), "%02x", hash[i]);
        append(text, hex);
    }
    append(text, "  ");
    append(text, what);
    append(text, "\n");
}

static void hash_text(struct text *text, EVP_MD_CTX *digest, const char *content, const char *what)
{
    REQUIRE(EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
            EVP_DigestUpdate(digest, content, strlen(content)) == 1);
    append_digest(text, digest, what);
}

static int hash_file(struct text *text, EVP_MD_CTX *digest, const char *path, struct error *err)
{
    char buffer[1 << 16];
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(err, "%s: cannot read it: %s", path, strerror(errno));
    REQUIRE(EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1);
    for (size_t n; (n = fread(buffer, 1, sizeof(buffer), file)) > 0;)
        REQUIRE(EVP_DigestUpdate(digest, buffer, n) == 1);
    const bool bad = ferror(file);
    fclose(file);
    if (bad)
        return error_set(err, "%s: cannot read it: %s", path, strerror(errno));
    /* The name without its folder: the trace must not depend on where things lie. */
    const char *slash = strrchr(path, '/');
    append_digest(text, digest, slash ? slash + 1 : path);
    return 0;
}

/* Each script of an order once, in the order of the partitions, then of the changes. */
static int hash_scripts(struct text *text, EVP_MD_CTX *digest, const struct build *build,
                        struct error *err)
{
    const size_t n = build->world.n_partitions;
    const char **told = mem_new(2 * (n + build->n_changes), sizeof(*told));
    size_t len = 0;
    int rc = 0;
    for (size_t i = 0; i < 2 * (n + build->n_changes) && rc == 0; i++) {
        const struct sched_config *config =
            i / 2 < n ? &build->partitions[i / 2].config : build->changes[i / 2 - n].config;
        const struct order_type *order = !config ? NULL
                                         : i % 2 ? config->candidate_order
                                                 : config->order;
        if (!order || !order->script)
            continue;
        const char *file =
            order->script->file(i % 2 ? config->candidate_params : config->order_params);
        size_t k = 0;
        while (k < len && strcmp(told[k], file) != 0)
            k++;
        if (k < len)
            continue;
        told[len++] = file;
        rc = hash_file(text, digest, file, err);
    }
    free(told);
    return rc;
}

static int hash_all(const struct build *build, const char *resolved, struct text *hashes,
                    struct error *err)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    REQUIRE(digest);
    int rc = 0;
    hash_text(hashes, digest, build->program->document.text, "scenario as given");
    hash_text(hashes, digest, resolved, "scenario as resolved");
    for (size_t i = 0; i < build->world.n_workloads && rc == 0; i++) {
        const struct workload *workload = build->workloads[i].workload;
        if (strcmp(workload->kind->key, "log") == 0)
            rc = hash_file(hashes, digest, ((const struct log_params *)workload->params)->log, err);
    }
    if (rc == 0)
        rc = hash_scripts(hashes, digest, build, err);
    EVP_MD_CTX_free(digest);
    return rc;
}

struct trace *open_trace(const struct build *build, const struct scenario_options *options,
                         const char *path, struct error *err)
{
    const struct program *program = build->program;
    const struct scenario *scenario = program->epochs[0].scenario;
    struct text sets = {0}, hashes = {0};
    append(&sets, "");
    append(&hashes, "");
    for (size_t i = 0; i < options->n_sets; i++) {
        append(&sets, options->sets[i]);
        append(&sets, "\n");
    }
    struct node *tree = program_resolved(program, PATHS_BESIDE);
    char *resolved = node_emit(tree);
    node_free(tree);
    char start[64];
    struct trace_setup setup = {
        .path = path,
        .world = &build->world,
        .seed = (int64_t)run_seed(program, options),
        .replication = (int64_t)options->replication,
        .title = scenario->title,
        .start = date_format(program->start, program->offset, start, sizeof(start)),
        .given = program->document.text,
        .resolved = resolved,
        .sets = sets.items,
        .step = scenario->series.step,
        .level = TRACE_LEVEL,
    };
    struct trace *trace = NULL;
    if (hash_all(build, resolved, &hashes, err) == 0) {
        setup.hashes = hashes.items;
        trace = trace_new(&setup, err);
        if (trace && build->broker) {
            const struct column_group group = broker_columns(build);
            trace_add_columns(trace, &group);
        }
    }
    free(resolved);
    free(sets.items);
    free(hashes.items);
    return trace;
}
