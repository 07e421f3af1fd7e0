/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What no object of a configuration can say about itself alone. Problems are added. */
#pragma once

#include "gateway/config.h"

/* `root` is the object of the top level. */
void config_check_whole(
	const struct config *config, const struct json_node *root, struct problem_list *problems);
/* Only where nothing was wrong so far: whether each mapping can work on its bridge. */
void config_check_mappings(
	const struct config *config, const struct json_node *root, struct problem_list *problems);
