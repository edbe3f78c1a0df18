/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct centre_info centres[] = {{"kth"}, {"wuhan"}};
static struct partition_info partitions[] = {
    {.name = "sp2", .path = "kth/sp2", .centre = 0, .processor = "power2"},
    {.name = "ascend", .path = "wuhan/ascend", .centre = 1, .processor = "ascend-910"},
    {.name = "sp2", .path = "wuhan/sp2", .centre = 1, .processor = "power2"},
};
static struct tenant_info tenants[] = {
    {.path = "a", .parent = -1, .sector = "vision"},
    {.path = "a/b", .parent = 0, .sector = "vision", .remote = true},
    {.path = "c", .parent = -1, .remote = true},
    {.path = "d", .parent = -1, .sector = "cloud, servers"},
};
static struct workload_info workloads[] = {{"a/w", 0}};
static const struct world world = {.centres = centres,
                                   .n_centres = 2,
                                   .partitions = partitions,
                                   .n_partitions = 3,
                                   .tenants = {tenants, ARRAY_LEN(tenants), ARRAY_LEN(tenants)},
                                   .workloads = workloads,
                                   .n_workloads = 1};

static void test_errors(void **ctx)
{
    (void)ctx;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"wait.p96", "\"wait.p96\": there is no metric \"wait.p96\"; did you mean \"wait.p95\"?"},
        {"", "\"\": there is no metric \"\"; `jishi list metrics` shows them"},
        {"zzzzzzzzzz",
         "\"zzzzzzzzzz\": there is no metric \"zzzzzzzzzz\"; `jishi list metrics` shows them"},
        {"wait.mean[tenan=x]",
         "\"wait.mean[tenan=x]\": there is no condition \"tenan\"; did you mean \"tenant\"?"},
        {"wait.mean[colour=x]",
         "\"wait.mean[colour=x]\": there is no condition \"colour\"; there are: tenant, centre, "
         "partition, processor, period, location, sector, workload, priority, qos, processors, "
         "runtime, request"},
        {"wait.mean[tenant]", "\"wait.mean[tenant]\": tenant: one of = != >= <= > < is missing"},
        {"wait.mean[processors==8]",
         "\"wait.mean[processors==8]\": processors: \"==\" is none of = != >= <= > <"},
        {"wait.mean[processors<>8]",
         "\"wait.mean[processors<>8]\": processors: \"<>\" is none of = != >= <= > <"},
        {"wait.mean[tenant~x]", "\"wait.mean[tenant~x]\": tenant: \"~\" is none of = != >= <= > <"},
        {"wait.mean[tenant!x]", "\"wait.mean[tenant!x]\": tenant: \"!\" is none of = != >= <= > <"},
        {"wait.mean[processors!=many]",
         "\"wait.mean[processors!=many]\": processors: \"many\" is not "
         "a plain number such as 50k or 30%"},
        {"wait.mean[period!=2025]", "\"wait.mean[period!=2025]\": period is compared with = only"},
        {"wait.mean[centre!=kth2]",
         "\"wait.mean[centre!=kth2]\": there is no centre \"kth2\"; did you mean \"kth\"?"},
        {"wait.mean[priority!=urgent]",
         "\"wait.mean[priority!=urgent]\": priority: \"urgent\" is none of high, medium, low"},
        {"utilisation[tenant!=x]",
         "\"utilisation[tenant!=x]\": utilisation is of partitions: tenant cannot pick out a part "
         "of it (centre, partition, processor and period can)"},
        {"wait.mean[tenant=]", "\"wait.mean[tenant=]\": tenant: a value is missing"},
        {"wait.mean[tenant>=x]", "\"wait.mean[tenant>=x]\": tenant is compared with = and != only"},
        {"wait.mean[tenant=\"x]", "\"wait.mean[tenant=\"x]\": tenant: a closing \" is missing"},
        {"wait.mean[tenant=x", "\"wait.mean[tenant=x\": a ] is missing at the end"},
        {"wait.mean[tenant=\"x\"y]",
         "\"wait.mean[tenant=\"x\"y]\": a , or ] is missing before \"y]\""},
        {"wait.mean[tenant=x] 3", "\"wait.mean[tenant=x] 3\": nothing may follow: \"3\""},
        {"wait.mean[tenant=x, tenant=y]",
         "\"wait.mean[tenant=x, tenant=y]\": tenant is given twice"},
        {"wait.mean[period=2025-13]", "\"wait.mean[period=2025-13]\": period: \"2025-13\" is "
                                      "neither a year (2025) nor a month (2025-06)"},
        {"wait.mean[period=2025-6]", "\"wait.mean[period=2025-6]\": period: \"2025-6\" is neither "
                                     "a year (2025) nor a month (2025-06)"},
        {"wait.mean[priority=urgent]",
         "\"wait.mean[priority=urgent]\": priority: \"urgent\" is none of high, medium, low"},
        {"wait.mean[location=remot]",
         "\"wait.mean[location=remot]\": location: \"remot\" is none of local, remote"},
        {"wait.mean[location>local]",
         "\"wait.mean[location>local]\": location is compared with = and != only"},
        {"wait.mean[sector=vision, sector=servers]",
         "\"wait.mean[sector=vision, sector=servers]\": sector is given twice"},
        {"wait.mean[sector=visions]",
         "\"wait.mean[sector=visions]\": there is no sector \"visions\"; did you mean \"vision\"?"},
        {"wait.mean[sector=textiles]", "\"wait.mean[sector=textiles]\": there is no sector "
                                       "\"textiles\"; the first of 2 is \"vision\""},
        {"utilisation[sector=vision]",
         "\"utilisation[sector=vision]\": utilisation is of partitions: sector cannot pick out a "
         "part of it (centre, partition, processor and period can)"},
        {"fairness.jain[location=local]",
         "\"fairness.jain[location=local]\": fairness.jain is over all tenants: location cannot "
         "pick out a part of it (centre, partition, processor and period can)"},
        {"wait.mean[processors=1.5]",
         "\"wait.mean[processors=1.5]\": processors: \"1.5\" is not a whole number"},
        {"utilisation[tenant=x]",
         "\"utilisation[tenant=x]\": utilisation is of partitions: tenant cannot pick out a part "
         "of it (centre, partition, processor and period can)"},
        {"fairness.jain[processors>4]",
         "\"fairness.jain[processors>4]\": fairness.jain is over all tenants: processors cannot "
         "pick out a part of it (centre, partition, processor and period can)"},
        {"wait.mean[centre=kth2]",
         "\"wait.mean[centre=kth2]\": there is no centre \"kth2\"; did you mean \"kth\"?"},
        {"wait.mean[centre=Stockholm]", "\"wait.mean[centre=Stockholm]\": there is no centre "
                                        "\"Stockholm\"; the first of 2 is \"kth\""},
        {"wait.mean[partition=sp2]", "\"wait.mean[partition=sp2]\": there are 2 partitions "
                                     "\"sp2\": write centre/partition"},
        {"wait.mean[workload=b/w]",
         "\"wait.mean[workload=b/w]\": there is no workload \"b/w\"; did you mean \"a/w\"?"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct selector selector = {0};
        struct error err = {.text = ""};
        int status = selector_parse(rows[i].text, &selector, &err);
        if (status == 0)
            status = selector_check(&selector, &world, &err);
        assert_int_equal(status, -1);
        assert_string_equal(err.text, rows[i].want);
        selector_deinit(&selector);
    }
}

