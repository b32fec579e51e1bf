/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/file_digest.h"

#include "base/progress.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)

static enum status digest_rest(int descriptor, const char *path, EVP_MD_CTX *digest, uint64_t *size)
{
    enum status status = STATUS_DONE;
    char *piece = xmalloc(PIECE);
    ssize_t count;

    *size = 0;
    while ((count = read(descriptor, piece, PIECE)) != 0) {
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0 || EVP_DigestUpdate(digest, piece, (size_t)count) != 1) {
            diag_error(path, "cannot be read: %s", strerror(errno));
            status = STATUS_BAD_INPUT;
            break;
        }
        *size += (uint64_t)count;
        progress_add((uint64_t)count);
    }
    free(piece);
    return status;
}

enum status file_sha256(const char *path, char out[SHA256_TEXT_SIZE], uint64_t *size)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    unsigned char value[EVP_MAX_MD_SIZE];
    enum status status = STATUS_BAD_INPUT;
    uint64_t length = 0;
    unsigned count = 0;
    struct stat info;

    if (descriptor < 0) {
        diag_error(path, "cannot be opened: %s", strerror(errno));
        goto free_digest;
    }
    if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        diag_error(path, "is not a regular file");
        goto close_descriptor;
    }
    if (digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1) {
        diag_error(path, "cannot be hashed: OpenSSL has no SHA-256");
        goto close_descriptor;
    }
    progress_begin("hashing", (uint64_t)info.st_size);
    status = digest_rest(descriptor, path, digest, &length);
    progress_end();
    if (status == STATUS_DONE && EVP_DigestFinal_ex(digest, value, &count) == 1) {
        for (unsigned i = 0; i < count; ++i) {
            (void)snprintf(out + i * 2, 3, "%02x", value[i]);
        }
    }
    if (size != NULL) {
        *size = length;
    }
close_descriptor:
    close(descriptor);
free_digest:
    EVP_MD_CTX_free(digest);
    return status;
}
