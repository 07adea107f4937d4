/* Tests of the merchant by itself: what it asks for, and what it makes of answers. */
#undef NDEBUG
#include <linli/plugin_test.h>

extern const struct linli_plugin linli_plugin;
static struct linli_test test;

static enum linli_outcome step(uint32_t operation, int32_t status, const char *response)
{
    struct linli_step_question question = {
        .operation = operation,
        .asked_about = LINLI_RESERVE,
        .attempt = 1,
        .key = LINLI_TEXT("op-7"),
        .redemption = 4711,
        .item = LINLI_TEXT("bun"),
        .status = status,
        .response = {response, strlen(response)},
    };

    return linli_test_step(&test, &question);
}

int main(void)
{
    assert(linli_test_start(&test, &linli_plugin, "url=https://bakery.example"));

    assert(step(LINLI_RESERVE, 0, "") == LINLI_CALL);
    assert(strcmp(test.step.http.url.bytes, "https://bakery.example/vouchers/4711") == 0);
    assert(strcmp(test.step.http.body.bytes, "item=bun") == 0);
    assert(step(LINLI_RESERVE, 201, "code=ABC123\n") == LINLI_DONE);
    assert(strcmp(test.step.voucher.bytes, "ABC123") == 0);
    assert(step(LINLI_RESERVE, 201, "<html>") == LINLI_UNKNOWN);
    assert(step(LINLI_RESERVE, 409, "reason=sold out") == LINLI_DECLINED);
    assert(strstr(test.step.reason.en.bytes, "sold out") != NULL);
    assert(step(LINLI_RESERVE, 503, "") == LINLI_RETRY);
    assert(step(LINLI_RESERVE, -1, "") == LINLI_UNKNOWN);

    assert(step(LINLI_QUERY, 200, "code=ABC123") == LINLI_DONE);
    assert(step(LINLI_QUERY, 404, "") == LINLI_ABSENT);
    assert(step(LINLI_CANCELLED, 204, "") == LINLI_DONE);
    assert(step(LINLI_CONFIRMED, 0, "") == LINLI_DONE);
    puts("corner_bakery: fine");
    return 0;
}
