/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/text.h"
#include "disk/volume_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ENTRIES_LIMIT 1000000U

enum status disk_volume_fault(const struct disk_volume *volume, const char *path, const char *what)
{
    int error = errno;

    if (volume->partition.status != STATUS_DONE) {
        return volume->partition.status; /* reported */
    }
    diag_error(volume->name, "\"%s\" %s: %s", path, what, strerror(error));
    return STATUS_BAD_INPUT;
}

ntfs_inode *disk_volume_inode(struct disk_volume *volume, const char *path)
{
    /* ENOTDIR: a file where the path has a folder. */
    ntfs_inode *inode = ntfs_pathname_to_inode(volume->ntfs, NULL, *path == 0 ? "/" : path);

    if (inode == NULL && errno == ENOTDIR) {
        errno = ENOENT;
    }
    return inode;
}

/* The spelling of the file's name that is `name` without regard to case: a file has one for every hard link. */
static char *spelling(ntfs_inode *inode, const char *name)
{
    ntfs_attr_search_ctx *search = ntfs_attr_get_search_ctx(inode, NULL);
    char *found = NULL;

    while (search != NULL && found == NULL &&
           ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0, search) == 0) {
        const char *value = (const char *)search->attr + le16_to_cpu(search->attr->value_offset);
        const FILE_NAME_ATTR *attribute = (const FILE_NAME_ATTR *)(const void *)value;
        ntfschar units[UINT8_MAX]; /* the attribute is packed, so its text may be at an odd address */
        char *text = NULL;

        memcpy(units, value + offsetof(FILE_NAME_ATTR, file_name), attribute->file_name_length * sizeof(*units));
        if (ntfs_ucstombs(units, attribute->file_name_length, &text, 0) >= 0 && strcasecmp(text, name) == 0) {
            found = xstrdup(text);
        }
        free(text);
    }
    if (search != NULL) {
        ntfs_attr_put_search_ctx(search);
    }
    /* Letters beyond ASCII: the name as it was asked for finds the file just as well. */
    return found == NULL ? xstrdup(name) : found;
}

static void describe(ntfs_inode *inode, struct source_entry *entry)
{
    entry->folder = (inode->mrec->flags & MFT_RECORD_IS_DIRECTORY) != 0;
    entry->reparse_point = (inode->flags & FILE_ATTR_REPARSE_POINT) != 0;
    entry->size = entry->folder ? 0 : (uint64_t)inode->data_size;
}

static enum status find(void *context, const char *path, bool *found, struct source_entry *entry)
{
    struct disk_volume *volume = context;
    const char *slash = strrchr(path, '/');
    ntfs_inode *inode = disk_volume_inode(volume, path);

    *found = inode != NULL;
    if (inode == NULL) {
        return errno == ENOENT ? STATUS_DONE : disk_volume_fault(volume, path, "cannot be looked up");
    }
    if (entry != NULL) {
        free(volume->found);
        volume->found = spelling(inode, slash == NULL ? path : slash + 1);
        *entry = (struct source_entry){.name = volume->found};
        describe(inode, entry);
    }
    (void)ntfs_inode_close(inode);
    return STATUS_DONE;
}

struct listed {
    char *name;
    MFT_REF reference;
};

struct listing {
    struct listed *list;
    size_t count;
    size_t capacity;
    bool too_many;
};

static int take(void *context, const ntfschar *name, const int length, const int type, const s64 position,
                const MFT_REF reference, const unsigned kind)
{
    struct listing *listing = context;
    char *text = NULL;

    (void)position;
    (void)kind;
    /* A short name beside a long one is no entry of its own. */
    if (type == FILE_NAME_DOS || MREF(reference) < FILE_first_user || ntfs_ucstombs(name, length, &text, 0) < 0 ||
        strcmp(text, ".") == 0 || strcmp(text, "..") == 0) {
        free(text);
        return 0;
    }
    if (listing->count == ENTRIES_LIMIT) {
        listing->too_many = true;
        free(text);
        errno = EFBIG;
        return -1;
    }
    if (listing->count == listing->capacity) {
        listing->capacity = listing->capacity * 2 + 64;
        listing->list = xrealloc(listing->list, listing->capacity * sizeof(*listing->list));
    }
    listing->list[listing->count++] = (struct listed){.name = text, .reference = reference};
    return 0;
}

