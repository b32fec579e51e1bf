/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/cmd_cert.h"

#include "base/options.h"
#include "base/report.h"
#include "base/text.h"
#include "sign/certificate_file.h"
#include "sign/certificate_make.h"
#include "sign/signer.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A certificate that ends sooner is not worth being built into media. */
enum { YEARS_LEFT = 5 };

static const char help[] =
    "usage: aerow7 cert create (--out DIR | --key FILE --cer FILE) [options]\n"
    "       aerow7 cert show FILE [--pfx-password-file FILE] [--json]\n"
    "\n"
    "create makes a self-signed certificate for test-signing drivers (RSA 2048, key usage digital\n"
    "signature, extended key usage code signing) and its private key. Windows 7 takes what it signs\n"
    "once the certificate is in the machine's Root and TrustedPublisher stores and, on x64, test\n"
    "signing is on. An existing key is never overwritten.\n"
    "\n"
    "  --out DIR                  the folder for NAME.cer, NAME.pem and NAME.pfx\n"
    "  --name NAME                default: aero-test\n"
    "  --key FILE, --cer FILE     or the two files by name, when they belong in different folders\n"
    "  --subject NAME             default: CN=Aero Test Driver Signing\n"
    "  --digest sha1|sha256       of the certificate's own signature; default: sha1, which every\n"
    "                             Windows 7 reads\n"
    "  --not-before YYYY-MM-DD    default: 2009-01-01, because the clock of a virtual machine may be\n"
    "                             wrong\n"
    "  --not-after YYYY-MM-DD     default: 2049-12-31\n"
    "  --pfx                      a PKCS#12 file too, in the old encryption that Windows 7 reads (3DES,\n"
    "                             SHA-1)\n"
    "  --pfx-password-file FILE   its password is the first line of FILE; default: an empty password\n"
    "  --reuse                    a pair that exists is success, when the key fits, code signing is\n"
    "                             allowed and five years or more are left; a .cer that is missing is\n"
    "                             made again from the key\n"
    "\n"
    "The key's file has mode 0600 from the first byte. The .cer follows from the key and the options,\n"
    "so the same ones give the same bytes.\n"
    "\n"
    "show says what is in a .cer (DER or PEM) or .pfx file.\n"
    "\n"
    "  --json                     one JSON object: {\"certificates\": [{\"subject\", \"issuer\",\n"
    "                             \"serial\", \"thumbprint\", \"sha256\", \"not_before\",\n"
    "                             \"not_after\", \"key\", \"signature\", \"self_signed\",\n"
    "                             \"code_signing\", \"valid_now\", \"private_key\"}]}\n"
    "  --help                     this text\n"
    "\n"
    "Exit status: 0 done; 2 usage; 3 a file cannot be used, with --reuse the pair; 4 not written, or a\n"
    "key exists.\n"
    "\n"
    "Example: aerow7 cert create --key ~/.local/share/aero/aero-test.pem --cer dist/certs/aero-test.cer --reuse\n";

struct creation {
    const char *folder;
    const char *name;
    const char *key;
    const char *cer;
    const char *digest;
    const char *password_file;
    bool pfx;
    bool reuse;
    struct certificate_parameters parameters;
    char *key_path;
    char *cer_path;
    char *pfx_path;
};

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static enum status set_paths(struct creation *creation)
{
    const char *dot;

    if ((creation->folder != NULL) == (creation->key != NULL && creation->cer != NULL) ||
        (creation->key != NULL) != (creation->cer != NULL)) {
        return options_usage("cert create", "give --out DIR, or --key FILE and --cer FILE");
    }
    if (creation->name[0] == '\0' || strchr(creation->name, '/') != NULL) {
        return options_usage("cert create", "--name is a file name without folder and extension");
    }
    if (creation->password_file != NULL && !creation->pfx) {
        return options_usage("cert create", "--pfx-password-file is of no use without --pfx");
    }
    if (creation->folder != NULL) {
        creation->key_path = xformat("%s/%s.pem", creation->folder, creation->name);
        creation->cer_path = xformat("%s/%s.cer", creation->folder, creation->name);
        creation->pfx_path = xformat("%s/%s.pfx", creation->folder, creation->name);
        return STATUS_DONE;
    }
    /* The .pfx holds the key, so it goes where the key goes. */
    dot = strrchr(creation->key, '.');
    creation->key_path = xstrdup(creation->key);
    creation->cer_path = xstrdup(creation->cer);
    creation->pfx_path = dot != NULL && strchr(dot, '/') == NULL
                             ? xformat("%.*s.pfx", (int)(dot - creation->key), creation->key)
                             : xformat("%s.pfx", creation->key);
    return STATUS_DONE;
}

