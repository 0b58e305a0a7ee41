/* The properties of librdkafka that a configuration holds. Making one for itself: config_property_read in config/config.h. */
#ifndef CONFIG_PROPERTY_H
#define CONFIG_PROPERTY_H

#include "config/config.h"

/* The value of a property of librdkafka; NULL: it is not set. */
const char *config_property(const struct config *config, const char *name);
void config_property_put(struct config *config, const char *name, const char *value);

/* Reads the secret that a ..._file property names, and turns the property into the one without _file. -1 with err. */
int config_property_resolve(struct config_property *property, struct err *err);

#endif