static enum status list_folder(void *context, const char *path, source_visit visit, void *visit_context)
{
    struct disk_volume *volume = context;
    struct listing listing = {0};
    ntfs_inode *folder = disk_volume_inode(volume, path);
    enum status status = STATUS_DONE;
    s64 position = 0;

    if (folder == NULL) {
        return disk_volume_fault(volume, path, "cannot be listed");
    }
    /* libntfs-3g lists in small letters where it is to find without regard to case. */
    volume->ntfs->state |= 1UL << NV_CaseSensitive;
    if (ntfs_readdir(folder, &position, &listing, take) != 0) {
        status = disk_volume_fault(volume, path, "cannot be listed");
    }
    volume->ntfs->state &= ~(1UL << NV_CaseSensitive);
    (void)ntfs_inode_close(folder);
    for (size_t i = 0; i < listing.count; ++i) {
        struct source_entry entry = {.name = listing.list[i].name};
        ntfs_inode *inode = NULL;

        if (status == STATUS_DONE) {
            inode = ntfs_inode_open(volume->ntfs, listing.list[i].reference);
            if (inode == NULL) {
                status = disk_volume_fault(volume, entry.name, "cannot be opened");
            }
        }
        if (inode != NULL) {
            describe(inode, &entry);
            (void)ntfs_inode_close(inode);
            status = visit(visit_context, &entry);
        }
        free(listing.list[i].name);
    }
    free(listing.list);
    return status;
}

static enum status read_data(const struct disk_volume *volume, ntfs_attr *data, const char *path, size_t limit,
                             struct bytes *out)
{
    size_t size = (size_t)data->data_size;

    if (NAttrEncrypted(data)) {
        diag_error(volume->name, "\"%s\" is encrypted", path);
        return STATUS_BAD_INPUT;
    }
    if (data->data_size < 0 || size > limit) {
        diag_error(volume->name, "\"%s\" is %" PRId64 " bytes long, more than the %zu that such a file may have", path,
                   (int64_t)data->data_size, limit);
        return STATUS_BAD_INPUT;
    }
    out->data = xmalloc(size + 1);
    while (out->size < size) {
        s64 count = ntfs_attr_pread(data, (s64)out->size, (s64)(size - out->size), out->data + out->size);

        if (count <= 0) {
            errno = count == 0 ? EIO : errno;
            return disk_volume_fault(volume, path, "cannot be read");
        }
        out->size += (size_t)count;
    }
    out->data[size] = 0;
    return STATUS_DONE;
}

static enum status read_file(void *context, const char *path, size_t limit, struct bytes *out)
{
    struct disk_volume *volume = context;
    ntfs_inode *inode = disk_volume_inode(volume, path);
    ntfs_attr *data = NULL;
    enum status status;

    *out = (struct bytes){0};
    if (inode == NULL) {
        return disk_volume_fault(volume, path, "cannot be opened");
    }
    data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
    status = data == NULL ? disk_volume_fault(volume, path, "is no file that can be read")
                          : read_data(volume, data, path, limit, out);
    if (data != NULL) {
        ntfs_attr_close(data);
    }
    (void)ntfs_inode_close(inode);
    if (status != STATUS_DONE) {
        bytes_free(out);
    }
    return status;
}

static enum status read_security(void *context, const char *path, struct bytes *out)
{
    struct disk_volume *volume = context;
    ntfs_inode *inode = disk_volume_inode(volume, path);
    int size;

    *out = (struct bytes){0};
    if (inode == NULL) {
        return disk_volume_fault(volume, path, "cannot be opened");
    }
    size = ntfs_get_ntfs_acl(&volume->context, inode, NULL, 0);
    if (size > 0) {
        out->data = xmalloc((size_t)size + 1);
        out->size = (size_t)size;
        out->data[size] = 0;
        size = ntfs_get_ntfs_acl(&volume->context, inode, out->data, out->size) == size ? size : -1;
    }
    (void)ntfs_inode_close(inode);
    if (size < 0) {
        bytes_free(out);
        return disk_volume_fault(volume, path, "has no security descriptor that can be read");
    }
    return STATUS_DONE;
}

static const struct source_operations operations = {
    .find = find, .list = list_folder, .read = read_file, .security = read_security};

void disk_volume_source(struct disk_volume *volume, struct source *source)
{
    *source = (struct source){.name = volume->name, .context = volume, .operations = &operations};
}
