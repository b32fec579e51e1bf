/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What Windows 7 SP1 will say to a driver: whether the kernel loads it and how its package installs. Rules are those of
 * Microsoft's driver documentation (windows-driver-docs, install/): each reason names its page. Where the pages say
 * nothing or disagree, the verdict is unknown.
 */
#ifndef AEROW7_WINDOWS7_VERDICT_H
#define AEROW7_WINDOWS7_VERDICT_H

#include "sign/authenticode_verify.h"

#include <stdbool.h>

enum windows7_updates {
    WINDOWS7_STOCK,     /* SP1 as released */
    WINDOWS7_KB3033929, /* SHA-2 code signing support, 2015 */
    WINDOWS7_KB4474419, /* the same again, 2019, with KB4490628 for the updates themselves */
    WINDOWS7_UPDATES,
};

struct windows7_case {
    enum windows7_updates updates;
    bool test_signing;
    bool x64;
    bool boot_start;
};

/* The signatures of the driver file and of the catalog that lists it; both may have none. */
struct windows7_facts {
    const struct signatures *embedded; /* NULL when there is no driver file in question */
    const struct signatures *catalog;  /* NULL when no catalog was given */
};

enum windows7_load { LOAD_YES, LOAD_NO, LOAD_UNKNOWN };
enum windows7_install {
    INSTALL_SILENT, /* nothing is asked */
    INSTALL_ASK,    /* the administrator is asked to trust the publisher, unless it is in TrustedPublisher */
    INSTALL_WARN,   /* the administrator is warned that the package is unsigned, others cannot install */
    INSTALL_UNKNOWN,
};

struct windows7_verdict {
    enum windows7_load load;
    const char *load_reason;
    enum windows7_install install;
    const char *install_reason;
};

void windows7_judge(const struct windows7_facts *facts, const struct windows7_case *which,
                    struct windows7_verdict *out);

/* "stock SP1", "KB3033929", "KB4474419 + KB4490628" */
const char *windows7_updates_name(enum windows7_updates updates);
const char *windows7_load_name(enum windows7_load load);
const char *windows7_install_name(enum windows7_install install);

#endif
