/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/target.h"

#include "util/mem.h"
#include "util/quantity.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A comparison, or what joins the last two. */
struct target_step {
    enum { STEP_COMPARE, STEP_AND, STEP_OR } kind;
    size_t comparison;
};

struct parser {
    const char *text, *at;
    struct target *target;
    struct error *err;
    int depth;
};

/* --- words --- */

static void skip_space(struct parser *parser)
{
    while (isspace((unsigned char)*parser->at))
        parser->at++;
}

/* The place of an error: characters of UTF-8, not bytes. Always -1. */
static int fault_at(struct parser *parser, const char *at)
{
    unsigned column = 1;
    for (const char *c = parser->text; c < at; c++)
        column += ((unsigned char)*c & 0xc0) != 0x80;
    if (parser->err)
        parser->err->at = (struct mark){NULL, 0, column};
    return -1;
}

/* A word that stands alone: `and`, not the beginning of `android`. */
static bool is_word(const char *at, const char *word)
{
    const size_t len = strlen(word);
    const unsigned char next = (unsigned char)at[strncmp(at, word, len) == 0 ? len : 0];
    return strncmp(at, word, len) == 0 && (!next || isspace(next) || next == '(' || next == ')');
}

static bool take_word(struct parser *parser, const char *word)
{
    skip_space(parser);
    if (!is_word(parser->at, word))
        return false;
    parser->at += strlen(word);
    return true;
}

/* Past a `[...]`, quotes and all; to the end where it is left open. */
static const char *past_brackets(const char *at)
{
    bool quoted = false;
    for (; *at; at++) {
        if (*at == '\\' && quoted && at[1])
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (*at == ']' && !quoted)
            return at + 1;
    }
    return at;
}

/* --- comparisons --- */

static const struct {
    const char *sign;
    enum condition_op op;
} signs[] = {{"<=", OP_AT_MOST}, {">=", OP_AT_LEAST}, {"<", OP_LESS}, {">", OP_MORE}};

enum unit metric_unit(const struct metric *metric)
{
    return strcmp(metric->unit, "s") == 0     ? UNIT_TIME
           : strcmp(metric->unit, "1/s") == 0 ? UNIT_RATE
                                              : UNIT_NONE;
}

static int take_selector(struct parser *parser, struct comparison *comparison)
{
    const char *from = parser->at;
    while (*parser->at && !isspace((unsigned char)*parser->at) && !strchr("<>=[()", *parser->at))
        parser->at++;
    if (parser->at == from) {
        error_set(parser->err,
                  *from ? "expected a measure, such as wait.p95, found \"%.20s\""
                        : "expected a measure, such as wait.p95, found the end",
                  from);
        return fault_at(parser, from);
    }
    const char *blank = parser->at + strspn(parser->at, " \t");
    if (*blank == '[')
        parser->at = past_brackets(blank);
    comparison->selector = mem_text_n(from, (size_t)(parser->at - from));
    struct selector selector;
    if (selector_parse(comparison->selector, &selector, parser->err) < 0)
        return fault_at(parser, from);
    comparison->metric = selector.metric;
    selector_deinit(&selector);
    return 0;
}

static int take_sign(struct parser *parser, struct comparison *comparison)
{
    skip_space(parser);
    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (strncmp(parser->at, signs[i].sign, strlen(signs[i].sign)) == 0) {
            comparison->op = signs[i].op;
            parser->at += strlen(signs[i].sign);
            return 0;
        }
    error_set(parser->err, "expected <=, >=, < or > after %.80s", comparison->selector);
    return fault_at(parser, parser->at);
}

/* "at most 100 %": a number that the metric is never beyond. */
static int tell_beyond(const struct comparison *comparison, const struct metric_range *range,
                       const char *text, struct error *err)
{
    const double bound = comparison->bound;
    double number;
    const bool bare = text[quantity_number(text, &number)] == '\0';
    if (!range->share && bare && bound >= 10 && bound <= 100)
        return error_set(err, "%.80s is at most %g: did you mean %s%%?", comparison->selector,
                         range->most, text);
    if (!range->share) /* an index: 1.5 is no slip for 1.5 % */
        return error_set(err, "%.80s is at most %g", comparison->selector, range->most);
    if (bare && bound <= 100)
        return error_set(err,
                         "%.80s is a share, at most 100 %%, and %s is %.6g %%: did you mean %s%%?",
                         comparison->selector, text, 100 * bound, text);
    return error_set(err, "%.80s is a share, at most 100 %%", comparison->selector);
}

/* A bound that no value of the metric can pass, or none can miss, is a slip of the pen. That the
 * end of its range itself is met by all is not. */
static int check_bound(const struct comparison *comparison, const char *text, struct error *err)
{
    const struct metric_range range = metric_range(comparison->metric);
    const double bound = comparison->bound;
    const char *name = comparison->selector;
    if (bound < range.least)
        return error_set(err, "%.80s is never below %g", name, range.least);
    if (bound > range.most)
        return tell_beyond(comparison, &range, text, err);
    if (range.above_min && bound == range.least && comparison->op == OP_AT_MOST)
        return error_set(err, "%.80s is always above %g: nothing can meet that", name, range.least);
    if (bound == range.least && comparison->op == OP_LESS)
        return error_set(err, "%.80s is never below %g: nothing can meet that", name, range.least);
    if (bound == range.most && comparison->op == OP_MORE)
        return error_set(err, "%.80s is never above %s: nothing can meet that", name,
                         range.share ? "100 %" : "1");
    return 0;
}

