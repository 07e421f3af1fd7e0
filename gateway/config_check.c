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

void config_check_mappings(const struct config *config, struct problem_list *problems)
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
}

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
