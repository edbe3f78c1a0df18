/* What every file may use: lengths, checks for our own bugs, and cleanup at the end of a scope. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef UTIL_BASE_H
#define UTIL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

/* Processor-microseconds: a few years of a large centre pass 64 bits. */
__extension__ typedef __int128 wide;
#define WIDE_MAX ((((wide)1 << 126) - 1) * 2 + 1)

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#define LIKELY(cond) __builtin_expect(!!(cond), 1)
#define UNLIKELY(cond) __builtin_expect(!!(cond), 0)

/* For the long part of a function that is mostly done after a look: so that whoever calls it gets
 * the look in place, and saves no registers for what is not done. And for what only some scenarios
 * have: what every event passes through is to stay in the first cache of instructions, 32 KB. */
#define NOINLINE __attribute__((noinline))
/* For what hardly ever happens. */
#define COLD __attribute__((noinline, cold))

/* Print the place and the broken promise, then abort: for bugs of ours, never for bad input. */
noreturn void base_fail(const char *file, int line, const char *cond);

#define REQUIRE(cond) (LIKELY(cond) ? (void)0 : base_fail(__FILE__, __LINE__, #cond))

/* AUTO(x_free) struct x *x = x_new(); frees x when it leaves its scope. AUTO_DEFINE goes with the
 * declaration of x_free. */
#define AUTO_DEFINE(type, fn)                                                                      \
    static inline void fn##_auto(type *object)                                                     \
    {                                                                                              \
        fn(*object);                                                                               \
    }
#define AUTO(fn) __attribute__((cleanup(fn##_auto)))

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

#endif
