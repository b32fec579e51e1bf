/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/windows7_verdict.h"

#include <string.h>

/* How one signature stands with one Windows; better ones are greater. */
enum standing {
    STANDING_NONE,    /* there is no signature */
    STANDING_BROKEN,  /* it is not a good signature of this content */
    STANDING_SHA2,    /* good, but made with SHA-2, which this Windows does not read in drivers */
    STANDING_EXPIRED, /* good, but its certificate is not valid at the time that counts */
    STANDING_GOOD,
};

/*
 * Windows 7 reads the first signature. A nested one is an unauthenticated attribute of a kind that came with Windows 8,
 * so the SHA-256 half of a dual signature counts for nothing here, and does no harm.
 */
static const struct signature *first_of(const struct signatures *signatures)
{
    return signatures != NULL && signatures->count > 0 ? &signatures->list[0] : NULL;
}

static bool is_sha1(const char *digest)
{
    return digest == NULL || strcmp(digest, "sha1") == 0;
}

/* A root's signature on itself is not what makes it trusted; on any other certificate it has to be read. */
static bool needs_sha2(const struct signature *signature)
{
    return !is_sha1(signature->digest) || !is_sha1(signature->file_digest) ||
           (!is_sha1(signature->certificate_digest) &&
            (signature->subject == NULL || strcmp(signature->subject, signature->issuer) != 0));
}

static enum standing standing_of(const struct signature *signature, enum windows7_updates updates)
{
    if (signature == NULL) {
        return STANDING_NONE;
    }
    if (!signature_good(signature)) {
        return STANDING_BROKEN;
    }
    /*
     * "Availability of SHA-2 Code Signing Support for Windows 7 and Windows Server 2008 R2", Microsoft Security
     * Advisory 3033929, linked from develop/signing-a-driver-for-public-release; appendix-4--driver-signing-issues
     * describes what happens before: Code 52 for a catalog signed with SHA-256 on Windows 7 x64.
     */
    if (updates == WINDOWS7_STOCK && needs_sha2(signature)) {
        return STANDING_SHA2;
    }
    return signature->in_time ? STANDING_GOOD : STANDING_EXPIRED;
}

static void load(struct windows7_verdict *out, enum windows7_load load, const char *reason)
{
    out->load = load;
    out->load_reason = reason;
}

static void load_fault(struct windows7_verdict *out, enum standing standing)
{
    switch (standing) {
    case STANDING_BROKEN:
        load(out, LOAD_NO,
             "the signature is broken or is not one of this file, so the driver counts as unsigned (Code 52)");
        break;
    case STANDING_SHA2:
        load(out, LOAD_NO,
             "the signature needs SHA-2, which drivers may use only after KB3033929 or KB4474419 (Code 52: "
             "appendix-4--driver-signing-issues)");
        break;
    case STANDING_EXPIRED:
        load(out, LOAD_UNKNOWN,
             "the certificate is not valid now and no trusted timestamp says that it was when the file "
             "was signed; the documentation does not say whether the kernel minds");
        break;
    default:
        load(out, LOAD_NO,
             "no signature covers the file, and 64-bit Windows loads no unsigned driver (Code 52: "
             "kernel-mode-code-signing-requirements)");
        break;
    }
}

/* A signature that is good in itself: whose is it, and does that do. */
static void load_by_authority(struct windows7_verdict *out, const struct signature *signature,
                              const struct windows7_case *which)
{
    if (which->test_signing) {
        load(out, LOAD_YES,
             "test signing is on: any certificate does, it need not lead to a trusted root "
             "(the-testsigning-boot-configuration-option)");
        return;
    }
    switch (signature->authority) {
    case AUTHORITY_MICROSOFT:
        load(out, LOAD_YES,
             "its certificates name a Microsoft root as their issuer, as WHQL's do; the root's key itself "
             "was not checked");
        break;
    case AUTHORITY_CROSS_SIGNED:
        load(out, LOAD_YES,
             "a cross certificate names Microsoft Code Verification Root as its issuer "
             "(cross-certificates-for-kernel-mode-code-signing); the root's key itself was not checked");
        break;
    case AUTHORITY_SELF_SIGNED:
        load(out, LOAD_NO,
             "it leads to a certificate of one's own, and without test signing only one that leads to "
             "Microsoft does (kernel-mode-code-signing-requirements)");
        break;
    default:
        load(out, LOAD_UNKNOWN,
             "its certificates end before a Microsoft root or a cross certificate: no such one is "
             "embedded, and what the machine has in store is not known");
        break;
    }
}

