/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The rules that `aerow7 inf check` holds INFs to. Those with a number are InfVerif's ("INF Validation Errors and
 * Warnings", Windows driver documentation), read as they concern a driver for Windows 7; ours have names.
 */
#ifndef AEROW7_INF_CHECK_H
#define AEROW7_INF_CHECK_H

#include "contract/contract.h"
#include "inf/inf_package.h"
#include "inf/inf_references.h"

/* One INF under check, as every rule sees it. */
struct check {
    const struct inf *inf;
    const struct inf_package *packages; /* for Windows 7, by inf_architecture */
    const struct inf_references *references;
    const struct contract *contract; /* NULL: our own rules are not asked */
    struct findings *findings;
};

struct inf_rule {
    const char *id;
    enum severity severity;
    const char *meaning;                    /* one line */
    void (*run)(const struct check *check); /* NULL when something else finds it: reading, or comparing files */
};

struct inf_rules {
    const struct inf_rule *list;
    size_t count;
};

extern const struct inf_rules inf_rules_version;
extern const struct inf_rules inf_rules_models;
extern const struct inf_rules inf_rules_sections;
extern const struct inf_rules inf_rules_strings;
extern const struct inf_rules inf_rules_files;
extern const struct inf_rules inf_rules_registry;
extern const struct inf_rules inf_rules_services;
extern const struct inf_rules inf_rules_windows7;
extern const struct inf_rules inf_rules_aero;
extern const struct inf_rules inf_rules_msi;
extern const struct inf_rules inf_rules_sets;

/* Rules of InfVerif that have no say about Windows 7, and why. */
struct inf_rule_elsewhere {
    const char *ids;
    const char *reason;
};
extern const struct inf_rule_elsewhere inf_rules_elsewhere[];
extern const size_t inf_rules_elsewhere_count;

/* Adds a finding under a rule of the lists, once for the same rule, line and message. */
__attribute__((format(printf, 4, 5))) void inf_report(const struct check *check, const char *rule, unsigned line,
                                                      const char *format, ...);

/*
 * Every rule about one INF. `contract` may be NULL. `findings` holds at most those of reading this file; afterwards all
 * are in the order of lines.
 */
void inf_check(const struct inf *inf, const struct contract *contract, struct findings *findings);

/* Several INFs. Those of a tree are installed together: then no two may claim one ID. */
struct inf_set {
    struct inf *list;
    size_t count;
};
void inf_check_set(const struct inf_set *set, bool tree, struct findings *findings);

/* --rules: the table, for people and as JSON. */
void inf_rules_print(void);
cJSON *inf_rules_json(void);

#endif
