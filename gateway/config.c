/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Loading goes on after a problem wherever that makes sense, so that all of them are told at once:
 * read every file, read every object by its rows, then check what crosses objects.
 */
#include "gateway/config.h"

#include "base/memory.h"
#include "gateway/config_bridge.h"
#include "gateway/config_check.h"
#include "gateway/config_listener.h"
#include "mappings/convention_table.h"

#include <errno.h>
#include <glob.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define FIELD(member) offsetof(struct config, member)
static const struct option admin_rows[] = {
	{ .name = "address",
		.type = OPTION_ADDRESS,
		.offset = 0,
		.help = "where /livez, /readyz and /metrics are served; keep it private" },
	{ 0 },
};

static const struct option default_limits_rows[] = {
	{ .name = "body",
		.type = OPTION_SIZE,
		.offset = 0,
		.fallback = "0",
		.max = INT64_C(1) << 40,
		.help = "a request's body, where it is lower than the listener's" },
	{ .name = "reply",
		.type = OPTION_SIZE,
		.offset = sizeof(int64_t),
		.fallback = "0",
		.max = INT64_C(1) << 40,
		.help = "a worker's reply, where it is lower than the listener's" },
	{ 0 },
};

#define DEFAULT(member) (FIELD(defaults.member) - FIELD(defaults))
static const struct option defaults_rows[] = {
	{ .name = "bridge",
		.type = OPTION_TEXT,
		.offset = DEFAULT(bridge),
		.help = "bridge of mappings that name none" },
	{ .name = "timeout",
		.type = OPTION_DURATION,
		.offset = DEFAULT(timeout_ms),
		.fallback = "5s",
		.min = 1,
		.max = 86400000,
		.help = "`answer.timeout` of mappings that have none" },
	{ .name = "convention",
		.type = OPTION_TEXT,
		.offset = DEFAULT(convention),
		.help = "`send.convention` of mappings that have none" },
	{ .name = "limits",
		.type = OPTION_OBJECT,
		.offset = DEFAULT(limits),
		.rows = default_limits_rows,
		.help = "lower limits for all mappings" },
	{ 0 },
};
#undef DEFAULT

static const struct option config_rows[] = {
	{ .name = "$schema",
		.type = OPTION_TEXT,
		.offset = FIELD(schema),
		.help = "where an editor finds `bridgehead schema`; not looked at" },
	{ .name = "shards",
		.type = OPTION_NODE,
		.schema = "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":1,\"maximum\":64},{"
			  "\"const\":\"auto\"}]}",
		.offset = FIELD(shards_node),
		.fallback = "1",
		.help = "threads that serve, 1 to 64, or `\"auto\"`: the smallest of CPU affinity, "
			"cgroup quota and 8" },
	{ .name = "instance",
		.type = OPTION_TEXT,
		.offset = FIELD(instance),
		.help = "name of this process in queues, logs and metrics, `[A-Za-z0-9._-]{1,64}`; "
			"default host name and a random part" },
	{ .name = "listeners",
		.type = OPTION_NODE,
		.schema = OPTION_LIST_OF(OPTION_IS("listener")),
		.offset = FIELD(listeners_node),
		.required = true,
		.help = "where clients connect, an array" },
	{ .name = "admin",
		.type = OPTION_OBJECT,
		.offset = FIELD(admin),
		.rows = admin_rows,
		.help = "health and metrics; none without it" },
	{ .name = "log",
		.type = OPTION_OBJECT,
		.offset = FIELD(log),
		.rows = log_rows,
		.help = "what is written where" },
	{ .name = "drain_timeout",
		.type = OPTION_DURATION,
		.offset = FIELD(drain_timeout_ms),
		.fallback = "25s",
		.max = 86400000,
		.help = "how long SIGTERM waits for calls" },
	{ .name = "defaults",
		.type = OPTION_OBJECT,
		.offset = FIELD(defaults),
		.rows = defaults_rows,
		.help = "for mappings" },
	{ .name = "include",
		.type = OPTION_TEXTS,
		.offset = FIELD(include),
		.help = "globs relative to the file; each file is an array of mappings, in byte "
			"order of the names, after the inline ones" },
	{ .name = "bridges",
		.type = OPTION_NODE,
		.schema = "{\"type\":\"object\",\"additionalProperties\":" OPTION_IS("bridge") "}",
		.offset = FIELD(bridges_node),
		.help = "name → instance; `type` and the keys of that bridge" },
	{ .name = "layers",
		.type = OPTION_NODE,
		.offset = FIELD(layers_node),
		.fallback = LAYERS_DEFAULT,
		.help = "groups of mappings in the order in which they are tried, the next one "
			"when no mapping of the one before takes a request" },
	{ .name = "accept_types",
		.type = OPTION_NODE,
		.offset = FIELD(accept_types_node),
		.schema = "{\"type\":\"object\",\"additionalProperties\":" OPTION_IS("names") "}",
		.help = "name → media range or list of them, for `match.accept`: `{\"json\": "
			"[\"application/json\", \"application/*+json\"]}`" },
	{ .name = "cors",
		.type = OPTION_NODE,
		.schema = OPTION_IS("cors"),
		.offset = FIELD(cors_node),
		.rows = cors_rule_rows,
		.help = "what pages of other origins may use over HTTP; none without it" },
	{ .name = "conventions",
		.type = OPTION_TEXTS,
		.offset = FIELD(convention_globs),
		.help = "globs of own presets, relative to the file "
			"([conventions](conventions.md))" },
	{ .name = "mappings",
		.type = OPTION_NODE,
		.schema = OPTION_LIST_OF(OPTION_IS("mapping")),
		.offset = FIELD(mappings_node),
		.help = "first match in order (mappings.md)" },
	{ 0 },
};
#undef FIELD

