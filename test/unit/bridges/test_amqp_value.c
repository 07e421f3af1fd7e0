/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/amqp_value.h"

#include "bridges/amqp_content.h"
#include "bridges/amqp_library.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct site {
	amqp_pool_t pool;
	char bytes[65536];
	struct message_header headers[MESSAGE_HEADERS_MAX];
	struct buffer text;
};

static int set_up(void **state)
{
	struct site *site = calloc(1, sizeof(*site));
	init_amqp_pool(&site->pool, 4096);
	*state = site;
	return 0;
}

static int tear_down(void **state)
{
	struct site *site = *state;
	empty_amqp_pool(&site->pool);
	buffer_finish(&site->text);
	free(site);
	return 0;
}

/* What we write, as the library reads it; false: we refuse. */
static bool there(
	struct site *site, const struct message *message, amqp_basic_properties_t *properties)
{
	void *decoded = NULL;
	size_t room = amqp_content_size(message);
	assert_true(room <= sizeof(site->bytes));
	char *end = amqp_content_write(message, site->bytes);
	if (end == NULL) {
		return false;
	}
	assert_true((size_t)(end - site->bytes) <= room);
	amqp_bytes_t bytes = { (size_t)(end - site->bytes), site->bytes };
	int status = amqp_decode_properties(AMQP_BASIC_CLASS, &site->pool, bytes, &decoded);
	assert_int_equal(status, AMQP_STATUS_OK);
	*properties = *(amqp_basic_properties_t *)decoded;
	return true;
}

static amqp_field_value_t encode(struct site *site, const char *text, enum message_value_type type)
{
	const struct message_header header = { SPAN("h"), span_from_text(text), type };
	const struct message message = { .headers = &header, .header_count = 1 };
	amqp_basic_properties_t properties;
	assert_true(there(site, &message, &properties));
	assert_int_equal(properties._flags, AMQP_BASIC_HEADERS_FLAG);
	return properties.headers.entries[0].value;
}

/* The header as a message shows it; false: refused. */
static bool decode(struct site *site, amqp_field_value_t value, struct message_header *header)
{
	amqp_table_entry_t entry = { amqp_cstring_bytes("h"), value };
	const amqp_basic_properties_t properties = { ._flags = AMQP_BASIC_HEADERS_FLAG,
		.headers = { 1, &entry } };
	struct message message;
	if (!amqp_value_to_message(&properties, site->headers, &site->text, &message)) {
		return false;
	}
	assert_int_equal(message.header_count, 1);
	*header = message.headers[0];
	return true;
}

static void expect(
	struct site *site, amqp_field_value_t value, const char *text, enum message_value_type type)
{
	struct message_header header;
	assert_true(decode(site, value, &header));
	assert_int_equal(header.type, type);
	assert_int_equal(header.value.len, strlen(text));
	assert_memory_equal(header.value.ptr, text, strlen(text));
}

static void integers_take_the_smallest_usual_type(void **state)
{
	struct site *site = *state;
	amqp_field_value_t value = encode(site, "-2147483648", MESSAGE_INTEGER);
	assert_int_equal(value.kind, AMQP_FIELD_KIND_I32);
	assert_int_equal(value.value.i32, INT32_MIN);
	value = encode(site, "9223372036854775807", MESSAGE_INTEGER);
	assert_int_equal(value.kind, AMQP_FIELD_KIND_I64);
	assert_true(value.value.i64 == INT64_MAX);
	value = encode(site, "-9223372036854775808", MESSAGE_INTEGER);
	assert_true(value.value.i64 == INT64_MIN);
}

static void what_does_not_read_as_a_number_stays_text(void **state)
{
	struct site *site = *state;
	static const char *const bad[] = { "9223372036854775808", "-9223372036854775809", "", "-",
		"1x", "+1", " 1", "0x10" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		amqp_field_value_t value = encode(site, bad[i], MESSAGE_INTEGER);
		assert_int_equal(value.kind, AMQP_FIELD_KIND_UTF8);
		assert_int_equal(value.value.bytes.len, strlen(bad[i]));
	}
	assert_int_equal(encode(site, "1e400", MESSAGE_REAL).kind, AMQP_FIELD_KIND_UTF8);
	assert_int_equal(encode(site, "{]", MESSAGE_JSON).kind, AMQP_FIELD_KIND_UTF8);
}

