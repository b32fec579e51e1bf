/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog.h"

#include "base/text.h"
#include "catalog/catalog_asn1.h"

#include <openssl/objects.h>
#include <openssl/pkcs7.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

/* UTCTime's years, which every reader takes: 1950 to 2049 (RFC 5280, 4.1.2.5.1). */
#define TIME_FIRST (-631152000LL)
#define TIME_LAST 2524607999LL

enum { TAG_DIGITS = 2 * SHA_DIGEST_LENGTH };

/* One entry to be: the name in lower case, the tag as Windows writes it. */
struct entry {
    char *name;
    const char *os_attribute;
    struct catalog_hash sha1;
    char tag[TAG_DIGITS + 1];
};

struct entries {
    struct entry *list;
    size_t count;
};

/* Nothing but memory can fail where this is said: texts were looked at before. */
static enum status no_memory(void)
{
    diag_error("catalog", "it could not be encoded: out of memory");
    return STATUS_NOT_WRITTEN;
}

static bool is_text(const char *text)
{
    ASN1_BMPSTRING *bmp = ASN1_BMPSTRING_new();
    char *back = bmp != NULL && cat_bmp_set(bmp, text) ? cat_bmp_text(bmp) : NULL;
    bool same = back != NULL && strcmp(back, text) == 0;

    free(back);
    ASN1_BMPSTRING_free(bmp);
    return same;
}

static enum status check_name(const char *name)
{
    if (name[0] == 0 || strpbrk(name, "/\\") != NULL) {
        diag_error(name[0] != 0 ? name : "catalog", "a member needs the name of a file without folders");
        return STATUS_BAD_INPUT;
    }
    for (const char *at = name; *at != 0; ++at) {
        if (*at < ' ' || *at > '~') {
            diag_error(name, "a member's name must be ASCII");
            return STATUS_BAD_INPUT;
        }
    }
    return STATUS_DONE;
}

static enum status check_spec(const struct catalog_spec *spec)
{
    if ((long long)spec->time < TIME_FIRST || (long long)spec->time > TIME_LAST) {
        diag_error("catalog", "its time must lie in the years 1950 to 2049");
        return STATUS_BAD_INPUT;
    }
    if (spec->os_attribute != NULL && !is_text(spec->os_attribute)) {
        diag_error("catalog", "the OSAttr is not text that a catalog can hold");
        return STATUS_BAD_INPUT;
    }
    for (size_t i = 0; i < spec->attribute_count; ++i) {
        if (spec->attributes[i].name[0] == 0 || !is_text(spec->attributes[i].name) ||
            !is_text(spec->attributes[i].value)) {
            diag_error("catalog", "attribute %zu (\"%s\") is not text that a catalog can hold", i + 1,
                       spec->attributes[i].name);
            return STATUS_BAD_INPUT;
        }
    }
    return STATUS_DONE;
}

/* Without effect for a content that is there already. */
static enum status add_entry(struct entries *entries, const struct catalog_spec *spec, const struct catalog_entry *in)
{
    const char *os_attribute = in->os_attribute != NULL ? in->os_attribute : spec->os_attribute;
    enum status status = check_name(in->name);
    struct entry *entry;

    if (status != STATUS_DONE) {
        return status;
    }
    if (os_attribute == NULL || !is_text(os_attribute)) {
        diag_error(in->name, "has no OSAttr that a catalog can hold");
        return STATUS_BAD_INPUT;
    }
    for (size_t i = 0; i < entries->count; ++i) {
        if (memcmp(entries->list[i].sha1.digest, in->sha1.digest, SHA_DIGEST_LENGTH) == 0) {
            return STATUS_DONE;
        }
    }
    entry = &entries->list[entries->count++];
    *entry = (struct entry){.name = xstrdup(in->name), .os_attribute = os_attribute, .sha1 = in->sha1};
    for (char *at = entry->name; *at != 0; ++at) {
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    }
    for (size_t i = 0; i < SHA_DIGEST_LENGTH; ++i) {
        entry->tag[2 * i] = "0123456789ABCDEF"[in->sha1.digest[i] >> 4];
        entry->tag[2 * i + 1] = "0123456789ABCDEF"[in->sha1.digest[i] & 15];
    }
    return STATUS_DONE;
}

