/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/unit/mappings/world.h"

static void a_send_that_cannot_work_does_not_load(void **state)
{
	(void)state;
	static const struct world_fault faults[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"bridge\": "
		  "\"rabit\"}",
			"there is no bridge 'rabit'; did you mean 'rabbit'?" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"exchange\": "
		  "\"x\"}",
			"either queue, or exchange" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"routing_key\": \"x\"}",
			"expected a queue, or an exchange" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {}",
			"expected a queue, or an exchange" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"\"}", "expected a name" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": "
		  "\"" X256 "\"}",
			"longer than 255 bytes" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": 5}", "expected a string" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"convention\": "
		  "\"faust\"}",
			"the convention 'faust' is for kafka bridges; this one's type is amqp" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"convention\": "
		  "\"plan\"}",
			"unknown convention 'plan'; did you mean 'plain'?" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"topic\": \"t\"}",
			"only a kafka bridge knows topic" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"behave\": "
		  "\"drop\"}",
			"only a loopback bridge knows behave" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"mandatory\": "
		  "false}",
			"waits for a reply" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": []",
			"several legs are not available yet" },
		{ "\"match\": {\"path\": \"/a\"}", "send" },
	};
	WORLD_REFUSE(faults);
}

#define TO_KAFKA "\"match\": {\"path\": \"/:x\"}, \"send\": {\"bridge\": \"kafka\", "

static void a_send_to_kafka_that_cannot_work_does_not_load(void **state)
{
	(void)state;
	static const struct world_fault faults[] = {
		{ TO_KAFKA "\"key\": \"k\"}", "expected a topic" },
		{ TO_KAFKA "\"queue\": \"q\", \"topic\": \"t\"}",
			"only an amqp bridge knows queue" },
		{ TO_KAFKA "\"topic\": \"a/b\"}", "expected a topic's name" },
		{ TO_KAFKA "\"topic\": \"..\"}", "expected a topic's name" },
		{ TO_KAFKA "\"topic\": \"" X256 "\"}", "expected a topic's name" },
		{ TO_KAFKA "\"topic\": \"t\", \"partition\": -1}", "number of a partition" },
		{ TO_KAFKA "\"topic\": \"t\", \"tombstone\": true}", "a tombstone needs a key" },
		{ TO_KAFKA "\"topic\": \"t\", \"reply_partition\": {\"header\": \"\"}}",
			"the name of a header" },
		{ TO_KAFKA "\"topic\": \"t\", \"reply_partition\": {\"header\": \"p\", \"format\": "
			   "\"le32\"}}",
			"be32" },
		{ TO_KAFKA "\"topic\": \"t\", \"properties\": {\"priority\": 1}}",
			"Kafka has no property 'priority'" },
		{ TO_KAFKA "\"topic\": \"t\", \"headers\": {\"reply_to\": \"${path.x}\"}}",
			"a mapping cannot set it" },
		{ TO_KAFKA "\"topic\": \"t\", \"headers\": {\"correlation_id\": \"x\"}}",
			"a mapping cannot set it" },
	};
	WORLD_REFUSE(faults);
}

static void what_belongs_to_the_gateway_cannot_be_set(void **state)
{
	(void)state;
	static const struct world_fault faults[] = {
		{ "\"match\": {\"path\": \"/:x\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"correlation_id\": \"${path.x}\"}}",
			"correlation_id is always ours" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"reply_to\": \"${query.x}\"}}",
			"must not choose the reply address" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"corelation_id\": \"x\"}}",
			"did you mean 'correlation_id'?" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"priority\": 256}}",
			"from 0 to 255" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"delivery_mode\": 3}}",
			"1 or 2" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"type\": "
		  "\"" X256 "\"}}",
			"longer than 255" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"reply_to\": \"${reply_to}\"}}",
			"act on the header 'reply_to'" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"CC\": \"x\"}}",
			"act on the header 'CC'" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"x-delay\": 5}}",
			"act on the header 'x-delay'" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"forward_headers\": [\"x-death\"]}",
			"act on the header 'x-death'" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"forward_headers\": [\"correlation_id\"]}",
			"act on the header" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"forward_headers\": [\"X-Tenant\"]}",
			"in lower case" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"forward_headers\": [\"*\"]}",
			"the only pattern" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\"}, \"limits\": "
		  "{\"body\": 5000}",
			"may only lower" },
	};
	WORLD_REFUSE(faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_send_that_cannot_work_does_not_load),
		cmocka_unit_test(a_send_to_kafka_that_cannot_work_does_not_load),
		cmocka_unit_test(what_belongs_to_the_gateway_cannot_be_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
