/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/cost.h"

#include "util/mem.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

/* Postfix. */
struct step {
    char kind; /* n: a number, v: a value, + - * /: of the last two */
    double number;
    size_t vary;
};

struct cost {
    const struct vary *varies;
    size_t n_varies;
    struct step *items;
    size_t len, cap;
};

struct parser {
    const char *text, *at;
    struct cost *cost;
    struct error *err;
    int depth;
};

static void add(struct cost *cost, struct step step)
{
    MEM_GROW(cost);
    cost->items[cost->len++] = step;
}

static void skip_space(struct parser *parser)
{
    while (isspace((unsigned char)*parser->at))
        parser->at++;
}

static int fault_at(struct parser *parser, const char *at)
{
    parser->err->at = (struct mark){NULL, 0, (unsigned)(at - parser->text) + 1};
    return -1;
}

/* --- names and numbers --- */

static bool named(const char *path, const char *name, size_t len)
{
    const size_t whole = strlen(path);
    return whole >= len && strncmp(path + whole - len, name, len) == 0 &&
           (whole == len || path[whole - len - 1] == '.');
}

static int take_name(struct parser *parser)
{
    const char *from = parser->at;
    bool quoted = false;
    for (; *parser->at && (quoted || !strchr(" \t*+/()", *parser->at)); parser->at++)
        quoted ^= *parser->at == '"';
    const size_t len = (size_t)(parser->at - from);
    size_t found = SIZE_MAX, many = 0;
    for (size_t i = 0; i < parser->cost->n_varies; i++)
        if (named(parser->cost->varies[i].path, from, len)) {
            found = i;
            many++;
        }
    if (len == 0)
        error_set(parser->err,
                  *from ? "expected a number or a path, found \"%.20s\""
                        : "expected a number or a path, found the end",
                  from);
    else if (many != 1)
        error_set(parser->err,
                  many ? "\"%.*s\" is the end of both paths; more of one is needed"
                       : "\"%.*s\" is not what is varied, nor the end of it",
                  (int)(len < 100 ? len : 100), from);
    if (len == 0 || many != 1)
        return fault_at(parser, from);
    add(parser->cost, (struct step){'v', 0, found});
    return 0;
}

static int take_number(struct parser *parser)
{
    const char *from = parser->at;
    double number;
    parser->at += quantity_number(from, &number);
    while (*parser->at && !strchr(" \t*+-/()", *parser->at))
        parser->at++;
    char *text = mem_text_n(from, (size_t)(parser->at - from));
    const int rc = quantity_parse(text, UNIT_NONE, &number, parser->err);
    free(text);
    if (rc < 0)
        return fault_at(parser, from);
    add(parser->cost, (struct step){'n', number, 0});
    return 0;
}

/* --- expressions --- */

static int take_sum(struct parser *parser);

static int take_one(struct parser *parser)
{
    skip_space(parser);
    const char *open = parser->at;
    if (*open != '(')
        return isdigit((unsigned char)*open) || *open == '.' ? take_number(parser)
                                                             : take_name(parser);
    if (++parser->depth > DEPTH_MAX) {
        error_set(parser->err, "parentheses are nested more than %d deep", DEPTH_MAX);
        return fault_at(parser, open);
    }
    parser->at++;
    if (take_sum(parser) < 0)
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

static int take_chain(struct parser *parser, const char *signs,
                      int (*operand)(struct parser *parser))
{
    int rc = operand(parser);
    while (rc == 0) {
        skip_space(parser);
        if (!*parser->at || !strchr(signs, *parser->at))
            return 0;
        const char sign = *parser->at++;
        rc = operand(parser);
        if (rc == 0)
            add(parser->cost, (struct step){sign, 0, 0});
    }
    return rc;
}

static int take_product(struct parser *parser)
{
    return take_chain(parser, "*/", take_one);
}

static int take_sum(struct parser *parser)
{
    return take_chain(parser, "+-", take_product);
}

static struct cost *cost_new(const struct vary *varies, size_t n_varies)
{
    struct cost *cost = mem_new(1, sizeof(*cost));
    cost->varies = varies;
    cost->n_varies = n_varies;
    return cost;
}

struct cost *cost_parse(const char *text, const struct vary *varies, size_t n_varies,
                        struct error *err)
{
    struct parser parser = {text, text, cost_new(varies, n_varies), err, 0};
    int rc = take_sum(&parser);
    skip_space(&parser);
    if (rc == 0 && *parser.at) {
        error_set(err, "expected +, -, *, / or the end, found \"%.20s\"", parser.at);
        rc = fault_at(&parser, parser.at);
    }
    if (rc == 0)
        return parser.cost;
    cost_free(parser.cost);
    return NULL;
}

struct cost *cost_relative(const struct vary *varies, size_t n_varies, struct error *err)
{
    struct cost *cost = cost_new(varies, n_varies);
    for (size_t i = 0; i < n_varies; i++) {
        const double greatest = vary_value(&varies[i], varies[i].len - 1);
        if (!(vary_value(&varies[i], 0) >= 0 && greatest > 0)) {
            error_set(err, "%.200s goes below 0: a pair needs a --cost", varies[i].path);
            cost_free(cost);
            return NULL;
        }
        add(cost, (struct step){'v', 0, i});
        add(cost, (struct step){'n', greatest, 0});
        add(cost, (struct step){'/', 0, 0});
        if (i > 0)
            add(cost, (struct step){'+', 0, 0});
    }
    return cost;
}

void cost_free(struct cost *cost)
{
    if (!cost)
        return;
    free(cost->items);
    free(cost);
}

static double apply(char sign, double a, double b)
{
    return sign == '+' ? a + b : sign == '-' ? a - b : sign == '*' ? a * b : a / b;
}

double cost_at(const struct cost *cost, const size_t *at)
{
    double *stack = mem_new(cost->len, sizeof(*stack));
    size_t top = 0;
    for (size_t i = 0; i < cost->len; i++) {
        const struct step *step = &cost->items[i];
        if (step->kind == 'n') {
            stack[top++] = step->number;
        } else if (step->kind == 'v') {
            stack[top++] = vary_value(&cost->varies[step->vary], at[step->vary]);
        } else {
            top--;
            stack[top - 1] = apply(step->kind, stack[top - 1], stack[top]);
        }
    }
    REQUIRE(top == 1);
    const double whole = stack[0];
    free(stack);
    return whole;
}

int cost_check(const struct cost *cost, struct error *err)
{
    for (size_t i = 0; i < cost->n_varies; i++)
        for (int greatest = 0; greatest < 2; greatest++) {
            size_t at[2] = {0, 0};
            for (size_t k = 0; k < cost->n_varies; k++)
                at[k] = greatest ? cost->varies[k].len - 1 : 0;
            double before = -HUGE_VAL;
            for (at[i] = 0; at[i] < cost->varies[i].len; at[i]++) {
                const double here = cost_at(cost, at);
                if (!isfinite(here) || here <= before)
                    return error_set(err, "the cost does not rise with %.200s everywhere",
                                     cost->varies[i].path);
                before = here;
            }
        }
    return 0;
}