static int compare_entries(const void *left, const void *right)
{
    return strcmp(((const struct entry *)left)->tag, ((const struct entry *)right)->tag);
}

static enum status collect_entries(const struct catalog_spec *spec, struct entries *entries)
{
    enum status status = STATUS_DONE;

    entries->list = xcalloc(spec->file_count + spec->entry_count, sizeof(*entries->list));
    entries->count = 0;
    for (size_t i = 0; i < spec->file_count && status == STATUS_DONE; ++i) {
        struct catalog_entry entry = {.name = spec->files[i].name};
        const char *fault = catalog_hash_content(&spec->files[i].content, EVP_sha1(), &entry.sha1);

        if (fault != NULL) {
            diag_error(entry.name, "%s", fault);
            status = STATUS_BAD_INPUT;
        } else {
            status = add_entry(entries, spec, &entry);
        }
    }
    for (size_t i = 0; i < spec->entry_count && status == STATUS_DONE; ++i) {
        status = add_entry(entries, spec, &spec->entries[i]);
    }
    qsort(entries->list, entries->count, sizeof(*entries->list), compare_entries);
    return status;
}

static void free_entries(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; ++i) {
        free(entries->list[i].name);
    }
    free(entries->list);
}

/* A value of an ASN.1 type, encoded. False, with nothing to free, without memory. */
static bool encode(const ASN1_ITEM *item, const void *value, struct bytes *out)
{
    unsigned char *der = NULL;
    int size = ASN1_item_i2d(value, &der, item);

    *out = (struct bytes){0};
    if (size <= 0) {
        return false;
    }
    out->data = xmalloc((size_t)size + 1);
    memcpy(out->data, der, (size_t)size);
    out->data[size] = 0;
    out->size = (size_t)size;
    OPENSSL_free(der);
    return true;
}

/* Takes `value` over. */
static bool add_attribute(CAT_MEMBER *member, const char *oid, const ASN1_ITEM *item, void *value)
{
    struct bytes der = {0};
    X509_ATTRIBUTE *attribute = NULL;
    bool done = false;

    if (value != NULL && encode(item, value, &der)) {
        attribute = X509_ATTRIBUTE_create_by_txt(NULL, oid, V_ASN1_SEQUENCE, (unsigned char *)der.data, (int)der.size);
        done = attribute != NULL && sk_X509_ATTRIBUTE_push(member->attributes, attribute) > 0;
    }
    if (!done) {
        X509_ATTRIBUTE_free(attribute);
    }
    bytes_free(&der);
    ASN1_item_free(value, item);
    return done;
}

static CAT_NAMEVALUE *make_namevalue(const char *name, const char *value)
{
    CAT_NAMEVALUE *made = CAT_NAMEVALUE_new();

    if (made != NULL && cat_bmp_set(made->name, name) && ASN1_INTEGER_set_uint64(made->flags, CAT_ATTRIBUTE_FLAGS) &&
        cat_utf16le_set(made->value, value)) {
        return made;
    }
    CAT_NAMEVALUE_free(made);
    return NULL;
}

static CAT_MEMBERINFO *make_memberinfo(bool pe)
{
    CAT_MEMBERINFO *made = CAT_MEMBERINFO_new();

    if (made != NULL && cat_bmp_set(made->guid, pe ? CAT_GUID_PE : CAT_GUID_FLAT) &&
        ASN1_INTEGER_set_uint64(made->version, CAT_MEMBER_VERSION)) {
        return made;
    }
    CAT_MEMBERINFO_free(made);
    return NULL;
}

/* SpcLink { file [2] SpcString { unicode [0] "" } }: catalogs do not say where the file is. */
static SPC_LINK *make_empty_link(void)
{
    SPC_LINK *link = SPC_LINK_new();
    SPC_STRING *file = SPC_STRING_new();
    ASN1_BMPSTRING *empty = ASN1_BMPSTRING_new();

    if (link == NULL || file == NULL || empty == NULL) {
        ASN1_BMPSTRING_free(empty);
        SPC_STRING_free(file);
        SPC_LINK_free(link);
        return NULL;
    }
    file->type = SPC_STRING_UNICODE;
    file->value.unicode = empty;
    link->type = SPC_LINK_FILE;
    link->value.file = file;
    return link;
}

