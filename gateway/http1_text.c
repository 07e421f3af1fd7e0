/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/http1_text.h"

#define TARGET (HTTP1_PATH | HTTP1_QUERY)
#define MARK (HTTP1_TOKEN | TARGET | HTTP1_HOST)

/*
 * Beyond RFC 3986, browsers leave | [ ] in paths, and \ ^ ` { } in queries too, as they are. Bytes
 * above 7F are valid nowhere here.
 */
const unsigned char http1_classes[256] = { ['0' ... '9'] = MARK | HTTP1_DIGIT | HTTP1_HEX,
	['A' ... 'F'] = MARK | HTTP1_HEX,
	['G' ... 'Z'] = MARK,
	['a' ... 'f'] = MARK | HTTP1_HEX,
	['g' ... 'z'] = MARK,
	['!'] = MARK,
	['$'] = MARK,
	['&'] = MARK,
	['\''] = MARK,
	['*'] = MARK,
	['+'] = MARK,
	['-'] = MARK,
	['.'] = MARK,
	['_'] = MARK,
	['~'] = MARK,
	['%'] = HTTP1_TOKEN | TARGET,
	['|'] = HTTP1_TOKEN | TARGET,
	['('] = TARGET | HTTP1_HOST,
	[')'] = TARGET | HTTP1_HOST,
	[';'] = TARGET | HTTP1_HOST,
	['='] = TARGET | HTTP1_HOST,
	[','] = TARGET,
	['/'] = TARGET,
	[':'] = TARGET,
	['@'] = TARGET,
	['['] = TARGET,
	[']'] = TARGET,
	['?'] = HTTP1_QUERY,
	['\\'] = HTTP1_QUERY,
	['{'] = HTTP1_QUERY,
	['}'] = HTTP1_QUERY,
	['^'] = HTTP1_TOKEN | HTTP1_QUERY,
	['`'] = HTTP1_TOKEN | HTTP1_QUERY,
	['#'] = HTTP1_TOKEN };

/* Letters, and - . / 0 ... 9, which are neighbours in ASCII. */
const unsigned char *http1_skip_target(
	const unsigned char *at, const unsigned char *end, enum http1_class class)
{
	for (; end - at >= 16; at += 16) {
		http1_sixteen bytes = http1_load_sixteen(at);
		http1_sixteen letter = (bytes | 0x20) - 'a' <= 'z' - 'a';
		http1_sixteen digit = bytes - '-' <= '9' - '-';
		unsigned other = http1_flags(~(letter | digit));
		if (other != 0) {
			at += __builtin_ctz(other);
			break;
		}
	}
	return http1_skip_bytes(at, end, class);
}

bool http1_next_element(const unsigned char **at, const unsigned char *end,
	const unsigned char **element, size_t *len)
{
	const unsigned char *start = *at;
	while (start < end && (*start == ',' || http1_is_blank(*start))) {
		start++;
	}
	const unsigned char *stop = start;
	while (stop < end && *stop != ',') {
		stop++;
	}
	*at = stop;
	while (stop > start && http1_is_blank(stop[-1])) {
		stop--;
	}
	*element = start;
	*len = (size_t)(stop - start);
	return *len > 0;
}