static void test_conditions(void **ctx)
{
    (void)ctx;
    static const struct job job = {.spec = {.priority = PRIORITY_HIGH,
                                            .runtime = 2 * SIMTIME_HOUR,
                                            .request = 3 * SIMTIME_HOUR}};
    static const struct {
        const char *text;
        bool needs_jobs, wants;
    } rows[] = {
        {"wait.p95", false, true},
        {" wait.p95 [ tenant = handary , period = 2025 ] ", false, true},
        {"wait.p95[processors>=64]", true, true},
        {"wait.p95[processors>64]", true, false},
        {"wait.p95[processors<=64]", true, true},
        {"wait.p95[processors<64]", true, false},
        {"wait.p95[processors=64, processors>=3]", true, true},
        {"wait.p95[processors>=8, processors<=16]", true, false},
        {"wait.p95[runtime=2h]", true, true},
        {"wait.p95[runtime<2h]", true, false},
        {"wait.p95[request>=3 h]", true, true},
        {"wait.p95[priority=high]", true, true},
        {"wait.p95[priority=low]", true, false},
        {"wait.p95[workload=a/w]", true, true},
        {"wait.p95[processors!=64]", true, false},
        {"wait.p95[processors!=63, processors != 65]", true, true},
        {"wait.p95[runtime!=2h]", true, false},
        {"wait.p95[request!=2h]", true, true},
        {"wait.p95[priority!=high]", true, false},
        {"wait.p95[priority!=low, priority!=medium]", true, true},
        {"wait.p95[workload!=a/w]", true, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct selector selector;
        assert_int_equal(selector_parse(rows[i].text, &selector, NULL), 0);
        assert_int_equal(selector_check(&selector, &world, NULL), 0);
        assert_string_equal(selector.text, rows[i].text);
        assert_string_equal(selector.metric->name, "wait.p95");
        assert_int_equal(selector_needs_jobs(&selector), rows[i].needs_jobs);
        assert_int_equal(selector_wants_job(&selector, &world, &job, 64), rows[i].wants);
        selector_deinit(&selector);
    }
}

static void test_odd_names(void **ctx)
{
    (void)ctx;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"wait.max[tenant=users/12]", "users/12"},
        {"wait.max[tenant=zhang san]", "zhang san"},
        {"wait.max[tenant=\"a,b]\"]", "a,b]"},
        {"wait.max[tenant=\"a \\\"b\\\" \\\\\"]", "a \"b\" \\"},
        {"wait.max[tenant=\xe5\xbc\xa0\xe4\xb8\x89]", "\xe5\xbc\xa0\xe4\xb8\x89"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct selector selector;
        assert_int_equal(selector_parse(rows[i].text, &selector, NULL), 0);
        assert_string_equal(selector_condition(&selector, CONDITION_TENANT)->text, rows[i].want);
        selector_deinit(&selector);
    }
}

