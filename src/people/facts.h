/* What the tables of people tell plugins: loaders for plugin/facts.h, listed by main.c. */
#ifndef LINLI_PEOPLE_FACTS_H
#define LINLI_PEOPLE_FACTS_H

#include "plugin/facts.h"

extern const struct fact_loader people_member_facts, people_period_facts;

#endif
