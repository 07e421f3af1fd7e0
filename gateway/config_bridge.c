/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/config_bridge.h"

#include "base/memory.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct bridge_keys {
	char *type;
	bool required;
};

static const struct option bridge_rows[] = {
	{ .name = "type",
		.type = OPTION_TEXT,
		.offset = offsetof(struct bridge_keys, type),
		.required = true,
		.help = "`amqp`, `kafka` or `loopback`" },
	{ .name = "required",
		.type = OPTION_BOOL,
		.offset = offsetof(struct bridge_keys, required),
		.fallback = "true",
		.help = "`/readyz` waits for it" },
	{ 0 },
};

/* Our keys stand behind what the kind shares. */
static size_t keys_offset(const struct bridge_kind *kind)
{
	const size_t alignment = _Alignof(max_align_t);
	return (kind->shared_size + alignment - 1) / alignment * alignment;
}

/* The kind's rows behind the two that every bridge has; freed by the caller. */
static struct option *rows_of_kind(const struct bridge_kind *kind)
{
	size_t count = 0;
	while (kind->rows[count].name != NULL) {
		count++;
	}
	struct option *rows = memory_new(count + 3, sizeof(*rows));
	for (size_t i = 0; i < 2; i++) {
		rows[i] = bridge_rows[i];
		rows[i].offset += keys_offset(kind);
	}
	memcpy(rows + 2, kind->rows, count * sizeof(*rows));
	return rows;
}

static const struct bridge_kind *kind_of_bridge(
	const struct json_node *node, struct problem_list *problems)
{
	const struct json_node *type = json_node_member(node, SPAN("type"));
	if (node->type != JSON_OBJECT || type == NULL || type->type != JSON_STRING) {
		problem_list_error(problems, type != NULL ? type : node,
			"expected an object with a \"type\": \"amqp\", \"kafka\" or \"loopback\"");
		return NULL;
	}
	const struct bridge_kind *kind = bridge_kind_find(type->string);
	if (kind == NULL) {
		bool later = span_equal(type->string, SPAN("http"));
		problem_list_error(problems, type,
			later ? "\"%.*s\" is not available yet"
			      : "\"%.*s\" is no type of bridge; expected \"amqp\", \"kafka\" or "
				"\"loopback\"",
			(int)type->string.len, type->string.ptr);
	}
	return kind;
}

void config_bridge_read(
	struct bridge_instance *bridge, const struct json_node *node, struct problem_list *problems)
{
	bridge->name = memory_text(node->name);
	bridge->kind = kind_of_bridge(node, problems);
	if (bridge->kind == NULL) {
		return;
	}
	struct option *rows = rows_of_kind(bridge->kind);
	size_t offset = keys_offset(bridge->kind);
	bridge->shared = memory_new(1, offset + sizeof(struct bridge_keys));
	struct bridge_keys *keys = (void *)((char *)bridge->shared + offset);
	if (option_read(rows, node, bridge->shared, problems)) {
		bridge->opened = bridge->kind->open(bridge->shared, node, problems);
	}
	bridge->required = keys->required;
	free(keys->type);
	free(rows);
}

void config_bridge_topics(
	struct bridge_instance *instance, size_t index, const struct mapping_table *mappings)
{
	size_t count = mapping_table_count(mappings);
	instance->topics = memory_new(count + 1, sizeof(*instance->topics));
	for (size_t i = 0; i < count; i++) {
		const struct mapping *mapping = mapping_table_at(mappings, i);
		const char *name = mapping_topic(mapping);
		int64_t timeout = mapping_timeout_ms(mapping);
		if (mapping_bridge_index(mapping) != index) {
			continue;
		}
		if (timeout > instance->timeout_ms) {
			instance->timeout_ms = timeout;
		}
		size_t at = 0;
		while (name != NULL && at < instance->topic_count &&
			strcmp(instance->topics[at].name, name) != 0) {
			at++;
		}
		if (name == NULL) {
			continue;
		}
		if (at == instance->topic_count) {
			instance->topics[instance->topic_count++].name = name;
		}
		if (timeout > instance->topics[at].timeout_ms) {
			instance->topics[at].timeout_ms = timeout;
		}
	}
}

