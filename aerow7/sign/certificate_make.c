/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/certificate_make.h"

#include "base/file_io.h"
#include "base/text.h"
#include "sign/certificate_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BITS = 2048, SERIAL_SIZE = 16, PFX_ROUNDS = 2048 };

EVP_PKEY *signing_key_make(void)
{
    return EVP_RSA_gen(KEY_BITS);
}

/* One TYPE=VALUE of the subject, which ends at `*at`'s next comma without a backslash. */
static bool add_part(X509_NAME *name, const char **at)
{
    char *part = xmalloc(strlen(*at) + 1);
    size_t size = 0;
    char *value;
    bool done = false;

    for (; **at != '\0' && **at != ','; ++*at) {
        if (**at == '\\' && (*at)[1] != '\0') {
            ++*at;
        }
        part[size++] = **at;
    }
    part[size] = '\0';
    value = strchr(part, '=');
    if (value != NULL && value != part && value[1] != '\0') {
        *value++ = '\0';
        done = X509_NAME_add_entry_by_txt(name, part + strspn(part, " "), MBSTRING_UTF8, (const unsigned char *)value,
                                          -1, -1, 0) == 1;
    }
    free(part);
    return done;
}

static X509_NAME *parse_subject(const char *subject)
{
    X509_NAME *name = X509_NAME_new();
    const char *at = subject;
    bool good = name != NULL && *at != '\0';

    while (good) {
        good = add_part(name, &at);
        if (*at == '\0') {
            break;
        }
        ++at;
    }
    if (!good) {
        X509_NAME_free(name);
        return NULL;
    }
    return name;
}

static bool set_time(ASN1_TIME *time, const char *date, const char *clock)
{
    int year = 0;
    int month = 0;
    int day = 0;
    int used = 0;
    char *text;
    bool done;

    if (sscanf(date, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || strlen(date) != 10 || used != 10 ||
        year < 1970 || year > 2049) {
        return false;
    }
    text = xformat("%04d%02d%02d%sZ", year, month, day, clock);
    done = ASN1_TIME_set_string_X509(time, text) == 1;
    free(text);
    return done;
}

/* A digest of everything that the certificate says, so that two different ones never share a number. */
static bool set_serial(X509 *certificate, const struct certificate_parameters *parameters)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned char *spki = NULL;
    int spki_size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    char *words = xformat("%s\n%s\n%s\n%s", parameters->subject, EVP_MD_get0_name(parameters->digest),
                          parameters->not_before, parameters->not_after);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    BIGNUM *number = NULL;
    bool done = spki_size > 0 && context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(context, spki, (size_t)spki_size) == 1 &&
                EVP_DigestUpdate(context, words, strlen(words)) == 1 && EVP_DigestFinal_ex(context, hash, NULL) == 1;

    if (done) {
        /* Positive, and never shortened (RFC 5280, 4.1.2.2). */
        hash[0] = (unsigned char)((hash[0] & 0x7F) | 0x40);
        number = BN_bin2bn(hash, SERIAL_SIZE, NULL);
        done = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    }
    BN_free(number);
    EVP_MD_CTX_free(context);
    free(words);
    OPENSSL_free(spki);
    return done;
}

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    bool done = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return done;
}

static const char *wrong_parameter(X509 *certificate, const struct certificate_parameters *parameters, X509_NAME *name)
{
    if (name == NULL) {
        return "the subject is not of the form CN=Name[,O=Organisation...]";
    }
    if (!set_time(X509_getm_notBefore(certificate), parameters->not_before, "000000")) {
        return "the first day is no date of the form YYYY-MM-DD between 1970 and 2049";
    }
    if (!set_time(X509_getm_notAfter(certificate), parameters->not_after, "235959")) {
        return "the last day is no date of the form YYYY-MM-DD between 1970 and 2049";
    }
    if (ASN1_TIME_compare(X509_get0_notBefore(certificate), X509_get0_notAfter(certificate)) >= 0) {
        return "the last day lies before the first";
    }
    return NULL;
}

