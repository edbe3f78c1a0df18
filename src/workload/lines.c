/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/lines.h"

#include "util/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum {
    WINDOW = 1 << 18, /* unpacked; a multiple of the longest line, so that little is moved */
    PACKED = 1 << 17, /* read at once */
    TRAILER = 8,      /* bytes that end a gzip member: checksum and length */
    SNIFF = 4096,     /* bytes looked at to tell text from binary data */
};

struct lines {
    const char *path;
    int fd;
    bool gzip, member_open; /* member_open: inside a gzip member, which must end */
    bool eof;
    char *begin, *end; /* what of the window is not handed out yet */
    uint64_t number;
    z_stream z;
    uint32_t check, length; /* of what was unpacked of this member */
    /* The bytes read last come behind the TRAILER bytes before them. */
    unsigned char packed[TRAILER + PACKED];
    char window[WINDOW + 1]; /* room for the '\n' that a last line may lack */
};

/* Other things that a log may be wrapped in, by their first bytes. */
static const struct {
    const char *name, *magic;
    size_t len;
} wrappings[] = {
    {"bzip2", "BZh", 3},      {"xz", "\3757zXZ", 5},       {"zstd", "\x28\xb5\x2f\xfd", 4},
    {"zip", "PK\x03\x04", 4}, {"compress", "\x1f\x9d", 2},
};

static int fail(const struct lines *lines, struct error *err, const char *what)
{
    return error_at(err, (struct mark){.file = lines->path}, "%s", what);
}

