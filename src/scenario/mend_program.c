/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/mend.h"

/* Is a faulty node there? */
static bool has_fault_at(const struct node *node, struct mark at)
{
    bool has = node->faulty && mark_is(node->at, at);
    for (size_t i = 0; i < node->len && !has; i++)
        has = has_fault_at(node->items[i].value, at);
    return has;
}

/* Of what little is left of things that were mended in vain nothing is told. */
static void leave_out_told(const struct node *tree, struct error_list *errors)
{
    const size_t len = errors->len;
    errors->len = 0;
    for (size_t i = 0; i < len; i++)
        if (!has_fault_at(tree, errors->items[i].at))
            errors->items[errors->len++] = errors->items[i];
}

int program_mend(const struct program *program, const struct error_list *told, enum mend_way way,
                 struct program *ret, struct error_list *errors)
{
    *ret = (struct program){.document = program->document, .shared = true};
    if (!program->resolved || program->resolved->faulty)
        return -1;
    struct node *tree = node_copy(program->resolved);
    bool certain = true;
    node_blame(tree, told, 0);
    for (int round = 0; round < MEND_ROUNDS && !ret->sound; round++) {
        struct error_list found = {0};
        struct node *right = mend_tree(tree, way, round);
        certain = certain && mend_is_certain(tree) && mend_is_certain(right);
        program_free(ret);
        program_from_tree(ret, &program->document, node_copy(right), &found);
        if (found.len > 0)
            node_blame(right, &found, 0);
        if (round >= MEND_BARE)
            leave_out_told(tree, &found);
        node_free(tree);
        tree = right;
        error_list_move(errors, &found, "");
    }
    node_free(tree);
    return ret->sound && certain ? 0 : -1;
}
