/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/convention.h"

#include "base/option.h"

#include <stdlib.h>

static const struct convention conventions[] = {
	{ .name = "plain" },
};

static const char *const later[] = { "http", "nestjs", "golevelup", "nestjs-rmq", "faststream",
	"celery", "nameko", "aio-pika", "moleculer", "spring", "masstransit", "easynetq",
	"wolverine", "enqueue", "smallrye", "zilla", "faust", "micronaut", NULL };

static bool is_listed(struct span name, const char *const *names)
{
	while (*names != NULL && !span_equal(name, span_from_text(*names))) {
		names++;
	}
	return *names != NULL;
}

static const struct convention *find(struct span name)
{
	for (size_t i = 0; i < sizeof(conventions) / sizeof(conventions[0]); i++) {
		if (span_equal(name, span_from_text(conventions[i].name))) {
			return &conventions[i];
		}
	}
	return NULL;
}

const struct convention *convention_choose(
	const struct json_node *send, const char *fallback, struct problem_list *problems)
{
	const struct json_node *at =
		send != NULL ? json_node_member(send, SPAN("convention")) : NULL;
	if ((at == NULL && fallback == NULL) || (at != NULL && at->type != JSON_STRING)) {
		return &conventions[0];
	}
	struct span name = at != NULL ? at->string : span_from_text(fallback);
	char *expanded = at != NULL ? option_expand(at, problems) : NULL;
	struct span real = expanded != NULL ? span_from_text(expanded) : name;
	const struct convention *convention = find(real);
	if (convention == NULL) {
		problem_list_error(problems, at != NULL ? at : send,
			is_listed(real, later) ? "the convention '%.*s' is not available yet"
					       : "unknown convention '%.*s'; expected plain",
			(int)name.len, name.ptr);
		convention = &conventions[0];
	}
	free(expanded);
	return convention;
}

const struct json_node *convention_knob(
	const struct json_node *own, const struct json_node *preset, struct span name)
{
	return own != NULL || preset == NULL ? own : json_node_member(preset, name);
}
