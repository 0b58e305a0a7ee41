/* Which program this is: its version, the source's revision where that is known, and the libraries that it runs with. */
#ifndef CMD_VERSION_H
#define CMD_VERSION_H

/* cupbearer 0.1.0 (0123456789ab) librdkafka 2.0.2, …: one line on stdout. */
void version_print(const char *program);

#endif
