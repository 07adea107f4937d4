/* What the ledger's tables tell plugins: loaders for plugin/facts.h, listed by main.c. */
#ifndef LINLI_LEDGER_FACTS_H
#define LINLI_LEDGER_FACTS_H

#include "plugin/facts.h"

extern const struct fact_loader ledger_wallet_facts;

#endif
