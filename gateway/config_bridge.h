/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* One member of `bridges` in the configuration. */
#pragma once

#include "gateway/config.h"

/* Problems are added. Finish it in any case. */
void config_bridge_read(struct bridge_instance *bridge, const struct json_node *node,
	struct problem_list *problems);
/* The topics that its mappings name, each with the longest of their timeouts. `index` is its own.
 */
/* What its mappings need of reply queues; after the mappings are read. */
void config_bridge_replies(
	struct bridge_instance *instance, size_t index, const struct mapping_table *mappings);
void config_bridge_topics(
	struct bridge_instance *bridge, size_t index, const struct mapping_table *mappings);
void config_bridge_finish(struct bridge_instance *bridge);
void config_bridge_document(FILE *out);
/* Appends the JSON Schema of one. */
void config_bridge_schema(struct buffer *out);
