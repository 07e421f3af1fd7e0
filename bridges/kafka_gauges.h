/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What the handles said about themselves last, and how it looks in /metrics. All on the reader's
 * thread, apart from every call.
 */
#pragma once

#include "bridges/bridge_series.h"
#include "bridges/kafka_handle.h"
#include "bridges/kafka_statistics.h"

#define KAFKA_HANDLES (KAFKA_REPLIES + 1)

/* Begins zeroed. */
struct kafka_gauges {
	struct {
		bool known;
		struct kafka_statistics said;
	} handles[KAFKA_HANDLES]; /* by use */
	uint64_t skipped;         /* texts that were not read */
};

extern const struct bridge_series kafka_gauges_rows[];

/* Statistics of a handle, as librdkafka writes them. `topic` is the one that replies come from. */
void kafka_gauges_take(
	struct kafka_gauges *gauges, enum kafka_use use, struct span json, struct span topic);
void kafka_gauges_measure(const struct kafka_gauges *gauges, struct bridge_samples *samples);
