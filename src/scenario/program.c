/* A scenario over time: the start, and one state of the world for each date at which values
 * change. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/complete.h"
#include "scenario/decode.h"
#include "scenario/lasting.h"
#include "scenario/scenario.h"
#include "scenario/start.h"
#include "scenario/templates.h"
#include "scenario/uncertain.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void program_free(struct program *program)
{
    for (size_t i = 0; i < program->n_epochs; i++) {
        scenario_free(program->epochs[i].scenario);
        node_free(program->epochs[i].tree);
    }
    free(program->epochs);
    node_free(program->resolved);
    node_free(program->changes);
    if (!program->shared)
        document_deinit(&program->document);
    *program = (struct program){0};
}

/* --- file names, in a text of its own --- */

static char *name_absolute(const char *path)
{
    char *real = realpath(path, NULL), *dir = real ? NULL : getcwd(NULL, 0);
    char *name = real ? mem_text(real) : dir ? mem_format("%s/%s", dir, path) : mem_text(path);
    free(real);
    free(dir);
    return name;
}

/* What an included file names, as the main file would. */
static char *name_beside(const char *main, const char *path)
{
    const char *slash = strrchr(main, '/');
    const size_t len = slash ? (size_t)(slash - main) + 1 : 0;
    return mem_text(strncmp(path, main, len) == 0 ? path + len : path);
}

static void rename_files(struct node *node, const struct path_note *note, const char *name)
{
    if (node->kind == NODE_SCALAR && node->at.file == note->at.file &&
        node->at.line == note->at.line && node->at.column == note->at.column &&
        strcmp(node->text, note->text) == 0) {
        free(node->text);
        node->text = mem_text(name);
    }
    for (size_t i = 0; i < node->len; i++)
        rename_files(node->items[i].value, note, name);
}

struct node *program_resolved(const struct program *program, enum resolved_paths how)
{
    const char *main = program->document.files.items[0];
    struct node *tree = node_copy(program->resolved);
    templates_settle(tree);
    for (size_t e = 0; e < program->n_epochs; e++) {
        const struct path_notes *notes = &program->epochs[e].scenario->paths;
        for (size_t i = 0; i < notes->len; i++) {
            const char *path = notes->items[i].path;
            if (*notes->items[i].text == '/')
                continue;
            char *name = how == PATHS_ABSOLUTE ? name_absolute(path) : name_beside(main, path);
            rename_files(tree, &notes->items[i], name);
            free(name);
        }
    }
    return tree;
}

void program_name_files(const struct program *program, struct node *tree)
{
    for (size_t e = 0; e < program->n_epochs; e++) {
        const struct scenario *scenario = program->epochs[e].scenario;
        for (size_t i = 0; scenario && i < scenario->paths.len; i++) {
            char *name = name_absolute(scenario->paths.items[i].path);
            rename_files(tree, &scenario->paths.items[i], name);
            free(name);
        }
    }
}

simtime program_instant(const struct program *program, const struct date_value *date)
{
    if (date->relative)
        return date->instant;
    const simtime zone = date->zoned ? 0 : program->offset * SIMTIME_SECOND;
    return date->instant - zone - program->start;
}

static int find_start(struct program *program, const struct scenario *scenario,
                      struct error_list *errors)
{
    struct start start;
    if (start_find(scenario, program->epochs[0].tree, &start, errors) < 0)
        return -1;
    program->start = start.at;
    program->offset = start.offset;
    program->dated = start.dated;
    return 0;
}

/* --- dated changes --- */

struct dated {
    simtime at;
    size_t place; /* in the file */
    bool undated; /* nobody knows when: only what it sets is judged */
    const struct node *set;
};

