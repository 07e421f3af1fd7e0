/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Whatever librdkafka says about itself, what is shown of it is bounded and never negative. */
#include "bridges/kafka_gauges.h"
#include "test/fuzz/fuzz.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of((const char *)data, size);
	struct kafka_gauges gauges = { 0 };
	struct bridge_samples samples = { 0 };
	for (enum kafka_use use = 0; use <= KAFKA_REPLIES; use++) {
		kafka_gauges_take(&gauges, use, text, SPAN("tt"));
	}
	kafka_gauges_measure(&gauges, &samples);
	require(samples.count <= KAFKA_HANDLES * (11 + 4 * KAFKA_STATISTICS_BROKERS) + 3);
	for (size_t i = 0; i < samples.count; i++) {
		require(samples.items[i].value >= 0);
	}
	bridge_samples_finish(&samples);
	return 0;
}
