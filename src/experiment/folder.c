/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/folder.h"

#include "experiment/digest.h"
#include "util/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char HEAD[] = "# What `jishi sweep` runs here; --resume goes on only if it is the "
                           "same.\n# jishi " JISHI_VERSION "\n";

/* --- the record --- */

void sweep_record_deinit(struct sweep_record *record)
{
    for (size_t i = 0; i < record->inputs.len; i++)
        free(record->inputs.items[i]);
    free(record->inputs.items);
    free(record->text);
    free(record->hashes);
    node_free(record->tree);
    *record = (struct sweep_record){0};
}

/* The sweep file with the scenario inside. */
static struct node *whole_tree(const struct sweep *sweep)
{
    struct node *tree = node_copy(sweep->tree), *scenario = node_copy(sweep->scenario.base);
    struct node_entry *entry = node_find(tree, "scenario");
    if (sweep->scenario.variants)
        node_put(scenario, "variants", entry->at, node_copy(sweep->scenario.variants));
    node_put(tree, "scenario", entry->at, scenario);
    return tree;
}

static void keep_input(struct sweep_record *record, const char *path)
{
    char *real = realpath(path, NULL);
    for (size_t i = 0; real && i < record->inputs.len; i++)
        if (strcmp(record->inputs.items[i], real) == 0) {
            free(real);
            return;
        }
    if (!real)
        return; /* a file that is not there is told when it is read */
    MEM_GROW(&record->inputs);
    record->inputs.items[record->inputs.len++] = real;
}

static void see_program(void *ctx, const struct program *program)
{
    struct sweep_record *record = ctx;
    program_name_files(program, record->tree);
    for (size_t e = 0; e < program->n_epochs; e++) {
        const struct path_notes *notes = &program->epochs[e].scenario->paths;
        for (size_t i = 0; i < notes->len; i++)
            keep_input(record, notes->items[i].path);
    }
}

static char *hash_inputs(const struct sweep_record *record, struct error *err)
{
    char *text = mem_text("");
    for (size_t i = 0; i < record->inputs.len; i++) {
        char hash[DIGEST_SIZE];
        if (file_digest(record->inputs.items[i], hash, err) < 0) {
            free(text);
            return NULL;
        }
        char *more = mem_format("%s%s  %s\n", text, hash, record->inputs.items[i]);
        free(text);
        text = more;
    }
    return text;
}

int sweep_record_make(struct sweep_record *record, const struct sweep *sweep,
                      struct error_list *errors)
{
    struct error err;
    *record = (struct sweep_record){.tree = whole_tree(sweep)};
    if (sweep_check(sweep, see_program, record, errors) < 0)
        return -1;
    char *yaml = node_emit(record->tree);
    record->text = mem_format("%s%s", HEAD, yaml);
    free(yaml);
    record->hashes = hash_inputs(record, &err);
    if (record->hashes)
        return 0;
    error_list_add(errors, &err);
    return -1;
}

/* --- files --- */

int file_put(const char *path, const char *text, struct error *err)
{
    char *temp = mem_format("%s.tmp", path);
    const int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    const size_t len = strlen(text);
    bool good = fd >= 0;
    for (size_t at = 0; good && at < len;) {
        const ssize_t n = write(fd, text + at, len - at);
        good = n > 0;
        at += good ? (size_t)n : 0;
    }
    good = good && fsync(fd) == 0;
    if (fd >= 0 && close(fd) < 0)
        good = false;
    good = good && rename(temp, path) == 0;
    const int why = errno;
    if (!good)
        unlink(temp);
    free(temp);
    return good ? 0 : error_set(err, "%s: cannot be written: %s", path, strerror(why));
}

static char *inside(const char *dir, const char *name)
{
    return mem_format("%s/%s", dir, name);
}

static int make_folder(const char *path, struct error *err)
{
    if (mkdir(path, 0777) < 0 && errno != EEXIST)
        return error_set(err, "%s: cannot be made: %s", path, strerror(errno));
    return 0;
}

