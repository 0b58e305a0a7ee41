/* How a failure of the world is told: functions return -1 (or NULL) and fill this, on the caller's stack. The codes are
 * the exit codes of the command line, so main has nothing to translate. Bugs are asserted, never reported here. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_code {
    ERR_NONE = 0,
    ERR_NO = 1,          /* "no": a verification that fails, an event that was not delivered */
    ERR_USAGE = 2,       /* usage or configuration */
    ERR_UNREACHABLE = 3, /* a broker or Papercups does not answer */
    ERR_LIMIT = 4,       /* a limit was reached */
    ERR_SYSTEM = 5,      /* the operating system refused */
};

struct err {
    enum err_code code;
    int os;         /* errno, or 0 */
    char text[1024]; /* one line: what is wrong and what to do; cut where it is longer */
    char place[128]; /* which member of what was read that is about, such as "to.customer_id"; "": none */
};

/* Fills err (NULL is allowed) and returns -1, so that `return err_set(...)` reads as what it is. */
int err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds the place to what err_set has filled, and returns -1 as well. */
int err_place(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same as err_set for a failed system call: adds strerror(os) behind the text. */
int err_os(struct err *err, int os, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
