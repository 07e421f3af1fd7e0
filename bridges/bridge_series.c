/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/bridge_series.h"

#include "base/memory.h"

#include <stdlib.h>

struct bridge_sample *bridge_samples_add(
	struct bridge_samples *samples, const struct bridge_series *series, double value)
{
	if (samples->count == samples->room) {
		samples->room = samples->room > 0 ? 2 * samples->room : 32;
		samples->items =
			memory_resize(samples->items, samples->room, sizeof(*samples->items));
	}
	struct bridge_sample *sample = &samples->items[samples->count++];
	*sample = (struct bridge_sample){ .series = series, .value = value };
	return sample;
}

void bridge_samples_append(struct bridge_samples *to, const struct bridge_samples *from)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct bridge_sample *sample = &from->items[i];
		*bridge_samples_add(to, sample->series, sample->value) = *sample;
	}
}

void bridge_samples_finish(struct bridge_samples *samples)
{
	free(samples->items);
	*samples = (struct bridge_samples){ 0 };
}
