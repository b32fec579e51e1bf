/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog_verify.h"

#include "base/progress.h"
#include "base/text.h"
#include "catalog/catalog_hash.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HASHES = 2, TAG_TEXT = 2 * EVP_MAX_MD_SIZE + 1 };

struct folder_file {
    const struct tree_file *file;
    char *place;
    const char *fault;           /* why it has no hash, or NULL */
    char tags[HASHES][TAG_TEXT]; /* SHA-1 and, for catalogs of version 2, SHA-256 */
    bool wanted;
    bool matched;
    bool reported;
};

struct catalog_folder {
    struct folder_file *files;
    size_t count;
    bool has_wishes; /* files that are not wanted are not the package's */
};

static void check_member(const char *place, const struct catalog *catalog, const struct catalog_member *member,
                         struct findings *findings)
{
    const char *name = member->file != NULL ? member->file : member->tag;

    if (member->file == NULL) {
        findings_add(findings, SEVERITY_ERROR, "member-name", place, 0, "member %s has no file name", member->tag);
    }
    if (member->digest != NULL && strcmp(member->digest, member->tag) != 0) {
        findings_add(findings, SEVERITY_ERROR, "member-tag", place, 0,
                     "%s is listed under %s and its digest is %s: Windows finds the one and checks the other", name,
                     member->tag, member->digest);
    }
    if (catalog->version == 1 && member->digest == NULL) {
        findings_add(findings, SEVERITY_ERROR, "member-digest", place, 0, "%s has no digest", name);
    }
    if (catalog->version == 1 && member->digest != NULL && strcmp(member->digest_name, "sha1") != 0) {
        findings_add(findings, SEVERITY_ERROR, "member-digest", place, 0, "%s has a digest of %s, not of sha1", name,
                     member->digest_name);
    }
    if (member->declared == CATALOG_KIND_ABSENT) {
        findings_add(findings, SEVERITY_ERROR, "member-kind", place, 0, "%s does not say how it is hashed", name);
    } else if (member->digest != NULL && member->declared != member->kind) {
        findings_add(findings, SEVERITY_ERROR, "member-kind", place, 0,
                     "%s says one thing in its digest and another in its member information about how it is hashed",
                     name);
    }
    if (!catalog_list_has(member->os_attribute, CATALOG_OS_ATTRIBUTE)) {
        findings_add(findings, SEVERITY_ERROR, "member-osattr", place, 0,
                     "%s is not valid on Windows 7: its OSAttr is %s, without " CATALOG_OS_ATTRIBUTE, name,
                     member->os_attribute != NULL ? member->os_attribute : "absent");
    }
}