static const struct json_node *read_text(
	struct config *config, const char *file, struct span text, struct problem_list *problems)
{
	struct json_fault fault = { 0 };
	struct json_tree *tree = json_tree_create(file, text, &fault);
	if (tree == NULL) {
		problem_list_file(problems, file, text, fault.offset, fault.reason);
		return NULL;
	}
	config->trees =
		memory_resize(config->trees, config->tree_count + 1, sizeof(struct json_tree *));
	config->trees[config->tree_count++] = tree;
	return json_tree_root(tree);
}

static const struct json_node *read_file(
	struct config *config, const char *file, struct problem_list *problems)
{
	const struct json_node *root = NULL;
	FILE *in = fopen(file, "re");
	if (in == NULL) {
		problem_list_file(problems, file, SPAN_ABSENT, 0, strerror(errno));
		return NULL;
	}
	struct buffer text = { 0 };
	size_t got = 1;
	while (got > 0 && buffer_reserve(&text, 65536)) {
		got = fread(text.data + text.len, 1, 65536, in);
		text.len += got;
	}
	if (ferror(in) != 0 || text.failed) {
		problem_list_file(problems, file, SPAN_ABSENT, 0, "cannot be read");
	} else {
		root = read_text(config, file, buffer_span(&text), problems);
	}
	fclose(in);
	buffer_finish(&text);
	return root;
}

static void read_shards(struct config *config, struct problem_list *problems)
{
	const struct json_node *node = config->shards_node;
	config->shards = 1;
	if (node == NULL) {
		return;
	}
	if (node->type == JSON_STRING && span_equal(node->string, SPAN("auto"))) {
		config->shards = 0;
		return;
	}
	char *end = NULL;
	char *text = memory_text(node->text);
	long count = node->type == JSON_NUMBER ? strtol(text, &end, 10) : 0;
	if (end == NULL || *end != '\0' || count < 1 || count > 64) {
		problem_list_error(
			problems, node, "expected a whole number from 1 to 64, or \"auto\"");
	} else {
		config->shards = count;
	}
	free(text);
}

static bool is_instance_name(const char *name)
{
	size_t len =
		strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
	return len >= 1 && len <= 64 && name[len] == '\0';
}

static void name_instance(
	struct config *config, const struct json_node *root, struct problem_list *problems)
{
	if (config->instance != NULL) {
		if (!is_instance_name(config->instance)) {
			problem_list_error(problems, json_node_member(root, SPAN("instance")),
				"expected 1 to 64 characters of A-Z a-z 0-9 . _ -");
		}
		return;
	}
	char host[48] = "";
	uint32_t tail = 0;
	if (gethostname(host, sizeof(host) - 1) != 0 || !is_instance_name(host)) {
		memcpy(host, "bridgehead", sizeof("bridgehead"));
	}
	if (getrandom(&tail, sizeof(tail), 0) != sizeof(tail)) {
		tail = (uint32_t)getpid();
	}
	struct buffer name = { 0 };
	buffer_append_format(&name, "%s-%08x", host, tail);
	config->instance = memory_text(buffer_span(&name));
	buffer_finish(&name);
}

