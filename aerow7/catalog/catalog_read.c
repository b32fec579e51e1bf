/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog_read.h"

#include "base/text.h"
#include "catalog/catalog_asn1.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pkcs7.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static enum status malformed(const char *place, const char *reason)
{
    ERR_clear_error();
    diag_error(place, "%s", reason);
    return STATUS_BAD_INPUT;
}

static bool is_oid(const ASN1_OBJECT *object, const char *oid)
{
    char text[64];
    int length = OBJ_obj2txt(text, sizeof(text), object, 1);

    return length > 0 && (size_t)length < sizeof(text) && strcmp(text, oid) == 0;
}

static char *hex_text(const unsigned char *data, size_t size)
{
    char *text = xmalloc(2 * size + 1);

    for (size_t i = 0; i < size; ++i) {
        text[2 * i] = "0123456789ABCDEF"[data[i] >> 4];
        text[2 * i + 1] = "0123456789ABCDEF"[data[i] & 15];
    }
    text[2 * size] = 0;
    return text;
}

static char *octets_hex(const ASN1_OCTET_STRING *octets)
{
    return hex_text(ASN1_STRING_get0_data(octets), (size_t)ASN1_STRING_length(octets));
}

const char *catalog_text_of(const struct catalog_texts *texts, const char *name)
{
    for (size_t i = 0; i < texts->count; ++i) {
        if (strcmp(texts->list[i].name, name) == 0) {
            return texts->list[i].value;
        }
    }
    return NULL;
}

bool catalog_list_has(const char *list, const char *item)
{
    size_t length = strlen(item);

    while (list != NULL) {
        if (strcspn(list, ",") == length && strncmp(list, item, length) == 0) {
            return true;
        }
        list = strchr(list, ',');
        list = list != NULL ? list + 1 : NULL;
    }
    return false;
}

static enum status add_text(const char *place, const CAT_NAMEVALUE *namevalue, struct catalog_texts *texts)
{
    struct catalog_text text;

    if (namevalue == NULL) {
        return malformed(place, "has a catalog attribute that is no name with a value");
    }
    text.name = cat_bmp_text(namevalue->name);
    text.value = cat_utf16le_text(namevalue->value);
    if (text.name == NULL || text.value == NULL) {
        free(text.name);
        free(text.value);
        return malformed(place, "has a catalog attribute whose name or value is not text");
    }
    texts->list = xrealloc(texts->list, (texts->count + 1) * sizeof(*texts->list));
    texts->list[texts->count++] = text;
    return STATUS_DONE;
}

static void free_texts(struct catalog_texts *texts)
{
    for (size_t i = 0; i < texts->count; ++i) {
        free(texts->list[i].name);
        free(texts->list[i].value);
    }
    free(texts->list);
}

static enum status read_namevalue(const char *place, const ASN1_TYPE *value, struct catalog_member *member)
{
    CAT_NAMEVALUE *namevalue = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(CAT_NAMEVALUE), value);
    enum status status = add_text(place, namevalue, &member->texts);

    CAT_NAMEVALUE_free(namevalue);
    return status;
}

static enum status read_indirect_data(const char *place, const ASN1_TYPE *value, struct catalog_member *member)
{
    SPC_INDIRECT_DATA *data = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SPC_INDIRECT_DATA), value);
    const ASN1_OCTET_STRING *digest = NULL;
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    enum status status = STATUS_DONE;
    char name[64];

    if (data == NULL || member->digest != NULL) {
        status = malformed(place, data == NULL ? "its indirect data is malformed" : "has indirect data twice");
        goto free_data;
    }
    X509_SIG_get0(data->messageDigest, &algorithm, &digest);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    if (ASN1_STRING_length(digest) == 0 || ASN1_STRING_length(digest) > CATALOG_DIGEST_LIMIT ||
        OBJ_obj2txt(name, sizeof(name), object, 0) <= 0) {
        status = malformed(place, "its digest is malformed");
        goto free_data;
    }
    member->digest = octets_hex(digest);
    /* Short names are how everybody calls them; an unknown algorithm stays a number. */
    member->digest_name =
        OBJ_obj2nid(object) != NID_undef ? xstrdup(OBJ_nid2sn(OBJ_obj2nid(object))) : xformat("%s", name);
    for (char *at = member->digest_name; *at != 0; ++at) {
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    }
    member->kind = is_oid(data->data->type, SPC_OID_PE_IMAGE_DATA) ? CATALOG_KIND_PE
                   : is_oid(data->data->type, SPC_OID_CAB_DATA)    ? CATALOG_KIND_FLAT
                                                                   : CATALOG_KIND_OTHER;
free_data:
    SPC_INDIRECT_DATA_free(data);
    return status;
}