static ssize_t read_some(struct lines *lines, void *buffer, size_t size, struct error *err)
{
    ssize_t n;
    do {
        n = read(lines->fd, buffer, size);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? fail(lines, err, strerror(errno)) : n;
}

/* More packed bytes if there are none: 1, or 0 at the end of the file. */
static int feed(struct lines *lines, struct error *err)
{
    if (lines->z.avail_in > 0)
        return 1;
    if (lines->z.next_in)
        memmove(lines->packed, lines->z.next_in - TRAILER, TRAILER);
    lines->z.next_in = lines->packed + TRAILER;
    const ssize_t n = read_some(lines, lines->packed + TRAILER, PACKED, err);
    if (n < 0)
        return -1;
    lines->z.avail_in = (unsigned)n;
    return n > 0;
}

static int damaged(const struct lines *lines, struct error *err, const char *how)
{
    return error_at(err, (struct mark){.file = lines->path},
                    "the gzip data %s after line %llu (does `gzip -t` agree?)", how,
                    (unsigned long long)lines->number);
}

/* Between members: skip zeros, with which tapes and some tools pad. 1: another member follows. */
static int next_member(struct lines *lines, struct error *err)
{
    for (;;) {
        const int fed = feed(lines, err);
        if (fed <= 0)
            return fed;
        while (lines->z.avail_in > 0 && *lines->z.next_in == 0) {
            lines->z.next_in++;
            lines->z.avail_in--;
        }
        if (lines->z.avail_in > 0)
            break;
    }
    if (inflateReset(&lines->z) != Z_OK)
        return damaged(lines, err, "cannot be read");
    lines->member_open = true;
    lines->check = lines->length = 0;
    return 1;
}

static uint32_t number_at(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* inflate, but the checksum by another library, at several times the speed. */
static int inflate_checked(struct lines *lines)
{
    const unsigned char *const from = lines->z.next_out;
    const int status = inflate(&lines->z, Z_NO_FLUSH);
    const size_t n = (size_t)(lines->z.next_out - from);
    lines->check = libdeflate_crc32(lines->check, from, n);
    lines->length += (uint32_t)n;
    if (status != Z_STREAM_END)
        return status;
    const unsigned char *const trailer = lines->z.next_in - TRAILER;
    const bool well = lines->check == number_at(trailer) && lines->length == number_at(trailer + 4);
    return well ? Z_STREAM_END : Z_DATA_ERROR;
}

static ssize_t unpack(struct lines *lines, char *buffer, size_t size, struct error *err)
{
    lines->z.next_out = (unsigned char *)buffer;
    lines->z.avail_out = (unsigned)size;
    while (lines->z.avail_out == size) {
        const int fed = lines->member_open ? feed(lines, err) : next_member(lines, err);
        if (fed < 0)
            return -1;
        if (fed == 0)
            return lines->member_open ? damaged(lines, err, "is cut short") : 0;
        const int status = inflate_checked(lines);
        if (status == Z_STREAM_END)
            lines->member_open = false;
        else if (status == Z_MEM_ERROR)
            return fail(lines, err, "out of memory while unpacking");
        else if (status != Z_OK && status != Z_BUF_ERROR)
            return damaged(lines, err, "is damaged");
    }
    return (ssize_t)(size - lines->z.avail_out);
}

/* Move the rest to the front and read behind it. 0 at the end of the file. */
static int refill(struct lines *lines, struct error *err)
{
    const size_t rest = (size_t)(lines->end - lines->begin);
    memmove(lines->window, lines->begin, rest);
    lines->begin = lines->window;
    lines->end = lines->window + rest;
    const ssize_t n = lines->gzip ? unpack(lines, lines->end, WINDOW - rest, err)
                                  : read_some(lines, lines->end, WINDOW - rest, err);
    if (n < 0)
        return -1;
    lines->end += n;
    lines->eof = n == 0;
    return n > 0;
}

static int start(struct lines *lines, struct error *err)
{
    const int fed = feed(lines, err);
    if (fed <= 0)
        return fed < 0 ? -1 : fail(lines, err, "is empty");
    const size_t len = lines->z.avail_in;
    const unsigned char *const first = lines->z.next_in;
    for (size_t i = 0; i < ARRAY_LEN(wrappings); i++) {
        if (len >= wrappings[i].len && memcmp(first, wrappings[i].magic, wrappings[i].len) == 0)
            return error_at(err, (struct mark){.file = lines->path},
                            "is packed with %s; only plain text and gzip can be read",
                            wrappings[i].name);
    }
    lines->gzip = len >= 2 && first[0] == 0x1f && first[1] == 0x8b;
    if (lines->gzip) {
        if (inflateInit2(&lines->z, 15 + 16) != Z_OK || inflateValidate(&lines->z, 0) != Z_OK)
            return fail(lines, err, "out of memory while unpacking");
        lines->member_open = true;
        if (refill(lines, err) < 0)
            return -1;
    } else {
        memcpy(lines->window, first, len);
        lines->end = lines->window + len;
    }
    const size_t had = (size_t)(lines->end - lines->begin);
    if (had == 0)
        return fail(lines, err, "is empty");
    if (memchr(lines->begin, 0, had < SNIFF ? had : SNIFF))
        return fail(lines, err, "is no text: it holds zero bytes");
    if (had >= 3 && memcmp(lines->begin, "\xef\xbb\xbf", 3) == 0)
        lines->begin += 3;
    return 0;
}

struct lines *lines_open(const char *path, struct error *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        error_at(err, (struct mark){.file = path}, "%s", strerror(errno));
        return NULL;
    }
    struct lines *lines = mem_new(1, sizeof(*lines));
    lines->path = path;
    lines->fd = fd;
    lines->begin = lines->end = lines->window;
    if (start(lines, err) < 0) {
        lines_free(lines);
        return NULL;
    }
    return lines;
}

void lines_free(struct lines *lines)
{
    if (!lines)
        return;
    if (lines->gzip)
        inflateEnd(&lines->z);
    close(lines->fd);
    free(lines);
}

/* What is left at the end of the file: a last line without '\n', or nothing. */
static char *last_end(struct lines *lines)
{
    if (lines->begin == lines->end)
        return NULL;
    *lines->end = '\n';
    return lines->end++;
}

int lines_next(struct lines *lines, struct line *ret_line, struct error *err)
{
    char *end;
    while (!(end = memchr(lines->begin, '\n', (size_t)(lines->end - lines->begin)))) {
        if (lines->end - lines->begin > LINES_MAX_LENGTH)
            break;
        if (!lines->eof && refill(lines, err) < 0)
            return -1;
        if (lines->eof && !(end = last_end(lines)))
            return 0;
        if (end)
            break;
    }
    lines->number++;
    if (!end || end - lines->begin > LINES_MAX_LENGTH)
        return error_at(err, (struct mark){.file = lines->path, .line = (unsigned)lines->number},
                        "the line is longer than %d bytes: not a log", LINES_MAX_LENGTH);
    ret_line->text = lines->begin;
    ret_line->len = (size_t)(end - lines->begin);
    ret_line->number = lines->number;
    if (ret_line->len > 0 && end[-1] == '\r')
        ret_line->len--;
    lines->begin = end + 1;
    return 1;
}
