#include "cmd/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/clock.h"

#define BAR       24
#define REDRAW_MS 100

int progress_line(char out[PROGRESS_LINE], const char *what, uint64_t done, uint64_t total)
{
    char bar[BAR + 1];
    if (total == 0)
        return snprintf(out, PROGRESS_LINE, "%.40s: %llu", what, (unsigned long long)done);
    double part = done >= total ? 1 : (double)done / (double)total;
    int filled = (int)(part * BAR);
    memset(bar, ' ', BAR);
    memset(bar, '=', (size_t)filled);
    if (filled < BAR)
        bar[filled] = '>';
    bar[BAR] = 0;
    int size = snprintf(out, PROGRESS_LINE, "%.30s [%s] %3d %%  %llu of %llu", what, bar, (int)(part * 100),
                        (unsigned long long)done, (unsigned long long)total);
    return size < PROGRESS_LINE ? size : PROGRESS_LINE - 1;
}

void progress_init(struct progress *progress)
{
    *progress = (struct progress){.is_on = isatty(STDERR_FILENO) != 0};
}

static void progress_show(struct progress *progress)
{
    char line[PROGRESS_LINE];
    progress_line(line, progress->what, progress->done, progress->total);
    fprintf(stderr, "\r\033[K%s", line);
    progress->is_shown = true;
}

void progress_begin(struct progress *progress, const char *what, uint64_t total)
{
    progress->what = what;
    progress->done = 0;
    progress->total = total;
    progress->next = mono_after(clock_now().mono, REDRAW_MS); /* what is soon over is not shown */
}

void progress_step(struct progress *progress)
{
    progress->done++;
    if (!progress->is_on)
        return;
    struct mono now = clock_now().mono;
    if (!mono_reached(progress->next, now))
        return;
    progress->next = mono_after(now, REDRAW_MS);
    progress_show(progress);
}

void progress_skip(struct progress *progress, uint64_t count)
{
    progress->done += count;
}

void progress_hide(struct progress *progress)
{
    if (progress->is_shown)
        fputs("\r\033[K", stderr);
    progress->is_shown = false;
}
