/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/convention.h"

#include "base/option.h"

#include <string.h>

static const struct convention conventions[] = {
	{ .name = "plain" },
};

static const char *const later[] = { "http", "nestjs", "golevelup", "nestjs-rmq", "faststream",
	"celery", "nameko", "aio-pika", "moleculer", "spring", "masstransit", "easynetq",
	"wolverine", "enqueue", "smallrye", "zilla", "faust", "micronaut", NULL };

const struct convention *convention_find(
	const char *name, const struct json_node *at, struct problem_list *problems)
{
	for (size_t i = 0; i < sizeof(conventions) / sizeof(conventions[0]); i++) {
		if (strcmp(conventions[i].name, name) == 0) {
			return &conventions[i];
		}
	}
	for (unsigned i = 0; later[i] != NULL; i++) {
		if (strcmp(later[i], name) == 0) {
			problem_list_error(
				problems, at, "the convention '%s' is not available yet", name);
			return NULL;
		}
	}
	problem_list_error(problems, at, "unknown convention '%s'; expected plain", name);
	return NULL;
}

const struct json_node *convention_knob(
	const struct json_node *own, const struct json_node *preset, struct span name)
{
	return own != NULL || preset == NULL ? own : json_node_member(preset, name);
}
