#include "api/problem.h"

#include "base/base.h"

const struct problem_text *problem_text(enum problem problem)
{
    static const struct problem_text texts[] = {
#define PROBLEM_TEXT(name, code, status, zh, en) [PROBLEM_##name] = {code, status, zh, en},
        PROBLEMS(PROBLEM_TEXT)
#undef PROBLEM_TEXT
    };

    ASSERT((size_t)problem < ARRAY_LENGTH(texts));
    return &texts[problem];
}
