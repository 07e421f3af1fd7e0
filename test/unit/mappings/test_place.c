/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct message_header headers[] = {
	{ { "text", 4 }, { "hello", 5 }, MESSAGE_TEXT },
	{ { "number", 6 }, { "-5", 2 }, MESSAGE_INTEGER },
	{ { "json", 4 }, { "{\"a\": [1, \"x\\n\"]}", 17 }, MESSAGE_TEXT },
	{ { "table", 5 }, { "{\"b\":2}", 7 }, MESSAGE_JSON },
	{ { "nothing", 7 }, { "", 0 }, MESSAGE_NULL },
};

static void places_find_text_and_json(void **state)
{
	(void)state;
	static const struct {
		const char *place, *text;
		bool json;
	} stories[] = {
		{ "prop:type", "call", false },
		{ "prop:app_id", NULL, false },
		{ "header:text", "hello", false },
		{ "header:Text", NULL, false },
		{ "header:number", "-5", false },
		{ "header:nothing", NULL, false },
		{ "header:json", "{\"a\": [1, \"x\\n\"]}", false },
		{ "header:json#/a/1", "\"x\\n\"", true },
		{ "header:json#/b", NULL, false },
		{ "header:text#/a", NULL, false },
		{ "header:table", "{\"b\":2}", true },
		{ "header:table#/b", "2", true },
		{ "key", "k", false },
		{ "body:", " {\"a/b\": {\"~\": 1.0}, \"n\": null} ", false },
		{ "body:/a~1b/~0", "1.0", true },
		{ "body:/n", "null", true },
		{ "body:/x", NULL, false },
	};
	struct message message = { .key = SPAN("k"),
		.headers = headers,
		.header_count = sizeof(headers) / sizeof(headers[0]),
		.body = SPAN(" {\"a/b\": {\"~\": 1.0}, \"n\": null} ") };
	message.properties[PROPERTY_TYPE] = SPAN("call");
	struct place_source source;
	place_source_init(&source, &message, NULL);
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct place place;
		struct place_value value;
		assert_true(place_parse(span_from_text(stories[i].place), &place));
		bool found = place_read(&place, &source, &value);
		if (found != (stories[i].text != NULL) ||
			(found && (value.json != stories[i].json ||
					  !span_equal(
						  value.text, span_from_text(stories[i].text))))) {
			fail_msg("%s: %d %.*s", stories[i].place, found, (int)value.text.len,
				value.text.ptr);
		}
	}
}

static void a_body_that_is_not_strict_json_is_looked_into_once_and_holds_nothing(void **state)
{
	(void)state;
	struct message message = { .body = SPAN("{\"a\":1,\"a\":1}") };
	struct place_source source;
	place_source_init(&source, &message, NULL);
	struct place_value value;
	struct place place;
	assert_true(place_parse(SPAN("body:/a"), &place));
	assert_false(place_read(&place, &source, &value));
	assert_int_equal(source.body, PLACE_NOT_JSON);
	message.body = SPAN("{\"a\":1}");
	assert_false(place_read(&place, &source, &value));
}

static void members_are_found_however_many_and_alike_they_are(void **state)
{
	(void)state;
	/* The last three names differ in a place that does not tell them apart at first. */
	static const struct {
		const char *body, *place, *text;
	} stories[] = {
		{ "{}", "body:/a", NULL },
		{ "[7,8]", "body:/1", "8" },
		{ "[7,8]", "body:/a", NULL },
		{ "\"a\"", "body:/a", NULL },
		{ "{\"a\":1}", "body:/a/b", NULL },
		{ "{\"\\u0061\":{\"b\":2}}", "body:/a/b", "2" },
		{ "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8}", "body:/h",
			"8" },
		{ "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9}",
			"body:/i", "9" },
		{ "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9}",
			"body:/j", NULL },
		{ "{\"01234567x01234567\":1,\"01234567y01234567\":2}", "body:/01234567x01234567",
			"1" },
		{ "{\"01234567x01234567\":1,\"01234567y01234567\":2}", "body:/01234567y01234567",
			"2" },
		{ "{\"01234567x01234567\":1,\"01234567y01234567\":2}", "body:/01234567z01234567",
			NULL },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct message message = { .body = span_from_text(stories[i].body) };
		struct place_source source;
		struct place_value value;
		struct place place;
		place_source_init(&source, &message, NULL);
		assert_true(place_parse(span_from_text(stories[i].place), &place));
		/* Once more, when the members are known. */
		for (int again = 0; again < 2; again++) {
			bool found = place_read(&place, &source, &value);
			if (found != (stories[i].text != NULL) ||
				(found &&
					!span_equal(value.text, span_from_text(stories[i].text)))) {
				fail_msg("%s in %s", stories[i].place, stories[i].body);
			}
		}
	}
}

static void what_is_no_place_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "body", "body:x", "body:/~2", "prop:", "prop:nope",
		"header:", "header:#/a", "header:a#", "header:a#b", "keys", "Body:", "path:x" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct place place;
		if (place_parse(span_from_text(texts[i]), &place)) {
			fail_msg("'%s' was accepted", texts[i]);
		}
	}
}

static void places_compare_and_have_last_names(void **state)
{
	(void)state;
	static const struct {
		const char *text, *token;
	} stories[] = {
		{ "prop:type", "type" },
		{ "header:a", "a" },
		{ "header:a#/b", "b" },
		{ "body:", "" },
		{ "body:/a/b", "b" },
		{ "body:/a", "a" },
	};
	struct place places[6];
	for (size_t i = 0; i < 6; i++) {
		assert_true(place_parse(span_from_text(stories[i].text), &places[i]));
		assert_true(span_equal(place_token(&places[i]), span_from_text(stories[i].token)));
		for (size_t j = 0; j <= i; j++) {
			assert_int_equal(place_equal(&places[i], &places[j]), i == j);
		}
	}
}

static void a_json_string_is_decoded_as_text(void **state)
{
	(void)state;
	struct buffer scratch = { 0 };
	struct place_value string = { .text = SPAN("\"a\\u0041\""), .json = true };
	struct place_value number = { .text = SPAN("1e400"), .json = true };
	struct place_value text = { .text = SPAN("\"a\"") };
	assert_true(span_equal(place_text(&string, &scratch), SPAN("aA")));
	assert_true(span_equal(place_text(&number, &scratch), SPAN("1e400")));
	assert_true(span_equal(place_text(&text, &scratch), SPAN("\"a\"")));
	buffer_finish(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_find_text_and_json),
		cmocka_unit_test(
			a_body_that_is_not_strict_json_is_looked_into_once_and_holds_nothing),
		cmocka_unit_test(members_are_found_however_many_and_alike_they_are),
		cmocka_unit_test(what_is_no_place_is_refused),
		cmocka_unit_test(places_compare_and_have_last_names),
		cmocka_unit_test(a_json_string_is_decoded_as_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