static void json_becomes_tables_and_arrays_and_back(void **state)
{
	struct site *site = *state;
	static const char *const texts[] = { "{\"a\":[1,-2.5,true,null,\"x\\\"y\"],\"b\":{}}",
		"[\"gw.1\"]", "[]", "{\"\":9007199254740993}" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		expect(site, encode(site, texts[i], MESSAGE_JSON), texts[i], MESSAGE_JSON);
	}
}

static void every_scalar_of_amqp_has_a_text(void **state)
{
	struct site *site = *state;
	expect(site, (amqp_field_value_t){ AMQP_FIELD_KIND_I8, { .i8 = -128 } }, "-128",
		MESSAGE_INTEGER);
	expect(site, (amqp_field_value_t){ AMQP_FIELD_KIND_U8, { .u8 = 255 } }, "255",
		MESSAGE_INTEGER);
	expect(site, (amqp_field_value_t){ AMQP_FIELD_KIND_U16, { .u16 = 65535 } }, "65535",
		MESSAGE_INTEGER);
	expect(site, (amqp_field_value_t){ AMQP_FIELD_KIND_U64, { .u64 = UINT64_MAX } },
		"18446744073709551615", MESSAGE_INTEGER);
	expect(site, (amqp_field_value_t){ AMQP_FIELD_KIND_TIMESTAMP, { .u64 = 1700000000 } },
		"1700000000", MESSAGE_INTEGER);
	expect(site, (amqp_field_value_t){ AMQP_FIELD_KIND_F64, { .f64 = 0.1 } }, "0.1",
		MESSAGE_REAL);
	expect(site, (amqp_field_value_t){ AMQP_FIELD_KIND_DECIMAL, { .decimal = { 2, 12345 } } },
		"12345e-2", MESSAGE_REAL);
	expect(site, (amqp_field_value_t){ AMQP_FIELD_KIND_BOOLEAN, { .boolean = 1 } }, "true",
		MESSAGE_BOOLEAN);
	expect(site, (amqp_field_value_t){ .kind = AMQP_FIELD_KIND_VOID }, "", MESSAGE_NULL);
	expect(site, (amqp_field_value_t){ AMQP_FIELD_KIND_F64, { .f64 = (double)NAN } }, "",
		MESSAGE_NULL);
	expect(site,
		(amqp_field_value_t){
			AMQP_FIELD_KIND_UTF8, { .bytes = amqp_cstring_bytes("\xff") } },
		"\xff", MESSAGE_BYTES);
}

static void nesting_is_bounded(void **state)
{
	struct site *site = *state;
	amqp_field_value_t values[AMQP_VALUE_DEPTH_MAX + 1] = { { .kind = AMQP_FIELD_KIND_VOID } };
	for (unsigned i = 1; i <= AMQP_VALUE_DEPTH_MAX; i++) {
		values[i] = (amqp_field_value_t){ AMQP_FIELD_KIND_ARRAY,
			{ .array = { 1, &values[i - 1] } } };
	}
	struct message_header header;
	assert_true(decode(site, values[AMQP_VALUE_DEPTH_MAX - 1], &header));
	assert_false(decode(site, values[AMQP_VALUE_DEPTH_MAX], &header));
	assert_int_equal(
		encode(site, "[[[[[[[[[1]]]]]]]]]", MESSAGE_JSON).kind, AMQP_FIELD_KIND_UTF8);
}

