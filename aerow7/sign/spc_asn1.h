/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The ASN.1 types of Authenticode ("Windows Authenticode Portable Executable Signature Format", appendix), as OpenSSL
 * templates: TYPE_new, TYPE_free, d2i_TYPE and i2d_TYPE for each. Names are those of that document.
 */
#ifndef AEROW7_SPC_ASN1_H
#define AEROW7_SPC_ASN1_H

#include <openssl/asn1t.h>
#include <openssl/x509.h>

#define SPC_OID_INDIRECT_DATA "1.3.6.1.4.1.311.2.1.4"
#define SPC_OID_STATEMENT_TYPE "1.3.6.1.4.1.311.2.1.11"
#define SPC_OID_SP_OPUS_INFO "1.3.6.1.4.1.311.2.1.12"
#define SPC_OID_PE_IMAGE_DATA "1.3.6.1.4.1.311.2.1.15"
#define SPC_OID_INDIVIDUAL_PURPOSE "1.3.6.1.4.1.311.2.1.21"
#define SPC_OID_CAB_DATA "1.3.6.1.4.1.311.2.1.25"      /* in catalogs: any file that is hashed flat */
#define SPC_OID_PAGE_HASHES_V1 "1.3.6.1.4.1.311.2.3.1" /* SHA-1 */
#define SPC_OID_PAGE_HASHES_V2 "1.3.6.1.4.1.311.2.3.2" /* SHA-256 */
#define SPC_OID_NESTED_SIGNATURE "1.3.6.1.4.1.311.2.4.1"
#define SPC_OID_RFC3161_TIMESTAMP "1.3.6.1.4.1.311.3.3.1"
#define SPC_OID_CTL "1.3.6.1.4.1.311.10.1"

#define SPC_STRING_UNICODE 0
#define SPC_STRING_ASCII 1

typedef struct spc_string {
    int type;
    union {
        ASN1_BMPSTRING *unicode;
        ASN1_IA5STRING *ascii;
    } value;
} SPC_STRING;

typedef struct spc_serialized_object {
    ASN1_OCTET_STRING *classId;
    ASN1_OCTET_STRING *serializedData;
} SPC_SERIALIZED_OBJECT;

#define SPC_LINK_URL 0
#define SPC_LINK_MONIKER 1
#define SPC_LINK_FILE 2

typedef struct spc_link {
    int type;
    union {
        ASN1_IA5STRING *url;
        SPC_SERIALIZED_OBJECT *moniker;
        SPC_STRING *file;
    } value;
} SPC_LINK;

typedef struct spc_pe_image_data {
    ASN1_BIT_STRING *flags;
    SPC_LINK *file; /* NULL when absent */
} SPC_PE_IMAGE_DATA;

/* Also SpcAttributeTypeAndOptionalValue, and an entry of the page hash set. */
typedef struct spc_attribute {
    ASN1_OBJECT *type;
    ASN1_TYPE *value; /* NULL when absent */
} SPC_ATTRIBUTE;

typedef STACK_OF(SPC_ATTRIBUTE) SPC_ATTRIBUTES; /* a SET */

typedef struct spc_indirect_data {
    SPC_ATTRIBUTE *data;
    X509_SIG *messageDigest; /* DigestInfo */
} SPC_INDIRECT_DATA;

typedef struct spc_sp_opus_info {
    SPC_STRING *programName; /* NULL when absent */
    SPC_LINK *moreInfo;      /* NULL when absent */
} SPC_SP_OPUS_INFO;

typedef STACK_OF(ASN1_OBJECT) SPC_STATEMENT_TYPE;

DEFINE_STACK_OF(SPC_ATTRIBUTE)

DECLARE_ASN1_FUNCTIONS(SPC_STRING)
DECLARE_ASN1_FUNCTIONS(SPC_SERIALIZED_OBJECT)
DECLARE_ASN1_FUNCTIONS(SPC_LINK)
DECLARE_ASN1_FUNCTIONS(SPC_PE_IMAGE_DATA)
DECLARE_ASN1_FUNCTIONS(SPC_ATTRIBUTE)
DECLARE_ASN1_FUNCTIONS(SPC_INDIRECT_DATA)
DECLARE_ASN1_FUNCTIONS(SPC_SP_OPUS_INFO)
DECLARE_ASN1_ITEM(SPC_ATTRIBUTES)
DECLARE_ASN1_ITEM(SPC_STATEMENT_TYPE)

#endif
