/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/lines.h"

#include "util/file.h"
#include "util/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WINDOW = 1 << 18, /* unpacked; a multiple of the longest line, so that little is moved */
    PACKED = 1 << 17, /* read at once */
    SNIFF = 4096,     /* bytes looked at to tell text from binary data */
};

/* How a gzip member begins, its one method, and its flags (RFC 1952). */
enum { MAGIC = 0x8b1f, DEFLATE = 8 };
enum { HEADER_CHECK = 2, EXTRA = 4, NAME = 8, COMMENT = 16, RESERVED = 0xe0 };

struct lines {
    const char *path;
    int fd;
    bool gzip, member_open; /* member_open: inside a gzip member, which must end */
    bool broken;            /* damage lies behind what was unpacked last */
    bool eof;
    char *begin, *end; /* what of the window is not handed out yet */
    uint64_t number;
    struct inflate_state z; /* next_in, avail_in: what was read and not used yet */
    unsigned char packed[PACKED];
    char window[WINDOW + LINES_BEYOND]; /* and the '\n' that a last line may lack */
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
    const ssize_t n = read_some(lines, lines->packed, PACKED, err);
    if (n < 0)
        return -1;
    lines->z.next_in = lines->packed;
    lines->z.avail_in = (uint32_t)n;
    return n > 0;
}

static int damaged(const struct lines *lines, struct error *err, const char *how)
{
    return error_at(err, (struct mark){.file = lines->path},
                    "the gzip data %s after line %llu (does `gzip -t` agree?)", how,
                    (unsigned long long)lines->number);
}

static int cut_short(const struct lines *lines, struct error *err)
{
    return damaged(lines, err, "is cut short");
}

/* The next byte of a header; -1 with an error. */
static int next_byte(struct lines *lines, struct error *err)
{
    const int fed = feed(lines, err);
    if (fed <= 0)
        return fed < 0 ? -1 : cut_short(lines, err);
    lines->z.avail_in--;
    return *lines->z.next_in++;
}

/* The next two as a number. */
static int next_pair(struct lines *lines, struct error *err)
{
    const int low = next_byte(lines, err), high = low < 0 ? -1 : next_byte(lines, err);
    return high < 0 ? -1 : low + 256 * high;
}

/* Step over n bytes; 0, or -1 with an error. */
static int skip(struct lines *lines, int n, struct error *err)
{
    int c = 0;
    for (; n > 0 && c >= 0; n--)
        c = next_byte(lines, err);
    return c < 0 ? -1 : 0;
}

/* Step over a text and the zero that ends it. */
static int skip_text(struct lines *lines, struct error *err)
{
    int c;
    do {
        c = next_byte(lines, err);
    } while (c > 0);
    return c;
}

/* The header of a member: nothing of it is kept, and its own checksum is not looked at. 0, or -1
 * with an error. */
static int read_header(struct lines *lines, struct error *err)
{
    const int first = next_byte(lines, err);
    const int second = first == (MAGIC & 0xff) ? next_byte(lines, err) : 0;
    if (first < 0 || second < 0)
        return -1;
    if (first + 256 * second != MAGIC)
        return damaged(lines, err, "is followed by garbage");
    const int how = next_pair(lines, err);
    if (how < 0)
        return -1;
    const int flags = how >> 8;
    if ((how & 0xff) != DEFLATE || (flags & RESERVED))
        return damaged(lines, err, "is damaged");
    if (skip(lines, 6, err) < 0) /* when, how, and where it was packed */
        return -1;
    const int extra = flags & EXTRA ? next_pair(lines, err) : 0;
    if (extra < 0 || skip(lines, extra, err) < 0)
        return -1;
    if ((flags & NAME) && skip_text(lines, err) < 0)
        return -1;
    if ((flags & COMMENT) && skip_text(lines, err) < 0)
        return -1;
    return flags & HEADER_CHECK ? skip(lines, 2, err) : 0;
}

/* Between members: skip zeros, with which tapes and some tools pad. 1: another member follows. */
static int next_member(struct lines *lines, struct error *err)
{
    for (;;) {
        const int fed = feed(lines, err);
        if (fed <= 0)
            return fed;
        if (*lines->z.next_in != 0)
            break;
        lines->z.next_in++;
        lines->z.avail_in--;
    }
    if (read_header(lines, err) < 0)
        return -1;
    isal_inflate_reset(&lines->z);
    lines->member_open = true;
    return 1;
}

/* More text: its length, 0 at the end, -1 with an error. */
static ssize_t unpack(struct lines *lines, char *buffer, size_t size, struct error *err)
{
    lines->z.next_out = (uint8_t *)buffer;
    lines->z.avail_out = (uint32_t)size;
    while (lines->z.avail_out == size && !lines->broken) {
        const int opened = lines->member_open ? 1 : next_member(lines, err);
        if (opened <= 0)
            return opened;
        const int fed = feed(lines, err);
        if (fed < 0)
            return -1;
        lines->broken = isal_inflate(&lines->z) != ISAL_DECOMP_OK;
        if (lines->z.block_state == ISAL_BLOCK_FINISH)
            lines->member_open = false;
        else if (fed == 0 && lines->z.avail_out == size)
            return cut_short(lines, err);
    }
    /* It looks ahead: a buffer that is full is good, whatever comes behind it. */
    if (lines->broken && lines->z.avail_out > 0)
        return damaged(lines, err, "is damaged");
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
        lines->z.crc_flag = ISAL_GZIP_NO_HDR_VER;
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
    struct error odd;
    if (file_need_regular(path, &odd) < 0) {
        error_at(err, (struct mark){.file = path}, "%s", odd.text);
        return NULL;
    }
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
