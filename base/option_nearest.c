/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/option.h"

#define NAME_MAX_LEN 40
#define DISTANCE_MAX 2

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned cost(char a, char b)
{
	return span_lower(a) != span_lower(b);
}

/* Damerau-Levenshtein, three rows at a time: what one slip of the fingers does counts 1. */
static unsigned distance(struct span a, struct span b)
{
	unsigned rows[3][NAME_MAX_LEN + 1];
	if (a.len > NAME_MAX_LEN || b.len > NAME_MAX_LEN) {
		return NAME_MAX_LEN;
	}
	for (unsigned j = 0; j <= b.len; j++) {
		rows[0][j] = j;
	}
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
		row[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			row[j] = smaller(above[j], row[j - 1]) + 1;
			row[j] = smaller(row[j], above[j - 1] + cost(a.ptr[i - 1], b.ptr[j - 1]));
			if (i > 1 && j > 1 && cost(a.ptr[i - 1], b.ptr[j - 2]) == 0 &&
				cost(a.ptr[i - 2], b.ptr[j - 1]) == 0) {
				row[j] = smaller(row[j], twice[j - 2] + 1);
			}
		}
	}
	return rows[a.len % 3][b.len];
}

/* Half of a short word may not be wrong. */
static void consider(struct span text, const char *name, const char **best, unsigned *best_distance)
{
	struct span candidate = span_from_text(name);
	unsigned found = distance(text, candidate);
	if (found < *best_distance && 2 * found < candidate.len) {
		*best = name;
		*best_distance = found;
	}
}

const char *option_nearest(struct span text, const struct option *rows)
{
	const char *best = NULL;
	unsigned best_distance = DISTANCE_MAX + 1;
	for (; rows->name != NULL; rows++) {
		consider(text, rows->name, &best, &best_distance);
	}
	return best;
}

const char *option_nearest_name(struct span text, const char *const *names)
{
	const char *best = NULL;
	unsigned best_distance = DISTANCE_MAX + 1;
	for (; *names != NULL; names++) {
		consider(text, *names, &best, &best_distance);
	}
	return best;
}
