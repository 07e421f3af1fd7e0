/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The mappings as a table for people. Load only. */
#pragma once

#include "mappings/mapping.h"

#include <stdio.h>

/* One line for each, in the order in which they are tried. */
void routes_print(const struct mapping_table *table, FILE *out);
