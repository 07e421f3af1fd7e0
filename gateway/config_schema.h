/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * JSON Schema (2020-12) of the configuration, made from the rows that read it, for editors: what it
 * lets through may still be refused, because it knows no names and no templates. What it does not
 * let through is refused.
 */
#pragma once

#include "base/buffer.h"

enum config_schema { CONFIG_SCHEMA_FILE, CONFIG_SCHEMA_INCLUDED };

/* Appends the schema of a configuration, or of a file that one includes. */
void config_schema_append(enum config_schema which, struct buffer *out);
