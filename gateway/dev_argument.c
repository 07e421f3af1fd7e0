/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/dev_argument.h"

#include "base/option.h"
#include "bridges/kafka_options.h"
#include "gateway/dev_config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool dev_argument_complain(const char *format, ...)
{
	va_list args;
	fputs("bridgehead dev: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\n", stderr);
	return false;
}

bool dev_argument_topic(const char *name)
{
	if (!kafka_options_is_topic(span_from_text(name))) {
		return dev_argument_complain(
			"%s: a topic's name is of A-Z a-z 0-9 . _ - and at most 249 long", name);
	}
	if (strcmp(name, DEV_CONFIG_REPLIES) == 0 || strcmp(name, DEV_CONFIG_WEBSOCKET) == 0) {
		return dev_argument_complain(
			"%s has another meaning here: choose another name", name);
	}
	return true;
}

bool dev_argument_address(const char *name, const char *text, bool *local)
{
	struct option_address address;
	const struct sockaddr_in *in = (const void *)&address.socket;
	const struct sockaddr_in6 *in6 = (const void *)&address.socket;
	const char *fault = option_parse_address(span_from_text(text), &address);
	if (fault != NULL) {
		return dev_argument_complain("%s %s: %s", name, text, fault);
	}
	bool six = address.socket.ss_family == AF_INET6;
	if (!six && address.socket.ss_family != AF_INET) {
		return dev_argument_complain("%s %s: expected IP:PORT", name, text);
	}
	if ((six ? in6->sin6_port : in->sin_port) == 0) {
		return dev_argument_complain("%s %s: expected a port above 0", name, text);
	}
	*local = option_address_is_local(&address);
	return true;
}

bool dev_argument_free(const char *name, const char *text)
{
	struct option_address address;
	int on = 1;
	option_parse_address(span_from_text(text), &address);
	int fd = socket(address.socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return dev_argument_complain("%s %s: %s", name, text, strerror(errno));
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	int error =
		bind(fd, (const struct sockaddr *)&address.socket, address.len) == 0 ? 0 : errno;
	close(fd);
	return error == 0 || dev_argument_complain("%s: %s; choose another one with %s", text,
				     strerror(error), name);
}
