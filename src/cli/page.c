/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/page.h"

#include "analysis/text_table.h"
#include "util/base.h"

#include <stdlib.h>
#include <string.h>

FILE *page_begin(struct page *page)
{
    *page = (struct page){0};
    page->file = open_memstream(&page->text, &page->len);
    REQUIRE(page->file);
    return page->file;
}

void page_end(struct page *page, FILE *out)
{
    fclose(page->file);
    for (char *line = page->text, *end; *line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        char *shown = printable(line);
        fprintf(out, "%s%s", shown, end ? "\n" : "");
        free(shown);
        end = end ? end : line + strlen(line);
    }
    free(page->text);
    *page = (struct page){0};
}
