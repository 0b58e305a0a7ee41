/* The configuration of `cupbearer run`: an INI file, each setting of which an environment variable overrides.
 * Everything is checked here, so the rest of the program works with values that hold. Secrets come only from files.
 * Defaults and ranges stand in settings.def. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "event/partitioner.h"

struct config_account {
    char *name;                    /* [a-z0-9][a-z0-9_-]{0,62}, from the section's name */
    char *url;                     /* http:// or https://, no trailing slash */
    char *api_key_file;            /* required */
    char *ca_file;                 /* who signs the certificate of url, instead of the system's; or NULL */
    char *client_certificate_file; /* what this side shows, and its key; or both NULL */
    char *client_key_file;
    char *headers_file;            /* more headers of each request; or NULL */
    char *proxy;                   /* http://HOST:PORT and the like, or "none"; NULL: as the environment says */
    char *papercups_account;       /* required, a UUID: must be what /api/v1/me says */
    char *inbox;                   /* a UUID, or NULL: the pages give their widget none */
    char *widget_host;             /* location.host of the pages that carry the widget, required */
    bool email_given;              /* widget_email = given: they give it the customer's e-mail */
    int64_t deliver_within_ms;
    int64_t deliver_within_max_ms;
    int32_t max_in_flight; /* requests at once */
    bool reopen;                   /* conversations = reopen: a closed one, instead of a new one */
    bool refuse_ambiguous;         /* ambiguous_customer = refuse */
    bool unassign;                 /* give back what a bot message assigned */
    char *origins;                 /* of the pages that may post to the gate, spaces between; or NULL */
    char *dashboard_url;           /* where agents see the conversations; or NULL: url */
};

/* One librdkafka property that the file may set (settings.def holds the allow-list). The value may be a password:
 * never log it. */
struct config_property {
    char *name;
    char *value;
};

/* [gate]: only `cupbearer gate` reads it. */
struct config_gate {
    char *listen;      /* HOST:PORT. Beyond loopback it needs tokens_file and one of the next two */
    char *public_url;  /* what a proxy with TLS serves it as; or NULL */
    char *hosts;       /* what else it is called: HOST or HOST:PORT, spaces between; or NULL */
    char *tokens_file; /* or NULL: no route that needs a token answers */
    char *key_file;    /* what it signs with, and that key's id in the keyring; or both NULL */
    char *key_id;
    char *messages_dir;   /* templates; or NULL */
    char *link_hosts;     /* where links in placeholders may lead, spaces between; or NULL: nowhere */
    int32_t key_rate;     /* events a minute of one key; 0: any number */
    int32_t address_rate; /* requests to publish a minute of one address; 0: any number */
    int32_t address_connections; /* from one address at once; 0: any number */
    char *audit_log;      /* or NULL: standard error, with the rest of the log */
};

struct config {
    char *path; /* of the file that it was read from; NULL: there was none */

    /* [kafka] */
    char *bootstrap_servers; /* required */
    char *group_id;
    char *group_instance_id; /* with %h for the host's name, or NULL: see run/instance.h */
    enum partitioner partitioner;
    struct config_property *properties;
    size_t property_count;

    /* [topics] */
    char *events_topic;
    char *receipts_topic;
    char *dead_topic;
    int32_t partitions;   /* how many are used; 0: whatever the topics have, as long as they agree */
    bool allow_create_time;
    char *accept; /* words of topic_deviation.def, spaces between; or NULL */

    /* [dedup] */
    int64_t window_ms;

    /* [receipts] */
    bool papercups_ids;

    /* [worker] */
    char *keyring_file;              /* required */
    char *mark_secret_file;          /* required */
    char *mark_secret_previous_file; /* or NULL */
    char *mark_secret_lost;          /* or NULL: the fingerprint of one that is lost for good */
    char *state_dir;                 /* or NULL; required with group_instance_id */
    bool strict_permissions;
    bool name_events;
    int64_t http_timeout_ms;
    int64_t settle_time_ms;
    int64_t unknown_for_ms; /* how long what may be shown is read back past its deadline */
    int64_t message_spacing_ms; /* 0 turns it off */
    int64_t new_conversation_spacing_ms; /* likewise */
    int64_t closed_look_ms; /* how often a conversation is looked at after posts; 0: never */
    int32_t flood_limit; /* events to one conversation within a minute; 0: any number */
    int64_t drain_timeout_ms;
    int64_t memory_bytes; /* waiting events in all; several accounts have another default: config_load() */

    /* [admin] */
    char *admin_listen; /* HOST:PORT, [V6]:PORT, or "off" */

    struct config_gate gate;

    struct config_account *accounts; /* at least one */
    size_t account_count;

    char **open_secrets; /* paths of files with secrets that every user may read */
    size_t open_secret_count;
};

#define CONFIG_ADMIN_LISTEN "127.0.0.1:9464" /* the default of [admin] listen */
#define CONFIG_GATE_LISTEN  "127.0.0.1:8787" /* the default of [gate] listen */

/* Reads `path` (NULL for none), then the environment (`environ`-like, NULL-terminated; NULL for none), then the files
 * of sasl.password_file and ssl.key.password_file. Returns the configuration, config_free() it; or NULL with ERR_USAGE
 * and file, line or variable, setting and what to do. */
struct config *config_load(const char *path, char *const *environment, struct err *err);
void config_free(struct config *config);

/* For how long after a commit was sent that the coordinator accepted a worker may act: nobody else has its partitions by
 * then, whatever it has missed, and what it started has ended. */
int64_t config_lease_ms(const struct config *config);

/* Whether librdkafka property `name` may be set by users; for `--kafka NAME=VALUE` of `send`. On false err names the
 * nearest allowed one. */
bool config_property_allowed(const char *name, struct err *err);

/* Makes a property of "NAME=VALUE" as [kafka] does: only allowed ones, and for NAME_file the property NAME with what
 * that file holds. 0, and config_property_done() it; or -1 with ERR_USAGE. */
int config_property_read(const char *text, struct config_property *out, struct err *err);
void config_property_done(struct config_property *property);

#endif
