/*
 * For machines that watch: is it alive, may it be sent requests, what does it count.
 */
#include <stdatomic.h>

#include "api/app.h"
#include "api/call.h"
#include "api/resources.h"
#include "base/buffer.h"
#include "base/metrics.h"
#include "plugin/plugins.h"
#include "store/db.h"

/* GET /livez: the loops turn. Nothing that passes by itself should get a process restarted. */
static enum answered livez(struct call *call)
{
    return reply_json(call, 200, json_pack("{s:s}", "status", "alive"));
}

static bool database_answers(struct db *db)
{
    struct rows *rows = db_query(db, "SELECT 1");

    while (rows_next(rows))
        continue;
    return rows_end(rows, NULL);
}

/* GET /readyz: send requests here. Also the teller: a server that cannot move points serves little,
 * and its database may answer readers while it refuses to be written to. */
static enum answered readyz(struct call *call)
{
    if (atomic_load(&call->app->draining))
        return reply_problem_detail(call, PROBLEM_BUSY, "正在停止", "Shutting down");
    if (!database_answers(call->db))
        return reply_problem_detail(call, PROBLEM_BUSY, "数据库没有应答", "No database");
    if (!call_points_can_move(call))
        return reply_problem_detail(call, PROBLEM_BUSY, "记账暂停，原因见日志",
                                    "Points cannot move now; the log says why");
    return reply_json(call, 200, json_pack("{s:s}", "status", "ready"));
}

/* GET /metrics: Prometheus text format. */
static enum answered metrics(struct call *call)
{
    struct buffer text = {0};
    enum answered answered;

    metrics_write(&text);
    plugins_write_metrics(call->app->plugins, &text);
    answered = reply_bytes(call, 200, "text/plain; version=0.0.4; charset=utf-8",
                           (struct text){text.data, text.length});
    buffer_free(&text);
    return answered;
}

const struct route health_routes[] = {
    {HTTP_GET, "/livez", ANYONE, ON_LOOP, livez},
    {HTTP_GET, "/readyz", ANYONE, ON_QUERY, readyz},
    {HTTP_GET, "/metrics", ANYONE, ON_LOOP, metrics},
    {0},
};