static int compare_dated(const void *a, const void *b)
{
    const struct dated *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* What a file includes, its variants and its changes have been taken out of it when these are
 * applied. Such a setting is told and taken out of the set. */
static void check_settable(struct node *set, struct error_list *errors)
{
    static const char *const roots[] = {"include", "variants", "changes"};
    for (size_t i = 0; i < set->len;) {
        const struct node_entry *entry = &set->items[i];
        struct path path = {0};
        bool bad = false;
        if (path_parse(entry->key, &path, NULL) == 0)
            for (size_t k = 0; k < ARRAY_LEN(roots); k++)
                bad |= path_is_in(&path, roots[k]);
        path_deinit(&path);
        i += !bad;
        if (!bad)
            continue;
        error_list_addf(errors, entry->value->at,
                        "changes: %.200s: is no value of the scenario, which alone can change",
                        entry->key);
        char *key = mem_text(entry->key);
        node_free(node_remove(set, key));
        free(key);
    }
}

static struct dated *read_changes(struct program *program, const struct node *list, size_t *ret_len,
                                  struct error_list *errors)
{
    struct decode ctx = {.errors = errors, .file = program->document.files.items[0]};
    decode_enter(&ctx, "changes");
    if (list->kind != NODE_LIST) {
        char found[80];
        if (!list->faulty)
            decode_error(&ctx, list->at, "expected a list of {at, set}, found %s",
                         node_describe(list, found, sizeof(found)));
        decode_deinit(&ctx);
        return NULL;
    }
    struct dated *dated = mem_new(list->len, sizeof(*dated));
    for (size_t i = 0; i < list->len; i++) {
        struct change change = {0};
        decode_enter_item(&ctx, i);
        const bool right = decode_table(list->items[i].value, change_table, &change, &ctx) == 0;
        struct node *set = node_get(list->items[i].value, "set");
        if (change.set && set->kind != NODE_MAP) {
            if (!set->faulty)
                decode_error_of(&ctx, list->items[i].value, "set", "expected a map PATH: value");
        } else if (change.set) {
            check_settable(set, errors);
            dated[*ret_len] = (struct dated){program_instant(program, &change.at), i, false, set};
            if (!right && !change.at.given)
                dated[*ret_len] = (struct dated){SIMTIME_NEVER, i, true, set};
            ++*ret_len;
        }
        schema_free(change_table, &change);
        decode_leave(&ctx);
    }
    decode_deinit(&ctx);
    qsort(dated, *ret_len, sizeof(*dated), compare_dated);
    return dated;
}

static int same_names(const struct items *a, const struct items *b, size_t size)
{
    if (a->len != b->len)
        return 0;
    for (size_t i = 0; i < a->len; i++) {
        struct named x, y;
        memcpy(&x, (const char *)a->items + i * size, sizeof(x));
        memcpy(&y, (const char *)b->items + i * size, sizeof(y));
        if (strcmp(x.name, y.name) != 0)
            return 0;
    }
    return 1;
}

static bool same_workloads(const struct items *a, const struct items *b)
{
    const struct workload *v = a->items, *w = b->items;
    if (!same_names(a, b, sizeof(*v)))
        return false;
    for (size_t k = 0; k < a->len; k++)
        if (v[k].kind != w[k].kind)
            return false;
    return true;
}

/* Changes give values, they do not add or take away things. */
static bool same_things(const struct scenario *a, const struct scenario *b)
{
    if (!same_names(&a->centres, &b->centres, sizeof(struct centre)) ||
        !same_names(&a->qos, &b->qos, sizeof(struct qos_plan)) || a->rows.len != b->rows.len)
        return false;
    const struct centre *c = a->centres.items, *d = b->centres.items;
    for (size_t i = 0; i < a->centres.len; i++) {
        if (!same_names(&c[i].partitions, &d[i].partitions, sizeof(struct partition_plan)))
            return false;
        const struct partition_plan *p = c[i].partitions.items, *q = d[i].partitions.items;
        for (size_t k = 0; k < c[i].partitions.len; k++)
            if (p[k].groups.len != q[k].groups.len)
                return false;
    }
    for (size_t i = 0; i < a->rows.len; i++) {
        const struct tenant_row *t = &a->rows.items[i], *u = &b->rows.items[i];
        if (t->parent != u->parent || strcmp(t->tenant->named.name, u->tenant->named.name) != 0 ||
            !same_workloads(&t->tenant->workloads, &u->tenant->workloads))
            return false;
    }
    return true;
}

static struct epoch *add_epoch(struct program *program, simtime at, struct node *tree)
{
    program->epochs = mem_resize(program->epochs, program->n_epochs + 1, sizeof(*program->epochs));
    struct epoch *epoch = &program->epochs[program->n_epochs++];
    *epoch = (struct epoch){.at = at, .tree = tree};
    return epoch;
}

/* The changes of one instant: settings in the order in which they are applied. */
struct moment {
    const struct dated *items;
    size_t len;
    bool early;                /* of the start or before: templates are written out after them */
    const struct node *before; /* the state that they change */
};

/* Setting number `nth` of the moment; NULL: there are no more. */
static const struct node_entry *setting_at(const struct moment *moment, size_t nth)
{
    for (size_t i = 0; i < moment->len; i++) {
        if (nth < moment->items[i].set->len)
            return &moment->items[i].set->items[nth];
        nth -= moment->items[i].set->len;
    }
    return NULL;
}

/* The state after the first n settings. -1 with errors; the tree is the caller's in any case. */
static int apply(const struct moment *moment, size_t n, struct node **ret_tree,
                 struct error_list *errors)
{
    struct node *tree = *ret_tree = node_copy(moment->before);
    int rc = 0;
    for (size_t i = 0; i < n && setting_at(moment, i); i++) {
        const struct node_entry *setting = setting_at(moment, i);
        struct node *one = node_new(NODE_MAP, setting->at);
        node_add(one, setting->key, setting->at, node_copy(setting->value));
        rc |= path_set_all(tree, scenario_fields, one, true, errors);
        node_free(one);
    }
    if (moment->early)
        rc |= templates_expand(tree, errors);
    return rc;
}

/* What is wrong with the state after the first n settings. */
static void find_wrong(const struct moment *moment, size_t n, const char *file,
                       struct error_list *ret)
{
    struct node *tree;
    apply(moment, n, &tree, ret);
    scenario_free(scenario_decode(tree, file, ret));
    node_free(tree);
}

static bool is_wrong(const struct moment *moment, size_t n, const char *file, const char *text)
{
    struct error_list errors = {0};
    find_wrong(moment, n, file, &errors);
    const bool found = error_list_has_text(&errors, text);
    error_list_deinit(&errors);
    return found;
}

static bool is_in_settings(const struct moment *moment, struct mark at)
{
    bool is = false;
    for (size_t i = 0; i < moment->len && !is; i++)
        is = node_has_mark(moment->items[i].set, at);
    return is;
}

/* What does not fit together is told where it is found, which may be a value that stays: its place
 * is that of the setting from which on it is wrong. */
static void place_error(const struct moment *moment, const char *file, struct error *err)
{
    size_t right = 0, wrong = 0;
    while (setting_at(moment, wrong))
        wrong++;
    while (wrong - right > 1) {
        const size_t middle = right + (wrong - right) / 2;
        if (is_wrong(moment, middle, file, err->text))
            wrong = middle;
        else
            right = middle;
    }
    if (wrong > 0)
        err->at = setting_at(moment, wrong - 1)->value->at;
}

bool program_has_file(const struct program *program, const char *file)
{
    const struct document *document = &program->document;
    for (size_t i = 0; file && i < document->files.len; i++)
        if (strcmp(document->files.items[i], file) == 0)
            return true;
    return false;
}

/* What was wrong before these settings has been told with the ones that it is of. */
static void place_errors(const struct program *program, const struct moment *moment, size_t from,
                         struct error_list *errors)
{
    const char *file = program->document.files.items[0];
    const size_t len = errors->len;
    struct error_list before = {0};
    if (len > from && !moment->early)
        find_wrong(moment, 0, file, &before);
    errors->len = from;
    for (size_t i = from; i < len; i++) {
        struct error err = errors->items[i];
        const bool own = is_in_settings(moment, err.at);
        /* Other files, such as a slurm.conf, have places of their own. */
        const bool placed =
            err.at.file && !setting_of(err.at) && !program_has_file(program, err.at.file);
        if (!own && error_list_has_text(&before, err.text))
            continue;
        if (!own && !placed)
            place_error(moment, file, &err);
        errors->items[errors->len++] = err;
    }
    error_list_deinit(&before);
}

/* The first epoch is another one, which must start when the former did. */
static void begin_anew(struct program *program, const struct moment *moment,
                       struct error_list *errors)
{
    const simtime start = program->start;
    const int32_t offset = program->offset;
    if (find_start(program, program->epochs[0].scenario, errors) == 0 &&
        (program->start != start || program->offset != offset))
        error_list_addf(errors, moment->items[moment->len - 1].set->at,
                        "changes: the run would start at another time, and their dates are told "
                        "from its start; write time.start in the scenario itself, or in a variant");
}

/* Is all there, in the order that it has in the epoch before? */
static void check_things(const struct program *program, const struct moment *moment,
                         const struct scenario *scenario, struct error_list *errors)
{
    if (!same_things(program->epochs[program->n_epochs - 1].scenario, scenario))
        error_list_addf(errors, moment->items[moment->len - 1].set->at,
                        "changes: a change after the start gives new values; it cannot add, take "
                        "away or put in another order centres, partitions, groups, tenants, "
                        "workloads or QOS");
}

/* What the changes of an instant are applied to. A sound scenario is taken as it is written where
 * they are of the start: it is as if it said so itself. */
static void prepare(const struct program *program, const struct moment *moment, struct node **state)
{
    if (!moment->early) {
        node_free(node_remove(*state, "uncertain")); /* it is of the start */
    } else if (program->sound) {
        node_free(*state);
        *state = node_copy(program->resolved);
        node_free(node_remove(*state, "changes"));
    }
}

/* Nobody knows what would be where the settings lead to. */
static void blame_targets(const struct moment *moment, struct node *tree)
{
    for (size_t i = 0; setting_at(moment, i); i++) {
        struct path path = {0};
        path_parse(setting_at(moment, i)->key, &path, NULL);
        while (!path_get(tree, &path))
            path_pop(&path);
        path_get(tree, &path)->faulty = true;
        path_deinit(&path);
    }
}

static bool has_undated(const struct moment *moment)
{
    bool undated = false;
    for (size_t i = 0; i < moment->len; i++)
        undated |= moment->items[i].undated;
    return undated;
}

/* Put the changes of one instant into the state; it becomes the first epoch, or one more, if
 * nothing is wrong with it. */
static void make_epoch(struct program *program, simtime at, struct moment *moment,
                       struct node **state, struct error_list *errors)
{
    const size_t old_errors = errors->len;
    moment->early = at == 0;
    prepare(program, moment, state);
    struct node *before = *state, *tree;
    moment->before = before;
    const bool applied = apply(moment, SIZE_MAX, &tree, errors) == 0;
    place_errors(program, moment, old_errors, errors);
    const bool undated = has_undated(moment);
    const bool lasting = !moment->early && !undated && judge_lasting(before, tree, errors) < 0;
    if (moment->early && program->sound)
        uncertain_leave_out(tree, program->resolved, program->document.base);
    size_t failures, judged = errors->len;
    struct scenario *scenario =
        scenario_read(tree, program->document.files.items[0], errors, &failures);
    place_errors(program, moment, judged, errors);
    if (!moment->early && failures == 0 && !lasting)
        check_things(program, moment, scenario, errors);
    const bool right = applied && !undated && failures == 0 && errors->len == old_errors;
    *state = tree;
    if (undated || (moment->early && !applied))
        blame_targets(moment, undated ? program->epochs[0].tree : tree);
    if (right || moment->early) {
        struct epoch *epoch = moment->early ? &program->epochs[0] : add_epoch(program, at, NULL);
        *state = node_copy(tree);
        scenario_free(epoch->scenario);
        node_free(epoch->tree);
        epoch->scenario = scenario;
        epoch->tree = tree;
    } else {
        scenario_free(scenario);
    }
    program->sound &= !undated && (right || !moment->early);
    if (right && moment->early)
        begin_anew(program, moment, errors);
    node_free(before);
}

/* Else a change may be of the start and of any value. */
static bool all_set(const struct node *changes)
{
    bool all = changes->kind == NODE_LIST;
    for (size_t i = 0; i < changes->len; i++) {
        const struct node *set = node_get(changes->items[i].value, "set");
        all &= set && set->kind == NODE_MAP && !set->faulty;
    }
    return all;
}

/* Values of all states together. */
#define STATES_MAX 4000000

/* Changes at one date make one epoch; those at or before the start belong to it. */
static void make_epochs(struct program *program, struct error_list *errors)
{
    /* The list itself is no part of the states, which each hold a tree of their own. */
    struct node *list = program->changes = node_remove(program->epochs[0].tree, "changes");
    if (!list)
        return;
    size_t len = 0, states = 1;
    struct dated *dated = read_changes(program, list, &len, errors);
    struct node *state = node_copy(program->epochs[0].tree);
    const size_t size = node_count(state);
    for (size_t i = 0, next; i < len && errors->len < ERROR_LIST_MAX; i = next) {
        const simtime at = dated[i].at > 0 ? dated[i].at : 0;
        for (next = i + 1; next < len && dated[next].at <= at;)
            next++;
        if (at > 0 && states++ * size > STATES_MAX) {
            error_list_addf(errors, dated[i].set->at,
                            "changes: too many dates for a scenario of this size: %zu states of "
                            "%zu values each",
                            states - 1, size);
            break;
        }
        struct moment moment = {.items = dated + i, .len = next - i};
        make_epoch(program, at, &moment, &state, errors);
    }
    if (!all_set(list)) {
        program->epochs[0].tree->faulty = true;
        program->sound = false;
    }
    node_free(state);
    free(dated);
}

/* From the tree on, which is taken. */
static void make_program(struct program *program, struct node *tree, struct error_list *errors)
{
    const char *file = program->document.files.items[0];
    program->resolved = node_copy(tree);
    struct epoch *start = add_epoch(program, 0, tree);
    templates_expand(tree, errors);
    program->resolved->faulty |= tree->faulty || node_depth(tree) >= NODE_DEPTH_MAX;
    if (node_depth(tree) >= NODE_DEPTH_MAX)
        return;
    uncertain_leave_out(tree, program->resolved, program->document.base);
    size_t failures;
    start->scenario = scenario_read(tree, file, errors, &failures);
    const size_t before = errors->len;
    program->sound = failures == 0 && find_start(program, start->scenario, errors) == 0;
    node_blame(start->tree, errors, before);
    make_epochs(program, errors);
}

static int told_nothing(const struct error_list *errors, size_t before)
{
    return errors->len == before && before < ERROR_LIST_MAX ? 0 : -1;
}

/* Is it what `jishi sweep` takes? Then that is said, and nothing else of it. */
static bool is_sweep(struct document *document, struct error_list *errors)
{
    const struct node_entry *sweep =
        document->base ? node_find(document->base, "jishi-sweep") : NULL;
    if (!sweep || node_get(document->base, "jishi"))
        return false;
    error_list_addf(errors, sweep->at, "jishi-sweep: this is a sweep, which jishi sweep runs");
    node_free(document->base);
    document->base = NULL;
    return true;
}

int program_load(struct program *program, const char *path, const char *variant,
                 const char *const *sets, size_t n_sets, const char *builtin_dir,
                 struct error_list *errors)
{
    const size_t before = errors->len;
    *program = (struct program){0};
    const struct resolve_options options = {.builtin_dir = builtin_dir, .table = scenario_fields};
    document_load(&program->document, path, &options, errors);
    if (!is_sweep(&program->document, errors) && program->document.base)
        make_program(program, document_apply(&program->document, variant, sets, n_sets, errors),
                     errors);
    return told_nothing(errors, before);
}

int program_from_tree(struct program *program, const struct document *document, struct node *tree,
                      struct error_list *errors)
{
    const size_t before = errors->len;
    *program = (struct program){.document = *document, .shared = true};
    make_program(program, tree, errors);
    return told_nothing(errors, before);
}
