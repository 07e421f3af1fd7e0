/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/amqp_frame.h"

#include "bridges/amqp_output.h"
#include "bridges/amqp_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define FRAME_MAX 4096
#define CHANNEL 1
#define ROUNDS 400

struct site {
	uint64_t random;
	struct amqp_output output;
	size_t method_size; /* of the first frame in it */
	amqp_connection_state_t library;
	struct message_header headers[MESSAGE_HEADERS_MAX];
	struct buffer text;
};

static int set_up(void **state)
{
	struct site *site = calloc(1, sizeof(*site));
	site->random = 1;
	*state = site;
	return 0;
}

static void forget_library(struct site *site)
{
	if (site->library != NULL) {
		amqp_destroy_connection(site->library);
		site->library = NULL;
	}
}

static int tear_down(void **state)
{
	struct site *site = *state;
	forget_library(site);
	amqp_output_finish(&site->output);
	buffer_finish(&site->text);
	free(site);
	return 0;
}

static unsigned below(struct site *site, unsigned limit)
{
	site->random = site->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(site->random >> 33) % limit;
}

/* ---- what a broker sends ---- */

static struct span written(const struct site *site)
{
	return buffer_span(&site->output.bytes);
}

static void write_deliver(struct site *site)
{
	static const char text[256] = "q";
	amqp_basic_deliver_t deliver = { .consumer_tag = { below(site, 256), (void *)text },
		.delivery_tag = below(site, 1u << 31),
		.redelivered = (amqp_boolean_t)below(site, 2),
		.exchange = { below(site, 256), (void *)text },
		.routing_key = { below(site, 256), (void *)text } };
	amqp_output_method(&site->output, CHANNEL, AMQP_BASIC_DELIVER_METHOD, &deliver);
}

/* The content frames of `message`, without the publish before them. */
static void write_content(struct site *site, const struct message *message)
{
	struct amqp_output publish = { 0 };
	assert_true(amqp_output_publish(&publish, CHANNEL, FRAME_MAX, message));
	const struct message nothing = { .exchange = message->exchange };
	struct amqp_output empty = { 0 };
	assert_true(amqp_output_publish(&empty, CHANNEL, FRAME_MAX, &nothing));
	size_t method = empty.bytes.len - 8 - 14; /* an empty header stands behind it */
	buffer_append_span(&site->output.bytes, span_skip(buffer_span(&publish.bytes), method));
	amqp_output_finish(&publish);
	amqp_output_finish(&empty);
}

static void write_reply(struct site *site, const struct message *message)
{
	buffer_clear(&site->output.bytes);
	write_deliver(site);
	site->method_size = written(site).len;
	write_content(site, message);
}

/* Every property that is read in place may be there or not. */
static struct message random_message(struct site *site)
{
	static const char text[512] = "text";
	static const char *const digits[] = { "0", "1", "2" };
	struct message message = { .body = span_of(text, below(site, sizeof(text))),
		.exchange = SPAN(""),
		.routing_key = SPAN("") };
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		bool number = i == PROPERTY_DELIVERY_MODE || i == PROPERTY_PRIORITY;
		if (below(site, 2) == 0 || i == PROPERTY_TIMESTAMP) {
			continue;
		}
		message.properties[i] =
			number ? span_from_text(digits[below(site, 3)])
			       : span_of(text, i == PROPERTY_EXPIRATION ? 0 : below(site, 256));
		if (i == PROPERTY_EXPIRATION) {
			message.properties[i] = SPAN("60000");
		}
	}
	return message;
}

/* ---- both readers ---- */

/* The next frame of `input`; false: there is none, or what is there is not AMQP. */
static bool next_frame(struct site *site, struct span *input, amqp_frame_t *frame)
{
	while (input->len > 0) {
		int used = amqp_handle_input(site->library, amqp_bytes_of(*input), frame);
		if (used <= 0) {
			return false;
		}
		*input = span_skip(*input, (size_t)used);
		if (frame->frame_type != 0) {
			return true;
		}
	}
	return false;
}

static void start_library(struct site *site)
{
	forget_library(site);
	amqp_frame_t frame;
	site->library = amqp_new_connection();
	amqp_handle_input(site->library, amqp_bytes_of(SPAN("AMQP\0\0\x09\x01")), &frame);
	amqp_tune_connection(site->library, 64, FRAME_MAX, 0);
}