static enum status read_memberinfo(const char *place, const ASN1_TYPE *value, struct catalog_member *member)
{
    CAT_MEMBERINFO *info = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(CAT_MEMBERINFO), value);
    char *guid = info != NULL ? cat_bmp_text(info->guid) : NULL;
    enum status status = STATUS_DONE;

    if (guid == NULL || member->declared != CATALOG_KIND_ABSENT) {
        status =
            malformed(place, guid == NULL ? "its member information is malformed" : "has member information twice");
    } else {
        member->declared = strcmp(guid, CAT_GUID_PE) == 0     ? CATALOG_KIND_PE
                           : strcmp(guid, CAT_GUID_FLAT) == 0 ? CATALOG_KIND_FLAT
                                                              : CATALOG_KIND_OTHER;
    }
    free(guid);
    CAT_MEMBERINFO_free(info);
    return status;
}

/* Version 2 says it with a context tag and nothing in it: 80 00 for PE files, 82 00 for flat ones. */
static enum status read_memberinfo_v2(const char *place, const ASN1_TYPE *value, struct catalog_member *member)
{
    const ASN1_STRING *raw = value->type == V_ASN1_OTHER ? value->value.asn1_string : NULL;
    const unsigned char *data = raw != NULL ? ASN1_STRING_get0_data(raw) : NULL;

    if (data == NULL || ASN1_STRING_length(raw) != 2 || data[1] != 0 || member->declared != CATALOG_KIND_ABSENT) {
        return malformed(place, "its member information is malformed");
    }
    member->declared = data[0] == 0x80 ? CATALOG_KIND_PE : data[0] == 0x82 ? CATALOG_KIND_FLAT : CATALOG_KIND_OTHER;
    return STATUS_DONE;
}

static enum status read_attribute(const char *place, X509_ATTRIBUTE *attribute, struct catalog_member *member)
{
    const ASN1_OBJECT *object = X509_ATTRIBUTE_get0_object(attribute);
    const ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attribute, 0);

    if (X509_ATTRIBUTE_count(attribute) != 1 || value == NULL) {
        return malformed(place, "has an attribute that has not exactly one value");
    }
    if (is_oid(object, CAT_OID_NAMEVALUE)) {
        return read_namevalue(place, value, member);
    }
    if (is_oid(object, SPC_OID_INDIRECT_DATA)) {
        return read_indirect_data(place, value, member);
    }
    if (is_oid(object, CAT_OID_MEMBERINFO)) {
        return read_memberinfo(place, value, member);
    }
    if (is_oid(object, CAT_OID_MEMBERINFO_V2)) {
        return read_memberinfo_v2(place, value, member);
    }
    return STATUS_DONE; /* what Windows does not know it skips */
}

static bool is_tag(const char *text)
{
    size_t length = strspn(text, "0123456789ABCDEF");

    return length > 0 && length <= 2 * (size_t)CATALOG_DIGEST_LIMIT && text[length] == 0;
}

static enum status read_member(const char *place, unsigned version, const CAT_MEMBER *in, struct catalog_member *member)
{
    enum status status = STATUS_DONE;

    if (version == 1) {
        member->tag = cat_utf16le_text(in->tag);
    } else {
        member->tag = octets_hex(in->tag);
    }
    if (member->tag == NULL || !is_tag(member->tag)) {
        return malformed(place, "its tag is no hash");
    }
    for (int i = 0; i < sk_X509_ATTRIBUTE_num(in->attributes) && status == STATUS_DONE; ++i) {
        status = read_attribute(place, sk_X509_ATTRIBUTE_value(in->attributes, i), member);
    }
    if (member->kind == CATALOG_KIND_ABSENT) {
        member->kind = member->declared;
    }
    member->file = catalog_text_of(&member->texts, "File");
    member->os_attribute = catalog_text_of(&member->texts, "OSAttr");
    return status;
}

static enum status read_members(const char *place, const CAT_CTL *ctl, struct catalog *out)
{
    int count = ctl->members != NULL ? sk_CAT_MEMBER_num(ctl->members) : 0;
    enum status status = STATUS_DONE;

    out->members = xcalloc((size_t)count, sizeof(*out->members));
    for (int i = 0; i < count && status == STATUS_DONE; ++i) {
        char *member_place = xformat("%s: member %d", place, i + 1);

        /* Counted first, so that what was read of a bad one is freed. */
        out->member_count++;
        status = read_member(member_place, out->version, sk_CAT_MEMBER_value(ctl->members, i), &out->members[i]);
        free(member_place);
    }
    return status;
}

static enum status read_extension(const char *place, X509_EXTENSION *extension, struct catalog *out)
{
    const ASN1_OCTET_STRING *der = X509_EXTENSION_get_data(extension);
    const unsigned char *at = ASN1_STRING_get0_data(der);
    const unsigned char *end = at + ASN1_STRING_length(der);
    CAT_NAMEVALUE *namevalue;
    enum status status;

