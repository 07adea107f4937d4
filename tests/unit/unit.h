/*
 * What every unit test includes: cmocka with the headers that it forgets, and a generator for
 * property tests that gives the same numbers on every machine.
 */
#ifndef LINLI_UNIT_H
#define LINLI_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* SplitMix64 (Steele, Lea, Flood 2014). The seed is the state: `uint64_t random = 1;`. */
static inline uint64_t random_u64(uint64_t *state)
{
    uint64_t value = *state += UINT64_C(0x9E3779B97F4A7C15);

    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

/* 0 .. limit - 1 */
static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
    return random_u64(state) % limit;
}

#endif
