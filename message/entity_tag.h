/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Entity tags in conditions (RFC 9110 sections 8.8.3, 13.1.1 and 13.1.2). Pure. */
#pragma once

#include "base/span.h"

#include <stdbool.h>

enum entity_tag_comparison { ENTITY_TAG_STRONG, ENTITY_TAG_WEAK };

/*
 * The list is "*", or has `tag`, which is a strong one with its quotes. A list that breaks the
 * grammar holds nothing.
 */
bool entity_tag_is_listed(struct span list, struct span tag, enum entity_tag_comparison comparison);