static void read_listeners(struct config *config, struct problem_list *problems)
{
	const struct json_node *list = config->listeners_node;
	if (list == NULL) {
		return;
	}
	if (list->type != JSON_ARRAY || list->first == NULL) {
		problem_list_error(problems, list, "expected an array with at least one listener");
		return;
	}
	for (const struct json_node *node = list->first; node != NULL; node = node->next) {
		size_t at = config->listener_count++;
		config->listeners = memory_resize(
			config->listeners, config->listener_count, sizeof(*config->listeners));
		config->listeners[at] = (struct listener_options){ 0 };
		config_listener_read(&config->listeners[at], node, problems);
		for (size_t i = 0; i < at; i++) {
			const char *name = config->listeners[at].name;
			if (name != NULL && config->listeners[i].name != NULL &&
				strcmp(name, config->listeners[i].name) == 0) {
				problem_list_error(problems, json_node_member(node, SPAN("name")),
					"another listener is called \"%s\" too", name);
			}
		}
	}
}

static void read_bridges(struct config *config, struct problem_list *problems)
{
	const struct json_node *object = config->bridges_node;
	if (object == NULL) {
		return;
	}
	if (object->type != JSON_OBJECT) {
		problem_list_error(problems, object, "expected an object: name → bridge");
		return;
	}
	for (const struct json_node *node = object->first; node != NULL; node = node->next) {
		size_t at = config->bridge_count++;
		config->bridges = memory_resize(
			config->bridges, config->bridge_count, sizeof(*config->bridges));
		config->bridges[at] = (struct bridge_instance){ 0 };
		config_bridge_read(&config->bridges[at], node, problems);
	}
}

static void add_mappings(
	struct config *config, const struct json_node *list, const struct mapping_context *context)
{
	if (list == NULL) {
		return;
	}
	if (list->type != JSON_ARRAY) {
		problem_list_error(context->problems, list, "expected an array of mappings");
		return;
	}
	for (const struct json_node *node = list->first; node != NULL; node = node->next) {
		mapping_table_add(config->mappings, node, context);
	}
}

/* The files that a pattern beside `at` stands for, read in byte order of their names. */
static void read_glob(struct config *config, const struct json_node *at, const char *pattern,
	const struct mapping_context *context,
	void (*take)(struct config *config, const struct json_node *root,
		const struct mapping_context *context))
{
	char *path = option_beside(at, pattern);
	glob_t found = { 0 };
	/* sorted below by bytes: glob's own order follows the locale */
	if (glob(path, GLOB_NOSORT, NULL, &found) != 0) {
		problem_list_warning(context->problems, at, "no file matches \"%s\"", pattern);
	}
	for (size_t i = 1; i < found.gl_pathc; i++) {
		for (size_t j = i; j > 0 && strcmp(found.gl_pathv[j - 1], found.gl_pathv[j]) > 0;
			j--) {
			char *swap = found.gl_pathv[j];
			found.gl_pathv[j] = found.gl_pathv[j - 1];
			found.gl_pathv[j - 1] = swap;
		}
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		take(config, read_file(config, found.gl_pathv[i], context->problems), context);
	}
	globfree(&found);
	free(path);
}

static void add_convention(
	struct config *config, const struct json_node *root, const struct mapping_context *context)
{
	if (root != NULL) {
		convention_table_add(config->conventions, root, context->problems);
	}
}

static void read_conventions(
	struct config *config, const struct json_node *root, struct problem_list *problems)
{
	const struct mapping_context context = { .problems = problems };
	config->conventions = convention_table_create();
	for (size_t i = 0; i < config->convention_globs.count; i++) {
		read_glob(config, option_text_node(root, "conventions", i),
			config->convention_globs.items[i], &context, add_convention);
	}
}

/* What mappings refer to. */
static void read_shared(struct config *config, struct problem_list *problems)
{
	if (config->cors_node != NULL) {
		config->cors = cors_rule_create(config->cors_node, problems);
	}
	config->layers = layers_create(config->layers_node, problems);
	if (config->accept_types_node != NULL) {
		config->accept_types = accept_types_create(config->accept_types_node, problems);
	}
}