/* Up to `and`, `or` or a parenthesis: "9 per h" has blanks. */
static int take_bound(struct parser *parser, struct comparison *comparison)
{
    skip_space(parser);
    const char *from = parser->at, *to = from;
    for (; *parser->at && !strchr("()", *parser->at); parser->at++) {
        const bool begins = parser->at > from && isspace((unsigned char)parser->at[-1]);
        if (begins && (is_word(parser->at, "and") || is_word(parser->at, "or")))
            break;
        if (!isspace((unsigned char)*parser->at))
            to = parser->at + 1;
    }
    char *text = mem_text_n(from, (size_t)(to - from));
    int rc = *text ? quantity_parse(text, metric_unit(comparison->metric), &comparison->bound,
                                    parser->err)
                   : error_set(parser->err, "%.80s is compared with nothing; a quantity is missing",
                               comparison->selector);
    if (rc == 0)
        rc = check_bound(comparison, text, parser->err);
    if (rc < 0)
        fault_at(parser, from);
    free(text);
    return rc;
}

static void add_step(struct target *target, int kind, size_t comparison)
{
    MEM_GROW(&target->steps);
    target->steps.items[target->steps.len].kind = kind;
    target->steps.items[target->steps.len++].comparison = comparison;
}

static int take_comparison(struct parser *parser)
{
    struct target *target = parser->target;
    const char *from = parser->at;
    MEM_GROW(target);
    struct comparison *comparison = &target->items[target->len++];
    *comparison = (struct comparison){0};
    if (take_selector(parser, comparison) < 0 || take_sign(parser, comparison) < 0 ||
        take_bound(parser, comparison) < 0)
        return -1;
    const char *to = parser->at;
    while (isspace((unsigned char)to[-1]))
        to--;
    comparison->text = mem_text_n(from, (size_t)(to - from));
    add_step(target, STEP_COMPARE, target->len - 1);
    return 0;
}

/* --- expressions --- */

static int take_any(struct parser *parser);

static int take_one(struct parser *parser)
{
    skip_space(parser);
    if (*parser->at != '(')
        return take_comparison(parser);
    const char *open = parser->at++;
    if (++parser->depth > TARGET_DEPTH_MAX) {
        error_set(parser->err, "parentheses are nested more than %d deep", TARGET_DEPTH_MAX);
        return fault_at(parser, open);
    }
    if (take_any(parser) < 0)
        return -1;
    parser->depth--;
    skip_space(parser);
    if (*parser->at != ')') {
        error_set(parser->err, "this parenthesis is not closed");
        return fault_at(parser, open);
    }
    parser->at++;
    return 0;
}

static int take_all(struct parser *parser)
{
    int rc = take_one(parser);
    while (rc == 0 && take_word(parser, "and")) {
        rc = take_one(parser);
        if (rc == 0)
            add_step(parser->target, STEP_AND, 0);
    }
    return rc;
}

static int take_any(struct parser *parser)
{
    int rc = take_all(parser);
    while (rc == 0 && take_word(parser, "or")) {
        rc = take_all(parser);
        if (rc == 0)
            add_step(parser->target, STEP_OR, 0);
    }
    return rc;
}

int target_parse(const char *text, struct target *ret, struct error *err)
{
    struct parser parser = {.text = text, .at = text, .target = ret, .err = err};
    *ret = (struct target){0};
    int rc = take_any(&parser);
    skip_space(&parser);
    if (rc == 0 && *parser.at) {
        error_set(err, "expected and, or or the end, found \"%.20s\"", parser.at);
        rc = fault_at(&parser, parser.at);
    }
    if (rc < 0)
        target_deinit(ret);
    return rc;
}

void target_deinit(struct target *target)
{
    for (size_t i = 0; i < target->len; i++) {
        free(target->items[i].text);
        free(target->items[i].selector);
    }
    free(target->items);
    free(target->steps.items);
    *target = (struct target){0};
}

bool comparison_holds(const struct comparison *comparison, double value)
{
    switch (comparison->op) {
    case OP_AT_MOST:
        return value <= comparison->bound;
    case OP_AT_LEAST:
        return value >= comparison->bound;
    case OP_LESS:
        return value < comparison->bound;
    default:
        return value > comparison->bound;
    }
}

enum answer target_judge(const struct target *target, const enum answer *verdicts)
{
    enum answer *stack = mem_new(target->steps.len, sizeof(*stack));
    size_t top = 0;
    for (size_t i = 0; i < target->steps.len; i++) {
        const struct target_step *step = &target->steps.items[i];
        if (step->kind == STEP_COMPARE) {
            stack[top++] = verdicts[step->comparison];
            continue;
        }
        const enum answer a = stack[top - 2], b = stack[top - 1];
        stack[--top - 1] = step->kind == STEP_AND ? (a < b ? a : b) : (a > b ? a : b);
    }
    REQUIRE(top == 1);
    const enum answer whole = stack[0];
    free(stack);
    return whole;
}
