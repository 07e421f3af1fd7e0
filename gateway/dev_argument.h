/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Single arguments of `bridgehead dev`: each is checked, and what is wrong goes to stderr. */
#pragma once

#include <stdbool.h>

/* Always false. */
bool dev_argument_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The name of a topic that has no other meaning here. */
bool dev_argument_topic(const char *name);
/* IP:PORT, the port not 0; whether it is on the loopback interface. */
bool dev_argument_address(const char *name, const char *text, bool *local);
/* Whether nobody listens there. Gateways may share an address; here it would be by mistake. */
bool dev_argument_free(const char *name, const char *text);
