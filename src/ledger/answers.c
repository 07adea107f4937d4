#include "ledger/answers.h"

/* In the order of answers_next and add_values. */
#define COLUMNS                                                                                    \
    "request_key, fingerprint, refusal, state, ref, points, available, held, until_us, at_us, "    \
    "extra"

void answers_select(struct sql *sql, const uint8_t *const *request_keys, size_t count)
{
    ASSERT(count > 0);
    sql_add(sql, "SELECT " COLUMNS " FROM answers FORCE INDEX (PRIMARY) WHERE request_key IN ");
    for (size_t i = 0; i < count; i++) {
        sql_add_literal(sql, i == 0 ? "(" : ",", 1);
        sql_add_bytes(sql, request_keys[i], sizeof((struct answer){0}.request_key));
    }
    sql_add(sql, ")");
    sql_end(sql);
}

bool answers_next(struct rows *rows, struct answer *answer)
{
    if (!rows_next(rows))
        return false;
    rows_bytes(rows, 0, answer->request_key, sizeof(answer->request_key));
    rows_bytes(rows, 1, answer->fingerprint, sizeof(answer->fingerprint));
    answer->outcome = (struct outcome){
        .refusal = (enum refusal)rows_int(rows, 2),
        .state = (uint8_t)rows_int(rows, 3),
        .ref = rows_id(rows, 4),
        .points = rows_int(rows, 5),
        .available = rows_int(rows, 6),
        .held = rows_int(rows, 7),
        .until_us = rows_int(rows, 8),
        .at_us = rows_int(rows, 9),
        .extra = (uint32_t)rows_id(rows, 10),
    };
    return true;
}

static void add_next(struct sql *sql, int64_t value)
{
    sql_add(sql, ",");
    sql_add_int(sql, value);
}

static void add_values(struct sql *sql, const struct answer *answer)
{
    const struct outcome *outcome = &answer->outcome;

    sql_add(sql, "(");
    sql_add_bytes(sql, answer->request_key, sizeof(answer->request_key));
    sql_add(sql, ",");
    sql_add_bytes(sql, answer->fingerprint, sizeof(answer->fingerprint));
    add_next(sql, outcome->refusal);
    add_next(sql, outcome->state);
    sql_add(sql, ",");
    sql_add_id(sql, outcome->ref);
    add_next(sql, outcome->points);
    add_next(sql, outcome->available);
    add_next(sql, outcome->held);
    add_next(sql, outcome->until_us);
    add_next(sql, outcome->at_us);
    add_next(sql, outcome->extra);
    sql_add(sql, ")");
}

void answers_insert(struct sql *sql, const struct answer *answers, size_t count)
{
    ASSERT(count > 0);
    sql_add(sql, "INSERT INTO answers (" COLUMNS ") VALUES ");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            sql_add(sql, ",");
        add_values(sql, &answers[i]);
    }
    sql_end(sql);
}
