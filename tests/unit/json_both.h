/* JSON read twice, by base/json_scan and by jansson: for its unit test and its fuzz target. */
#ifndef UNIT_JSON_BOTH_H
#define UNIT_JSON_BOTH_H

#include "base/json.h"
#include "base/json_scan.h"

#define JSON_BOTH_DEPTH 16

static inline bool json_scan_takes(struct span text)
{
    struct json_scan scan;
    json_scan_init(&scan, text, JSON_BOTH_DEPTH);
    json_scan_skip(&scan);
    return json_scan_is_done(&scan);
}

/* What jansson refuses and the scan lets pass, as it says: repeated members, bytes that are not UTF-8, lone surrogates,
 * U+0000, numbers that no double holds. */
static inline bool json_is_let_pass(const char *why)
{
    static const char *const let_pass[] = {"duplicate object key", "unable to decode byte",
                                           "invalid Unicode",      "\\u0000",
                                           "real number overflow", "NUL byte"};
    for (size_t i = 0; i < sizeof(let_pass) / sizeof(let_pass[0]); i++)
        if (strstr(why, let_pass[i]) != NULL)
            return true;
    return false;
}

/* Both must agree; else what they do not agree in. Objects and arrays only, as jansson wants them: other text gives
 * NULL. */
static inline const char *json_disagreement(struct span text)
{
    struct err err = {0};
    bool ours = json_scan_takes(text);
    size_t at = 0;
    while (at < text.size && strchr(" \t\r\n", text.data[at]) != NULL && text.data[at] != 0)
        at++;
    if (at == text.size || (text.data[at] != '{' && text.data[at] != '['))
        return NULL;
    json_t *value = json_read_loose(text, JSON_BOTH_DEPTH, &err);
    bool theirs = value != NULL;
    json_decref(value);
    if (theirs && !ours)
        return "jansson takes it, the scan does not";
    if (ours && !theirs && !json_is_let_pass(err.text))
        return "the scan takes it, jansson does not";
    return NULL;
}

#endif
