/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/config_check.h"

#include <netinet/in.h>
#include <string.h>

/* Without confirms a mapping that waits for one would answer 504 to everything. */
static void check_confirms(const struct config *config, const struct mapping *mapping,
	const struct bridge_instance *bridge, struct problem_list *problems)
{
	if (mapping_when(mapping) == WHEN_CONFIRMED && !bridge->kind->confirms(bridge->shared)) {
		const struct json_node *node =
			json_node_member(config->bridges_node, span_from_text(bridge->name));
		problem_list_error(problems, json_node_member(node, SPAN("confirms")),
			"mapping \"%s\" waits for the confirm", mapping_name(mapping));
	}
}

/* Likewise where workers reply to partitions that nobody reads. */
static void check_partition(const struct config *config, const struct mapping *mapping,
	const struct bridge_instance *bridge, struct problem_list *problems)
{
	if (mapping_when(mapping) == WHEN_REPLIED && !mapping_tells_partition(mapping) &&
		bridge->kind->reply_partition != NULL &&
		bridge->kind->reply_partition(bridge->shared) >= 0) {
		problem_list_error(problems,
			json_node_member(config->bridges_node, span_from_text(bridge->name)),
			"mapping \"%s\" waits for a reply and its \"send\" has no "
			"\"reply_partition\" to tell the worker where",
			mapping_name(mapping));
	}
}

/* Nor can what is not the session's own be bound. */
static void check_queue(const struct config *config, const struct mapping *mapping,
	const struct bridge_instance *bridge, struct problem_list *problems)
{
	unsigned bindings;
	mapping_bindings(mapping, &bindings);
	if ((bindings > 0 || mapping_reply_queue(mapping) != NULL) &&
		mapping_when(mapping) == WHEN_REPLIED && bridge->kind->own_queue != NULL &&
		!bridge->kind->own_queue(bridge->shared)) {
		problem_list_error(problems,
			json_node_member(config->bridges_node, span_from_text(bridge->name)),
			"mapping \"%s\" needs a reply queue that can be bound; leave out "
			"\"reply\": {\"via\": \"direct\"}",
			mapping_name(mapping));
	}
}

/* ---- bodies that a bridge cannot carry ---- */

static bool is_more(int64_t limit, size_t max)
{
	return limit == 0 || limit > (int64_t)max;
}

static void warn_of_bodies(const struct json_node *at, const struct bridge_instance *bridge,
	struct problem_list *problems)
{
	problem_list_warning(problems, at,
		"bridge \"%s\" carries at most %zu bytes in a message, larger bodies are 413; "
		"lower "
		"this, or raise what the bridge carries",
		bridge->name, bridge->kind->body_max(bridge->shared));
}

static const struct json_node *body_of(const struct json_node *owner)
{
	const struct json_node *limits = json_node_member(owner, SPAN("limits"));
	return limits != NULL ? json_node_member(limits, SPAN("body")) : NULL;
}

/* Where it is said what mappings without a limit of their own take. */
static void check_shared_limits(const struct config *config, const struct json_node *root,
	const struct bridge_instance *bridge, struct problem_list *problems)
{
	const struct json_node *defaults = json_node_member(root, SPAN("defaults"));
	const struct json_node *listener =
		config->listeners_node != NULL ? config->listeners_node->first : NULL;
	if (config->defaults.limits.body > 0) {
		warn_of_bodies(body_of(defaults), bridge, problems);
		return;
	}
	for (size_t i = 0; i < config->listener_count; i++, listener = listener->next) {
		const struct json_node *at = body_of(listener);
		if (at != NULL && is_more(config->listeners[i].limits.body,
					  bridge->kind->body_max(bridge->shared))) {
			warn_of_bodies(at, bridge, problems);
		}
	}
}

/* What no listener takes comes to no bridge. */
static bool listeners_take_more(const struct config *config, size_t max)
{
	for (size_t i = 0; i < config->listener_count; i++) {
		if (is_more(config->listeners[i].limits.body, max)) {
			return true;
		}
	}
	return false;
}

