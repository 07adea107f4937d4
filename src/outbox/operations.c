#include "outbox/operations.h"

const char *operation_kind_name(enum operation_kind kind)
{
    static const char *const names[] = {
        [OPERATION_RESERVE] = "reserve", [OPERATION_CONFIRM] = "confirm",
        [OPERATION_CANCEL] = "cancel",   [OPERATION_REFUND] = "refund",
        [OPERATION_SETTLE] = "settle",   [OPERATION_UNDO] = "undo",
        [OPERATION_LAPSE] = "lapse",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)kind);
}

const char *operation_state_name(enum operation_state state)
{
    static const char *const names[] = {
        [OPERATION_WAITING] = "waiting",   [OPERATION_DONE] = "done",
        [OPERATION_DECLINED] = "declined", [OPERATION_DECIDED] = "decided",
        [OPERATION_DEAD] = "dead",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)state);
}
