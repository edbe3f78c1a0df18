/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/provenance.h"

#include "cli/routes.h"
#include "util/mem.h"

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

/* Each file that the scenario names once: logs, scripts, values, a slurm.conf and what it
 * includes. */
static int hash_inputs(struct text *text, EVP_MD_CTX *digest, const struct program *program,
                       struct error *err)
{
    struct {
        const char **items;
        size_t len, cap;
    } told = {0};
    int rc = 0;
    for (size_t e = 0; e < program->n_epochs; e++) {
        const struct path_notes *notes = &program->epochs[e].scenario->paths;
        for (size_t i = 0; i < notes->len && rc == 0; i++) {
            const char *path = notes->items[i].path;
            size_t k = 0;
            while (k < told.len && strcmp(told.items[k], path) != 0)
                k++;
            if (k < told.len)
                continue;
            MEM_GROW(&told);
            told.items[told.len++] = path;
            rc = hash_file(text, digest, path, err);
        }
    }
    free(told.items);
    return rc;
}

static int hash_all(const struct build *build, const char *resolved, struct text *hashes,
                    struct error *err)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    REQUIRE(digest);
    hash_text(hashes, digest, build->program->document.text, "scenario as given");
    hash_text(hashes, digest, resolved, "scenario as resolved");
    const int rc = hash_inputs(hashes, digest, build->program, err);
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
    char *resolved = program_resolved_text(program, PATHS_BESIDE);
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