static void load_on_x64(const struct windows7_facts *facts, const struct windows7_case *which,
                        struct windows7_verdict *out)
{
    const struct signature *signature = first_of(facts->embedded);
    enum standing standing = standing_of(signature, which->updates);

    if (which->boot_start && standing == STANDING_NONE && first_of(facts->catalog) != NULL) {
        load(out, LOAD_NO,
             "the boot loader reads no catalogs: a boot-start driver must have an embedded signature "
             "(kernel-mode-code-signing-requirements)");
        return;
    }
    /* "Embedded or catalog file" (kernel-mode-code-signing-policy): the better one counts. */
    if (!which->boot_start && standing != STANDING_GOOD &&
        standing_of(first_of(facts->catalog), which->updates) > standing) {
        signature = first_of(facts->catalog);
        standing = standing_of(signature, which->updates);
    }
    if (standing != STANDING_GOOD) {
        load_fault(out, standing);
        return;
    }
    load_by_authority(out, signature, which);
    if (out->load == LOAD_YES && which->boot_start && which->updates == WINDOWS7_KB3033929 && needs_sha2(signature)) {
        load(out, LOAD_UNKNOWN,
             "the kernel reads SHA-2 since KB3033929; whether the boot loader of that update does "
             "too is not documented");
    }
}

static void judge_load(const struct windows7_facts *facts, const struct windows7_case *which,
                       struct windows7_verdict *out)
{
    if (!which->x64 && !which->boot_start) {
        load(out, LOAD_YES,
             "32-bit Windows 7 does not enforce signatures of such drivers, unless they stream protected "
             "media (kernel-mode-code-signing-requirements)");
        return;
    }
    load_on_x64(facts, which, out);
    if (!which->x64 && out->load != LOAD_YES) {
        load(out, LOAD_UNKNOWN,
             "the pages disagree: boot-start drivers are checked on 32-bit Windows too "
             "(kernel-mode-code-signing-requirements), or 32-bit needs no signature "
             "(kernel-mode-code-signing-policy); on 64-bit this one would not load for certain");
    }
}

static void install(struct windows7_verdict *out, enum windows7_install install, const char *reason)
{
    out->install = install;
    out->install_reason = reason;
}

/* Installing looks at the package's catalog, never at test signing (pnp-device-installation-signing-requirements). */
static void judge_install(const struct windows7_facts *facts, const struct windows7_case *which,
                          struct windows7_verdict *out)
{
    const struct signature *signature = first_of(facts->catalog);

    if (facts->catalog == NULL) {
        install(out, INSTALL_UNKNOWN, "installing goes by the package's catalog, which was not given (--catalog)");
        return;
    }
    switch (standing_of(signature, which->updates)) {
    case STANDING_NONE:
        install(out, INSTALL_WARN, "the catalog has no signature (signature-categories-and-driver-installation)");
        return;
    case STANDING_BROKEN:
        install(out, INSTALL_WARN,
                "the catalog's signature is broken: the package counts as altered "
                "(signature-categories-and-driver-installation)");
        return;
    case STANDING_SHA2:
        install(out, INSTALL_WARN,
                "the catalog's signature needs SHA-2, which this Windows does not read in drivers "
                "(appendix-4--driver-signing-issues)");
        return;
    case STANDING_EXPIRED:
        install(out, INSTALL_WARN,
                "the catalog's certificate is not valid now and no trusted timestamp says that it was "
                "when it signed");
        return;
    default:
        break;
    }
    if (signature->authority == AUTHORITY_MICROSOFT) {
        install(out, INSTALL_SILENT,
                "signed by a Windows signing authority, by the names in its certificates "
                "(signature-categories-and-driver-installation)");
    } else {
        install(out, INSTALL_ASK,
                "signed by a publisher: with its root in the machine's Root store it asks for trust "
                "once, and with the certificate in TrustedPublisher too it is silent "
                "(signature-categories-and-driver-installation)");
    }
}

void windows7_judge(const struct windows7_facts *facts, const struct windows7_case *which, struct windows7_verdict *out)
{
    *out = (struct windows7_verdict){0};
    judge_load(facts, which, out);
    judge_install(facts, which, out);
}

const char *windows7_updates_name(enum windows7_updates updates)
{
    static const char *const names[WINDOWS7_UPDATES] = {"stock SP1", "KB3033929", "KB4474419 + KB4490628"};

    return names[updates];
}

const char *windows7_load_name(enum windows7_load load)
{
    static const char *const names[] = {"loads", "refused", "unknown"};

    return names[load];
}

const char *windows7_install_name(enum windows7_install install)
{
    static const char *const names[] = {"installs", "asks about the publisher", "warns as unsigned", "unknown"};

    return names[install];
}