static void check_bodies(const struct config *config, const struct json_node *root, size_t index,
	struct problem_list *problems)
{
	const struct bridge_instance *bridge = &config->bridges[index];
	bool known = bridge->opened && bridge->kind->body_max != NULL;
	size_t max = known ? bridge->kind->body_max(bridge->shared) : 0;
	bool shared = false;
	if (max == 0 || !listeners_take_more(config, max)) {
		return;
	}
	for (size_t i = 0; i < mapping_table_count(config->mappings); i++) {
		const struct mapping *mapping = mapping_table_at(config->mappings, i);
		const struct json_node *own = body_of(mapping_node(mapping));
		if (mapping_action(mapping) != MAPPING_SEND ||
			mapping_bridge_index(mapping) != index ||
			!is_more(mapping_limit_body(mapping), max)) {
			continue;
		}
		if (own != NULL) {
			warn_of_bodies(own, bridge, problems);
		}
		shared = shared || own == NULL;
	}
	if (shared) {
		check_shared_limits(config, root, bridge, problems);
	}
}

void config_check_mappings(
	const struct config *config, const struct json_node *root, struct problem_list *problems)
{
	for (size_t i = 0; i < mapping_table_count(config->mappings); i++) {
		const struct mapping *mapping = mapping_table_at(config->mappings, i);
		if (mapping_action(mapping) != MAPPING_SEND) {
			continue;
		}
		const struct bridge_instance *bridge =
			&config->bridges[mapping_bridge_index(mapping)];
		if (bridge->opened) {
			check_confirms(config, mapping, bridge, problems);
			check_partition(config, mapping, bridge, problems);
			check_queue(config, mapping, bridge, problems);
		}
	}
	for (size_t i = 0; i < config->bridge_count; i++) {
		check_bodies(config, root, i, problems);
	}
}

/* ---- addresses ---- */

/* A port of 0 is a new one for each. */
static bool is_same_address(const struct option_address *a, const struct option_address *b)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)&a->socket;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&a->socket;
	int family = a->socket.ss_family;
	bool any = (family == AF_INET && four->sin_port == 0) ||
		   (family == AF_INET6 && six->sin6_port == 0);
	return a->len > 0 && a->len == b->len && !any &&
	       memcmp(&a->socket, &b->socket, a->len) == 0;
}

/* The kernel would open both and share connections out between them. */
static void check_addresses(
	const struct config *config, const struct json_node *admin, struct problem_list *problems)
{
	const struct json_node *node =
		config->listeners_node != NULL ? config->listeners_node->first : NULL;
	for (size_t i = 0; i < config->listener_count; i++, node = node->next) {
		const struct option_address *address = &config->listeners[i].address;
		bool taken = false;
		for (size_t j = 0; j < i && !taken; j++) {
			taken = is_same_address(address, &config->listeners[j].address);
		}
		if (taken) {
			problem_list_error(problems, json_node_member(node, SPAN("address")),
				"another listener has the address %s too", address->text);
		}
		if (is_same_address(address, &config->admin.address)) {
			problem_list_error(problems, json_node_member(admin, SPAN("address")),
				"the listener \"%s\" has this address too",
				config->listeners[i].name != NULL ? config->listeners[i].name : "");
		}
	}
}

void config_check_whole(
	const struct config *config, const struct json_node *root, struct problem_list *problems)
{
	const struct json_node *defaults = json_node_member(root, SPAN("defaults"));
	bool known = config->defaults.bridge == NULL;
	for (size_t i = 0; i < config->bridge_count && !known; i++) {
		known = strcmp(config->bridges[i].name, config->defaults.bridge) == 0;
	}
	if (!known) {
		problem_list_error(problems, json_node_member(defaults, SPAN("bridge")),
			"no bridge is called \"%s\"", config->defaults.bridge);
	}
	const struct json_node *admin = json_node_member(root, SPAN("admin"));
	if (admin != NULL && json_node_member(admin, SPAN("address")) == NULL) {
		problem_list_error(problems, admin, "\"address\" is missing");
	}
	check_addresses(config, admin, problems);
	if (config->admin.address.len > 0 && !option_address_is_local(&config->admin.address)) {
		problem_list_warning(problems, json_node_member(admin, SPAN("address")),
			"the admin listener has no authentication; a loopback address is safer");
	}
}
