/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR_COLUMNS 40
#define REDRAW_MILLISECONDS 100
#define SILENT_MILLISECONDS 1000

static struct {
    const char *what;
    uint64_t total;
    uint64_t done;
    int64_t begun; /* milliseconds of the monotonic clock, like the next */
    int64_t drawn;
    bool visible;
} bar;

static int64_t now_milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_begin(const char *what, uint64_t total)
{
    bar.what = isatty(STDERR_FILENO) ? what : NULL;
    bar.total = total;
    bar.done = 0;
    bar.begun = now_milliseconds();
    bar.drawn = 0;
    bar.visible = false;
}

static void draw(void)
{
    uint64_t done = bar.done < bar.total ? bar.done : bar.total;
    /* Not done * 100 / total: a total in bytes may be near the type's end. */
    double part = bar.total != 0 ? (double)done / (double)bar.total : 1.0;
    int columns = (int)(part * BAR_COLUMNS);

    fprintf(stderr, "\r%s [%.*s%*s] %3d%%", bar.what, columns, "########################################",
            BAR_COLUMNS - columns, "", (int)(part * 100));
    fflush(stderr);
    bar.visible = true;
}

void progress_add(uint64_t amount)
{
    int64_t now;

    bar.done += amount;
    if (bar.what == NULL) {
        return;
    }
    now = now_milliseconds();
    if (now - bar.begun >= SILENT_MILLISECONDS && now - bar.drawn >= REDRAW_MILLISECONDS) {
        bar.drawn = now;
        draw();
    }
}

void progress_clear(void)
{
    if (bar.visible) {
        fputs("\r\033[K", stderr);
        bar.visible = false;
    }
}

void progress_end(void)
{
    progress_clear();
    bar.what = NULL;
}
