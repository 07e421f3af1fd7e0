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
