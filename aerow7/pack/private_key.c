/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/private_key.h"

#include "base/text.h"
#include "pack/driver_folder.h"
#include "pack/fault.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* More than any key file has; what is larger is a driver or a document, whose text is searched nevertheless. */
#define DER_KEY_LIMIT ((size_t)1 << 20)

static const char *name_fault(const char *path)
{
    static const char *const extensions[] = {".pfx", ".p12",      ".pvk", ".key", ".snk",
                                             ".jks", ".keystore", ".ppk", ".p8",  ".pk8"};
    static const char *const names[] = {"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"};
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;

    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); ++i) {
        if (ends_with_any_case(name, extensions[i])) {
            return "has the name of a private key file";
        }
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        if (strcasecmp(name, names[i]) == 0) {
            return "has the name of a private key file";
        }
    }
    return NULL;
}

/*
 * "-----BEGIN ... PRIVATE KEY" on one line (RFC 7468 and its predecessors). Zero bytes are skipped, so the text is
 * found in UTF-16 files, too.
 */
static bool has_pem_key(const struct bytes *content)
{
    static const char begin[] = "-----BEGIN ";
    static const char end[] = "PRIVATE KEY";
    char *text = xmalloc(content->size + 1);
    size_t size = 0;
    bool found = false;

    for (size_t i = 0; i < content->size; ++i) {
        if (content->data[i] != 0) {
            text[size++] = content->data[i];
        }
    }
    for (const char *at = text; !found; ++at) {
        const char *line;

        at = memmem(at, size - (size_t)(at - text), begin, sizeof(begin) - 1);
        if (at == NULL) {
            break;
        }
        line = at;
        while (line < text + size && *line != '\n' && *line != '\r') {
            ++line;
        }
        found = memmem(at, (size_t)(line - at), end, sizeof(end) - 1) != NULL;
    }
    free(text);
    return found;
}

static bool is_der_key(const struct bytes *content)
{
    const unsigned char *at = (const unsigned char *)content->data;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)content->size);
    X509_SIG *encrypted = NULL;
    bool found = key != NULL;

    EVP_PKEY_free(key);
    if (!found) {
        /* An encrypted PKCS#8 key and a DigestInfo have one shape: a key's algorithm is a password-based one. */
        at = (const unsigned char *)content->data;
        encrypted = d2i_X509_SIG(NULL, &at, (long)content->size);
        if (encrypted != NULL) {
            const X509_ALGOR *algorithm = NULL;
            const ASN1_OBJECT *object = NULL;

            X509_SIG_get0(encrypted, &algorithm, NULL);
            X509_ALGOR_get0(&object, NULL, NULL, algorithm);
            found = EVP_PBE_find(EVP_PBE_TYPE_OUTER, OBJ_obj2nid(object), NULL, NULL, NULL) == 1;
        }
        X509_SIG_free(encrypted);
    }
    ERR_clear_error();
    return found;
}

static bool is_pkcs12(const struct bytes *content)
{
    const unsigned char *at = (const unsigned char *)content->data;
    PKCS12 *store = d2i_PKCS12(NULL, &at, (long)content->size);
    bool found = store != NULL;

    PKCS12_free(store);
    ERR_clear_error();
    return found;
}

static bool is_microsoft_key(const struct bytes *content)
{
    const unsigned char *data = (const unsigned char *)content->data;

    /* PVK's magic 0xB0B5F11E; a PRIVATEKEYBLOB is type 7, version 2, reserved 0, then "RSA2" or "DSS2" at offset 8. */
    if (content->size >= 4 && memcmp(data, "\x1e\xf1\xb5\xb0", 4) == 0) {
        return true;
    }
    return content->size >= 12 && data[0] == 7 && data[1] == 2 && data[2] == 0 && data[3] == 0 &&
           (memcmp(data + 8, "RSA2", 4) == 0 || memcmp(data + 8, "DSS2", 4) == 0);
}

const char *private_key_fault(const char *path, const struct bytes *content)
{
    const char *reason = name_fault(path);

    if (reason != NULL) {
        return reason;
    }
    if (has_pem_key(content)) {
        return "has a private key in it (PEM)";
    }
    if (is_microsoft_key(content)) {
        return "is a private key (PVK or key blob)";
    }
    if (content->size == 0 || content->size > DER_KEY_LIMIT || content->data[0] != 0x30) {
        return NULL;
    }
    if (is_pkcs12(content)) {
        return "is a PKCS#12 store, which may hold a private key";
    }
    return is_der_key(content) ? "is a private key (DER)" : NULL;
}

enum status private_key_check(const char *root, const struct file_tree *tree)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < tree->count; ++i) {
        const char *reason = private_key_fault(tree->files[i].path, &tree->files[i].content);

        if (reason != NULL) {
            status = fault(root, tree->files[i].path, "%s: it must not be handed out", reason);
        }
    }
    return status;
}