    if (!is_oid(X509_EXTENSION_get_object(extension), CAT_OID_NAMEVALUE)) {
        return STATUS_DONE;
    }
    namevalue = d2i_CAT_NAMEVALUE(NULL, &at, end - at);
    status = namevalue != NULL && at != end ? malformed(place, "has bytes behind a catalog attribute")
                                            : add_text(place, namevalue, &out->attributes);
    CAT_NAMEVALUE_free(namevalue);
    return status;
}

static enum status read_head(const char *place, const CAT_CTL *ctl, struct catalog *out)
{
    struct tm time;

    if (sk_ASN1_OBJECT_num(ctl->usage) != 1 || !is_oid(sk_ASN1_OBJECT_value(ctl->usage, 0), CAT_OID_LIST)) {
        return malformed(place, "is a certificate trust list and not a catalog");
    }
    out->version = is_oid(ctl->algorithm->algorithm, CAT_OID_MEMBERS_V1)   ? 1
                   : is_oid(ctl->algorithm->algorithm, CAT_OID_MEMBERS_V2) ? 2
                                                                           : 0;
    if (out->version == 0) {
        return malformed(place, "is a catalog of a version that is not known");
    }
    if (ctl->identifier == NULL || ASN1_STRING_length(ctl->identifier) > CATALOG_DIGEST_LIMIT) {
        return malformed(place, "its list identifier is missing or too long");
    }
    out->identifier = octets_hex(ctl->identifier);
    if (ASN1_TIME_to_tm(ctl->thisUpdate, &time) != 1) {
        return malformed(place, "its time is no time");
    }
    out->time = xformat("%04d-%02d-%02dT%02d:%02d:%02dZ", time.tm_year + 1900, time.tm_mon + 1, time.tm_mday,
                        time.tm_hour, time.tm_min, time.tm_sec);
    return STATUS_DONE;
}

static enum status read_ctl(const char *place, const ASN1_TYPE *content, struct catalog *out)
{
    CAT_CTL *ctl = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(CAT_CTL), content);
    int extensions = ctl != NULL && ctl->extensions != NULL ? sk_X509_EXTENSION_num(ctl->extensions) : 0;
    enum status status;

    if (ctl == NULL) {
        return malformed(place, "its certificate trust list is malformed");
    }
    status = read_head(place, ctl, out);
    for (int i = 0; i < extensions && status == STATUS_DONE; ++i) {
        status = read_extension(place, sk_X509_EXTENSION_value(ctl->extensions, i), out);
    }
    if (status == STATUS_DONE) {
        status = read_members(place, ctl, out);
    }
    CAT_CTL_free(ctl);
    return status;
}

enum status catalog_parse(const char *place, const struct bytes *file, struct catalog *out)
{
    const unsigned char *at = (const unsigned char *)file->data;
    enum status status;
    PKCS7 *wrapper;

    *out = (struct catalog){0};
    if (file->size > CATALOG_SIZE_LIMIT) {
        return malformed(place, "is too long for a catalog");
    }
    wrapper = d2i_PKCS7(NULL, &at, (long)file->size);
    if (wrapper == NULL || !PKCS7_type_is_signed(wrapper) || wrapper->d.sign == NULL) {
        status = malformed(place, "is not a catalog: not PKCS #7 signed data");
        goto free_wrapper;
    }
    if (at != (const unsigned char *)file->data + file->size) {
        status = malformed(place, "has bytes behind the catalog");
        goto free_wrapper;
    }
    if (wrapper->d.sign->contents == NULL || !is_oid(wrapper->d.sign->contents->type, SPC_OID_CTL) ||
        wrapper->d.sign->contents->d.other == NULL) {
        status = malformed(place, "is PKCS #7 signed data and not a catalog: its content is no certificate trust list");
        goto free_wrapper;
    }
    out->signer_count =
        wrapper->d.sign->signer_info != NULL ? (size_t)sk_PKCS7_SIGNER_INFO_num(wrapper->d.sign->signer_info) : 0;
    status = read_ctl(place, wrapper->d.sign->contents->d.other, out);
    if (status != STATUS_DONE) {
        catalog_free(out);
    }
free_wrapper:
    PKCS7_free(wrapper);
    ERR_clear_error();
    return status;
}

void catalog_free(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->member_count; ++i) {
        free_texts(&catalog->members[i].texts);
        free(catalog->members[i].tag);
        free(catalog->members[i].digest_name);
        free(catalog->members[i].digest);
    }
    free(catalog->members);
    free_texts(&catalog->attributes);
    free(catalog->identifier);
    free(catalog->time);
    *catalog = (struct catalog){0};
}