static enum status set_digest(struct creation *creation)
{
    if (creation->digest == NULL || strcmp(creation->digest, "sha1") == 0) {
        creation->parameters.digest = EVP_sha1();
        return STATUS_DONE;
    }
    if (strcmp(creation->digest, "sha256") == 0) {
        creation->parameters.digest = EVP_sha256();
        return STATUS_DONE;
    }
    return options_usage("cert create", "--digest is sha1 or sha256");
}

static enum status write_pfx(const struct creation *creation, EVP_PKEY *key, X509 *certificate)
{
    char *password = NULL;
    enum status status = STATUS_DONE;

    if (creation->password_file != NULL) {
        status = password_read(creation->password_file, &password);
    }
    if (status == STATUS_DONE) {
        status = pfx_write(creation->pfx_path, key, certificate, password != NULL ? password : "");
    }
    if (password != NULL) {
        OPENSSL_clear_free(password, strlen(password) + 1);
    }
    return status;
}

static enum status create_pair(const struct creation *creation)
{
    EVP_PKEY *key;
    X509 *certificate = NULL;
    enum status status;

    if (exists(creation->key_path) || exists(creation->cer_path) || (creation->pfx && exists(creation->pfx_path))) {
        diag_error(exists(creation->key_path)   ? creation->key_path
                   : exists(creation->cer_path) ? creation->cer_path
                                                : creation->pfx_path,
                   creation->reuse ? "exists, but the key that belongs to it does not"
                                   : "exists already and is left as it is; --reuse uses it");
        return STATUS_NOT_WRITTEN;
    }
    key = signing_key_make();
    if (key == NULL) {
        diag_error(creation->key_path, "no key can be made: %s", crypto_fault());
        return STATUS_NOT_WRITTEN;
    }
    status = certificate_make("cert create", &creation->parameters, key, &certificate);
    if (status == STATUS_DONE) {
        status = key_write(creation->key_path, key);
    }
    if (status == STATUS_DONE) {
        status = certificate_write(creation->cer_path, certificate);
    }
    if (status == STATUS_DONE && creation->pfx) {
        status = write_pfx(creation, key, certificate);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    return status;
}

static enum status check_years(const struct creation *creation, const struct signer *signer)
{
    time_t then = time(NULL) + (time_t)YEARS_LEFT * 365 * 24 * 60 * 60;
    int nid = X509_get_signature_nid(signer->certificate);
    char *after;

    if (creation->digest != NULL &&
        nid != (EVP_MD_get_type(creation->parameters.digest) == NID_sha1 ? NID_sha1WithRSAEncryption
                                                                         : NID_sha256WithRSAEncryption)) {
        diag_error(creation->cer_path, "is signed with %s, not with %s as asked for", OBJ_nid2sn(nid),
                   creation->digest);
        return STATUS_BAD_INPUT;
    }
    if (X509_cmp_time(X509_get0_notAfter(signer->certificate), &then) > 0) {
        return STATUS_DONE;
    }
    after = time_text(X509_get0_notAfter(signer->certificate));
    diag_error(creation->cer_path, "ends at %s, in less than %d years; make a new pair", after, YEARS_LEFT);
    free(after);
    return STATUS_BAD_INPUT;
}

static enum status reuse_pair(const struct creation *creation)
{
    struct signer signer = {0};
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL;
    enum status status;