static void test_places(void **ctx)
{
    (void)ctx;
    static const struct {
        const char *text;
        bool wants[3];
    } rows[] = {
        {"utilisation", {true, true, true}},
        {"utilisation[centre=wuhan]", {false, true, true}},
        {"utilisation[partition=kth/sp2]", {true, false, false}},
        {"utilisation[partition=sp2, centre=wuhan]", {false, false, true}},
        {"utilisation[processor=power2]", {true, false, true}},
        {"utilisation[centre!=wuhan]", {true, false, false}},
        {"utilisation[partition!=kth/sp2]", {false, true, true}},
        {"utilisation[partition!=kth/sp2, partition!=wuhan/sp2]", {false, true, false}},
        {"utilisation[partition!=ascend]", {true, false, true}},
        {"utilisation[centre=wuhan, processor!=power2]", {false, true, false}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct selector selector;
        assert_int_equal(selector_parse(rows[i].text, &selector, NULL), 0);
        assert_int_equal(selector_check(&selector, &world, NULL), 0);
        for (size_t p = 0; p < 3; p++)
            assert_int_equal(selector_wants_partition(&selector, &world, p), rows[i].wants[p]);
        selector_deinit(&selector);
    }
}

static void test_tenants(void **ctx)
{
    (void)ctx;
    static const struct {
        const char *text;
        bool wants[ARRAY_LEN(tenants)];
    } rows[] = {
        {"wait.p95", {true, true, true, true}},
        {"wait.p95[location=local]", {true, false, false, true}},
        {"wait.p95[location=remote]", {false, true, true, false}},
        {"wait.p95[sector=vision]", {true, true, false, false}},
        {"wait.p95[sector=\"cloud, servers\"]", {false, false, false, true}},
        {"wait.p95[sector=vision, location=remote]", {false, true, false, false}},
        {"wait.p95[location!=local]", {false, true, true, false}},
        {"wait.p95[sector!=vision]", {false, false, true, true}},
        {"wait.p95[sector!=vision, sector!=\"cloud, servers\"]", {false, false, true, false}},
        {"wait.p95[tenant!=a]", {false, false, true, true}},
        {"wait.p95[tenant!=a/b, tenant!=d]", {true, false, true, false}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct selector selector;
        assert_int_equal(selector_parse(rows[i].text, &selector, NULL), 0);
        assert_int_equal(selector_check(&selector, &world, NULL), 0);
        assert_false(selector_needs_jobs(&selector));
        for (int32_t t = 0; t < (int32_t)ARRAY_LEN(tenants); t++)
            assert_int_equal(selector_wants_tenant(&selector, &world, t), rows[i].wants[t]);
        selector_deinit(&selector);
    }
    static const struct world bare = {.centres = centres, .n_centres = 2};
    struct selector selector;
    struct error err;
    assert_int_equal(selector_parse("wait.mean[sector=vision]", &selector, NULL), 0);
    assert_int_equal(selector_check(&selector, &bare, &err), -1);
    assert_string_equal(err.text, "\"wait.mean[sector=vision]\": there is no sector \"vision\"; "
                                  "there are none");
    selector_deinit(&selector);
}

/* Of jobs that wait in no partition: they are in none of those that are named. */
static void test_centres(void **ctx)
{
    (void)ctx;
    static const struct {
        const char *text;
        bool wants[2];
    } rows[] = {
        {"wait.p95", {true, true}},
        {"wait.p95[centre=wuhan]", {false, true}},
        {"wait.p95[centre!=wuhan]", {true, false}},
        {"wait.p95[partition=kth/sp2]", {false, false}},
        {"wait.p95[partition!=kth/sp2]", {true, true}},
        {"wait.p95[processor=power2]", {false, false}},
        {"wait.p95[processor!=power2, centre=kth]", {true, false}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct selector selector;
        assert_int_equal(selector_parse(rows[i].text, &selector, NULL), 0);
        for (size_t c = 0; c < 2; c++)
            assert_int_equal(selector_wants_centre(&selector, &world, c), rows[i].wants[c]);
        selector_deinit(&selector);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),    cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_odd_names), cmocka_unit_test(test_places),
        cmocka_unit_test(test_tenants),   cmocka_unit_test(test_centres),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
