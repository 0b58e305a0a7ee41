/* What the build makes the shells' completions and the manual with; it is not installed.
 *
 *   cupbearer-pages bash|zsh|man FILE OUT
 *
 * Copies FILE, in which a line that is only a marker stands where something is made from the tables. Exit codes: 0 done,
 * 2 usage, or FILE asks for what there is not, or not for all there is; 5 system. */
#include "pages/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct marker {
    const char *page, *text;
    int (*write)(FILE *out, const char *words);
} markers[] = {
    {"bash", "# COMMANDS", bash_commands}, {"bash", "# OPTIONS", bash_options},
    {"bash", "# VALUES", bash_values},     {"bash", "# OPERANDS", bash_operands},
    {"zsh", "# COMMANDS", zsh_commands},   {"zsh", "# OPTIONS", zsh_options},
    {"man", ".\\\" OPTIONS", man_options},
};

static int line_copy(const char *page, const char *line, FILE *out)
{
    const char *text = line + strspn(line, " ");
    for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
        size_t size = strlen(markers[i].text);
        if (strcmp(markers[i].page, page) == 0 && strncmp(text, markers[i].text, size) == 0 &&
            (text[size] == ' ' || text[size] == '\n'))
            return markers[i].write(out, text + size);
    }
    fputs(line, out);
    return 0;
}

static int page_copy(const char *page, FILE *in, FILE *out)
{
    char line[4096];
    int result = 0;
    while (result == 0 && fgets(line, sizeof(line), in) != NULL)
        result = line_copy(page, line, out);
    return result == 0 && strcmp(page, "man") == 0 ? man_is_whole() : result;
}

/* Nothing half made is left behind: the next build would take it for made. */
static int page_make(const char *page, const char *path, const char *out_path)
{
    FILE *in = fopen(path, "r"), *out = in == NULL ? NULL : fopen(out_path, "w");
    int code = out == NULL ? ERR_SYSTEM : page_copy(page, in, out) == 0 ? ERR_NONE : ERR_USAGE;
    if (out == NULL)
        fprintf(stderr, "cupbearer-pages: %s: %s\n", in == NULL ? path : out_path, strerror(errno));
    if (out != NULL && fclose(out) != 0 && code == ERR_NONE)
        code = ERR_SYSTEM;
    if (in != NULL)
        fclose(in);
    if (code != ERR_NONE)
        unlink(out_path);
    return code;
}

int main(int argc, char **argv)
{
    pages_list();
    if (argc == 4 &&
        (strcmp(argv[1], "bash") == 0 || strcmp(argv[1], "zsh") == 0 || strcmp(argv[1], "man") == 0))
        return page_make(argv[1], argv[2], argv[3]);
    fputs("cupbearer-pages: expected bash|zsh|man FILE OUT\n", stderr);
    return ERR_USAGE;
}
