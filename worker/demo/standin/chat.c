#include "demo/standin/calls.h"

/* Made by CMake of the files beside this one: unsigned char arrays. */
#include "chat_css.h"
#include "chat_html.h"
#include "chat_js.h"
#include "chat_markdown_js.h"

static const struct {
    const char *path, *type;
    const unsigned char *data;
    size_t size;
} chat_files[] = {
    {NULL, "text/html; charset=utf-8", chat_html, sizeof(chat_html)},
    {"chat.css", "text/css; charset=utf-8", chat_css, sizeof(chat_css)},
    {"chat.js", "text/javascript; charset=utf-8", chat_js, sizeof(chat_js)},
    {"chat_markdown.js", "text/javascript; charset=utf-8", chat_markdown_js, sizeof(chat_markdown_js)},
};

static bool chat_file(const struct standin_request *request, struct standin_reply *reply)
{
    for (size_t i = 0; i < sizeof(chat_files) / sizeof(*chat_files); i++) {
        bool page = chat_files[i].path == NULL;
        if (page ? request->part_count != 1
                 : request->part_count != 2 || !standin_request_part_is(request, 1, chat_files[i].path))
            continue;
        reply->page = true;
        reply->type = chat_files[i].type;
        buf_add(&reply->body, chat_files[i].data, chat_files[i].size);
        return true;
    }
    return false;
}

void standin_chat_answer(struct standin_store *store, const struct standin_request *request,
                         struct standin_reply *reply)
{
    bool get = standin_request_is(request, "GET");
    if (get && chat_file(request, reply))
        return;
    if (get && request->part_count == 2 && standin_request_part_is(request, 1, "account"))
        buf_printf(&reply->body, "{\"account_id\":\"%s\"}", store->first_owner->account_id);
    else
        standin_reply_detail(reply, 404);
}
