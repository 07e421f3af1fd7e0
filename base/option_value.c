/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/option_value.h"

#include <arpa/inet.h>

struct unit {
	struct span name;
	int64_t factor;
};

static const struct unit duration_units[] = {
	{ SPAN("h"), 3600000 },
	{ SPAN("m"), 60000 },
	{ SPAN("s"), 1000 },
	{ SPAN("ms"), 1 },
	{ SPAN_ABSENT, 0 },
};

static const struct unit size_units[] = {
	{ SPAN("GiB"), (int64_t)1 << 30 },
	{ SPAN("MiB"), (int64_t)1 << 20 },
	{ SPAN("KiB"), (int64_t)1 << 10 },
	{ SPAN("B"), 1 },
	{ SPAN_ABSENT, 0 },
};

static size_t count_digits(struct span text)
{
	size_t count = 0;
	while (count < text.len && text.ptr[count] >= '0' && text.ptr[count] <= '9') {
		count++;
	}
	return count;
}

bool option_parse_integer(struct span text, int64_t *value)
{
	bool negative = text.len > 0 && text.ptr[0] == '-';
	struct span digits = negative ? span_skip(text, 1) : text;
	int64_t sum = 0;
	if (digits.len == 0 || count_digits(digits) != digits.len) {
		return false;
	}
	for (size_t i = 0; i < digits.len; i++) {
		int64_t digit = digits.ptr[i] - '0';
		if (__builtin_mul_overflow(sum, 10, &sum) ||
			__builtin_sub_overflow(sum, digit, &sum)) {
			return false;
		}
	}
	/* Summed up below zero, where one more value fits. */
	return negative ? (*value = sum, true) : !__builtin_sub_overflow(0, sum, value);
}

static bool parse_with_unit(struct span text, const struct unit *units, int64_t *value)
{
	size_t digits = count_digits(text);
	int64_t count;
	if (!option_parse_integer(span_of(text.ptr, digits), &count)) {
		return false;
	}
	struct span name = span_skip(text, digits);
	for (; span_present(units->name); units++) {
		if (span_equal(name, units->name)) {
			return !__builtin_mul_overflow(count, units->factor, value);
		}
	}
	return false;
}

bool option_parse_duration(struct span text, int64_t *ms)
{
	return parse_with_unit(text, duration_units, ms);
}

bool option_parse_size(struct span text, int64_t *bytes)
{
	return parse_with_unit(text, size_units, bytes);
}

static void append_with_unit(struct buffer *out, const struct unit *units, int64_t value)
{
	while (value % units->factor != 0) {
		units++;
	}
	buffer_append_format(out, "%lld%s", (long long)(value / units->factor), units->name.ptr);
}

void option_value_append_duration(struct buffer *out, int64_t ms)
{
	if (ms == 0) {
		buffer_append_literal(out, "0s");
	} else {
		append_with_unit(out, duration_units, ms);
	}
}

void option_value_append_size(struct buffer *out, int64_t bytes)
{
	if (bytes == 0) {
		buffer_append_literal(out, "0");
	} else {
		append_with_unit(out, size_units, bytes);
	}
}

void option_value_append(struct buffer *out, const struct option *row, int64_t value)
{
	if (row->type == OPTION_DURATION) {
		option_value_append_duration(out, value);
	} else if (row->type == OPTION_SIZE) {
		option_value_append_size(out, value);
	} else {
		buffer_append_format(out, "%lld", (long long)value);
	}
}

void option_value_append_range(struct buffer *out, const struct option *row)
{
	bool open = row->max == INT64_MAX;
	buffer_append_format(out, "%s", open ? "of at least " : "from ");
	option_value_append(out, row, row->min);
	if (!open) {
		buffer_append_literal(out, " to ");
		option_value_append(out, row, row->max);
	}
}

static const char *parse_unix(struct span path, struct option_address *address)
{
	struct sockaddr_un *name = (struct sockaddr_un *)&address->socket;
	if (path.len == 0 || path.ptr[0] != '/') {
		return "the path behind unix: must be absolute";
	}
	if (path.len >= sizeof(name->sun_path)) {
		return "the path behind unix: must be shorter than 108 bytes";
	}
	name->sun_family = AF_UNIX;
	memcpy(name->sun_path, path.ptr, path.len);
	address->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len + 1);
	return NULL;
}

