/*
 * Problem details (RFC 9457) that are not refusals of a command (those: ledger/refusal.h). One
 * table: name, code, HTTP status, texts in both languages that say what to do.
 */
#ifndef LINLI_PROBLEM_H
#define LINLI_PROBLEM_H

#define PROBLEMS(X)                                                                                \
    X(NOT_FOUND, "not_found", 404, "没有找到", "Not found")                                        \
    X(METHOD_NOT_ALLOWED, "method_not_allowed", 405, "不支持此方法", "Method not allowed")         \
    X(UNAUTHENTICATED, "unauthenticated", 401, "请先登录", "Please sign in")                       \
    X(TOKEN_EXPIRED, "token_expired", 401, "登录已过期，请刷新", "Token expired: refresh it")      \
    X(FORBIDDEN, "forbidden", 403, "您没有权限这样做", "Your role may not do this")                \
    X(BAD_JSON, "bad_json", 400, "请求内容不是有效的 JSON", "The body is not valid JSON")          \
    X(BAD_MEDIA_TYPE, "bad_media_type", 415, "请使用 application/json", "Send application/json")   \
    X(BAD_FIELD, "bad_field", 400, "字段填写有误", "A field is not valid")                         \
    X(KEY_MISSING, "idempotency_key_missing", 400, "缺少 Idempotency-Key 请求头",                  \
      "Send an Idempotency-Key header: a new random one for each new request")                     \
    X(KEY_BAD, "idempotency_key_bad", 400, "Idempotency-Key 应为 1 至 128 个可见字符",             \
      "An Idempotency-Key has 1 to 128 visible ASCII characters")                                  \
    X(KEY_IN_FLIGHT, "idempotency_key_in_flight", 409, "相同请求正在处理，请稍后重试",             \
      "The same request is being served: try again shortly")                                       \
    X(CONFLICT, "conflict", 409, "与当前状态冲突", "This conflicts with the present state")        \
    X(WRONG_SIGN_IN, "wrong_sign_in", 401, "账号或密码（验证码）不正确",                           \
      "The login or the password (code) is not right")                                             \
    X(TOO_MANY, "too_many_requests", 429, "操作太频繁，请稍后再试",                                \
      "Too many tries: wait a while")                                                              \
    X(NO_CODE_SENDER, "phone_sign_in_unavailable", 503, "暂未开通手机号登录，请联系社区",          \
      "Sign-in by phone is not set up here: please ask your community")                            \
    X(PROXY_NOT_AGREED, "proxy_not_agreed", 409, "该成员有手机，请由本人办理，或由本人先同意代办", \
      "This member has a phone: they do it themselves, or agree to a proxy first")                 \
    X(NOTHING_TO_CERTIFY, "nothing_to_certify", 409, "这段时间没有已审核的服务记录",               \
      "There is no reviewed service in this period")                                               \
    X(NO_FONT, "pdf_unavailable", 503, "服务器缺少中文字体，请使用网页版",                         \
      "This server has no Chinese font: use the page instead")                                     \
    X(BUSY, "busy", 503, "系统繁忙，请稍后重试", "Busy: try again shortly")                        \
    X(INTERNAL, "internal", 500, "系统出错，请凭请求编号联系管理员",                               \
      "Something broke: please report the request id")

enum problem {
#define PROBLEM_ENUM(name, ...) PROBLEM_##name,
    PROBLEMS(PROBLEM_ENUM)
#undef PROBLEM_ENUM
};

struct problem_text {
    const char *code;
    int status;
    const char *zh, *en;
};
/* Never NULL; asserts that the number is in the table. */
const struct problem_text *problem_text(enum problem problem);

#endif