static int compare_tags(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void check_duplicates(const char *place, const struct catalog *catalog, struct findings *findings)
{
    const char **tags = xcalloc(catalog->member_count, sizeof(*tags));

    for (size_t i = 0; i < catalog->member_count; ++i) {
        tags[i] = catalog->members[i].tag;
    }
    qsort(tags, catalog->member_count, sizeof(*tags), compare_tags);
    for (size_t i = 1; i < catalog->member_count; ++i) {
        if (strcmp(tags[i - 1], tags[i]) == 0) {
            findings_add(findings, SEVERITY_ERROR, "member-twice", place, 0, "%s is listed twice", tags[i]);
        }
    }
    free(tags);
}

void catalog_check_itself(const char *place, const struct catalog *catalog, struct findings *findings)
{
    const char *os = catalog_text_of(&catalog->attributes, "OS");

    if (catalog->version != 1) {
        findings_add(findings, SEVERITY_ERROR, "catalog-version", place, 0,
                     "is of version %u: Windows 7 reads version 1 only", catalog->version);
    }
    if (!catalog_list_has(os, catalog_os_name(INF_X86)) && !catalog_list_has(os, catalog_os_name(INF_AMD64))) {
        findings_add(findings, SEVERITY_ERROR, "catalog-os", place, 0, "its OS attribute names neither 7X86 nor 7X64");
    }
    if (catalog->member_count == 0) {
        findings_add(findings, SEVERITY_ERROR, "catalog-empty", place, 0, "has no members");
    }
    for (size_t i = 0; i < catalog->member_count; ++i) {
        check_member(place, catalog, &catalog->members[i], findings);
    }
    check_duplicates(place, catalog, findings);
}

static const char *hash_tags(const struct bytes *content, char tags[HASHES][TAG_TEXT])
{
    const EVP_MD *const digests[HASHES] = {EVP_sha1(), EVP_sha256()};

    for (size_t i = 0; i < HASHES; ++i) {
        struct catalog_hash hash;
        const char *fault = catalog_hash_content(content, digests[i], &hash);
        size_t size = (size_t)EVP_MD_get_size(digests[i]);

        tags[i][0] = 0;
        if (fault != NULL) {
            return fault;
        }
        for (size_t at = 0; at < size; ++at) {
            tags[i][2 * at] = "0123456789ABCDEF"[hash.digest[at] >> 4];
            tags[i][2 * at + 1] = "0123456789ABCDEF"[hash.digest[at] & 15];
        }
        tags[i][2 * size] = 0;
    }
    return NULL;
}

struct catalog_folder *catalog_folder_of(const char *name, const struct file_tree *tree)
{
    struct catalog_folder *folder = xcalloc(1, sizeof(*folder));
    uint64_t total = 0;

    folder->files = xcalloc(tree->count, sizeof(*folder->files));
    folder->count = tree->count;
    for (size_t i = 0; i < tree->count; ++i) {
        total += tree->files[i].content.size;
    }
    progress_begin("hashing", total);
    for (size_t i = 0; i < tree->count; ++i) {
        struct folder_file *file = &folder->files[i];

        file->file = &tree->files[i];
        file->place = xformat("%s/%s", name, tree->files[i].path);
        file->fault = hash_tags(&tree->files[i].content, file->tags);
        progress_add(tree->files[i].content.size);
    }
    progress_end();
    return folder;
}

void catalog_folder_free(struct catalog_folder *folder)
{
    for (size_t i = 0; folder != NULL && i < folder->count; ++i) {
        free(folder->files[i].place);
    }
    free(folder != NULL ? folder->files : NULL);
    free(folder);
}

void catalog_folder_want(struct catalog_folder *folder, const struct catalog_wishes *wishes)
{
    folder->has_wishes = true;
    for (size_t i = 0; i < folder->count; ++i) {
        for (size_t j = 0; j < wishes->path_count && !folder->files[i].wanted; ++j) {
            folder->files[i].wanted = strcasecmp(folder->files[i].file->path, wishes->paths[j]) == 0;
        }
    }
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool has_tag(char tags[HASHES][TAG_TEXT], const char *fault, const char *tag)
{
    return fault == NULL && (strcmp(tags[0], tag) == 0 || strcmp(tags[1], tag) == 0);
}

static const struct catalog_member *find_member(const struct catalog *catalog, char tags[HASHES][TAG_TEXT],
                                                const char *fault)
{
    for (size_t i = 0; i < catalog->member_count; ++i) {
        if (has_tag(tags, fault, catalog->members[i].tag)) {
            return &catalog->members[i];
        }
    }
    return NULL;
}

static void check_member_file(const char *place, const struct catalog_member *member, struct catalog_folder *folder,
                              struct findings *findings)
{
    const char *name = member->file != NULL ? member->file : "";
    struct folder_file *changed = NULL;
    struct folder_file *renamed = NULL;

    for (size_t i = 0; i < folder->count; ++i) {
        struct folder_file *file = &folder->files[i];
        bool same_name = strcasecmp(base_name(file->file->path), name) == 0;

        if (has_tag(file->tags, file->fault, member->tag)) {
            if (same_name) {
                return;
            }
            renamed = file;
        } else if (same_name && !file->matched && changed == NULL && (file->wanted || !folder->has_wishes)) {
            changed = file;
        }
    }
    if (renamed != NULL) {
        findings_add(findings, SEVERITY_ERROR, "file-renamed", renamed->place, 0, "is %s in the catalog", name);
    } else if (changed == NULL) {
        findings_add(findings, SEVERITY_ERROR, "file-missing", place, 0, "member %s (%s) has no file", name,
                     member->tag);
    } else if (!changed->reported) {
        changed->reported = true;
        findings_add(findings, SEVERITY_ERROR, "file-changed", changed->place, 0,
                     changed->fault != NULL ? "%s" : "is not what the catalog has under its name: its hash is %s",
                     changed->fault != NULL ? changed->fault : changed->tags[0]);
    }
}

void catalog_check_files(const char *place, const struct catalog *catalog, struct catalog_folder *folder,
                         struct findings *findings)
{
    for (size_t i = 0; i < folder->count; ++i) {
        struct folder_file *file = &folder->files[i];

        file->matched = find_member(catalog, file->tags, file->fault) != NULL;
    }
    for (size_t i = 0; i < catalog->member_count; ++i) {
        check_member_file(place, &catalog->members[i], folder, findings);
    }
    for (size_t i = 0; i < folder->count; ++i) {
        const struct folder_file *file = &folder->files[i];

        if (!file->matched && !file->reported && !ends_with(file->file->path, ".cat")) {
            findings_add(findings, SEVERITY_NOTE, "file-unlisted", file->place, 0, "is not in the catalog");
        }
    }
}

static void check_package_file(const char *place, const char *inf_place, const char *path,
                               struct catalog_folder *folder, struct findings *findings)
{
    for (size_t i = 0; i < folder->count; ++i) {
        struct folder_file *file = &folder->files[i];

        if (strcasecmp(file->file->path, path) == 0) {
            if (!file->matched && !file->reported) {
                findings_add(findings, SEVERITY_ERROR, "package-file-unlisted", place, 0,
                             "has no member for %s, which the INF copies", path);
            }
            return;
        }
    }
    findings_add(findings, SEVERITY_ERROR, "package-file-missing", inf_place, 0, "copies %s, which is not there", path);
}

static void check_hardware_ids(const char *place, const struct catalog *catalog, const struct catalog_wishes *wishes,
                               struct findings *findings)
{
    for (size_t i = 0; i < wishes->hardware_id_count; ++i) {
        bool found = false;

        for (size_t j = 0; j < catalog->attributes.count && !found; ++j) {
            found = starts_with(catalog->attributes.list[j].name, "HWID") &&
                    strcmp(catalog->attributes.list[j].value, wishes->hardware_ids[i]) == 0;
        }
        if (!found) {
            findings_add(findings, SEVERITY_ERROR, "catalog-hwid", place, 0, "does not have %s, which the INF has",
                         wishes->hardware_ids[i]);
        }
    }
    for (size_t j = 0; j < catalog->attributes.count; ++j) {
        const struct catalog_text *attribute = &catalog->attributes.list[j];
        bool found = !starts_with(attribute->name, "HWID");

        for (size_t i = 0; i < wishes->hardware_id_count && !found; ++i) {
            found = strcmp(attribute->value, wishes->hardware_ids[i]) == 0;
        }
        if (!found) {
            findings_add(findings, SEVERITY_ERROR, "catalog-hwid", place, 0, "has %s = %s, which the INF does not have",
                         attribute->name, attribute->value);
        }
    }
}

void catalog_check_package(const char *place, const struct catalog *catalog, const char *inf_place,
                           const struct bytes *inf, const struct catalog_wishes *wishes, struct catalog_folder *folder,
                           struct findings *findings)
{
    char tags[HASHES][TAG_TEXT];
    const char *fault = hash_tags(inf, tags);

    if (find_member(catalog, tags, fault) == NULL) {
        findings_add(findings, SEVERITY_ERROR, "package-inf", place, 0, "has no member for %s as it is now", inf_place);
    }
    if (wishes->catalog == NULL) {
        findings_add(findings, SEVERITY_ERROR, "package-catalog", inf_place, 0, "names no catalog (CatalogFile)");
    } else if (strcasecmp(wishes->catalog, base_name(place)) != 0) {
        findings_add(findings, SEVERITY_ERROR, "package-catalog", inf_place, 0, "calls its catalog %s, not %s",
                     wishes->catalog, base_name(place));
    }
    for (size_t i = 1; i < wishes->path_count; ++i) {
        check_package_file(place, inf_place, wishes->paths[i], folder, findings);
    }
    check_hardware_ids(place, catalog, wishes, findings);
}

void catalog_check_signatures(const char *place, const struct signatures *signatures, bool judge_chain,
                              bool may_be_unsigned, struct findings *findings)
{
    if (signatures->count == 0 && !may_be_unsigned) {
        findings_add(findings, SEVERITY_ERROR, "signature-missing", place, 0, "is not signed");
    }
    for (size_t i = 0; i < signatures->count; ++i) {
        const struct signature *signature = &signatures->list[i];
        const char *subject = signature->subject != NULL ? signature->subject : "somebody unknown";

        if (!signature->content_matches) {
            findings_add(findings, SEVERITY_ERROR, "signature-content", place, 0,
                         "was changed after %s signed it: the signed digest is of other content", subject);
        }
        if (!signature->signature_valid) {
            findings_add(findings, SEVERITY_ERROR, "signature-invalid", place, 0, "the signature of %s is not valid",
                         subject);
        }
        if (judge_chain && !signature->chain_trusted) {
            findings_add(findings, SEVERITY_ERROR, "signature-chain", place, 0,
                         "the certificate of %s does not lead to a root that was given", subject);
        }
    }
}
