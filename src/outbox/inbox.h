/*
 * The inbox: durable notices inside the app, for members without any other channel. Who tells does
 * so inside the transaction of what is told, so that there is no news without its cause and no
 * cause without its news. Query threads and jobs.
 *
 * One table: kind, number in the database, code in the API, texts in both languages. {words} in
 * them are replaced by the notice's details: titles, days, points; no personal value of anybody,
 * since notices are kept as they are when people are erased from elsewhere.
 */
#ifndef LINLI_INBOX_H
#define LINLI_INBOX_H

#include <jansson.h>

#include "base/hash_map.h"
#include "store/db.h"
#include "store/find.h"

#define NOTICES(X)                                                                                   \
    X(WAITLIST_PROMOTED, 1, "waitlist_promoted",                                                     \
      "“{title}”有名额了，您已由候补转为报名成功；若不能参加，请取消报名，把名额让给下一位",         \
      "There is a place for you in “{title}”: you are signed up. If you cannot come, sign off, " \
      "and the next one gets it")                                                                    \
    X(ACTIVITY_CANCELLED, 2, "activity_cancelled", "活动“{title}”已取消：{reason}",                  \
      "“{title}” was cancelled: {reason}")                                                           \
    X(ACTIVITY_CHANGED, 3, "activity_changed", "活动“{title}”有变动，请查看：{reason}",              \
      "“{title}” has changed, please look: {reason}")                                                \
    X(STATEMENT_NEEDED, 4, "statement_needed",                                                       \
      "您在“{title}”没有签退：请在 48 小时内填写离开时间，由社区确认",                               \
      "You did not check out of “{title}”: please say within 48 hours when you left; the "       \
      "community confirms it")                                                                       \
    X(RECORD_CORRECTED, 5, "record_corrected", "您在“{title}”的服务记录已更正：{reason}",            \
      "Your record of “{title}” was corrected: {reason}")                                            \
    X(REDEMPTION_CHECKED, 40, "redemption_checked",                                                  \
      "您的兑换正在核对，{day} 前答复；积分为您保留，不会丢失",                                      \
      "Your redemption is being checked: the answer comes by {day}. Your points are kept for you")   \
    X(RECORD_CHECKED, 41, "record_checked", "您的服务记录正在核对，{day} 前答复",                    \
      "Your service record is being checked: the answer comes by {day}")                             \
    X(CHECK_RELEASED, 42, "check_released", "核对完成，已通过：{reason}",                            \
      "The check is done, and all is well: {reason}")                                                \
    X(CHECK_REFUSED, 43, "check_refused", "核对完成，未能通过：{reason}。如有疑问请联系社区",        \
      "The check is done; it could not be approved: {reason}. Please ask your community if you "     \
      "see it differently")                                                                          \
    X(CHECKS_WAIT, 44, "checks_wait", "有 {count} 项核对等待处理，其中 {overdue} 项已过答复日期",    \
      "{count} checks wait for a decision, {overdue} of them past the day of the answer")            \
    X(POINTS_EXPIRING, 6, "points_expiring", "您有 {points} 积分将于 {day} 到期",                    \
      "{points} of your points expire on {day}")                                                     \
    X(VOUCHER_RETURNED, 7, "voucher_returned", "“{title}”的兑换券已退回，{points} 积分已还给您",     \
      "Your voucher for “{title}” was returned: you have {points} points back")                      \
    X(REDEEMED_FOR_YOU, 20, "redeemed_for_you",                                                      \
      "社区工作人员为您用 {points} 积分兑换了“{title}”；若不是您的意思，请联系社区",                 \
      "Staff of your community gave {points} of your points for “{title}” for you: please tell " \
      "them if you did not want it")                                                                 \
    X(PLUGIN_QUARANTINED, 50, "plugin_quarantined",                                                  \
      "插件“{name}”十分钟内出错三次，已停用隔离；修复后请在后台解除",                                \
      "The plugin “{name}” failed three times within ten minutes and is quarantined; release "   \
      "it when it is mended")                                                                        \
    X(RATING_SHOWN, 60, "rating_shown", "您的考核初评已出，请查看原因；如有异议，可在期限内申诉",    \
      "The draft of your assessment is there with its reasons; you may appeal in time")              \
    X(APPEAL_ANSWERED, 61, "appeal_answered", "您的申诉已有答复，请查看",                            \
      "Your appeal was answered")                                                                    \
    X(VOUCHER_READY, 70, "voucher_ready", "“{title}”的兑换券已就绪",                                 \
      "Your voucher for “{title}” is ready")                                                         \
    X(VOUCHER_DECLINED, 71, "voucher_declined",                                                      \
      "商家未能提供“{title}”，{points} 积分已还给您 {reason}",                                       \
      "The shop could not provide “{title}”: you have {points} points back. {reason}")               \
    X(VOUCHER_KEPT, 72, "voucher_kept", "商家不能取消“{title}”的兑换券，券仍然有效 {reason}",        \
      "The shop does not take “{title}” back: your voucher is still good. {reason}")                 \
    X(VOUCHER_STUCK, 73, "voucher_stuck",                                                            \
      "“{title}”：商家没有答复，积分为您保留，工作人员将在两天内处理",                               \
      "“{title}”: the shop has not answered. Your points are kept, and somebody will see to it " \
      "within two days")                                                                             \
    X(DISPUTES_LATE, 78, "disputes_late",                                                            \
      "商家“{merchant}”对账单提出的 {count} 项异议已过答复期限，请尽快答复",                         \
      "{count} disputed lines of “{merchant}” were not answered in time: please answer them")        \
    X(DISPUTES_WAIT, 79, "disputes_wait",                                                            \
      "您对账单提出的 {count} 项异议未能按期答复，已提醒管理员尽快处理",                             \
      "{count} lines that you disputed were not answered in time: the administrators were "          \
      "reminded")                                                                                    \
    X(CODES_LOW, 74, "codes_low", "“{title}”的卡券还剩 {left} 张，请补充",                           \
      "“{title}” has {left} codes left: please bring more")

