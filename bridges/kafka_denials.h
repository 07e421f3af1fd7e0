/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Topics that a user may see but not write to. Metadata do not tell; the first record that is
 * refused does. The topic then counts as forbidden for a while, and is tried again after it. The
 * reader's thread.
 */
#pragma once

#include "bridges/kafka_view.h"

#include <stdbool.h>
#include <stddef.h>

/* Seconds */
#define KAFKA_DENIAL_HOLDS 10.0

struct kafka_denials {
	double *until; /* by number of the topic; of the loop's clock */
};

void kafka_denials_init(struct kafka_denials *denials, size_t topic_count);
void kafka_denials_finish(struct kafka_denials *denials);
/* A record for the topic was refused. */
void kafka_denials_note(struct kafka_denials *denials, size_t topic, double now);
/* What a topic is, of which metadata say `found`. */
enum kafka_topic_state kafka_denials_state(const struct kafka_denials *denials, size_t topic,
	enum kafka_topic_state found, double now);
