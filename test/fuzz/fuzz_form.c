/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * First line a name, second a host pattern, third a host, the rest a query. A parameter is found
 * without decoding exactly where decoding finds it.
 */
#include "mappings/form.h"
#include "mappings/host_pattern.h"
#include "mappings/path.h"
#include "test/fuzz/fuzz.h"

#include <stdint.h>

static bool decodes_to(struct span text, struct span plain)
{
	struct buffer decoded = { 0 };
	bool raw_nul = text.len > 0 && memchr(text.ptr, 0, text.len) != NULL;
	bool same = !raw_nul && path_decode(text, true, &decoded) &&
		    span_equal(buffer_span(&decoded), plain);
	buffer_finish(&decoded);
	return same;
}

static void check_query(struct span query, struct span name)
{
	struct span rest = query, value, first = SPAN_ABSENT;
	struct form_pair pair;
	unsigned found = 0;
	while (form_next(&rest, '&', &pair)) {
		require(pair.name.ptr >= query.ptr);
		require(pair.name.ptr + pair.name.len <= query.ptr + query.len);
		bool same = decodes_to(pair.name, name);
		require(form_text_is(pair.name, name) == same);
		if (same && found++ == 0) {
			first = pair.value;
		}
	}
	require(form_find(query, name, &value) == (found < 2));
	require(found != 1 || span_equal(value, first));
	require(span_present(value) == (found > 0));
}

static void check_host(struct span text, struct span host)
{
	struct store store = { 0 };
	struct host_pattern pattern, exact;
	if (host_pattern_parse(text, &store, &pattern) == NULL) {
		bool fits = host_pattern_match(&pattern, host);
		require(host_pattern_covers(&pattern, &pattern));
		bool plain = !pattern.tail && !pattern.captures;
		require(host_pattern_match(&pattern, pattern.name) == plain);
		if (host_pattern_parse(host, &store, &exact) == NULL && !exact.tail &&
			!exact.captures) {
			require(host_pattern_match(&exact, host));
			require(host_pattern_covers(&pattern, &exact) == fits);
		}
	}
	store_finish(&store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of((const char *)data, size);
	struct span name = take_line(&rest);
	struct span pattern = take_line(&rest);
	check_host(pattern, take_line(&rest));
	check_query(rest, name);
	return 0;
}
