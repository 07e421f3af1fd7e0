/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Numbers that only one kind of bridge has, for /metrics. A kind has rows that say which there are,
 * and a slot that fills in samples of them; the host writes them down with the bridge's name. How
 * many there can be must be bounded by the configuration and by constants, never by clients.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A row of a kind; constant. */
struct bridge_series {
	const char *name; /* without "bridgehead_"; NULL ends the rows */
	const char *type; /* "gauge", "counter" */
	const char *help;
};

struct bridge_label {
	const char *name; /* constant; NULL: there is none */
	char value[24];
};

enum { BRIDGE_LABELS_MAX = 2 };

struct bridge_sample {
	const struct bridge_series *series;
	struct bridge_label labels[BRIDGE_LABELS_MAX]; /* beside `bridge` */
	double value;
};

/* Begins zeroed. One thread at a time. */
struct bridge_samples {
	struct bridge_sample *items;
	size_t count, room;
};

/* A fresh one to fill in, without labels; valid until the next call. */
struct bridge_sample *bridge_samples_add(
	struct bridge_samples *samples, const struct bridge_series *series, double value);
/* Appends copies. */
void bridge_samples_append(struct bridge_samples *to, const struct bridge_samples *from);
void bridge_samples_finish(struct bridge_samples *samples);
