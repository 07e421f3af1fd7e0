/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/message.h"

static const char *const property_names[PROPERTY_COUNT] = {
	[PROPERTY_CONTENT_TYPE] = "content_type",
	[PROPERTY_CONTENT_ENCODING] = "content_encoding",
	[PROPERTY_DELIVERY_MODE] = "delivery_mode",
	[PROPERTY_PRIORITY] = "priority",
	[PROPERTY_CORRELATION_ID] = "correlation_id",
	[PROPERTY_REPLY_TO] = "reply_to",
	[PROPERTY_EXPIRATION] = "expiration",
	[PROPERTY_MESSAGE_ID] = "message_id",
	[PROPERTY_TIMESTAMP] = "timestamp",
	[PROPERTY_TYPE] = "type",
	[PROPERTY_USER_ID] = "user_id",
	[PROPERTY_APP_ID] = "app_id",
	[PROPERTY_CLUSTER_ID] = "cluster_id",
};

enum message_property message_property_from_name(struct span name)
{
	enum message_property property = 0;
	while (property < PROPERTY_COUNT &&
		!span_equal(name, span_from_text(property_names[property]))) {
		property++;
	}
	return property;
}

const char *message_property_name(enum message_property property)
{
	return property_names[property];
}

const struct message_header *message_header(const struct message *message, struct span name)
{
	for (unsigned i = 0; i < message->header_count; i++) {
		if (span_equal(message->headers[i].name, name)) {
			return &message->headers[i];
		}
	}
	return NULL;
}
