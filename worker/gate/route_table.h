/* The gate's own routes. */
#ifndef GATE_ROUTE_TABLE_H
#define GATE_ROUTE_TABLE_H

#include "gate/routes.h"

/* The last has no method. */
extern const struct route route_table[];

#endif
