/* What the parts of an examination share. */
#ifndef DOCTOR_EXAMINATION_H
#define DOCTOR_EXAMINATION_H

#include "config/config.h"
#include "doctor/doctor.h"
#include "kafka/topic_settings.h"

struct examination {
    const struct doctor_sink *sink;
    const struct config *config;
    const char *area;
    struct finding_sink here; /* for the checks of other folders: what they find is of `area` */

    size_t in_area;           /* warnings and problems of the area under way */
    size_t in_topics;         /* of the topics, once they were looked at */
    bool topics_known;
    struct topic_place places[TOPICS];
    bool has_secret;     /* the first of the next */
    uint64_t secrets[2]; /* fingerprints of the mark secret and of the one before; 0: there is none */
};

/* `sink` and `config` are borrowed; NULL: no configuration is known yet. */
void examination_init(struct examination *examination, const struct doctor_sink *sink, const struct config *config);

/* What is found from now on is of that area; borrowed until the next. */
void examination_begin(struct examination *examination, const char *area);

/* One finding; `what` is a format. Those with more texts are filled by hand and go to `here`. */
void examination_say(struct examination *examination, enum finding_level level, const char *what, ...)
    __attribute__((format(printf, 3, 4)));
void examination_take(struct examination *examination, const struct finding *finding);
/* A problem, in err's words. */
void examination_err(struct examination *examination, const struct err *err);

void examine_files(struct examination *examination);
void examine_cluster(struct examination *examination);
/* In a thread of its own, with an examination of its own. */
void examine_account(struct examination *examination, const struct config_account *account);
/* What this installation promises, and what would lift that: by what the others have found. */
void examine_guarantee(struct examination *examination);

#endif
