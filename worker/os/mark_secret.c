#include "os/mark_secret.h"

#include "os/secret.h"

int mark_secret_read(const char *path, struct key *out, struct err *err)
{
    struct secret text;
    struct err why;
    if (secret_read(path, 1024, &text, err) != 0)
        return -1;
    int result = key_read((struct span){(const char *)text.data, text.size}, out, &why);
    secret_done(&text);
    if (result == 0 && out->kind == KEY_MARK)
        return 0;
    if (result == 0) {
        key_done(out);
        err_set(&why, ERR_USAGE, "holds a key of another kind");
    }
    return err_set(err, ERR_USAGE, "%s: %s. Make one: cupbearer keygen --mark FILE", path, why.text);
}
