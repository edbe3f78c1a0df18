/* Any bytes: what is read prints as YAML that reads back equal; resolving and decoding it neither
 * crashes nor leaks. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/decode.h"
#include "scenario/mend.h"
#include "scenario/resolve.h"
#include "scenario/scenario.h"
#include "scenario/templates.h"
#include "tools/decode_table.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const struct node *node)
{
    node_check(node);
    char *text = node_emit(node);
    struct error err;
    struct node *back = node_parse(text, strlen(text), "emitted", &err);
    /* The emitted text may only be longer than what is allowed. */
    REQUIRE(back || strlen(text) > NODE_BYTES_MAX);
    if (back) {
        REQUIRE(node_equal(node, back));
        char *again = node_emit(back);
        REQUIRE(strcmp(text, again) == 0);
        free(again);
    }
    node_free(back);
    free(text);
}

/* Read what can be of a tree that has faults, and what is left of it without them. */
static void read_faulty(struct node *root, struct error_list *errors)
{
    size_t failures;
    templates_expand(root, errors);
    if (node_depth(root) >= NODE_DEPTH_MAX)
        return;
    scenario_free(scenario_read(root, "/nowhere/fuzz", errors, &failures));
    for (int i = 0; i < MEND_WAYS * MEND_ROUNDS; i++) {
        struct node *mended = mend_tree(root, (enum mend_way)(i % MEND_WAYS), i / MEND_WAYS);
        node_check(mended);
        scenario_free(scenario_read(mended, "/nowhere/fuzz", errors, &failures));
        node_free(mended);
    }
}

/* With a list of its own: one that holds an error already does not tell it again. */
static void decode(const struct node *node)
{
    struct lab lab = {0};
    struct error_list errors = {0};
    struct decode ctx = {.errors = &errors};
    const int rc = decode_table(node, lab_fields, &lab, &ctx);
    REQUIRE((rc == 0) == (ctx.failures == 0));
    REQUIRE((rc == 0) == (errors.len == 0));
    schema_free(lab_fields, &lab);
    decode_deinit(&ctx);
    error_list_deinit(&errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const sets[] = {"name=x", "parts.p.nodes=3"};
    struct error_list errors = {0};
    struct document document;
    struct node *node = node_parse((const char *)data, size, "fuzz", NULL);
    if (node) {
        round_trip(node);
        decode(node);
    }
    const struct resolve_options options = {.table = scenario_fields};
    const bool right =
        document_read(&document, (const char *)data, size, "/nowhere/fuzz", &options, &errors) == 0;
    struct node *faulty = document_apply(&document, NULL, sets, 2, &errors);
    read_faulty(faulty, &errors);
    node_free(faulty);
    if (right) {
        struct node *root = document_resolve(&document, NULL, sets, 1, &errors);
        if (root)
            round_trip(root);
        node_free(root);
        for (size_t i = 0; document.variants && i < document.variants->len && i < 8; i++) {
            root = document_resolve(&document, document.variants->items[i].key, sets, 2, &errors);
            if (root)
                decode(root);
            node_free(root);
        }
    }
    document_deinit(&document);
    error_list_deinit(&errors);
    node_free(node);
    return 0;
}