/* Gives how many bytes of a reply stand at the start of `input`; 0: none. */
static size_t read_by_library(struct site *site, struct span input, struct message *reply)
{
	struct span rest = input;
	amqp_frame_t frame;
	start_library(site);
	if (!next_frame(site, &rest, &frame) || frame.frame_type != AMQP_FRAME_METHOD ||
		frame.payload.method.id != AMQP_BASIC_DELIVER_METHOD || frame.channel != CHANNEL ||
		!next_frame(site, &rest, &frame) || frame.frame_type != AMQP_FRAME_HEADER ||
		frame.channel != CHANNEL || frame.payload.properties.class_id != AMQP_BASIC_CLASS) {
		return 0;
	}
	uint64_t body_size = frame.payload.properties.body_size;
	*reply = (struct message){ .body = SPAN("") };
	assert_true(amqp_value_to_message(
		frame.payload.properties.decoded, site->headers, &site->text, reply));
	if (body_size > 0) {
		if (!next_frame(site, &rest, &frame) || frame.frame_type != AMQP_FRAME_BODY ||
			frame.channel != CHANNEL || frame.payload.body_fragment.len != body_size) {
			return 0;
		}
		reply->body = span_of_amqp(frame.payload.body_fragment);
	}
	return input.len - rest.len;
}

/* Reads a copy without a byte to spare, so that a sanitizer sees what is read beyond it. */
static size_t read_in_place(struct site *site, struct span input)
{
	struct message reply, same;
	amqp_channel_t channel = 0;
	char *copy = malloc(input.len > 0 ? input.len : 1);
	memcpy(copy, input.ptr, input.len);
	size_t used = amqp_frame_read_reply(span_of(copy, input.len), FRAME_MAX, &channel, &reply);
	if (used > 0 && channel == CHANNEL) {
		assert_int_equal(used, read_by_library(site, input, &same));
		assert_true(span_equal(reply.body, same.body));
		assert_true(span_present(reply.body));
		assert_int_equal(reply.header_count, same.header_count);
		for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
			assert_int_equal(span_present(reply.properties[i]),
				span_present(same.properties[i]));
			assert_true(span_equal(reply.properties[i], same.properties[i]));
		}
	}
	free(copy);
	return used;
}

static bool is_read_in_place(struct site *site, const struct message *message)
{
	write_reply(site, message);
	return read_in_place(site, written(site)) == written(site).len;
}

/* ---- replies ---- */

static void reads_replies_as_the_library_does(void **state)
{
	struct site *site = *state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		const struct message message = random_message(site);
		assert_true(is_read_in_place(site, &message));
	}
}

static void leaves_what_stands_behind_a_reply_alone(void **state)
{
	struct site *site = *state;
	const struct message message = random_message(site);
	write_reply(site, &message);
	size_t size = written(site).len;
	write_deliver(site);
	assert_int_equal(read_in_place(site, written(site)), size);
}

static void reads_no_reply_that_is_not_whole(void **state)
{
	struct site *site = *state;
	for (unsigned i = 0; i < 4; i++) {
		const struct message message = random_message(site);
		write_reply(site, &message);
		for (size_t len = 0; len < written(site).len; len++) {
			assert_int_equal(read_in_place(site, span_of(written(site).ptr, len)), 0);
		}
	}
}

/* Where it reads such a reply at all, the library must read the same. */
static void reads_damaged_replies_as_the_library_does(void **state)
{
	struct site *site = *state;
	unsigned read = 0;
	for (unsigned i = 0; i < 20 * ROUNDS; i++) {
		const struct message message = random_message(site);
		write_reply(site, &message);
		char *bytes = site->output.bytes.data;
		size_t len = written(site).len;
		/* Most bytes are text: the first of each frame are the ones that matter. */
		size_t at = below(site, 3) == 0
				    ? below(site, (unsigned)len)
				    : below(site, 2) * site->method_size + below(site, 24);
		bytes[at % len] = (char)below(site, 256);
		read += read_in_place(site, span_of(bytes, len)) > 0;
	}
	assert_in_range(read, 1, 20 * ROUNDS - 1);
}

