/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

#define ORDER(name) extern const struct order_type order_##name;
#include "order_list.h"
#undef ORDER

static const struct kind *const orders[] = {
#define ORDER(name) &order_##name.kind,
#include "order_list.h"
#undef ORDER
    NULL,
};

const struct kind_list order_kinds = {.what = "order", .whats = "orders", .items = orders};
