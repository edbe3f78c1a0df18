/* A Lua script in a box: it can compute and nothing else. Of the libraries there are math without
 * random numbers, table without sort, and string without patterns; pairs goes through keys in their
 * order; what would tell an address or catch an error is not there, so that a script gives the same
 * in every run and always comes to an end. Each call has a budget of instructions, and the script a
 * cap on its memory; what a function of the library goes through in one instruction counts entry by
 * entry where neither memory nor the length of a text bounds it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_SCRIPT_H
#define POLICY_SCRIPT_H

#include "util/error.h"

#include <lua.h>

struct script;

/* Run the file once, as one call. `file` is borrowed for errors, which tell its lines. NULL with an
 * error. */
struct script *script_open(const char *file, int64_t budget, struct error *err);
void script_close(struct script *script); /* takes NULL */

/* Is it a file that can be read, and not too large? -1 with err->text, which names it: whoever asks
 * knows where it is named. O(bytes). */
int script_check(const char *file, struct error *err);

/* Call fn(L), which finds ctx as a light userdata in its first argument: whatever goes wrong in it
 * is told as an error. -1: it did. A call costs about 0.1 us. */
int script_call(struct script *script, lua_CFunction fn, void *ctx, struct error *err);

#endif
