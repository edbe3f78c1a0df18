/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/vary.h"

#include "scenario/field_at.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The = behind the path: one inside brackets or quotes belongs to it. */
static const char *find_equals(const char *text)
{
    bool quoted = false;
    int depth = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '\\' && quoted && c[1])
            c++;
        else if (*c == '"')
            quoted = !quoted;
        else if (!quoted && *c == '[')
            depth++;
        else if (!quoted && *c == ']')
            depth--;
        else if (!quoted && depth == 0 && *c == '=')
            return c;
    }
    return NULL;
}

/* --- which field --- */

/* The dimension of the field, and whether it takes whole numbers alone. */
static int find_field(const struct path *path, const struct program *program, struct vary *vary,
                      bool *ret_whole, struct error *err)
{
    struct field_place place = {0};
    if (!scenario_field_at(program->resolved, program->epochs[0].tree, path, &place))
        return error_set(err, "there is no such value in the scenario");
    *ret_whole = field_is_whole(place.field);
    switch (place.field->kind) {
    case FIELD_INT:
        vary->unit = UNIT_NONE;
        return 0;
    case FIELD_QUANTITY:
    case FIELD_DIST:
        vary->unit = place.unit;
        return 0;
    case FIELD_DURATION:
        vary->unit = UNIT_TIME;
        return 0;
    default:
        return error_set(err, "is no number, and a range is of numbers");
    }
}

/* --- the range --- */

static int read_number(const char *from, size_t len, const struct vary *vary, double *ret,
                       struct error *err)
{
    char *text = mem_text_n(from, len);
    int rc = quantity_parse(text, vary->unit, ret, err);
    if (rc == 0 && !isfinite(*ret))
        rc = error_set(err, "\"%.40s\" is not finite", text);
    free(text);
    return rc;
}

/* How LO is written, which can be read. */
static void read_suffix(const char *from, size_t len, bool whole, struct vary *vary)
{
    double number;
    char *text = mem_text_n(from, len), *one;
    const size_t blanks = strspn(text, " ");
    size_t end = strlen(text);
    while (end > blanks && text[end - 1] == ' ')
        text[--end] = 0;
    const size_t digits = blanks + quantity_number(text + blanks, &number);
    vary->suffix = mem_text(whole ? "" : text + digits);
    one = mem_format("1%s", vary->suffix);
    REQUIRE(quantity_parse(one, vary->unit, &vary->scale, NULL) == 0);
    free(one);
    free(text);
}

/* A round number (1, 2 or 5 times a power of ten) at or below. */
static double round_below(double x)
{
    const double power = pow(10, floor(log10(x)));
    const double lead = x / power;
    return power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
}

/* " by STEP" at the end, if there is one: the length of what is before it. */
static size_t before_step(const char *range, const char **ret_step)
{
    const char *by = strstr(range, " by ");
    *ret_step = by ? by + strlen(" by ") : NULL;
    return by ? (size_t)(by - range) : strlen(range);
}

static int read_range(const char *range, bool whole, struct vary *vary, struct error *err)
{
    const char *step, *dots = strstr(range, "..");
    const size_t len = before_step(range, &step);
    double hi;
    if (!dots || dots >= range + len)
        return error_set(err, "expected a range LO..HI, such as 10..60, found \"%.60s\"", range);
    const char *second = dots + 2;
    const size_t first_len = (size_t)(dots - range);
    const size_t second_len = (size_t)(range + len - second);
    vary->relative = range[strspn(range, " ")] == '+' || range[strspn(range, " ")] == '-';
    if (vary->relative != (*second == '+' || *second == '-'))
        return error_set(err, "either both ends of a range have a sign, or none has");
    if (read_number(range, first_len, vary, &vary->lo, err) < 0 ||
        read_number(second, second_len, vary, &hi, err) < 0)
        return -1;
    read_suffix(range, first_len, whole, vary);
    if (!(vary->lo < hi))
        return error_set(err, "%.60s: a range begins below where it ends", range);
    vary->step = whole ? 1 : vary->scale * round_below((hi - vary->lo) / vary->scale / 1000);
    if (step && read_number(step, strlen(step), vary, &vary->step, err) < 0)
        return -1;
    if (!(vary->step > 0))
        return error_set(err, "a step is above 0");
    if (whole && (vary->lo != rint(vary->lo) || hi != rint(hi) || vary->step != rint(vary->step)))
        return error_set(err, "takes whole numbers");
    const double steps = floor((hi - vary->lo) / vary->step * (1 + 1e-12));
    if (steps > VARY_LEN_MAX - 1)
        return error_set(err, "%.60s has more than %d values; a greater step is needed", range,
                         VARY_LEN_MAX);
    if (steps < 1)
        return error_set(err, "%.60s has one value only", range);
    vary->len = (size_t)steps + 1;
    return 0;
}

