/* A scenario whole, as text: what a file that the language does not show said of its schedulers is
 * told in comments. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario.h"

#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On one line, whatever a name holds. */
static void put_name(FILE *out, const char *name)
{
    struct node *node = node_new_scalar(name, (struct mark){0});
    char *yaml = node_emit(node);
    fprintf(out, "%.*s", (int)strcspn(yaml, "\n"), yaml);
    free(yaml);
    node_free(node);
}

/* One scheduler, from a date on if that is not the start. Each line of it is a comment. */
static void tell(FILE *out, const struct program *program, size_t epoch, const struct path *path,
                 const struct scheduler *scheduler)
{
    char place[240], date[64];
    path_format(path, place, sizeof(place));
    const char *slash = strrchr(scheduler->slurm, '/');
    fputs("# ", out);
    put_name(out, place);
    if (epoch > 0)
        fprintf(out, " from %s",
                date_format(program->start + program->epochs[epoch].at, program->offset, date,
                            sizeof(date)));
    fputs(", with ", out);
    put_name(out, slash ? slash + 1 : scheduler->slurm);
    fputs(":\n", out);
    for (const char *line = scheduler->slurm_whole, *end; *line; line = end + (*end != 0)) {
        end = strchrnul(line, '\n');
        fprintf(out, "#   %.*s\n", (int)(end - line), line);
    }
}

/* Where it came from a slurm.conf, and not as before. */
static void look(FILE *out, const struct program *program, size_t epoch, const struct path *path,
                 const struct scheduler *now, const struct scheduler *before)
{
    if (now->slurm_whole &&
        !(before && before->slurm_whole && strcmp(now->slurm_whole, before->slurm_whole) == 0))
        tell(out, program, epoch, path, now);
}

static void look_at_centre(FILE *out, const struct program *program, size_t epoch, size_t c)
{
    const struct centre *now =
        (const struct centre *)program->epochs[epoch].scenario->centres.items + c;
    const struct centre *before =
        epoch > 0 ? (const struct centre *)program->epochs[epoch - 1].scenario->centres.items + c
                  : NULL;
    const struct partition_plan *plans = now->partitions.items;
    const struct partition_plan *old = before ? before->partitions.items : NULL;
    struct path path = {0};
    path_push_key(&path, "centres");
    path_push_key(&path, now->named.name);
    path_push_key(&path, "scheduler");
    look(out, program, epoch, &path, &now->scheduler, before ? &before->scheduler : NULL);
    path_pop(&path);
    path_push_key(&path, "partitions");
    for (size_t k = 0; k < now->partitions.len; k++) {
        path_push_key(&path, plans[k].named.name);
        path_push_key(&path, "scheduler");
        look(out, program, epoch, &path, &plans[k].scheduler, old ? &old[k].scheduler : NULL);
        path_pop(&path);
        path_pop(&path);
    }
    path_deinit(&path);
}

char *program_resolved_text(const struct program *program, enum resolved_paths how)
{
    struct node *tree = program_resolved(program, how);
    char *yaml = node_emit(tree), *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    REQUIRE(out);
    fputs(yaml, out);
    free(yaml);
    node_free(tree);
    for (size_t e = 0; e < program->n_epochs; e++)
        for (size_t c = 0; c < program->epochs[e].scenario->centres.len; c++)
            look_at_centre(out, program, e, c);
    REQUIRE(fclose(out) == 0);
    return text;
}
