/* How a manifest's numbers are called in JSON: for those who read and write it. */
#ifndef LINLI_MANIFEST_NAMES_H
#define LINLI_MANIFEST_NAMES_H

/* In the order of their bits or numbers, which begin at 1 << 0 or at 1. */
#define KIND_NAMES         "merchant|audit|assessment"
#define SETTING_TYPE_NAMES "bool|int|points|fen|seconds|day|text|choice|map"
#define EVENT_NAMES        "earn|redeem|confirm|cancel|refund|adjust"
#define DISCLOSURE_NAMES   "name|phone|openid"
#define SCOPE_NAMES        "member|unit"
/* From 1 << 1 on. */
#define OPERATION_NAMES "reserve|confirmed|cancelled|refunded|settled|query|undone"
#define WAY_NAMES       "confirms_at_once|takes_codes"

#endif