static int read_base(const struct path *path, const struct program *program, struct vary *vary,
                     struct error *err)
{
    const struct node *node = path_get(program->resolved, path);
    if (!node || node->kind != NODE_SCALAR)
        return error_set(err, "the scenario gives it no number to add to");
    if (node_is_relative(node) && strcmp(path->items[0].key, "changes") == 0)
        return 0;
    vary->added = true;
    vary->relative = false;
    return read_number(node->text, strlen(node->text), vary, &vary->base, err);
}

int vary_parse(const char *text, const struct program *program, struct vary *ret, struct error *err)
{
    const char *equals = find_equals(text);
    struct vary vary = {0};
    struct path path = {0};
    bool whole = false;
    if (!equals || equals == text)
        return error_set(err, "\"%.100s\": expected PATH=LO..HI", text);
    vary.path = mem_text_n(text, (size_t)(equals - text));
    int rc = path_parse(vary.path, &path, err);
    if (rc == 0 && path_is_in(&path, "seed"))
        rc = error_set(err, "all values are tried with the same seed, to be compared on common "
                            "random numbers; more replications draw anew");
    if (rc == 0)
        rc = find_field(&path, program, &vary, &whole, err);
    if (rc == 0)
        rc = read_range(equals + 1, whole, &vary, err);
    if (rc == 0 && vary.relative)
        rc = read_base(&path, program, &vary, err);
    path_deinit(&path);
    if (rc < 0) {
        error_prefix(err, "%.200s: ", vary.path);
        vary_deinit(&vary);
        return -1;
    }
    *ret = vary;
    return 0;
}

void vary_deinit(struct vary *vary)
{
    free(vary->path);
    free(vary->suffix);
    *vary = (struct vary){0};
}

/* To 12 digits of the unit it is written in: 0.1 + 2 x 0.1 is told as 0.3. */
static const char *rounded_text(const struct vary *vary, double value, char *buffer, size_t size)
{
    const double number = value / vary->scale;
    const bool whole = fabs(number) < 1e15 && number == rint(number);
    snprintf(buffer, size, whole ? "%.0f%.40s" : "%.12g%.40s", number, vary->suffix);
    return buffer;
}

static double unrounded(const struct vary *vary, size_t i)
{
    REQUIRE(i < vary->len);
    return vary->base + vary->lo + (double)i * vary->step;
}

double vary_value(const struct vary *vary, size_t i)
{
    char text[64];
    double value;
    rounded_text(vary, unrounded(vary, i), text, sizeof(text));
    REQUIRE(quantity_parse(text, vary->unit, &value, NULL) == 0);
    return value;
}

const char *vary_text(const struct vary *vary, size_t i, char *buffer, size_t size)
{
    char text[64];
    rounded_text(vary, unrounded(vary, i), text, sizeof(text));
    snprintf(buffer, size, "%s%s", vary->relative && *text != '-' ? "+" : "", text);
    return buffer;
}

const char *vary_difference(const struct vary *vary, size_t from, size_t to, char *buffer,
                            size_t size)
{
    char text[64];
    REQUIRE(from < vary->len && to < vary->len);
    rounded_text(vary, ((double)to - (double)from) * vary->step, text, sizeof(text));
    snprintf(buffer, size, "%s%s", *text != '-' ? "+" : "", text);
    return buffer;
}

char *vary_set(const struct vary *vary, size_t i)
{
    char text[64];
    return mem_format("%s=%s", vary->path, vary_text(vary, i, text, sizeof(text)));
}
