/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * RabbitMQ tells every death of a message in x-death, the last one first; a retry queue makes
 * several. What counts is how it came to us, so the last. The x-first-death-* headers stand beside
 * it and help where a worker has passed on only those.
 */
#include "bridges/dead_letter.h"

#include "base/json.h"

#include <stddef.h>

static const char *const reasons[] = { "x-last-death-reason", "x-first-death-reason", NULL };
static const char *const origins[] = { "x-last-death-queue", "x-first-death-queue",
	"kafka_dlt-original-topic", "kafka_original-topic", "dead-letter-topic", "x-original-topic",
	"x-original-routingKey", "__connect.errors.topic", NULL };
/* The cause before what wraps it. */
static const char *const exceptions[] = { "kafka_dlt-exception-cause-fqcn",
	"kafka_dlt-exception-fqcn", "kafka_exception-cause-fqcn", "kafka_exception-fqcn",
	"dead-letter-exception-class-name", "x-exception-fqcn",
	"__connect.errors.exception.class.name", NULL };
static const char *const texts[] = { "kafka_dlt-exception-message", "kafka_exception-message",
	"dead-letter-reason", "x-exception-message", "__connect.errors.exception.message", NULL };

static struct span first_of(const struct message *message, const char *const *names)
{
	for (; *names != NULL; names++) {
		const struct message_header *header =
			message_header(message, span_from_text(*names));
		if (header != NULL && header->value.len > 0) {
			return header->value;
		}
	}
	return SPAN_ABSENT;
}

/* What the last death says under `pointer`, as it is written there; absent: nothing. */
static struct span last_death(struct span deaths, struct span pointer)
{
	struct span found;
	if (!json_pointer(deaths, pointer, &found) || json_type_of(found) != JSON_STRING) {
		return SPAN_ABSENT;
	}
	return span_of(found.ptr + 1, found.len - 2);
}

void dead_letter_read(const struct message *message, struct dead_letter *letter)
{
	const struct message_header *deaths = message_header(message, SPAN("x-death"));
	*letter = (struct dead_letter){
		.message = message,
		.exception = first_of(message, exceptions),
		.text = first_of(message, texts),
	};
	if (deaths != NULL && deaths->type == MESSAGE_JSON && json_check(deaths->value, NULL)) {
		struct span value = json_value(deaths->value);
		letter->reason = last_death(value, SPAN("/0/reason"));
		letter->from = last_death(value, SPAN("/0/queue"));
	}
	if (!span_present(letter->reason)) {
		letter->reason = first_of(message, reasons);
	}
	if (!span_present(letter->from)) {
		letter->from = first_of(message, origins);
	}
	letter->expired = span_equal(letter->reason, SPAN("expired"));
}