/* A text of every length too long, with and without another property to be read behind it. */
static void reads_no_text_that_leaves_its_frame(void **state)
{
	struct site *site = *state;
	for (unsigned longer = 1; longer < 250; longer++) {
		for (unsigned more = 0; more < 2; more++) {
			struct message message = { .exchange = SPAN(""), .routing_key = SPAN("") };
			message.properties[PROPERTY_CONTENT_TYPE] = SPAN("text");
			write_reply(site, &message);
			char *header = site->output.bytes.data + site->method_size + 7;
			header[13] |= more ? AMQP_BASIC_CLUSTER_ID_FLAG : 0;
			header[14] = (char)(4 + longer);
			assert_int_equal(read_in_place(site, written(site)), 0);
		}
	}
}

static void leaves_what_is_rare_to_the_library(void **state)
{
	struct site *site = *state;
	const struct message_header header = { SPAN("h"), SPAN("v"), MESSAGE_TEXT };
	struct message plain = { .exchange = SPAN(""), .routing_key = SPAN(""), .body = SPAN("b") };
	assert_true(is_read_in_place(site, &plain));
	struct message message = plain;
	message.headers = &header;
	message.header_count = 1;
	assert_false(is_read_in_place(site, &message));
	message = plain;
	message.properties[PROPERTY_TIMESTAMP] = SPAN("1");
	assert_false(is_read_in_place(site, &message));
	message = plain;
	message.properties[PROPERTY_PRIORITY] = SPAN("10");
	assert_false(is_read_in_place(site, &message));
	message = plain;
	static const char large[FRAME_MAX];
	message.body = span_of(large, sizeof(large)); /* two frames */
	assert_false(is_read_in_place(site, &message));
}

static void reads_no_frame_larger_than_agreed(void **state)
{
	struct site *site = *state;
	struct message reply;
	amqp_channel_t channel;
	const struct message message = random_message(site);
	write_reply(site, &message);
	assert_int_equal(
		amqp_frame_read_reply(written(site), site->method_size - 1, &channel, &reply), 0);
}

/* ---- confirms ---- */

static size_t read_ack(struct span input, uint64_t *tag, bool *multiple, amqp_channel_t *channel)
{
	amqp_basic_ack_t ack = { 0 };
	char *copy = malloc(input.len > 0 ? input.len : 1);
	memcpy(copy, input.ptr, input.len);
	size_t used = amqp_frame_read_ack(span_of(copy, input.len), FRAME_MAX, channel, &ack);
	*tag = ack.delivery_tag;
	*multiple = ack.multiple;
	free(copy);
	return used;
}

static void reads_acks(void **state)
{
	struct site *site = *state;
	uint64_t tag;
	bool multiple;
	amqp_channel_t channel = 0;
	for (int i = 0; i < 2; i++) {
		amqp_basic_ack_t ack = { .delivery_tag = 0x0102030405060708u, .multiple = i };
		buffer_clear(&site->output.bytes);
		amqp_output_method(&site->output, 515, AMQP_BASIC_ACK_METHOD, &ack);
		struct span all = written(site);
		assert_int_equal(read_ack(all, &tag, &multiple, &channel), all.len);
		assert_int_equal(tag, ack.delivery_tag);
		assert_int_equal(multiple, ack.multiple);
		assert_int_equal(channel, 515);
		for (size_t len = 0; len < all.len; len++) {
			assert_int_equal(
				read_ack(span_of(all.ptr, len), &tag, &multiple, &channel), 0);
		}
	}
}

static void reads_no_ack_of_another_shape(void **state)
{
	struct site *site = *state;
	amqp_basic_ack_t ack = { .delivery_tag = 1 };
	/* type, size, method and end */
	static const size_t places[] = { 0, 6, 7, 10, 20 };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint64_t tag;
		bool multiple;
		amqp_channel_t channel;
		buffer_clear(&site->output.bytes);
		amqp_output_method(&site->output, CHANNEL, AMQP_BASIC_ACK_METHOD, &ack);
		site->output.bytes.data[places[i]]++;
		assert_int_equal(read_ack(written(site), &tag, &multiple, &channel), 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(reads_replies_as_the_library_does),
		TEST(leaves_what_stands_behind_a_reply_alone),
		TEST(reads_no_reply_that_is_not_whole),
		TEST(reads_damaged_replies_as_the_library_does),
		TEST(reads_no_text_that_leaves_its_frame),
		TEST(leaves_what_is_rare_to_the_library),
		TEST(reads_no_frame_larger_than_agreed),
		TEST(reads_acks),
		TEST(reads_no_ack_of_another_shape),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