static bool parse_port(struct span text, in_port_t *port)
{
	int64_t value;
	if (text.len > 5 || count_digits(text) != text.len || !option_parse_integer(text, &value) ||
		value > 65535) {
		return false;
	}
	*port = htons((uint16_t)value);
	return true;
}

static bool parse_host(int family, struct span host, void *out)
{
	char text[INET6_ADDRSTRLEN];
	if (host.len >= sizeof(text)) {
		return false;
	}
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	return inet_pton(family, text, out) == 1;
}

static const char *parse_ipv6(struct span text, struct option_address *address)
{
	struct sockaddr_in6 *name = (struct sockaddr_in6 *)&address->socket;
	const char *close = memchr(text.ptr, ']', text.len);
	if (close == NULL) {
		return "the closing ']' is missing";
	}
	struct span host = span_of(text.ptr + 1, (size_t)(close - text.ptr) - 1);
	struct span port = span_skip(text, host.len + 2);
	if (!parse_host(AF_INET6, host, &name->sin6_addr)) {
		return "between the brackets must be a numeric IPv6 address";
	}
	if (port.len < 2 || port.ptr[0] != ':' ||
		!parse_port(span_skip(port, 1), &name->sin6_port)) {
		return "behind the brackets must be a port from 0 to 65535, as in [::1]:8080";
	}
	name->sin6_family = AF_INET6;
	address->len = sizeof(*name);
	return NULL;
}

static const char *parse_ipv4(struct span text, struct option_address *address)
{
	struct sockaddr_in *name = (struct sockaddr_in *)&address->socket;
	const char *colon = memrchr(text.ptr, ':', text.len);
	if (colon == NULL) {
		return count_digits(text) == text.len
			       ? "the address is missing; write 127.0.0.1:PORT"
			       : "the port is missing";
	}
	struct span host = span_of(text.ptr, (size_t)(colon - text.ptr));
	if (host.len == 0 || span_equal(host, SPAN("*"))) {
		return "for every interface write 0.0.0.0:PORT or [::]:PORT";
	}
	if (span_equal_nocase(host, SPAN("localhost"))) {
		return "write the number: 127.0.0.1:PORT or [::1]:PORT";
	}
	if (memchr(host.ptr, ':', host.len) != NULL) {
		return "an IPv6 address needs brackets, as in [::1]:8080";
	}
	if (!parse_host(AF_INET, host, &name->sin_addr)) {
		return "names are not looked up; write the number, as in 127.0.0.1:8080";
	}
	if (!parse_port(span_skip(text, host.len + 1), &name->sin_port)) {
		return "the port must be a number from 0 to 65535";
	}
	name->sin_family = AF_INET;
	address->len = sizeof(*name);
	return NULL;
}

const char *option_parse_address(struct span text, struct option_address *address)
{
	*address = (struct option_address){ 0 };
	if (text.len == 0) {
		return "it is empty";
	}
	if (span_starts_with(text, SPAN("unix:"))) {
		return parse_unix(span_skip(text, 5), address);
	}
	return text.ptr[0] == '[' ? parse_ipv6(text, address) : parse_ipv4(text, address);
}

bool option_address_is_local(const struct option_address *address)
{
	const struct sockaddr_in *in = (const void *)&address->socket;
	const struct sockaddr_in6 *in6 = (const void *)&address->socket;
	switch (address->socket.ss_family) {
	case AF_INET: return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	case AF_INET6: return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	default: return true;
	}
}

bool option_value_is_bare(const struct option *row)
{
	const char *text = row->fallback;
	bool number = text[strspn(text, "-0123456789")] == '\0';
	bool literal = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
	bool is_text = row->type == OPTION_TEXT || row->type == OPTION_TEXTS;
	return text[0] == '[' || text[0] == '{' || ((number || literal) && !is_text);
}
