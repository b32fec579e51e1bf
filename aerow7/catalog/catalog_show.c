/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog_show.h"

#include <stdio.h>

static const char *const kind_names[] = {"unknown", "pe", "flat", "other"};

static void print_member(const struct catalog_member *member)
{
    printf("  %s\n", member->file != NULL ? member->file : "(without a name)");
    printf("    tag     %s\n", member->tag);
    if (member->digest != NULL) {
        printf("    %-7s %s\n", member->digest_name, member->digest);
    }
    printf("    kind    %s\n", kind_names[member->kind]);
    for (size_t i = 0; i < member->texts.count; ++i) {
        const struct catalog_text *text = &member->texts.list[i];

        if (text->value != member->file) {
            printf("    %-7s %s\n", text->name, text->value);
        }
    }
}

static void print_signature(const struct signature *signature)
{
    printf("  %s%s by %s\n", signature->digest, signature->nested ? ", nested," : "",
           signature->subject != NULL ? signature->subject : "somebody whose certificate is not in the catalog");
    if (signature->thumbprint != NULL) {
        printf("    thumbprint %s\n", signature->thumbprint);
    }
    printf("    the content %s what was signed, the signature is %s%s\n", signature->content_matches ? "is" : "is NOT",
           signature->signature_valid ? "valid" : "NOT valid", signature->timestamped ? ", with a time stamp" : "");
}

void catalog_print(const char *place, const struct catalog *catalog, const struct signatures *signatures)
{
    printf("%s: catalog of version %u\n", place, catalog->version);
    printf("identifier %s\n", catalog->identifier);
    printf("time       %s\n", catalog->time);
    printf("%zu attributes\n", catalog->attributes.count);
    for (size_t i = 0; i < catalog->attributes.count; ++i) {
        printf("  %s = %s\n", catalog->attributes.list[i].name, catalog->attributes.list[i].value);
    }
    printf("%zu members\n", catalog->member_count);
    for (size_t i = 0; i < catalog->member_count; ++i) {
        print_member(&catalog->members[i]);
    }
    printf("%zu signers\n", catalog->signer_count);
    for (size_t i = 0; signatures != NULL && i < signatures->count; ++i) {
        print_signature(&signatures->list[i]);
    }
}

static cJSON *texts_json(const struct catalog_texts *texts)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; i < texts->count; ++i) {
        cJSON *object = cJSON_CreateObject();

        cJSON_AddStringToObject(object, "name", texts->list[i].name);
        cJSON_AddStringToObject(object, "value", texts->list[i].value);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}

static cJSON *member_json(const struct catalog_member *member)
{
    cJSON *object = cJSON_CreateObject();

    if (member->file != NULL) {
        cJSON_AddStringToObject(object, "file", member->file);
    }
    cJSON_AddStringToObject(object, "kind", kind_names[member->kind]);
    cJSON_AddStringToObject(object, "tag", member->tag);
    if (member->digest != NULL) {
        cJSON_AddStringToObject(object, "digest_algorithm", member->digest_name);
        cJSON_AddStringToObject(object, "digest", member->digest);
    }
    if (member->os_attribute != NULL) {
        cJSON_AddStringToObject(object, "os_attribute", member->os_attribute);
    }
    cJSON_AddItemToObject(object, "attributes", texts_json(&member->texts));
    return object;
}

static cJSON *signature_json(const struct signature *signature)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "digest_algorithm", signature->digest);
    if (signature->subject != NULL) {
        cJSON_AddStringToObject(object, "subject", signature->subject);
    }
    if (signature->thumbprint != NULL) {
        cJSON_AddStringToObject(object, "thumbprint", signature->thumbprint);
    }
    cJSON_AddBoolToObject(object, "nested", signature->nested);
    cJSON_AddBoolToObject(object, "content_matches", signature->content_matches);
    cJSON_AddBoolToObject(object, "signature_valid", signature->signature_valid);
    cJSON_AddBoolToObject(object, "chain_trusted", signature->chain_trusted);
    cJSON_AddBoolToObject(object, "timestamped", signature->timestamped);
    return object;
}

cJSON *catalog_json(const char *place, const struct catalog *catalog, const struct signatures *signatures)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *members;
    cJSON *signers;

    cJSON_AddStringToObject(object, "file", place);
    cJSON_AddNumberToObject(object, "version", catalog->version);
    cJSON_AddStringToObject(object, "identifier", catalog->identifier);
    cJSON_AddStringToObject(object, "time", catalog->time);
    cJSON_AddItemToObject(object, "attributes", texts_json(&catalog->attributes));
    members = cJSON_AddArrayToObject(object, "members");
    for (size_t i = 0; i < catalog->member_count; ++i) {
        cJSON_AddItemToArray(members, member_json(&catalog->members[i]));
    }
    signers = cJSON_AddArrayToObject(object, "signatures");
    for (size_t i = 0; signatures != NULL && i < signatures->count; ++i) {
        cJSON_AddItemToArray(signers, signature_json(&signatures->list[i]));
    }
    return object;
}