static void read_mappings(
	struct config *config, const struct json_node *root, struct problem_list *problems)
{
	struct mapping_bridge *bridges = memory_new(config->bridge_count, sizeof(*bridges));
	for (size_t i = 0; i < config->bridge_count; i++) {
		const struct bridge_kind *kind = config->bridges[i].kind;
		bridges[i] = (struct mapping_bridge){ config->bridges[i].name,
			kind != NULL ? kind->type : NULL };
	}
	const struct mapping_context context = {
		.bridges = bridges,
		.bridge_count = config->bridge_count,
		.default_bridge = config->defaults.bridge,
		.default_convention = config->defaults.convention,
		.conventions = config->conventions,
		.default_timeout_ms = config->defaults.timeout_ms,
		.layers = config->layers,
		.accept_types = config->accept_types,
		.limit_body = config->defaults.limits.body,
		.limit_reply = config->defaults.limits.reply,
		.cors = config->cors,
		.problems = problems,
	};
	config->mappings = mapping_table_create();
	add_mappings(config, config->mappings_node, &context);
	for (size_t i = 0; i < config->include.count; i++) {
		read_glob(config, json_node_member(root, SPAN("include")), config->include.items[i],
			&context, add_mappings);
	}
	mapping_table_finish(config->mappings, problems);
	for (size_t i = 0; i < config->bridge_count; i++) {
		config->bridges[i].exchanges =
			mapping_table_exchanges(config->mappings, config->bridges[i].name);
		config_bridge_topics(&config->bridges[i], i, config->mappings);
		config_bridge_replies(&config->bridges[i], i, config->mappings);
	}
	free(bridges);
}

/* Takes the configuration that has been read; NULL when there are errors. */
static struct config *compile(
	struct config *config, const struct json_node *root, struct problem_list *problems)
{
	if (root != NULL && root->type != JSON_OBJECT) {
		problem_list_error(problems, root, "expected an object");
	} else if (root != NULL) {
		option_read(config_rows, root, config, problems);
		read_shards(config, problems);
		name_instance(config, root, problems);
		read_listeners(config, problems);
		read_bridges(config, problems);
		read_shared(config, problems);
		read_conventions(config, root, problems);
		read_mappings(config, root, problems);
		config_check_whole(config, root, problems);
		for (size_t i = 0; i < config->listener_count; i++) {
			config_listener_check(&config->listeners[i], config->mappings, problems);
		}
		if (!problem_list_has_errors(problems)) {
			config_check_mappings(config, root, problems);
		}
	}
	if (problem_list_has_errors(problems)) {
		/* the list names nodes by position, so the trees may go */
		config_destroy(config);
		return NULL;
	}
	return config;
}

struct config *config_load(const char *file, struct problem_list *problems)
{
	struct config *config = memory_new(1, sizeof(*config));
	return compile(config, read_file(config, file, problems), problems);
}

struct config *config_load_text(const char *name, struct span text, struct problem_list *problems)
{
	struct config *config = memory_new(1, sizeof(*config));
	return compile(config, read_text(config, name, text, problems), problems);
}

void config_destroy(struct config *config)
{
	if (config == NULL) {
		return;
	}
	/* First: a bridge's thread may still use names of topics, which are the mappings'. */
	for (size_t i = 0; i < config->bridge_count; i++) {
		config_bridge_finish(&config->bridges[i]);
	}
	free(config->bridges);
	mapping_table_destroy(config->mappings);
	convention_table_destroy(config->conventions);
	cors_rule_destroy(config->cors);
	accept_types_destroy(config->accept_types);
	layers_destroy(config->layers);
	for (size_t i = 0; i < config->listener_count; i++) {
		config_listener_finish(&config->listeners[i]);
	}
	free(config->listeners);
	option_finish(config_rows, config);
	for (size_t i = 0; i < config->tree_count; i++) {
		json_tree_destroy(config->trees[i]);
	}
	free(config->trees);
	free(config);
}

void config_document(FILE *out)
{
	fputs("# Configuration\n\n"
	      "One JSON file with `//` and `/* */` comments. Durations are strings such as "
	      "`\"250ms\"` (units ms s m h),\n"
	      "sizes numbers or strings such as `\"1MiB\"`, addresses `\"127.0.0.1:8080\"`, "
	      "`\"[::]:8080\"` or\n"
	      "`\"unix:/run/x.sock\"`. `${env:NAME}` and `${file:PATH}` in any string are replaced "
	      "once at load.\n"
	      "This page is made from the program's own tables: `bridgehead check --document`.\n\n",
		out);
	option_document(config_rows, "Top level", out);
	config_listener_document(out);
	config_bridge_document(out);
	mapping_document(out);
}

void config_schema(struct buffer *out)
{
	option_schema(config_rows, out);
}
