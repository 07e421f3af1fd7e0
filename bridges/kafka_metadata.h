/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What the brokers know of one topic. */
#pragma once

#include "bridges/kafka_view.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Asks for one topic; blocks, for a second at most. False: no broker answered, and `error` is why.
 * Else `error` is the topic's own, and `found` has its partitions, but no state.
 */
bool kafka_metadata_ask(rd_kafka_t *handle, rd_kafka_topic_t *topic, rd_kafka_resp_err_t *error,
	struct kafka_topic_view *found);
enum kafka_topic_state kafka_metadata_state(rd_kafka_resp_err_t error, int32_t partitions);
