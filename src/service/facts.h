/* What activities and records tell plugins: loaders for plugin/facts.h, listed by main.c. */
#ifndef LINLI_SERVICE_FACTS_H
#define LINLI_SERVICE_FACTS_H

#include "plugin/facts.h"

/* Of single records, for audit rules and awards. */
extern const struct fact_loader service_member_facts, service_record_facts, service_pair_facts,
    service_actor_facts;
/* Over a period, for assessments. What a run knows of itself (`run.…`) is filled by the run. */
extern const struct fact_loader service_period_facts, service_unit_facts, service_run_facts;

#endif
