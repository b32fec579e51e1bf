/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/text.h"
#include "disk/volume_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum status write_fault(const struct disk_volume *volume, const char *path, int error)
{
    if (volume->partition.status != STATUS_DONE) {
        return volume->partition.status; /* reported */
    }
    if (error == ENOSPC) {
        diag_error(volume->name, "has no room for \"%s\"", path);
        return STATUS_CHECK_FAILED;
    }
    diag_error(volume->name, "\"%s\" cannot be written: %s", path, strerror(error));
    return STATUS_NOT_WRITTEN;
}

/* Of a compressed file the clusters are packed when it is closed, and only what is appended can be. */
static int put_content(ntfs_attr *data, const struct bytes *content)
{
    s64 done = 0;

    if ((data->data_flags & ATTR_COMPRESSION_MASK) != 0 && ntfs_attr_truncate(data, 0) != 0) {
        return -1;
    }
    while (done < (s64)content->size) {
        s64 count = ntfs_attr_pwrite(data, done, (s64)content->size - done, content->data + done);

        if (count <= 0) {
            errno = count == 0 ? EIO : errno;
            return -1;
        }
        done += count;
    }
    if ((data->data_flags & ATTR_COMPRESSION_MASK) != 0) {
        return ntfs_attr_pclose(data);
    }
    return data->data_size > done ? ntfs_attr_truncate(data, done) : 0;
}

static enum status write_content(struct disk_volume *volume, ntfs_inode *inode, const struct change *change)
{
    ntfs_attr *data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
    enum status status = STATUS_DONE;

    if (data == NULL) {
        return write_fault(volume, change->path, errno);
    }
    if (NAttrEncrypted(data)) {
        diag_error(volume->name, "\"%s\" is encrypted", change->path);
        status = STATUS_CHECK_FAILED;
    } else if (put_content(data, &change->content) != 0) {
        status = write_fault(volume, change->path, errno);
    }
    ntfs_attr_close(data);
    ntfs_inode_update_times(inode, NTFS_UPDATE_MCTIME);
    return status;
}

/* `parent` (NULL: it is not open) has a copy of dates and sizes, and must not be opened a second time to get them. */
static enum status close_inode(const struct disk_volume *volume, ntfs_inode *inode, ntfs_inode *parent,
                               const char *path, enum status status)
{
    int fault = parent == NULL ? ntfs_inode_close(inode) : ntfs_inode_close_in_dir(inode, parent);

    if (fault != 0 && status == STATUS_DONE) {
        return write_fault(volume, path, errno);
    }
    return status;
}

static ntfs_inode *open_parent(struct disk_volume *volume, const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    char *parent = xformat("%.*s", slash == NULL ? 0 : (int)(slash - path), path);
    ntfs_inode *inode = disk_volume_inode(volume, parent);

    *name = slash == NULL ? path : slash + 1;
    free(parent);
    return inode;
}

/* What Windows would give it: the entries of its folder's descriptor that are inherited. */
static enum status make(struct disk_volume *volume, const struct change *change)
{
    bool folder = change->kind == CHANGE_FOLDER;
    enum status status = STATUS_DONE;
    ntfschar *name = NULL;
    ntfs_inode *inode = NULL;
    const char *text;
    ntfs_inode *parent = open_parent(volume, change->path, &text);
    int length;

    if (parent == NULL) {
        return write_fault(volume, change->path, errno);
    }
    length = ntfs_mbstoucs(text, &name);
    if (length > 0) {
        le32 security = ntfs_inherited_id(&volume->context, parent, folder);

        inode = ntfs_create(parent, security, name, (u8)length, folder ? S_IFDIR : S_IFREG);
    }
    if (inode == NULL) {
        status = write_fault(volume, change->path, length > 0 ? errno : EINVAL);
    } else {
        if (!folder) {
            status = write_content(volume, inode, change);
        }
        status = close_inode(volume, inode, parent, change->path, status);
    }
    free(name);
    return close_inode(volume, parent, NULL, change->path, status);
}

static enum status replace(struct disk_volume *volume, const struct change *change)
{
    ntfs_inode *inode = disk_volume_inode(volume, change->path);

    if (inode == NULL) {
        return write_fault(volume, change->path, errno);
    }
    return close_inode(volume, inode, NULL, change->path, write_content(volume, inode, change));
}

static enum status delete_file(struct disk_volume *volume, const struct change *change)
{
    const char *text;
    ntfs_inode *parent = open_parent(volume, change->path, &text);
    ntfs_inode *inode = parent == NULL ? NULL : disk_volume_inode(volume, change->path);
    ntfschar *name = NULL;
    enum status status = STATUS_DONE;
    int length;

    if (inode == NULL) {
        status = write_fault(volume, change->path, errno);
        if (parent != NULL) {
            (void)ntfs_inode_close(parent);
        }
        return status;
    }
    length = ntfs_mbstoucs(text, &name);
    /* ntfs_delete closes both, also when it fails. */
    if (length <= 0 || ntfs_delete(volume->ntfs, change->path, inode, parent, name, (u8)length) != 0) {
        status = write_fault(volume, change->path, errno);
    }
    free(name);
    return status;
}

enum status disk_volume_apply(struct disk_volume *volume, const struct changes *changes)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < changes->count && status == STATUS_DONE; ++i) {
        const struct change *change = &changes->list[i];

        switch (change->kind) {
        case CHANGE_FOLDER:
        case CHANGE_ADD:
            status = make(volume, change);
            break;
        case CHANGE_REPLACE:
            status = replace(volume, change);
            break;
        case CHANGE_REMOVE:
            status = delete_file(volume, change);
            break;
        }
    }
    return status;
}
