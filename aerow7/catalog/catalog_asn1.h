/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The ASN.1 types of security catalogs, as OpenSSL templates: the certificate trust list ("Certificate Trust List (CTL)
 * Context", CTL_INFO) whose subjects are files, and the two types of Microsoft's catalog attributes. TYPE_new,
 * TYPE_free, d2i_TYPE and i2d_TYPE for each.
 */
#ifndef AEROW7_CATALOG_ASN1_H
#define AEROW7_CATALOG_ASN1_H

#include "sign/spc_asn1.h"

#define CAT_OID_LIST "1.3.6.1.4.1.311.12.1.1"       /* the CTL's usage: szOID_CATALOG_LIST */
#define CAT_OID_MEMBERS_V1 "1.3.6.1.4.1.311.12.1.2" /* szOID_CATALOG_LIST_MEMBER: tags are SHA-1 as text */
#define CAT_OID_MEMBERS_V2 "1.3.6.1.4.1.311.12.1.3" /* tags are SHA-1 or SHA-256 as they are */
#define CAT_OID_NAMEVALUE "1.3.6.1.4.1.311.12.2.1"
#define CAT_OID_MEMBERINFO "1.3.6.1.4.1.311.12.2.2"
#define CAT_OID_MEMBERINFO_V2 "1.3.6.1.4.1.311.12.2.3"

/* The subject type of a member: which of Windows' subject interface packages hashes the file. */
#define CAT_GUID_PE "{C689AAB8-8E78-11D0-8C47-00C04FC295EE}"
#define CAT_GUID_FLAT "{DE351A42-8E59-11D0-8C47-00C04FC295EE}"

#define CAT_ATTRIBUTE_FLAGS 0x10010001 /* authenticated, name in ASCII, data as text (mscat.h: CRYPTCAT_ATTR_*) */
#define CAT_MEMBER_VERSION 0x200

typedef struct cat_member {
    ASN1_OCTET_STRING *tag;
    STACK_OF(X509_ATTRIBUTE) * attributes; /* a SET */
} CAT_MEMBER;

typedef STACK_OF(CAT_MEMBER) CAT_MEMBERS;

typedef struct cat_ctl {
    ASN1_INTEGER *version; /* NULL when absent, like all that are optional */
    STACK_OF(ASN1_OBJECT) * usage;
    ASN1_OCTET_STRING *identifier;
    ASN1_INTEGER *sequenceNumber;
    ASN1_TIME *thisUpdate;
    ASN1_TIME *nextUpdate;
    X509_ALGOR *algorithm;
    CAT_MEMBERS *members;
    STACK_OF(X509_EXTENSION) * extensions;
} CAT_CTL;

typedef struct cat_namevalue {
    ASN1_BMPSTRING *name;
    ASN1_INTEGER *flags;
    ASN1_OCTET_STRING *value; /* UTF-16LE with its terminating zero */
} CAT_NAMEVALUE;

typedef struct cat_memberinfo {
    ASN1_BMPSTRING *guid;
    ASN1_INTEGER *version;
} CAT_MEMBERINFO;

DEFINE_STACK_OF(CAT_MEMBER)

DECLARE_ASN1_FUNCTIONS(CAT_MEMBER)
DECLARE_ASN1_FUNCTIONS(CAT_CTL)
DECLARE_ASN1_FUNCTIONS(CAT_NAMEVALUE)
DECLARE_ASN1_FUNCTIONS(CAT_MEMBERINFO)

/*
 * UTF-8 to the two ways in which catalogs write text. False for text that is not UTF-8 or has characters outside the
 * Basic Multilingual Plane.
 */
int cat_bmp_set(ASN1_BMPSTRING *out, const char *text);
int cat_utf16le_set(ASN1_OCTET_STRING *out, const char *text);

/*
 * And back, to be freed with free(). NULL for what is no text: half characters, lone surrogates, zeros before the end,
 * control characters (nobody writes them, and a terminal would obey them).
 */
char *cat_bmp_text(const ASN1_BMPSTRING *in);
char *cat_utf16le_text(const ASN1_OCTET_STRING *in);

#endif