static bool is_there(const char *dir, const char *name)
{
    char *path = inside(dir, name);
    const bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

/* What a sweep that was ended at its very beginning may have left. */
static bool is_ours(const char *name)
{
    static const char *const names[] = {".",      "..",   "journal",        "inputs.sha256",
                                        "traces", "lock", "sweep.yaml.tmp", "inputs.sha256.tmp"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static int check_foreign(const char *dir, struct error *err)
{
    DIR *folder = opendir(dir);
    if (!folder)
        return error_set(err, "%s: %s", dir, strerror(errno));
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(folder));)
        if (!is_ours(entry->d_name))
            rc = error_set(err,
                           "%s: holds other things, such as %s, and no sweep; name another folder",
                           dir, entry->d_name);
    closedir(folder);
    return rc;
}

/* --- the lock --- */

static int take_lock(struct folder *folder, struct error *err)
{
    char *path = inside(folder->dir, "lock");
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int rc = 0;
    folder->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (folder->lock < 0)
        rc = error_set(err, "%s: %s", path, strerror(errno));
    else if (fcntl(folder->lock, F_SETLK, &lock) < 0)
        rc = errno == EACCES || errno == EAGAIN
                 ? error_set(err, "%s: another process is running this sweep", folder->dir)
                 : error_set(err, "%s: cannot be locked: %s", path, strerror(errno));
    free(path);
    return rc;
}

bool folder_is_busy(const char *dir)
{
    char *path = inside(dir, "lock");
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    const bool busy = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (fd >= 0)
        close(fd);
    free(path);
    return busy;
}

/* --- is it the same? --- */

/* Where two trees differ first, depth first. False: nowhere. */
static bool find_difference(const struct node *a, const struct node *b, struct path *path,
                            const struct node **ret_a, const struct node **ret_b)
{
    *ret_a = a;
    *ret_b = b;
    if (a->kind != b->kind)
        return true;
    if (a->kind == NODE_SCALAR)
        return strcmp(a->text, b->text) != 0;
    for (size_t i = 0; i < a->len || i < b->len; i++) {
        const bool map = a->kind == NODE_MAP;
        const char *key = map ? (i < a->len ? a : b)->items[i].key : NULL;
        const struct node *x = map ? node_get(a, key) : i < a->len ? a->items[i].value : NULL;
        const struct node *y = map ? node_get(b, key) : i < b->len ? b->items[i].value : NULL;
        if (map)
            path_push_key(path, key);
        else
            path_push_index(path, i);
        *ret_a = x;
        *ret_b = y;
        if (!x || !y || find_difference(x, y, path, ret_a, ret_b))
            return true;
        path_pop(path);
    }
    return false;
}

static int tell_difference(const char *dir, const struct node *old, const struct node *new,
                           struct error *err)
{
    struct path path = {0};
    const struct node *a, *b;
    char place[200], was[100] = "not there", is[100] = "not there";
    int rc = 0;
    if (find_difference(old, new, &path, &a, &b)) {
        path_format(&path, place, sizeof(place));
        if (a)
            node_describe(a, was, sizeof(was));
        if (b)
            node_describe(b, is, sizeof(is));
        rc =
            error_set(err,
                      "%s: its results are of another sweep: %s was %s and is %s now; name another "
                      "folder",
                      dir, place, was, is);
    }
    path_deinit(&path);
    return rc;
}

/* The time limit of a run may change. */
static struct node *parse_sweep(const char *text, const char *name, struct error *err)
{
    struct node *tree = node_parse(text, strlen(text), name, err);
    if (tree)
        node_free(node_remove(tree, "limit"));
    return tree;
}

static int check_text(const char *dir, const char *old, const char *new, struct error *err)
{
    static const char version[] = "\n# jishi ";
    const char *at = strstr(old, version);
    const size_t len = at ? strcspn(at + sizeof(version) - 1, "\n") : 0;
    if (!at || strncmp(at + sizeof(version) - 1, JISHI_VERSION, len) != 0 ||
        strlen(JISHI_VERSION) != len)
        return error_set(err, "%s: was begun by another version of jishi than this, " JISHI_VERSION,
                         dir);
    struct node *a = parse_sweep(old, "sweep.yaml", err);
    struct node *b = a ? parse_sweep(new, "sweep.yaml", err) : NULL;
    const int rc = a && b ? tell_difference(dir, a, b, err) : -1;
    node_free(a);
    node_free(b);
    return rc;
}

/* First line of inputs.sha256 that is not as it was. */
static int check_hashes(const char *dir, const char *old, const char *new, struct error *err)
{
    if (strcmp(old, new) == 0)
        return 0;
    while (*old && *old == *new) {
        const size_t a = strcspn(old, "\n"), b = strcspn(new, "\n");
        if (a != b || strncmp(old, new, a) != 0)
            break;
        old += a + 1;
        new += b + 1;
    }
    const size_t skip = DIGEST_SIZE - 1 + 2, len = strcspn(new, "\n");
    return error_set(err,
                     "%s: its results are of other data: %.*s has changed; name another folder",
                     dir, len > skip ? (int)(len - skip) : 0, new + (len > skip ? skip : 0));
}

static int check_same(const char *dir, const struct sweep_record *record, struct error *err)
{
    char *yaml = inside(dir, "sweep.yaml"), *sums = inside(dir, "inputs.sha256");
    size_t len;
    char *old = file_read(yaml, 2 * NODE_BYTES_MAX, &len, err);
    int rc = old ? check_text(dir, old, record->text, err) : error_prefix(err, "%s: ", yaml);
    free(old);
    if (rc == 0) {
        old = file_read(sums, NODE_BYTES_MAX, &len, err);
        rc = old ? check_hashes(dir, old, record->hashes, err) : error_prefix(err, "%s: ", sums);
        free(old);
    }
    free(yaml);
    free(sums);
    return rc;
}

static int put_record(const char *dir, const struct sweep_record *record, struct error *err)
{
    char *yaml = inside(dir, "sweep.yaml"), *sums = inside(dir, "inputs.sha256");
    int rc = file_put(sums, record->hashes, err);
    if (rc == 0)
        rc = file_put(yaml, record->text, err);
    free(yaml);
    free(sums);
    return rc;
}

int folder_begin(struct folder *folder, const char *dir, const struct sweep_record *record,
                 bool resume, struct error *err)
{
    *folder = (struct folder){mem_text(dir), -1};
    if (make_folder(dir, err) < 0)
        return -1;
    const bool begun = is_there(dir, "sweep.yaml");
    if (begun && !resume)
        return error_set(
            err, "%s: holds a sweep already; --resume goes on with it, or name another folder",
            dir);
    if (!begun && check_foreign(dir, err) < 0)
        return -1;
    if (take_lock(folder, err) < 0 || (begun && check_same(dir, record, err) < 0))
        return -1;
    char *journal = inside(dir, "journal");
    const int rc = make_folder(journal, err);
    free(journal);
    return rc < 0 ? -1 : put_record(dir, record, err);
}

void folder_close(struct folder *folder)
{
    if (folder->lock >= 0)
        close(folder->lock);
    free(folder->dir);
    *folder = (struct folder){NULL, -1};
}

char *folder_sweep(const char *dir, struct error *err)
{
    char *path = inside(dir, "sweep.yaml");
    if (access(path, R_OK) == 0)
        return path;
    error_set(err, "%s: holds no sweep: %s: %s", dir, path, strerror(errno));
    free(path);
    return NULL;
}
