/* What the composer's routes share. */
#ifndef GATE_COMPOSER_H
#define GATE_COMPOSER_H

#include "gate/message.h"

/* An error whose text names a member or a blank before its first ": ", as the format's and the templates' do: the page
 * shows it there. */
void composer_refuse(struct gate_reply *reply, unsigned status, const char *text);

#endif
