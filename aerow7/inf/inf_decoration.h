/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * TargetOSVersion decorations of models sections, NT[Architecture][.Major[.Minor[.ProductType[.SuiteMask]]]], and the
 * platform extensions of install sections, .ntamd64, .ntx86, .nt.
 */
#ifndef AEROW7_INF_DECORATION_H
#define AEROW7_INF_DECORATION_H

#include "inf/inf_package.h"

enum inf_platform {
    INF_PLATFORM_ANY, /* no architecture is named */
    INF_PLATFORM_X86,
    INF_PLATFORM_AMD64,
    INF_PLATFORM_OTHER,
};

struct inf_decoration {
    enum inf_platform platform;
    bool has_version;
    unsigned major;
    unsigned minor;
    unsigned product; /* 0 is any */
    unsigned suite;
    bool has_build; /* a sixth field, which only Windows 10 and later understand */
    unsigned build;
};

bool inf_decoration_parse(const char *text, struct inf_decoration *decoration);
bool inf_decoration_applies(const struct inf_decoration *decoration, struct inf_target target);

/* "amd64" or "x86". */
const char *inf_architecture_name(enum inf_architecture architecture);

/* The models section that a line of [Manufacturer] leads to, or NULL when none is for `target`. The caller frees it. */
char *inf_select_models(const struct inf *inf, const struct inf_line *manufacturer, struct inf_target target);

/* The models section's name without decoration; NULL when the line names none. */
const char *inf_models_base(const struct inf_line *manufacturer);

/* `name` with the most specific platform extension that has a section, or NULL. The caller frees it. */
char *inf_select_install(const struct inf *inf, const char *name, enum inf_architecture architecture);

#endif
