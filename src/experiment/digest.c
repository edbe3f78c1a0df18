/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static bool digest_stream(FILE *file, unsigned char *ret)
{
    unsigned char buffer[1 << 16];
    unsigned len;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    REQUIRE(digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1);
    for (size_t n; (n = fread(buffer, 1, sizeof(buffer), file)) > 0;)
        REQUIRE(EVP_DigestUpdate(digest, buffer, n) == 1);
    REQUIRE(EVP_DigestFinal_ex(digest, ret, &len) == 1 && len == DIGEST_SIZE / 2);
    EVP_MD_CTX_free(digest);
    return !ferror(file);
}

int file_digest(const char *path, char ret[DIGEST_SIZE], struct error *err)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    FILE *file = fopen(path, "rb");
    const bool good = file && digest_stream(file, hash);
    const int why = errno;
    if (file)
        fclose(file);
    if (!good)
        return error_set(err, "%s: cannot be read: %s", path, strerror(why));
    for (size_t i = 0; i < DIGEST_SIZE / 2; i++)
        snprintf(ret + 2 * i, 3, "%02x", hash[i]);
    return 0;
}
