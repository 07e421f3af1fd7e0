/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/config_schema.h"

#include "base/option.h"
#include "gateway/config.h"
#include "gateway/config_bridge.h"
#include "gateway/config_listener.h"
#include "mappings/answer_binding.h"
#include "mappings/condition.h"
#include "mappings/cors_rule.h"
#include "mappings/mapping.h"

#define STRING "{\"type\":\"string\"}"
#define MAP_OF(schema) "{\"type\":\"object\",\"additionalProperties\":" schema "}"

/* What rows refer to by OPTION_IS and are no rows themselves. */
static const struct {
	const char *name, *schema;
} definitions[] = {
	{ "scalar", "{\"type\":[\"string\",\"number\",\"boolean\",\"null\"]}" },
	{ "names", "{\"anyOf\":[" STRING "," OPTION_LIST_OF(STRING) "]}" },
	{ "place", STRING },
	{ "places", "{\"anyOf\":[" OPTION_IS("place") "," OPTION_LIST_OF(OPTION_IS("place")) "]}" },
	{ "places_by_name", MAP_OF(OPTION_IS("place")) },
	{ "template", STRING },
	{ "templates", MAP_OF("{}") },
	{ "conditions_by_name", MAP_OF("{\"anyOf\":[" STRING
				       "," OPTION_LIST_OF(STRING) ",{\"type\":\"boolean\"}]}") },
};

static void define(struct buffer *out, const char *name)
{
	buffer_append_format(out, ",\"%s\":", name);
}

static void append_condition(struct buffer *out)
{
	buffer_append_literal(out, "{\"anyOf\":[");
	option_schema(condition_rows, out);
	buffer_append_literal(out, ",{\"type\":\"array\",\"items\":");
	option_schema(condition_rows, out);
	buffer_append_literal(out, "}]}");
}

static void append_definitions(struct buffer *out)
{
	buffer_append_literal(out, "\"$defs\":{\"cors\":");
	option_schema(cors_rule_rows, out);
	define(out, "condition");
	append_condition(out);
	define(out, "binding");
	option_schema(answer_binding_rows, out);
	define(out, "mapping");
	mapping_schema(out);
	define(out, "bridge");
	config_bridge_schema(out);
	define(out, "listener");
	config_listener_schema(out);
	for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++) {
		define(out, definitions[i].name);
		buffer_append(out, definitions[i].schema, strlen(definitions[i].schema));
	}
	define(out, "configuration");
	config_schema(out);
	buffer_append_char(out, '}');
}

void config_schema_append(enum config_schema which, struct buffer *out)
{
	buffer_append_literal(out, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
				   "\"title\":\"Bridgehead\",");
	append_definitions(out);
	if (which == CONFIG_SCHEMA_FILE) {
		buffer_append_literal(out, ",\"$ref\":\"#/$defs/configuration\"}\n");
	} else {
		buffer_append_literal(
			out, ",\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/mapping\"}}\n");
	}
}
