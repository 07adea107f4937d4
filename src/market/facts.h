/* What the market's tables tell plugins: loaders for plugin/facts.h, listed by main.c. */
#ifndef LINLI_MARKET_FACTS_H
#define LINLI_MARKET_FACTS_H

#include "plugin/facts.h"

extern const struct fact_loader market_member_facts, market_pair_facts, market_merchant_facts,
    market_actor_facts, market_redemption_facts;

#endif
