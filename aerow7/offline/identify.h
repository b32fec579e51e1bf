/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What kind of Windows a source holds: version, edition, architecture, which signatures it accepts, what of ours it has
 * already. Reads only. Something that is no Windows 7 is identified too; offline_plan refuses it.
 */
#ifndef AEROW7_OFFLINE_IDENTIFY_H
#define AEROW7_OFFLINE_IDENTIFY_H

#include "inf/inf_package.h"
#include "offline/bcd.h"
#include "offline/file_version.h"
#include "offline/hive.h"
#include "offline/plan.h"
#include "sign/windows7_verdict.h"

enum hive_state {
    HIVE_ABSENT,
    HIVE_CLEAN,
    HIVE_BAD, /* not written to its end, or damaged */
};

struct identified_hive {
    const char *path;
    enum hive_state state;
    char *fault;       /* HIVE_BAD: why */
    struct hive *hive; /* HIVE_CLEAN: open, for whoever identified; not changed */
};

enum { IDENTIFIED_SYSTEM, IDENTIFIED_SOFTWARE, IDENTIFIED_HIVES };
#define IDENTIFIED_BCDS 3 /* of the volume: what is started by, what Setup makes new ones of */

struct identified_bcd {
    const char *path;
    bool present;
    char *fault; /* why it cannot be read, or NULL */
    struct bcd_state state;
};

struct identity {
    enum offline_kind kind;
    bool installed;   /* an OFFLINE_OS that has gone through Setup: SetupComplete.cmd would never run there */
    bool state_known; /* the registry says how far Setup has come (ImageState) */
    bool server;      /* Windows Server 2008 R2, which is 6.1 too */
    char *system;     /* "Windows/System32", as the volume spells it */
    char *windows;    /* "Windows" */
    char *version;    /* CurrentVersion: "6.1"; "" when unknown, as the next four */
    char *build;      /* "7601" */
    char *build_lab;  /* "7601.win7sp1_rtm.101119-1850" */
    char *product;    /* "Windows 7 Professional" */
    char *edition;    /* "Professional" */
    unsigned service_pack;
    bool windows7;      /* version 6.1, and no DriverDatabase, which later ones have */
    char *not_windows7; /* why, or NULL */
    bool architecture_known;
    enum inf_architecture architecture;
    char *architecture_fault; /* why it is not known, or NULL */
    struct file_version kernel;
    struct file_version winload;
    struct file_version winload_efi;
    struct file_version ci;
    struct file_version wintrust;
    enum windows7_updates accepts; /* the signatures that drivers may have */
    const char *accepts_reason;
    struct identified_hive hives[IDENTIFIED_HIVES];
    struct identified_bcd bcds[IDENTIFIED_BCDS];
    char **services; /* names of our services that are there */
    size_t service_count;
    char **staged; /* folders of packages that are there */
    size_t staged_count;
};

/*
 * STATUS_BAD_INPUT, reported, when there is no Windows at all or the source cannot be read. `place` of messages is the
 * source's name. To be freed in both cases.
 */
enum status offline_identify(const struct source *source, struct identity *identity);
void identity_free(struct identity *identity);

const char *offline_kind_name(enum offline_kind kind); /* "Windows", "Windows PE", ... */

#endif