/* The flags of PE files in catalogs: the first and the third bit, includeResources and includeImportAddressTable. */
static bool set_image_flags(SPC_PE_IMAGE_DATA *data)
{
    data->flags = ASN1_BIT_STRING_new();
    return data->flags != NULL && ASN1_BIT_STRING_set_bit(data->flags, 0, 1) &&
           ASN1_BIT_STRING_set_bit(data->flags, 2, 1);
}

static bool make_subject(bool pe, struct bytes *out)
{
    SPC_LINK *link = make_empty_link();
    SPC_PE_IMAGE_DATA *data;
    bool done = false;

    if (link == NULL) {
        return false;
    }
    if (!pe) {
        done = encode(ASN1_ITEM_rptr(SPC_LINK), link, out);
        SPC_LINK_free(link);
        return done;
    }
    data = SPC_PE_IMAGE_DATA_new();
    if (data == NULL) {
        SPC_LINK_free(link);
        return false;
    }
    data->file = link;
    done = set_image_flags(data) && encode(ASN1_ITEM_rptr(SPC_PE_IMAGE_DATA), data, out);
    SPC_PE_IMAGE_DATA_free(data);
    return done;
}

static SPC_INDIRECT_DATA *make_indirect_data(const struct entry *entry)
{
    SPC_INDIRECT_DATA *made = SPC_INDIRECT_DATA_new();
    ASN1_OCTET_STRING *digest = NULL;
    X509_ALGOR *algorithm = NULL;
    struct bytes subject = {0};
    const unsigned char *at;
    bool done = false;

    if (made == NULL || !make_subject(entry->sha1.pe, &subject)) {
        goto free_made;
    }
    at = (const unsigned char *)subject.data;
    ASN1_OBJECT_free(made->data->type);
    made->data->type = OBJ_txt2obj(entry->sha1.pe ? SPC_OID_PE_IMAGE_DATA : SPC_OID_CAB_DATA, 1);
    made->data->value = d2i_ASN1_TYPE(NULL, &at, (long)subject.size);
    X509_SIG_getm(made->messageDigest, &algorithm, &digest);
    done = made->data->type != NULL && made->data->value != NULL &&
           X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha1), V_ASN1_NULL, NULL) &&
           ASN1_OCTET_STRING_set(digest, entry->sha1.digest, SHA_DIGEST_LENGTH);
free_made:
    bytes_free(&subject);
    if (!done) {
        SPC_INDIRECT_DATA_free(made);
        made = NULL;
    }
    return made;
}

static CAT_MEMBER *make_member(const struct entry *entry)
{
    CAT_MEMBER *member = CAT_MEMBER_new();

    if (member != NULL && cat_utf16le_set(member->tag, entry->tag) &&
        add_attribute(member, CAT_OID_NAMEVALUE, ASN1_ITEM_rptr(CAT_NAMEVALUE), make_namevalue("File", entry->name)) &&
        add_attribute(member, CAT_OID_NAMEVALUE, ASN1_ITEM_rptr(CAT_NAMEVALUE),
                      make_namevalue("OSAttr", entry->os_attribute)) &&
        add_attribute(member, SPC_OID_INDIRECT_DATA, ASN1_ITEM_rptr(SPC_INDIRECT_DATA), make_indirect_data(entry)) &&
        add_attribute(member, CAT_OID_MEMBERINFO, ASN1_ITEM_rptr(CAT_MEMBERINFO), make_memberinfo(entry->sha1.pe))) {
        return member;
    }
    CAT_MEMBER_free(member);
    return NULL;
}

