/* What changed, for those who remember what gates let through. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/gates_inner.h"

#include "util/mem.h"

void gates_note_news(struct gates *gates, int32_t gate)
{
    struct gate *at = &gates->gates.items[gate];
    if (at->told)
        return;
    at->told = true;
    MEM_GROW(&gates->news);
    gates->news.items[gates->news.len++] = gate;
}

const int32_t *gates_news(const struct gates *gates, size_t *ret_len, bool *ret_all)
{
    *ret_len = gates->news.len;
    *ret_all = gates->news.all;
    return gates->news.items;
}

void gates_forget_news(struct gates *gates)
{
    for (size_t i = 0; i < gates->news.len; i++)
        gates->gates.items[gates->news.items[i]].told = false;
    gates->news.len = 0;
    gates->news.all = false;
}

bool gates_grows(const struct gates *gates, int32_t gate)
{
    return gates->gates.items[gate].most >= 0 && gates->gates.items[gate].over > 0;
}

bool gates_passed(const struct gates *gates, int32_t gate)
{
    return gates->gates.items[gate].passed;
}

size_t gates_count(const struct gates *gates)
{
    return gates->gates.len;
}

/* --- openings --- */

/* The last gate of a path from which on those of the centre's home stand side by side; below 0:
 * none. `ret_mixed`: others stand below or between them. */
static int32_t top_of_home(const struct gates *gates, int32_t gate, int32_t centre, bool *ret_mixed)
{
    int32_t top = -1;
    bool away = false;
    *ret_mixed = false;
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up) {
        const bool home = gates->gates.items[i].home == centre;
        *ret_mixed |= home && away;
        away |= !home;
        top = home ? i : top;
    }
    return top;
}

/* What a path keeps of the centre is what the pot at its top does, less what each of its gates
 * keeps beyond those below it: all that those keep is told by the pot. So what others start or end
 * changes the pot alone. */
struct gates_opening gates_opening(const struct gates *gates, int32_t gate, int32_t centre)
{
    struct gates_opening opening = {.quota = least_quota_room(gates, gate),
                                    .left = gates_left(gates, gate),
                                    .most = INT64_MAX,
                                    .pot = -1};
    const int32_t own = gate_of_tenants(gates, gate);
    if (own < 0 || !gates_guarantee(gates))
        return opening;
    int64_t kept;
    opening.most = lesser(room_on_path(gates, own, centre, true, GATES_NOW, &kept),
                          gates_largest(gates, own, centre));
    opening.claim = gates_claim(gates, gate, centre);
    const int32_t top = top_of_home(gates, own, centre, &opening.restless);
    if (opening.restless) {
        if (kept > 0)
            opening.most =
                lesser(opening.most, gates->capacity[centre] - gates->busy[centre] - kept);
    } else if (top >= 0 && gates->gates.items[top].pot >= 0) {
        opening.pot = gates->gates.items[top].pot;
        opening.relief = gates->pots.items[opening.pot].kept[GATES_NOW] - kept;
    }
    return opening;
}

int64_t gates_beyond(const struct gates *gates, int32_t pot, int64_t relief)
{
    const struct pot *at = &gates->pots.items[pot];
    const int64_t kept = at->kept[GATES_NOW] - relief;
    return kept > 0 ? gates->capacity[at->home] - gates->busy[at->home] - kept : INT64_MAX;
}

/* --- faces --- */

static int64_t within(int64_t number, int64_t most)
{
    return number < 0 ? 0 : lesser(number, most);
}

/* What of its guarantee bounds those below it, or lets them claim. The nearest guarantee alone is
 * claimed, and below that no gate keeps anything of its own: it has none left below 0. What others
 * are bounded by may still be more, by what gates between keep of their own. */
static void show_guarantee(const struct gates *gates, const struct gate *gate, int64_t procs,
                           struct gates_face *face)
{
    const int64_t below = kept_below(gates, gate, GATES_NOW);
    const int64_t borrowing = borrowing_room(gate, gate->home, GATES_NOW);
    face->borrowing = within(borrowing, procs);
    face->bound = borrowing == INT64_MAX ? procs : lesser(borrowing - below, procs);
    const int64_t guaranteed = gate->guarantee->processors;
    face->claim = within(guaranteed - gate->at_home - below, procs);
    face->spare = within(guaranteed - gate->procs - gate->parts[GATES_NOW], procs);
}

struct gates_face gates_face(const struct gates *gates, int32_t gate, int64_t procs, wide area)
{
    const struct gate *at = &gates->gates.items[gate];
    struct gates_face face = {0};
    face.room = within(quota_room(gates, at), procs);
    face.left = area;
    if (at->most >= 0) {
        const wide left = at->most - spent_by_now(gates, at);
        face.left = left < 0 ? -1 : left < area ? left : area;
    }
    face.own[0] = at->kept[GATES_NOW] - kept_below(gates, at, GATES_NOW);
    face.own[1] = at->part[GATES_NOW] - at->parts[GATES_NOW];
    face.unkept = lesser(unkept_quota(at, at->parts[GATES_NOW], GATES_NOW), procs);
    face.parts = face.unkept < procs ? at->parts[GATES_NOW] : 0;
    if (at->guarantee)
        show_guarantee(gates, at, procs, &face);
    return face;
}