    if (!exists(creation->cer_path)) {
        status = key_read(creation->key_path, &key);
        if (status == STATUS_DONE) {
            status = certificate_make("cert create", &creation->parameters, key, &certificate);
        }
        if (status == STATUS_DONE) {
            status = certificate_write(creation->cer_path, certificate);
        }
        X509_free(certificate);
        EVP_PKEY_free(key);
        if (status != STATUS_DONE) {
            return status;
        }
    }
    status = signer_load(creation->cer_path, creation->key_path, NULL, &signer);
    if (status == STATUS_DONE) {
        status = check_years(creation, &signer);
    }
    if (status == STATUS_DONE && creation->pfx && !exists(creation->pfx_path)) {
        status = write_pfx(creation, signer.key, signer.certificate);
    }
    signer_free(&signer);
    return status;
}

static enum status create(int argc, char **argv)
{
    struct creation creation = {
        .name = "aero-test",
        .parameters = {.subject = "CN=Aero Test Driver Signing", .not_before = "2009-01-01", .not_after = "2049-12-31"},
    };
    const struct option_spec specs[] = {
        {.name = "--out", .value = &creation.folder},
        {.name = "--name", .value = &creation.name},
        {.name = "--key", .value = &creation.key},
        {.name = "--cer", .value = &creation.cer},
        {.name = "--subject", .value = &creation.parameters.subject},
        {.name = "--digest", .value = &creation.digest},
        {.name = "--not-before", .value = &creation.parameters.not_before},
        {.name = "--not-after", .value = &creation.parameters.not_after},
        {.name = "--pfx", .flag = &creation.pfx},
        {.name = "--pfx-password-file", .value = &creation.password_file},
        {.name = "--reuse", .flag = &creation.reuse},
    };
    enum status status = options_parse("cert create", help, specs, sizeof(specs) / sizeof(specs[0]), argc, argv);

    if (status == STATUS_DONE) {
        status = set_paths(&creation);
    }
    if (status == STATUS_DONE) {
        status = set_digest(&creation);
    }
    if (status == STATUS_DONE) {
        status = creation.reuse && exists(creation.key_path) ? reuse_pair(&creation) : create_pair(&creation);
    }
    free(creation.key_path);
    free(creation.cer_path);
    free(creation.pfx_path);
    return status;
}

struct shown {
    const char *label;
    const char *name; /* in JSON */
    char *value;
};

static char *serial_text(const X509 *certificate)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *digits = number != NULL ? BN_bn2hex(number) : NULL;
    char *text = xstrdup(digits != NULL ? digits : "?");

    OPENSSL_free(digits);
    BN_free(number);
    return text;
}

static char *sha256_of(const X509 *certificate)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    struct text text = {0};

    text_add(&text, "", 0);
    if (X509_digest(certificate, EVP_sha256(), hash, &size) == 1) {
        for (unsigned i = 0; i < size; ++i) {
            text_format(&text, "%02x", hash[i]);
        }
    }
    return text.data;
}

