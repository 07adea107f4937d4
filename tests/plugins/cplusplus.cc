// A rule in C++, which throws, allocates and formats: libstdc++ works in the sandbox.
#include <linli/plugin.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

static int64_t limit_of(uint64_t merchant)
{
    static const std::map<uint64_t, int64_t> limits{{0, 1000}};
    auto found = limits.find(merchant);

    if (found == limits.end())
        throw std::out_of_range("no limit");
    return found->second;
}

static void check(const void *, const struct linli_event *event, const struct linli_facts *,
                  struct linli_opinion *opinion)
{
    std::vector<int64_t> numbers{event->points, event->minutes, 1};

    std::sort(numbers.begin(), numbers.end());
    try {
        if (event->points < limit_of(event->merchant))
            return;
    } catch (const std::out_of_range &) {
        return;
    }
    std::ostringstream text;
    text << numbers.back() << " points";
    linli_decide(opinion, LINLI_FLAG, "many");
    linli_say(&opinion->reason.zh, "%s", text.str().c_str());
    linli_say(&opinion->reason.en, "%s", text.str().c_str());
}

static const struct linli_audit audit = {sizeof audit, LINLI_REDEEM, check};

static struct linli_plugin make()
{
    struct linli_plugin plugin = {};

    plugin.head = LINLI_HEAD(LINLI_AUDIT);
    plugin.name = LINLI_TEXT("cplusplus");
    plugin.version = LINLI_TEXT("1.0.0");
    plugin.title_zh = LINLI_TEXT("C++");
    plugin.title_en = LINLI_TEXT("A rule in C++");
    plugin.audit = &audit;
    return plugin;
}

LINLI_EXPORT const struct linli_plugin linli_plugin = make();