/* Catalog attributes are the CTL's extensions. */
static bool add_extension(CAT_CTL *ctl, const struct catalog_attribute *attribute)
{
    CAT_NAMEVALUE *namevalue = make_namevalue(attribute->name, attribute->value);
    ASN1_OBJECT *oid = OBJ_txt2obj(CAT_OID_NAMEVALUE, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;
    struct bytes der = {0};
    bool done = false;

    if (namevalue != NULL && oid != NULL && value != NULL && encode(ASN1_ITEM_rptr(CAT_NAMEVALUE), namevalue, &der) &&
        ASN1_OCTET_STRING_set(value, (unsigned char *)der.data, (int)der.size)) {
        extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
        done = extension != NULL && sk_X509_EXTENSION_push(ctl->extensions, extension) > 0;
    }
    if (!done) {
        X509_EXTENSION_free(extension);
    }
    bytes_free(&der);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
    CAT_NAMEVALUE_free(namevalue);
    return done;
}

static bool fill_ctl(CAT_CTL *ctl, const struct catalog_spec *spec, const struct entries *entries)
{
    ASN1_OBJECT *usage = OBJ_txt2obj(CAT_OID_LIST, 1);

    if (usage == NULL || sk_ASN1_OBJECT_push(ctl->usage, usage) <= 0) {
        ASN1_OBJECT_free(usage);
        return false;
    }
    ctl->identifier = ASN1_OCTET_STRING_new();
    ctl->members = sk_CAT_MEMBER_new_null();
    ctl->extensions = spec->attribute_count > 0 ? sk_X509_EXTENSION_new_null() : NULL;
    if (ctl->identifier == NULL || ctl->members == NULL ||
        !ASN1_OCTET_STRING_set(ctl->identifier, spec->identifier, sizeof(spec->identifier)) ||
        ASN1_TIME_set(ctl->thisUpdate, spec->time) == NULL ||
        !X509_ALGOR_set0(ctl->algorithm, OBJ_txt2obj(CAT_OID_MEMBERS_V1, 1), V_ASN1_NULL, NULL)) {
        return false;
    }
    for (size_t i = 0; i < entries->count; ++i) {
        CAT_MEMBER *member = make_member(&entries->list[i]);

        if (member == NULL || sk_CAT_MEMBER_push(ctl->members, member) <= 0) {
            CAT_MEMBER_free(member);
            return false;
        }
    }
    for (size_t i = 0; i < spec->attribute_count; ++i) {
        if (ctl->extensions == NULL || !add_extension(ctl, &spec->attributes[i])) {
            return false;
        }
    }
    return true;
}

/*
 * SignedData without signers: version 1, no digest algorithm, and the CTL itself, not an OCTET STRING around it, as the
 * content ("PKCS #7 v1.5", section 7: content is any type).
 */
static bool wrap(const struct bytes *ctl, struct bytes *out)
{
    const unsigned char *at = (const unsigned char *)ctl->data;
    PKCS7 *wrapper = PKCS7_new();
    bool done = false;

    if (wrapper != NULL && PKCS7_set_type(wrapper, NID_pkcs7_signed)) {
        PKCS7 *content = wrapper->d.sign->contents;

        content->type = OBJ_txt2obj(SPC_OID_CTL, 1);
        content->d.other = d2i_ASN1_TYPE(NULL, &at, (long)ctl->size);
        done = content->type != NULL && content->d.other != NULL && encode(ASN1_ITEM_rptr(PKCS7), wrapper, out);
    }
    PKCS7_free(wrapper);
    return done;
}

enum status catalog_make(const struct catalog_spec *spec, struct bytes *out)
{
    struct entries entries = {0};
    struct bytes der = {0};
    CAT_CTL *ctl = NULL;
    enum status status;

    *out = (struct bytes){0};
    status = check_spec(spec);
    if (status == STATUS_DONE) {
        status = collect_entries(spec, &entries);
    }
    if (status == STATUS_DONE) {
        ctl = CAT_CTL_new();
        if (ctl == NULL || !fill_ctl(ctl, spec, &entries) || !encode(ASN1_ITEM_rptr(CAT_CTL), ctl, &der) ||
            !wrap(&der, out)) {
            status = no_memory();
        }
    }
    CAT_CTL_free(ctl);
    bytes_free(&der);
    free_entries(&entries);
    return status;
}

enum status catalog_make_identified(struct catalog_spec *spec, struct bytes *out)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    struct bytes draft;
    enum status status;

    memset(spec->identifier, 0, sizeof(spec->identifier));
    status = catalog_make(spec, &draft);
    if (status != STATUS_DONE) {
        return status;
    }
    SHA256((const unsigned char *)draft.data, draft.size, digest);
    bytes_free(&draft);
    memcpy(spec->identifier, digest, sizeof(spec->identifier));
    return catalog_make(spec, out);
}
