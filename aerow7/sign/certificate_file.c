/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/certificate_file.h"

#include "base/file_io.h"
#include "base/text.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_LIMIT = 1 << 20, CERTIFICATES_LIMIT = 64, PASSWORD_LIMIT = 1024 };

const char *crypto_fault(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return reason != NULL ? reason : "no reason given";
}

static bool read_pem(const struct bytes *file, STACK_OF(X509) * list)
{
    BIO *input = BIO_new_mem_buf(file->data, (int)file->size);
    X509 *certificate = NULL;

    while (input != NULL && sk_X509_num(list) < CERTIFICATES_LIMIT &&
           (certificate = PEM_read_bio_X509(input, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_push(list, certificate) <= 0) {
            X509_free(certificate);
            break;
        }
    }
    BIO_free(input);
    /* The loop ends with "no start line" in a good file, too. */
    return sk_X509_num(list) > 0 &&
           (ERR_peek_last_error() == 0 || ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE);
}

static bool read_der(const struct bytes *file, STACK_OF(X509) * list)
{
    const unsigned char *at = (const unsigned char *)file->data;
    X509 *certificate = d2i_X509(NULL, &at, (long)file->size);

    if (certificate == NULL || at != (const unsigned char *)file->data + file->size ||
        sk_X509_push(list, certificate) <= 0) {
        X509_free(certificate);
        return false;
    }
    return true;
}

enum status certificates_read(const char *path, STACK_OF(X509) * *out)
{
    struct bytes file = {0};
    STACK_OF(X509) *list = NULL;
    enum status status = file_read(path, FILE_LIMIT, &file);
    bool der;

    *out = NULL;
    if (status != STATUS_DONE) {
        return status;
    }
    ERR_clear_error();
    list = sk_X509_new_null();
    der = file.size > 0 && file.data[0] == 0x30;
    if (list == NULL || !(der ? read_der(&file, list) : read_pem(&file, list))) {
        diag_error(path, "is not a certificate in DER or PEM: %s", crypto_fault());
        sk_X509_pop_free(list, X509_free);
        status = STATUS_BAD_INPUT;
    } else {
        *out = list;
    }
    ERR_clear_error();
    bytes_free(&file);
    return status;
}

enum status certificate_read(const char *path, X509 **out)
{
    STACK_OF(X509) *list = NULL;
    enum status status = certificates_read(path, &list);

    *out = NULL;
    if (status == STATUS_DONE && sk_X509_num(list) != 1) {
        diag_error(path, "holds %d certificates where one is wanted", sk_X509_num(list));
        status = STATUS_BAD_INPUT;
    }
    if (status == STATUS_DONE) {
        *out = sk_X509_shift(list);
    }
    sk_X509_pop_free(list, X509_free);
    return status;
}

/* Encrypted keys would ask on the terminal otherwise. */
static int no_password(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    *(bool *)context = true;
    return -1;
}

enum status key_read(const char *path, EVP_PKEY **out)
{
    struct bytes file = {0};
    struct stat info;
    enum status status;
    bool encrypted = false;
    BIO *input;

    *out = NULL;
    status = file_read(path, FILE_LIMIT, &file);
    if (status != STATUS_DONE) {
        return status;
    }
    if (stat(path, &info) != 0 || (info.st_mode & 077) != 0) {
        diag_error(path, "others than its owner may read or write this private key (mode %04o); chmod 600 it",
                   (unsigned)(info.st_mode & 07777));
        status = STATUS_BAD_INPUT;
        goto out_file;
    }
    input = BIO_new_mem_buf(file.data, (int)file.size);
    *out = PEM_read_bio_PrivateKey(input, NULL, no_password, &encrypted);
    BIO_free(input);
    if (*out == NULL) {
        diag_error(path, "%s",
                   encrypted ? "is encrypted; aerow7 takes keys without a password (openssl pkey removes it)"
                             : "is not a private key in PEM");
        status = STATUS_BAD_INPUT;
    }
    ERR_clear_error();
out_file:
    OPENSSL_cleanse(file.data, file.size);
    bytes_free(&file);
    return status;
}

enum status password_read(const char *path, char **out)
{
    struct bytes file = {0};
    enum status status = file_read(path, PASSWORD_LIMIT, &file);

    *out = NULL;
    if (status != STATUS_DONE) {
        return status;
    }
    if (memchr(file.data, 0, file.size) != NULL) {
        diag_error(path, "is not a password: it has a zero byte");
        status = STATUS_BAD_INPUT;
    } else {
        file.data[strcspn(file.data, "\r\n")] = '\0';
        *out = OPENSSL_strdup(file.data);
    }
    OPENSSL_cleanse(file.data, file.size);
    bytes_free(&file);
    return status;
}

enum status pfx_read(const char *path, const char *password, X509 **out, bool *key_fits)
{
    struct bytes file = {0};
    PKCS12 *pfx = NULL;
    EVP_PKEY *key = NULL;
    const unsigned char *at;
    enum status status = file_read(path, FILE_LIMIT, &file);

    *out = NULL;
    *key_fits = false;
    if (status != STATUS_DONE) {
        return status;
    }
    at = (const unsigned char *)file.data;
    pfx = d2i_PKCS12(NULL, &at, (long)file.size);
    if (pfx == NULL) {
        diag_error(path, "is not a PKCS#12 file: %s", crypto_fault());
        status = STATUS_BAD_INPUT;
    } else if (PKCS12_parse(pfx, password != NULL ? password : "", &key, out, NULL) != 1 || *out == NULL) {
        diag_error(path, "cannot be opened, perhaps for want of the right password: %s", crypto_fault());
        status = STATUS_BAD_INPUT;
    } else {
        *key_fits = key != NULL && X509_check_private_key(*out, key) == 1;
    }
    ERR_clear_error();
    EVP_PKEY_free(key);
    PKCS12_free(pfx);
    OPENSSL_cleanse(file.data, file.size);
    bytes_free(&file);
    return status;
}

char *certificate_thumbprint(const X509 *certificate)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    struct text text = {0};

    text_add(&text, "", 0);
    if (X509_digest(certificate, EVP_sha1(), hash, &size) == 1) {
        for (unsigned i = 0; i < size; ++i) {
            text_format(&text, "%02X", hash[i]);
        }
    }
    return text.data;
}

char *name_text(const X509_NAME *name)
{
    BIO *output = BIO_new(BIO_s_mem());
    char *data = NULL;
    char *copy;
    long size;

    if (output == NULL || X509_NAME_print_ex(output, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) {
        BIO_free(output);
        ERR_clear_error();
        return xstrdup("?");
    }
    size = BIO_get_mem_data(output, &data);
    copy = xmalloc((size_t)size + 1);
    memcpy(copy, data, (size_t)size);
    copy[size] = '\0';
    BIO_free(output);
    return copy;
}

char *time_text(const ASN1_TIME *time)
{
    struct tm parts;

    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        ERR_clear_error();
        return xstrdup("?");
    }
    return xformat("%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                   parts.tm_hour, parts.tm_min, parts.tm_sec);
}

bool certificate_signs_code(X509 *certificate)
{
    /* UINT32_MAX when there is no such extension. */
    return (X509_get_extended_key_usage(certificate) & (XKU_CODE_SIGN | XKU_ANYEKU)) != 0;
}
