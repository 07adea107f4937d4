/* Tests of the rule by itself: no server, no database. */
#undef NDEBUG
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

#define HOUR_US INT64_C(3600000000)

/* A redemption at that hour, eight hours east of Greenwich. */
static enum linli_verdict check(int64_t hour, int64_t points)
{
    struct linli_event event = {
        .kind = LINLI_REDEEM, .points = points * 100, .at_us = (hour - 8 + 240) * HOUR_US};

    linli_test_fact(&test, "member.redemptions_24h", 2);
    return linli_test_check(&test, &event);
}

int main(void)
{
    assert(linli_test_start(&test, &linli_plugin, ""));
    assert(check(3, 50) == LINLI_ALLOW);
    assert(check(3, 51) == LINLI_FLAG);
    assert(strcmp(test.opinion.reason.code, "in_the_small_hours") == 0);
    assert(strstr(test.opinion.reason.en.bytes, "number 3") != NULL);
    assert(check(5, 500) == LINLI_ALLOW);
    assert(check(23, 500) == LINLI_ALLOW);

    assert(linli_test_start(&test, &linli_plugin, "from_hour=22 to_hour=24 points=10"));
    assert(check(23, 11) == LINLI_FLAG);

    assert(!linli_test_start(&test, &linli_plugin, "from_hour=5 to_hour=5"));
    puts("quiet_hours: fine");
    return 0;
}