static bool same_binding(const struct bridge_binding *a, const struct mapping_binding *b)
{
	bool arguments = a->arguments == NULL || b->arguments == NULL
				 ? a->arguments == b->arguments
				 : strcmp(a->arguments, b->arguments) == 0;
	return arguments && strcmp(a->exchange, b->exchange) == 0 && strcmp(a->key, b->key) == 0;
}

static void add_binding(struct bridge_instance *instance, const struct mapping_binding *binding)
{
	size_t count = 0;
	while (instance->bindings != NULL && instance->bindings[count].exchange != NULL) {
		if (same_binding(&instance->bindings[count++], binding)) {
			return;
		}
	}
	instance->bindings =
		memory_resize(instance->bindings, count + 2, sizeof(*instance->bindings));
	instance->bindings[count] =
		(struct bridge_binding){ binding->exchange, binding->key, binding->arguments };
	instance->bindings[count + 1] = (struct bridge_binding){ 0 };
}

static void add_reply_queue(struct bridge_instance *instance, const char *name)
{
	size_t count = 0;
	while (instance->reply_queues != NULL && instance->reply_queues[count] != NULL) {
		if (strcmp(instance->reply_queues[count++], name) == 0) {
			return;
		}
	}
	instance->reply_queues =
		memory_resize(instance->reply_queues, count + 2, sizeof(*instance->reply_queues));
	instance->reply_queues[count] = name;
	instance->reply_queues[count + 1] = NULL;
}

void config_bridge_replies(
	struct bridge_instance *instance, size_t index, const struct mapping_table *mappings)
{
	for (size_t i = 0; i < mapping_table_count(mappings); i++) {
		const struct mapping *mapping = mapping_table_at(mappings, i);
		unsigned count;
		const struct mapping_binding *bindings = mapping_bindings(mapping, &count);
		if (mapping_bridge_index(mapping) != index ||
			mapping_when(mapping) != WHEN_REPLIED) {
			continue;
		}
		for (unsigned j = 0; j < count; j++) {
			if (bindings[j].exchange != NULL) {
				add_binding(instance, &bindings[j]);
			}
		}
		if (mapping_reply_queue(mapping) != NULL) {
			add_reply_queue(instance, mapping_reply_queue(mapping));
		}
	}
}

void config_bridge_finish(struct bridge_instance *bridge)
{
	if (bridge->opened) {
		bridge->kind->close(bridge->shared);
	}
	if (bridge->kind != NULL && bridge->shared != NULL) {
		option_finish(bridge->kind->rows, bridge->shared);
	}
	free(bridge->shared);
	free(bridge->topics);
	free(bridge->bindings);
	free(bridge->reply_queues);
	free(bridge->name);
}

void config_bridge_document(FILE *out)
{
	option_document(bridge_rows, "bridges", out);
	for (const struct bridge_kind *const *kind = bridge_kinds(); *kind != NULL; kind++) {
		struct buffer title = { 0 };
		buffer_append_format(&title, "bridges, type `%s`%c", (*kind)->type, '\0');
		option_document((*kind)->rows, title.data, out);
		buffer_finish(&title);
	}
}

/* Every kind has its own keys, told apart by `type`. */
void config_bridge_schema(struct buffer *out)
{
	const char *before =
		"{\"type\":\"object\",\"required\":[\"type\"],\"properties\":{\"type\":{"
		"\"enum\":[";
	for (const struct bridge_kind *const *kind = bridge_kinds(); *kind != NULL; kind++) {
		buffer_append_format(out, "%s\"%s\"", before, (*kind)->type);
		before = ",";
	}
	before = "]}},\"allOf\":[";
	for (const struct bridge_kind *const *kind = bridge_kinds(); *kind != NULL; kind++) {
		struct option *rows = rows_of_kind(*kind);
		buffer_append_format(out,
			"%s{\"if\":{\"properties\":{\"type\":{\"const\":\"%s\"}}},\"then\":",
			before, (*kind)->type);
		option_schema(rows, out);
		buffer_append_char(out, '}');
		before = ",";
		free(rows);
	}
	buffer_append_literal(out, "]}");
}