static void headers_beyond_the_limit_are_left_out(void **state)
{
	struct site *site = *state;
	static amqp_table_entry_t entries[MESSAGE_HEADERS_MAX + 5];
	for (int i = 0; i < MESSAGE_HEADERS_MAX + 5; i++) {
		entries[i].key = amqp_cstring_bytes("n");
		entries[i].value.kind = AMQP_FIELD_KIND_I32;
		entries[i].value.value.i32 = i;
	}
	const amqp_basic_properties_t properties = { ._flags = AMQP_BASIC_HEADERS_FLAG,
		.headers = { MESSAGE_HEADERS_MAX + 5, entries } };
	struct message message;
	assert_true(amqp_value_to_message(&properties, site->headers, &site->text, &message));
	assert_int_equal(message.header_count, MESSAGE_HEADERS_MAX);
	assert_true(span_equal(message.headers[100].value, SPAN("100")));
	assert_true(span_equal(message.headers[127].value, SPAN("127")));
}

static void properties_go_there_and_back(void **state)
{
	struct site *site = *state;
	struct message message = { 0 }, back;
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		message.properties[i] = span_from_text(message_property_name(i));
	}
	message.properties[PROPERTY_DELIVERY_MODE] = SPAN("2");
	message.properties[PROPERTY_PRIORITY] = SPAN("255");
	message.properties[PROPERTY_EXPIRATION] = SPAN("1500");
	message.properties[PROPERTY_TIMESTAMP] = SPAN("1700000000");
	amqp_basic_properties_t properties;
	assert_true(there(site, &message, &properties));
	assert_true(amqp_value_to_message(&properties, site->headers, &site->text, &back));
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		assert_true(span_equal(message.properties[i], back.properties[i]));
	}
}

static void absent_properties_stay_absent(void **state)
{
	struct site *site = *state;
	const amqp_basic_properties_t properties = { ._flags = 0 };
	struct message message;
	assert_true(amqp_value_to_message(&properties, site->headers, &site->text, &message));
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		assert_false(span_present(message.properties[i]));
	}
	assert_int_equal(message.header_count, 0);
}

static void a_property_without_a_place_in_amqp_is_refused(void **state)
{
	struct site *site = *state;
	static char long_text[256];
	memset(long_text, 'x', sizeof(long_text));
	const struct {
		enum message_property property;
		struct span value;
	} bad[] = {
		{ PROPERTY_CORRELATION_ID, span_of(long_text, 256) },
		{ PROPERTY_EXPIRATION, SPAN("1.5") },
		{ PROPERTY_EXPIRATION, SPAN("-1") },
		{ PROPERTY_EXPIRATION, SPAN("4294967296") },
		{ PROPERTY_DELIVERY_MODE, SPAN("3") },
		{ PROPERTY_PRIORITY, SPAN("256") },
		{ PROPERTY_TIMESTAMP, SPAN("today") },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct message message = { 0 };
		amqp_basic_properties_t properties;
		message.properties[bad[i].property] = bad[i].value;
		assert_false(there(site, &message, &properties));
	}
}

static void the_size_is_an_upper_bound(void **state)
{
	struct site *site = *state;
	const struct message_header headers[] = {
		{ SPAN("j"), SPAN("[1,1,1,1,1,1,1,1,\"\",\"\",[],[],{},{\"a\":1}]"), MESSAGE_JSON },
		{ SPAN("n"), SPAN("1"), MESSAGE_INTEGER },
		{ SPAN("r"), SPAN("1"), MESSAGE_REAL },
		{ SPAN("t"), SPAN("text"), MESSAGE_TEXT },
	};
	struct message message = { .headers = headers, .header_count = 4 };
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		message.properties[i] = SPAN("1");
	}
	amqp_basic_properties_t properties;
	assert_true(there(site, &message, &properties)); /* which looks at the size, too */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(integers_take_the_smallest_usual_type),
		TEST(what_does_not_read_as_a_number_stays_text),
		TEST(json_becomes_tables_and_arrays_and_back),
		TEST(every_scalar_of_amqp_has_a_text),
		TEST(nesting_is_bounded),
		TEST(headers_beyond_the_limit_are_left_out),
		TEST(properties_go_there_and_back),
		TEST(absent_properties_stay_absent),
		TEST(a_property_without_a_place_in_amqp_is_refused),
		TEST(the_size_is_an_upper_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
