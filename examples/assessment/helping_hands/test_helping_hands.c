/* Tests of the policy by itself: no server, no database. */
#undef NDEBUG
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static const char *rate(int64_t hours)
{
    linli_test_fact(&test, "period.minutes", hours * 60);
    return linli_test_rate(&test, &(struct linli_rate_question){.scope = LINLI_OF_MEMBER});
}

int main(void)
{
    assert(linli_test_start(&test, &linli_plugin, ""));
    assert(strcmp(rate(40), "gold") == 0 && test.rating.missing[0] == 0);
    assert(strcmp(rate(39), "silver") == 0 && test.rating.missing[0] == 1);
    assert(strcmp(rate(9), "helping") == 0 && test.rating.missing[0] == 1);
    assert(strcmp(test.rating.reasons[0].zh.bytes, "服务 9 小时，再服务 1 小时可升级") == 0);

    assert(!linli_test_start(&test, &linli_plugin, "silver_hours=40"));
    puts("helping_hands: fine");
    return 0;
}
