#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/http/framing.h"

#define FRAMES(version, ...) frames(version, (const char *const[]){__VA_ARGS__, NULL})

/* Names and values by turns. */
static const char *frames(const char *version, const char *const *headers)
{
    struct framing framing = {0};
    for (size_t i = 0; headers[i] != NULL; i += 2)
        framing_note(&framing, span_of(headers[i]), span_of(headers[i + 1]));
    return framing_problem(&framing, version);
}

static void a_request_of_one_length_or_of_chunks_is_taken(void **state)
{
    (void)state;
    assert_null(FRAMES("HTTP/1.1", "Host", "localhost"));
    assert_null(FRAMES("HTTP/1.1", "Host", "localhost", "content-length", "5", "X-Tab", "a\tb"));
    assert_null(FRAMES("HTTP/1.0", "Content-Length", "5"));
    assert_null(FRAMES("HTTP/1.1", "Transfer-Encoding", "Chunked"));
    assert_null(FRAMES("HTTP/1.1", "Content", "1", "Transfer", "2", "Content-Len", "3"));
}

static void one_whose_end_could_be_seen_in_two_ways_is_not(void **state)
{
    (void)state;
    assert_non_null(FRAMES("HTTP/1.1", "Content-Length", "5", "Content-Length", "6"));
    assert_non_null(FRAMES("HTTP/1.1", "Content-Length", "5", "content-length", "5"));
    assert_non_null(FRAMES("HTTP/1.1", "Content-Length ", "5"));
    assert_non_null(FRAMES("HTTP/1.1", "Content-Length\t", "5"));
    assert_non_null(FRAMES("HTTP/1.1", " Content-Length", "5"));
    assert_non_null(FRAMES("HTTP/1.1", "Content-Length5", ""));
    assert_non_null(FRAMES("HTTP/1.1", "Transfer-Encodingchunked", ""));
    assert_non_null(FRAMES("HTTP/1.1", "Transfer-Encoding ", "chunked"));
    assert_non_null(FRAMES("HTTP/1.1", "Transfer-Encoding", "chunked", "Content-Length", "5"));
    assert_non_null(FRAMES("HTTP/1.1", "Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"));
    assert_non_null(FRAMES("HTTP/1.1", "Transfer-Encoding", "gzip, chunked"));
    assert_non_null(FRAMES("HTTP/1.1", "Transfer-Encoding", "identity"));
    assert_non_null(FRAMES("HTTP/1.1", "Transfer-Encoding", "xchunked"));
    assert_non_null(FRAMES("HTTP/1.1", "Transfer-Encoding", ""));
    assert_non_null(FRAMES("HTTP/1.0", "Transfer-Encoding", "chunked"));
    assert_non_null(FRAMES("HTTP/1.1", "X", "a\rContent-Length: 5"));
    assert_non_null(FRAMES("HTTP/1.1", "Host", "localhost", "Host", "localhost"));
    assert_non_null(FRAMES("HTTP/1.1", "", "5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_of_one_length_or_of_chunks_is_taken),
        cmocka_unit_test(one_whose_end_could_be_seen_in_two_ways_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
