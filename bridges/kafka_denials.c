/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_denials.h"

#include "base/memory.h"

#include <stdlib.h>

void kafka_denials_init(struct kafka_denials *denials, size_t topic_count)
{
	denials->until = memory_new(topic_count + 1, sizeof(*denials->until));
}

void kafka_denials_finish(struct kafka_denials *denials)
{
	free(denials->until);
	denials->until = NULL;
}

void kafka_denials_note(struct kafka_denials *denials, size_t topic, double now)
{
	denials->until[topic] = now + KAFKA_DENIAL_HOLDS;
}

enum kafka_topic_state kafka_denials_state(
	const struct kafka_denials *denials, size_t topic, enum kafka_topic_state found, double now)
{
	bool held = found == KAFKA_TOPIC_PRESENT && now < denials->until[topic];
	return held ? KAFKA_TOPIC_FORBIDDEN : found;
}