static cJSON *show_one(X509 *certificate, bool json)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    const char *kind = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;
    const char *signature = OBJ_nid2sn(X509_get_signature_nid(certificate));
    struct shown shown[] = {
        {"Subject", "subject", name_text(X509_get_subject_name(certificate))},
        {"Issuer", "issuer", name_text(X509_get_issuer_name(certificate))},
        {"Serial number", "serial", serial_text(certificate)},
        {"Thumbprint (SHA-1)", "thumbprint", certificate_thumbprint(certificate)},
        {"SHA-256", "sha256", sha256_of(certificate)},
        {"Valid from", "not_before", time_text(X509_get0_notBefore(certificate))},
        {"Valid to", "not_after", time_text(X509_get0_notAfter(certificate))},
        {"Key", "key", xformat("%s %d", kind != NULL ? kind : "unknown", key != NULL ? EVP_PKEY_get_bits(key) : 0)},
        {"Signature", "signature", xstrdup(signature != NULL ? signature : "unknown")},
    };
    cJSON *object = cJSON_CreateObject();

    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); ++i) {
        cJSON_AddStringToObject(object, shown[i].name, shown[i].value);
        if (!json) {
            printf("%-20s %s\n", shown[i].label, shown[i].value);
        }
        free(shown[i].value);
    }
    cJSON_AddBoolToObject(object, "self_signed", X509_self_signed(certificate, 1) == 1);
    cJSON_AddBoolToObject(object, "code_signing", certificate_signs_code(certificate));
    cJSON_AddBoolToObject(object, "valid_now",
                          X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
                              X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0);
    ERR_clear_error();
    return object;
}

static void print_flags(const cJSON *object)
{
    static const char *const names[] = {"self_signed", "code_signing", "valid_now", "private_key"};
    static const char *const labels[] = {"Self-signed", "For code signing", "Valid now", "Private key in file"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        printf("%-20s %s\n", labels[i], cJSON_IsTrue(cJSON_GetObjectItem(object, names[i])) ? "yes" : "no");
    }
}

static enum status show_all(STACK_OF(X509) * list, bool private_key, bool json)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *array = cJSON_AddArrayToObject(object, "certificates");

    for (int i = 0; i < sk_X509_num(list); ++i) {
        cJSON *one;

        if (!json && i > 0) {
            putchar('\n');
        }
        one = show_one(sk_X509_value(list, i), json);
        cJSON_AddBoolToObject(one, "private_key", private_key);
        if (!json) {
            print_flags(one);
        }
        cJSON_AddItemToArray(array, one);
    }
    if (json) {
        return report_json(object);
    }
    cJSON_Delete(object);
    return STATUS_DONE;
}

static enum status show_pfx(const char *path, const char *password_file, bool json)
{
    STACK_OF(X509) *list = sk_X509_new_null();
    X509 *certificate = NULL;
    char *password = NULL;
    bool key_fits = false;
    enum status status = password_file != NULL ? password_read(password_file, &password) : STATUS_DONE;

    if (status == STATUS_DONE) {
        status = pfx_read(path, password, &certificate, &key_fits);
    }
    if (status == STATUS_DONE && sk_X509_push(list, certificate) > 0) {
        certificate = NULL;
        status = show_all(list, key_fits, json);
    }
    if (password != NULL) {
        OPENSSL_clear_free(password, strlen(password) + 1);
    }
    X509_free(certificate);
    sk_X509_pop_free(list, X509_free);
    return status;
}

static enum status show(int argc, char **argv)
{
    const char *file = NULL;
    const char *password_file = NULL;
    bool json = false;
    STACK_OF(X509) *list = NULL;
    const struct option_spec specs[] = {
        {.value = &file, .required = true, .what = "FILE"},
        {.name = "--pfx-password-file", .value = &password_file},
        {.name = "--json", .flag = &json},
    };
    enum status status = options_parse("cert show", help, specs, sizeof(specs) / sizeof(specs[0]), argc, argv);

    if (status != STATUS_DONE) {
        return status;
    }
    if (ends_with(file, ".pfx") || ends_with(file, ".p12")) {
        return show_pfx(file, password_file, json);
    }
    status = certificates_read(file, &list);
    if (status == STATUS_DONE) {
        status = show_all(list, false, json);
    }
    sk_X509_pop_free(list, X509_free);
    return status;
}

enum status cmd_cert(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "create") == 0) {
        return create(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "show") == 0) {
        return show(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return STATUS_DONE;
    }
    return options_usage("cert", "create or show is expected");
}
