/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/node.h"

#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A leaf map or list goes on one line if it is no wider than this. YAML allows a key of at most
 * 1024 characters before its ':', so longer ones take the explicit "? key" form. */
enum { FLOW_WIDTH = 80, KEY_WIDTH = 128 };

struct text {
    char *items;
    size_t len, cap;
};

static void put(struct text *out, char c)
{
    MEM_GROW(out);
    out->items[out->len++] = c;
}

static void put_text(struct text *out, const char *text)
{
    for (; *text; text++)
        put(out, *text);
}

static void put_line(struct text *out, size_t indent)
{
    put(out, '\n');
    for (size_t i = 0; i < indent; i++)
        put(out, ' ');
}

static bool is_word(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* One character of UTF-8, which libyaml has checked or which came from a command line. */
static uint32_t take_char(const unsigned char **at)
{
    const unsigned char first = *(*at)++;
    const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    if (more == 0)
        return first;
    uint32_t code = first & (0x3fU >> more);
    for (int i = 0; i < more && (**at & 0xc0) == 0x80; i++)
        code = code << 6 | (*(*at)++ & 0x3f);
    return code;
}

/* May it stand in the text as it is? The others are line breaks, blanks or not printable to YAML.
 */
static bool printable(uint32_t code)
{
    if (code < 0x20 || (code >= 0x7f && code <= 0xa0) || code == 0x2028 || code == 0x2029)
        return false;
    return code != 0xfeff && code != 0xfffe && code != 0xffff;
}

/* Safe without quotes in block and flow style alike; stricter than YAML, never laxer. */
static bool plain_safe(const char *text)
{
    const size_t len = strlen(text);
    if (len == 0)
        return false;
    const unsigned char first = (unsigned char)text[0], second = (unsigned char)text[1];
    const bool sign = (first == '+' || first == '-' || first == '.') && is_word(second);
    if (!is_word(first) && first < 0x80 && !sign && strcmp(text, "~") != 0)
        return false;
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        const unsigned char c = *at;
        const unsigned char next = at[1];
        if (c < 0x80 && strchr(",[]{}\"'#&*!|>`?\\", c))
            return false;
        if ((c == ':' || c == ' ') && !is_word(next) && (c == ':' || next < 0x80) &&
            !(c == ' ' && next && strchr("(+-./%=<", next)))
            return false;
        if (!printable(take_char(&at)))
            return false;
    }
    return true;
}

static void put_quoted(struct text *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    put(out, '"');
    while (*at) {
        const unsigned char *start = at;
        const uint32_t code = take_char(&at);
        char escape[16];
        if (code == '"' || code == '\\') {
            put(out, '\\');
            put(out, (char)code);
        } else if (code == '\n') {
            put_text(out, "\\n");
        } else if (code == '\t') {
            put_text(out, "\\t");
        } else if (!printable(code)) {
            snprintf(escape, sizeof(escape), "\\u%04X", (unsigned)code);
            put_text(out, escape);
        } else {
            for (; start < at; start++)
                put(out, (char)*start);
        }
    }
    put(out, '"');
}

static void put_key(struct text *out, const char *key)
{
    if (plain_safe(key))
        put_text(out, key);
    else
        put_quoted(out, key);
}

static void put_scalar(struct text *out, const struct node *node)
{
    if (node_is_null(node))
        put_text(out, node->text);
    else if (!node->quoted && plain_safe(node->text))
        put_text(out, node->text);
    else
        put_quoted(out, node->text);
}

/* Width of a map or list on one line, or more than FLOW_WIDTH if it is better broken up. */
static size_t flow_width(const struct node *node, int depth)
{
    if (node->kind == NODE_SCALAR)
        return node_is_null(node) && !*node->text ? FLOW_WIDTH + 1 : strlen(node->text) + 2;
    if (depth == 0 && node->len > 0)
        return FLOW_WIDTH + 1;
    size_t width = 2;
    for (size_t i = 0; i < node->len && width <= FLOW_WIDTH; i++) {
        width += 2 + flow_width(node->items[i].value, depth - 1);
        if (node->kind == NODE_MAP)
            width += 2 + strlen(node->items[i].key);
    }
    return width;
}

static bool goes_flow(const struct node *node)
{
    return node->kind == NODE_SCALAR || node->len == 0 || flow_width(node, 2) <= FLOW_WIDTH;
}

static void put_flow(struct text *out, const struct node *node)
{
    if (node->kind == NODE_SCALAR) {
        put_scalar(out, node);
        return;
    }
    put(out, node->kind == NODE_MAP ? '{' : '[');
    for (size_t i = 0; i < node->len; i++) {
        if (i > 0)
            put_text(out, ", ");
        if (node->kind == NODE_MAP) {
            put_key(out, node->items[i].key);
            put_text(out, ": ");
        }
        put_flow(out, node->items[i].value);
    }
    put(out, node->kind == NODE_MAP ? '}' : ']');
}

static void put_block(struct text *out, const struct node *node, size_t indent);

/* A value after "key:" or "-"; `inside` is the indentation of a map or list on the next lines. */
static void put_value(struct text *out, const struct node *value, size_t inside)
{
    if (goes_flow(value)) {
        put(out, ' ');
        put_flow(out, value);
        return;
    }
    put_line(out, inside);
    put_block(out, value, inside);
}

static void put_pair(struct text *out, const struct node_entry *item, size_t indent)
{
    if (strlen(item->key) > KEY_WIDTH) {
        put_text(out, "? ");
        put_quoted(out, item->key);
        put_line(out, indent);
    } else {
        put_key(out, item->key);
    }
    put(out, ':');
    put_value(out, item->value, indent + 2);
}

static void put_item(struct text *out, const struct node *value, size_t indent)
{
    put(out, '-');
    if (goes_flow(value)) {
        put_value(out, value, indent + 2);
        return;
    }
    put(out, ' ');
    put_block(out, value, indent + 2);
}

/* Starts at the current position, which is at column `indent`; ends without a line break. */
static void put_block(struct text *out, const struct node *node, size_t indent)
{
    for (size_t i = 0; i < node->len; i++) {
        if (i > 0)
            put_line(out, indent);
        if (node->kind == NODE_MAP)
            put_pair(out, &node->items[i], indent);
        else
            put_item(out, node->items[i].value, indent);
    }
}

char *node_emit(const struct node *node)
{
    struct text out = {0};
    /* The root of a document is broken up even if it is short. */
    if (node->kind == NODE_SCALAR || node->len == 0)
        put_flow(&out, node);
    else
        put_block(&out, node, 0);
    put(&out, '\n');
    put(&out, '\0');
    return out.items;
}
