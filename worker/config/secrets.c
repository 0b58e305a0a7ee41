#include "config/secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/member.h"
#include "os/log.h"

/* A file that is not there is left to whoever reads it, and says what it is for. So is what is no file, of an account: whose
 * mistake keeps none of the others down. */
static int secret_check(struct config *config, const char *path, bool of_account, struct err *err)
{
    struct stat status;
    if (path == NULL || stat(path, &status) != 0 || (of_account && !S_ISREG(status.st_mode)))
        return 0;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
        return err_set(err, ERR_USAGE, "%s is not a regular file: reading a pipe or a device may never end", path);
    if ((status.st_mode & (S_IROTH | S_IWOTH)) == 0)
        return 0;
    if (config->strict_permissions)
        return err_set(err, ERR_USAGE, "every user may read %s; chmod o-rwx it, or leave out strict_permissions", path);
    for (size_t i = 0; i < config->open_secret_count; i++)
        if (strcmp(config->open_secrets[i], path) == 0)
            return 0; /* several accounts may share a file */
    config->open_secrets = mem_grow(config->open_secrets, config->open_secret_count + 1, sizeof(char *));
    config->open_secrets[config->open_secret_count++] = mem_copy(span_of(path));
    return 0;
}

int config_secrets_check(struct config *config, const struct config_source *source, struct err *err)
{
    for (size_t i = 0; i < settings_count; i++) {
        size_t times = settings[i].section == SECTION_ACCOUNT ? config->account_count : 1;
        for (size_t account = 0; settings[i].type == SETTING_SECRET && account < times; account++)
            if (secret_check(config, *(char **)config_member(config, &settings[i], account),
                             settings[i].section == SECTION_ACCOUNT, err) != 0 &&
                source_mistake(source, err) != 0)
                return -1;
    }
    for (size_t i = 0; i < config->property_count; i++) {
        const struct config_property *property = &config->properties[i];
        bool is_secret = setting_find(SECTION_KAFKA, span_of(property->name))->type == SETTING_PROPERTY_FILE ||
                         strcmp(property->name, "ssl.key.location") == 0;
        if (is_secret && secret_check(config, property->value, false, err) != 0 && source_mistake(source, err) != 0)
            return -1;
    }
    return 0;
}

void config_secrets_missing(const struct config *config, bool gate, const struct finding_sink *sink)
{
    const struct {
        const char *setting, *path, *make;
        bool wanted;
    } files[] = {
        {"[worker] keyring_file", config->keyring_file, "NAME --account ACCOUNT --keyring", true},
        {"[worker] mark_secret_file", config->mark_secret_file, "--mark", true},
        {"[gate] tokens_file", config->gate.tokens_file, "--token NAME --account ACCOUNT --tokens", gate},
    };
    struct stat status;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct finding finding = {.level = FINDING_PROBLEM, .code = ERR_USAGE};
        if (!files[i].wanted || files[i].path == NULL || stat(files[i].path, &status) == 0 || errno != ENOENT)
            continue;
        FINDING_PUT(finding.what, "%s: there is no %.200s", files[i].setting, files[i].path);
        FINDING_PUT(finding.command, "cupbearer keygen %s %.200s", files[i].make, files[i].path);
        finding_report(sink, &finding, "files", NULL);
    }
    if (gate && config->gate.key_file != NULL && stat(config->gate.key_file, &status) != 0 && errno == ENOENT) {
        struct finding finding = {.level = FINDING_PROBLEM, .code = ERR_USAGE};
        FINDING_PUT(finding.what, "[gate] key_file: there is no %.200s", config->gate.key_file);
        FINDING_PUT(finding.command, "cupbearer keygen %s --sender gate --account ACCOUNT --keyring %.200s",
                    config->gate.key_id == NULL ? "NAME" : config->gate.key_id, config->keyring_file);
        finding_report(sink, &finding, "files", NULL);
    }
}

static void secret_missing(void *context, const struct finding *finding)
{
    struct buf *text = context;
    buf_printf(text, "%s%s; make it: %s", text->size == 0 ? "" : "; ", finding->what, finding->command);
}

int config_secrets_exist(const struct config *config, bool gate, struct err *err)
{
    struct buf text;
    buf_init(&text, sizeof(err->text));
    config_secrets_missing(config, gate, &(struct finding_sink){secret_missing, &text});
    int result = text.size == 0 ? 0 : err_set(err, ERR_USAGE, "%s", text.data);
    buf_done(&text);
    return result;
}

void config_secrets_tell(const struct config *config)
{
    for (size_t i = 0; i < config->open_secret_count; i++)
        log_say(LOG_LEVEL_WARNING, "permissions", "every user may read %s: chmod o-rwx it", config->open_secrets[i]);
}
