/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog_asn1.h"

#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off: the templates are a notation of their own. */

ASN1_SEQUENCE(CAT_MEMBER) =
    {
        ASN1_SIMPLE(CAT_MEMBER, tag, ASN1_OCTET_STRING),
        /* DER's order of a SET is what Windows writes, too. */
        ASN1_SET_OF(CAT_MEMBER, attributes, X509_ATTRIBUTE),
} ASN1_SEQUENCE_END(CAT_MEMBER) IMPLEMENT_ASN1_FUNCTIONS(CAT_MEMBER)

        ASN1_SEQUENCE(CAT_CTL) =
            {
                ASN1_OPT(CAT_CTL, version, ASN1_INTEGER),
                ASN1_SEQUENCE_OF(CAT_CTL, usage, ASN1_OBJECT),
                ASN1_OPT(CAT_CTL, identifier, ASN1_OCTET_STRING),
                ASN1_OPT(CAT_CTL, sequenceNumber, ASN1_INTEGER),
                ASN1_SIMPLE(CAT_CTL, thisUpdate, ASN1_TIME),
                ASN1_OPT(CAT_CTL, nextUpdate, ASN1_TIME),
                ASN1_SIMPLE(CAT_CTL, algorithm, X509_ALGOR),
                ASN1_SEQUENCE_OF_OPT(CAT_CTL, members, CAT_MEMBER),
                ASN1_EXP_SEQUENCE_OF_OPT(CAT_CTL, extensions, X509_EXTENSION, 0),
} ASN1_SEQUENCE_END(CAT_CTL) IMPLEMENT_ASN1_FUNCTIONS(CAT_CTL)

                ASN1_SEQUENCE(CAT_NAMEVALUE) =
                    {
                        ASN1_SIMPLE(CAT_NAMEVALUE, name, ASN1_BMPSTRING),
                        ASN1_SIMPLE(CAT_NAMEVALUE, flags, ASN1_INTEGER),
                        ASN1_SIMPLE(CAT_NAMEVALUE, value, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(CAT_NAMEVALUE) IMPLEMENT_ASN1_FUNCTIONS(CAT_NAMEVALUE)

                        ASN1_SEQUENCE(CAT_MEMBERINFO) =
                            {
                                ASN1_SIMPLE(CAT_MEMBERINFO, guid, ASN1_BMPSTRING),
                                ASN1_SIMPLE(CAT_MEMBERINFO, version, ASN1_INTEGER),
} ASN1_SEQUENCE_END(CAT_MEMBERINFO) IMPLEMENT_ASN1_FUNCTIONS(CAT_MEMBERINFO)

    /* clang-format on */

    int cat_bmp_set(ASN1_BMPSTRING * out, const char *text)
{
    ASN1_STRING *into = out;
    size_t length = strlen(text);

    return length <= INT32_MAX && ASN1_mbstring_copy(&into, (const unsigned char *)text, (int)length, MBSTRING_UTF8,
                                                     B_ASN1_BMPSTRING) == V_ASN1_BMPSTRING;
}

static void swap_units(unsigned char *data, size_t size)
{
    for (size_t i = 0; i + 1 < size; i += 2) {
        unsigned char first = data[i];

        data[i] = data[i + 1];
        data[i + 1] = first;
    }
}

int cat_utf16le_set(ASN1_OCTET_STRING *out, const char *text)
{
    static const unsigned char zero[2];
    ASN1_BMPSTRING *bmp = ASN1_BMPSTRING_new();
    int done = bmp != NULL && cat_bmp_set(bmp, text);

    if (done) {
        unsigned char *units;
        int length = ASN1_STRING_length(bmp);

        units = xmalloc((size_t)length + sizeof(zero));
        memcpy(units, ASN1_STRING_get0_data(bmp), (size_t)length);
        memcpy(units + length, zero, sizeof(zero));
        swap_units(units, (size_t)length);
        done = ASN1_OCTET_STRING_set(out, units, length + (int)sizeof(zero));
        free(units);
    }
    ASN1_BMPSTRING_free(bmp);
    return done;
}

/* C0, DEL and, as UTF-8, C1. */
static int has_control(const unsigned char *text, size_t length)
{
    for (size_t i = 0; i < length; ++i) {
        if (text[i] < ' ' || text[i] == 0x7F || (text[i] == 0xC2 && i + 1 < length && text[i + 1] < 0xA0)) {
            return 1;
        }
    }
    return 0;
}

char *cat_bmp_text(const ASN1_BMPSTRING *in)
{
    unsigned char *text = NULL;
    char *out = NULL;
    int length;

    if (ASN1_STRING_type(in) != V_ASN1_BMPSTRING) {
        return NULL;
    }
    length = ASN1_STRING_to_UTF8(&text, in);
    if (length >= 0 && !has_control(text, (size_t)length)) {
        out = xformat("%.*s", length, (const char *)text);
    }
    OPENSSL_free(text);
    return out;
}

char *cat_utf16le_text(const ASN1_OCTET_STRING *in)
{
    const unsigned char *data = ASN1_STRING_get0_data(in);
    int length = ASN1_STRING_length(in);
    ASN1_BMPSTRING *bmp = ASN1_BMPSTRING_new();
    char *out = NULL;

    if (length >= 2 && length % 2 == 0 && data[length - 1] == 0 && data[length - 2] == 0) {
        length -= 2;
    }
    if (bmp != NULL && length > 0) {
        unsigned char *units = xmalloc((size_t)length);

        memcpy(units, data, (size_t)length);
        swap_units(units, (size_t)length);
        out = ASN1_STRING_set(bmp, units, length) ? cat_bmp_text(bmp) : NULL;
        free(units);
    } else {
        out = xstrdup("");
    }
    ASN1_BMPSTRING_free(bmp);
    return out;
}