enum notice_kind {
#define NOTICE_ENUM(name, number, ...) NOTICE_##name = (number),
    NOTICES(NOTICE_ENUM)
#undef NOTICE_ENUM
};
const char *notice_code(enum notice_kind kind); /* NULL: of a newer server */

/* In the caller's transaction. `ref` is the activity, record or voucher that it is about. `details`
 * is an object of texts, whose reference is taken; NULL: none. */
bool inbox_tell(struct db *db, uint64_t account_id, enum notice_kind kind, uint64_t ref,
                json_t *details, int64_t now_us, struct error *error) MUST_CHECK;

/* The same as a statement of the teller's, with one detail at most (name NULL: none). */
void inbox_add(struct sql *sql, uint64_t account_id, enum notice_kind kind, uint64_t ref,
               const char *name, struct text value, int64_t now_us);

struct notice {
    uint64_t id;
    enum notice_kind kind;
    uint64_t ref;
    json_t *details; /* the caller's reference */
    int64_t created_us, read_us;
};
/* Newest first, older than `before` (0: from the newest); a kind that this server does not know is
 * left out. `notices` lives in the arena, each notice's details are for the caller to drop. */
bool inbox_list(struct db *db, uint64_t account_id, uint64_t before, int64_t limit,
                struct arena *arena, struct notice **notices, size_t *count,
                struct error *error) MUST_CHECK;
/* The notice as a sentence, in the arena. */
char *notice_words(const struct notice *notice, bool in_english, struct arena *arena);

struct inbox_counts {
    uint64_t newest; /* the last notice's number; 0: none yet */
    int64_t unread;
};
bool inbox_count(struct db *db, uint64_t account_id, struct inbox_counts *counts,
                 struct error *error) MUST_CHECK;

/* Again changes nothing. FIND_NOTHING: it is not that account's. */
enum find inbox_mark_read(struct db *db, uint64_t account_id, uint64_t notice_id, int64_t now_us,
                          struct error *error) MUST_CHECK;

/* In the caller's transaction: all of an account that is erased. */
bool inbox_erase(struct db *db, uint64_t account_id, struct error *error) MUST_CHECK;

#define NOTICE_KEPT_US (180 * DAY_US)
/* Deletes at most `most` that are older. For the keeper. */
bool inbox_prune(struct db *db, int64_t now_us, int most, struct error *error) MUST_CHECK;

/*
 * Who was told something since the last look, on whichever server: for the thread of long-polls.
 * Numbers may become visible out of their order, so each look goes back some seconds. `{0}` is one
 * that has not looked yet.
 */
struct inbox_watch {
    uint64_t floor, mark, highest; /* looked at from; the highest when that was set; now */
    int64_t marked_us;             /* monotonic */
    struct hash_map seen;
    bool looked;
};
/* Adds their accounts to `told`. False: it cannot say who, so it may be anybody. */
bool inbox_watch_look(struct inbox_watch *watch, struct db *db, struct hash_map *told) MUST_CHECK;
void inbox_watch_free(struct inbox_watch *watch);

#endif
