/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_view.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void kafka_view_init(struct kafka_view *view, size_t topic_count)
{
	*view = (struct kafka_view){ .state = BRIDGE_STATE_DOWN, .topic_count = topic_count };
	view->topics = memory_new(topic_count + 1, sizeof(*view->topics));
}

void kafka_view_finish(struct kafka_view *view)
{
	free(view->topics);
	view->topics = NULL;
}

void kafka_view_copy(struct kafka_view *to, const struct kafka_view *from)
{
	struct kafka_topic_view *topics = to->topics;
	assert(to->topic_count == from->topic_count);
	memcpy(topics, from->topics, from->topic_count * sizeof(*topics));
	*to = *from;
	to->topics = topics;
}

bool kafka_view_topic_equal(const struct kafka_topic_view *a, const struct kafka_topic_view *b)
{
	return a->state == b->state && a->partitions == b->partitions &&
	       a->leaderless_count == b->leaderless_count &&
	       memcmp(a->leaderless, b->leaderless,
		       a->leaderless_count * sizeof(a->leaderless[0])) == 0;
}

bool kafka_view_is_well(const struct kafka_view *view)
{
	for (size_t i = 0; i < view->topic_count; i++) {
		if (view->topics[i].state != KAFKA_TOPIC_PRESENT ||
			view->topics[i].leaderless_count > 0) {
			return false;
		}
	}
	return true;
}

int32_t kafka_view_partition(const struct kafka_topic_view *topic, unsigned number)
{
	int64_t led = (int64_t)topic->partitions - topic->leaderless_count;
	if (led <= 0) {
		return (int32_t)(number % (unsigned)topic->partitions);
	}
	int32_t partition = (int32_t)(number % (uint64_t)led);
	for (uint32_t i = 0; i < topic->leaderless_count; i++) {
		partition += topic->leaderless[i] <= partition;
	}
	return partition;
}
