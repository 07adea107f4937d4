/*
 * Refusals: business answers, not failures. A refused command changed nothing. Final ones are kept
 * with the idempotency key and replayed. One table: name, code in the API, HTTP status, texts.
 */
#ifndef LINLI_REFUSAL_H
#define LINLI_REFUSAL_H

#include "base/base.h"

#define REFUSALS(X)                                                                                \
    X(NOT_FOUND, 1, "not_found", 404, "没有找到", "Not found")                                     \
    X(NOT_ENOUGH_POINTS, 2, "not_enough_points", 409, "积分不足", "Not enough points")             \
    X(SOLD_OUT, 3, "sold_out", 409, "已兑完", "Sold out")                                          \
    X(TERMS_CHANGED, 4, "terms_changed", 409, "价格或条件已变，请重新确认",                        \
      "The terms have changed: look again before you redeem")                                      \
    X(LIMIT_REACHED, 5, "limit_reached", 409, "已达到兑换上限", "Your limit is reached")           \
    X(REWARD_CLOSED, 6, "reward_closed", 409, "该权益已停止兑换", "This reward is closed")         \
    X(WALLET_FROZEN, 7, "wallet_frozen", 409, "积分账户已冻结，请联系社区",                        \
      "This wallet is frozen: please ask your community")                                          \
    X(VOUCHER_USED, 8, "voucher_used", 409, "此券已核销", "This voucher was used")                 \
    X(VOUCHER_CANCELLED, 9, "voucher_cancelled", 409, "此券已取消", "This voucher was cancelled")  \
    X(VOUCHER_EXPIRED, 10, "voucher_expired", 409, "此券已过期", "This voucher has expired")       \
    X(VOUCHER_REFUNDED, 11, "voucher_refunded", 409, "此券已退回", "This voucher was refunded")    \
    X(WRONG_MERCHANT, 12, "wrong_merchant", 409, "不是本店的券", "Not a voucher of this merchant") \
    X(UNDO_TOO_LATE, 13, "undo_too_late", 409, "已超过撤销时间", "Too late to undo")               \
    X(WRONG_STATE, 14, "wrong_state", 409, "当前状态不能这样做", "Not possible in this state")     \
    X(OWN_RECORD, 15, "own_record", 403,                                                           \
      "不能审核自己的记录，也不能兑换或核销自己的、自己代办的券",                                  \
      "Nobody decides on their own record or voucher")                                             \
    X(SAME_PERSON, 16, "same_person", 403, "需要另一人确认", "A second person must agree")         \
    X(ALREADY_DECIDED, 17, "already_decided", 409, "已经处理过", "This was decided already")       \
    X(OPEN_HOLDS, 18, "open_holds", 409, "还有未使用的券", "There are vouchers still open")        \
    X(TOO_MUCH, 19, "too_much", 409, "数量超出允许范围", "More than is allowed")                   \
    X(SIGNED_OUT, 20, "signed_out", 401, "登录已失效，请重新登录", "Please sign in again")         \
    X(DENIED, 21, "denied", 409, "暂时不能办理", "This cannot be done now")                        \
    X(KEY_REUSED, 22, "idempotency_key_reused", 422, "幂等键已用于另一请求",                       \
      "This Idempotency-Key was used for another request")                                         \
    X(ACTIVITY_FULL, 23, "activity_full", 409, "名额已满", "The activity is full")                 \
    X(WRONG_CODE, 24, "wrong_code", 409, "签到码不正确或已更换，请看现场屏幕",                     \
      "The code is wrong or has changed: look at the screen on site")                              \
    X(NOT_OPEN, 25, "not_open", 409, "不在开放时间内", "Not open at this time")                    \
    X(NOT_SIGNED_UP, 26, "not_signed_up", 409, "您还没有报名", "You are not signed up")            \
    X(WRONG_SHOP, 40, "wrong_shop", 409, "请到指定门店使用或撤销",                                 \
      "Another shop of this merchant")                                                             \
    X(BUDGET_SPENT, 41, "budget_spent", 409, "赞助额度已用完", "The sponsor's budget is spent")    \
    X(WAITING_FOR_MERCHANT, 42, "waiting_for_merchant", 409, "正在等待商家答复，请稍后再试",       \
      "Waiting for the shop's answer: try again shortly")                                          \
    X(MUST_AGREE, 43, "must_agree", 409, "商家需要您的部分信息，同意后才能兑换",                   \
      "The shop needs to know something about you: redeem again if you agree")                     \
    X(CANNOT_UNDO, 44, "cannot_undo", 409, "该商家的核销不能撤销",                                 \
      "This merchant's confirmations cannot be undone")                                            \
    X(AMBIGUOUS_CODE, 45, "ambiguous_code", 409,                                                   \
      "商家的这个码对应多张可用的券，请扫描或输入券上的邻里券码",                                  \
      "The merchant gave this code to several open vouchers: scan or type Linli's own code")       \
    X(PUBLIC_NOTICE, 60, "public_notice", 409, "补录记录公示期未满",                               \
      "This was entered afterwards: its public notice has not ended yet")                          \
    X(BEING_CHECKED, 80, "being_checked", 409, "正在核对，请等待答复",                             \
      "This is being checked: please wait for the answer")

enum refusal {
    ACCEPTED = 0,
#define REFUSAL_ENUM(name, number, ...) REFUSED_##name = (number),
    REFUSALS(REFUSAL_ENUM)
#undef REFUSAL_ENUM
};

struct refusal_text {
    const char *code;
    int status;
    const char *zh, *en;
};
/* Never NULL; asserts that the number is in the table. */
const struct refusal_text *refusal_text(enum refusal refusal);

#endif
