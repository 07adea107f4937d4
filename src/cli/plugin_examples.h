/*
 * The files of examples/, in the binary: `linli plugin new` writes a project from the example of
 * its kind, under another name. Tests build them, so what authors begin with works.
 */
#ifndef LINLI_PLUGIN_EXAMPLES_H
#define LINLI_PLUGIN_EXAMPLES_H

struct plugin_example {
    const char *kind;    /* "audit" */
    const char *example; /* "quiet_hours" */
    const char *file;    /* "test_quiet_hours.c" */
    const char *content;
};
extern const struct plugin_example plugin_examples[]; /* ends with a NULL kind */

#endif