enum status certificate_make(const char *place, const struct certificate_parameters *parameters, EVP_PKEY *key,
                             X509 **out)
{
    X509 *certificate = X509_new();
    X509_NAME *name = parse_subject(parameters->subject);
    const char *fault = certificate != NULL ? wrong_parameter(certificate, parameters, name) : "there is no memory";
    enum status status = STATUS_USAGE;

    *out = NULL;
    if (fault == NULL) {
        bool done = X509_set_version(certificate, X509_VERSION_3) == 1 && X509_set_pubkey(certificate, key) == 1 &&
                    X509_set_subject_name(certificate, name) == 1 && X509_set_issuer_name(certificate, name) == 1 &&
                    set_serial(certificate, parameters) &&
                    add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(certificate, NID_ext_key_usage, "codeSigning") &&
                    X509_sign(certificate, key, parameters->digest) > 0;

        status = done ? STATUS_DONE : STATUS_BAD_INPUT;
        fault = done ? NULL : crypto_fault();
    }
    X509_NAME_free(name);
    if (fault != NULL) {
        diag_error(place, "no certificate can be made: %s", fault);
        ERR_clear_error();
        X509_free(certificate);
        return status;
    }
    *out = certificate;
    return STATUS_DONE;
}

/*
 * Written beside the target and moved to it only when nothing has that name: neither half a key nor somebody's other
 * key is ever the result. mkostemp makes the file 0600 and new (O_EXCL).
 */
static enum status write_secret(const char *path, const char *data, size_t size)
{
    enum status status = file_make_parents(path);
    char *beside;
    int descriptor;
    size_t done = 0;

    if (status != STATUS_DONE) {
        return status;
    }
    beside = xformat("%s.part-XXXXXX", path);
    descriptor = mkostemp(beside, O_CLOEXEC);
    if (descriptor < 0) {
        diag_error(path, "cannot be written: %s", strerror(errno));
        free(beside);
        return STATUS_NOT_WRITTEN;
    }
    while (done < size) {
        ssize_t count = write(descriptor, data + done, size - done);

        if (count < 0 && errno != EINTR) {
            break;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    if (done < size || fsync(descriptor) != 0 || renameat2(AT_FDCWD, beside, AT_FDCWD, path, RENAME_NOREPLACE) != 0) {
        diag_error(path, "%s", errno == EEXIST ? "exists already and is left as it is" : strerror(errno));
        unlink(beside);
        status = STATUS_NOT_WRITTEN;
    }
    close(descriptor);
    free(beside);
    return status;
}

static enum status write_bio(const char *path, BIO *output, bool encoded)
{
    char *data = NULL;
    long size = encoded ? BIO_get_mem_data(output, &data) : 0;

    if (size <= 0) {
        diag_error(path, "cannot be encoded: %s", crypto_fault());
        return STATUS_NOT_WRITTEN;
    }
    return write_secret(path, data, (size_t)size);
}

enum status key_write(const char *path, EVP_PKEY *key)
{
    BIO *output = BIO_new(BIO_s_secmem());
    enum status status = write_bio(
        path, output, output != NULL && PEM_write_bio_PKCS8PrivateKey(output, key, NULL, NULL, 0, NULL, NULL));

    BIO_free(output);
    return status;
}

/*
 * Windows 7 reads 3DES with SHA-1 and a SHA-1 MAC, not the AES and SHA-256 that OpenSSL 3 would choose; both are in its
 * default provider. The MAC is set apart because PKCS12_create takes the digest that it likes.
 */
enum status pfx_write(const char *path, EVP_PKEY *key, X509 *certificate, const char *password)
{
    PKCS12 *pfx =
        PKCS12_create(password, "Aero test signing", key, certificate, NULL, NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                      NID_pbe_WithSHA1And3_Key_TripleDES_CBC, PFX_ROUNDS, -1, 0);
    BIO *output = BIO_new(BIO_s_secmem());
    bool done = pfx != NULL && output != NULL &&
                PKCS12_set_mac(pfx, password, -1, NULL, 0, PFX_ROUNDS, EVP_sha1()) == 1 &&
                i2d_PKCS12_bio(output, pfx) == 1;
    enum status status = write_bio(path, output, done);

    BIO_free(output);
    PKCS12_free(pfx);
    return status;
}

enum status certificate_write(const char *path, X509 *certificate)
{
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);
    enum status status;

    if (size <= 0) {
        diag_error(path, "cannot be encoded: %s", crypto_fault());
        return STATUS_NOT_WRITTEN;
    }
    status = file_write_changed(path, der, (size_t)size);
    OPENSSL_free(der);
    return status;
}
