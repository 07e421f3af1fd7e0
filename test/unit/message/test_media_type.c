/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/media_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void json_is_known_in_all_its_spellings(void **state)
{
	(void)state;
	static const char *const json[] = { "application/json", "Application/JSON",
		"application/json; charset=utf-8", "application/json ;a=b", " application/json",
		"text/json", "application/problem+json", "application/vnd.api+JSON;v=1" };
	static const char *const other[] = { "", "text/plain", "application/jsonl",
		"application/json-seq", "+json", "text/plain; a=application/json", "application",
		"application/json+xml", "json" };
	for (size_t i = 0; i < sizeof(json) / sizeof(json[0]); i++) {
		assert_true(media_type_is_json(span_from_text(json[i])));
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		assert_false(media_type_is_json(span_from_text(other[i])));
	}
	assert_false(media_type_is_json(SPAN_ABSENT));
}

static void a_content_type_is_taken_apart(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name, *charset; /* NULL: absent */
	} stories[] = {
		{ "text/plain", "text/plain", NULL },
		{ "  Text/PLAIN\t", "Text/PLAIN", NULL },
		{ "text/plain;charset=x", "text/plain", "x" },
		{ "text/plain ; Charset=\"a b\" ;c=d", "text/plain", "a b" },
		{ "text/plain;a=\"x;charset=y\\\";\";charset=z", "text/plain", "z" },
		{ "text/plain;", "text/plain", NULL },
		{ "text/plain; ; ;charset=x;", "text/plain", "x" },
		{ "text/plain;charset=\"\"", "text/plain", "" },
		{ "multipart/form-data; boundary=-x", "multipart/form-data", NULL },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct media_type type;
		if (!media_type_read(span_from_text(stories[i].text), &type) ||
			!span_equal(type.name, span_from_text(stories[i].name)) ||
			span_present(type.charset) != (stories[i].charset != NULL) ||
			!span_equal(type.charset, span_from_text(stories[i].charset))) {
			fail_msg("%s", stories[i].text);
		}
	}
}

static void what_breaks_the_grammar_is_no_content_type(void **state)
{
	(void)state;
	static const char *const broken[] = { "", " ", ";", "text", "text/", "/plain", "a/b/c",
		"a /b", "a/b c", "a/b,c/d", "a/b;x", "a/b;x=", "a/b;=x", "a/b;x =y", "a/b;x= y",
		"a/b;x=\"y", "a/b;x=\"y\\\"", "a/b;x=\"y\"z", "a/b;x=y z", "a/b;x=(y)",
		"a/b;charset=utf-8;charset=utf-8", "a/b;charset=\xc3\xa9", "\xc3\xa9/b" };
	struct media_type type;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		if (media_type_read(span_from_text(broken[i]), &type)) {
			fail_msg("%s", broken[i]);
		}
	}
	assert_false(media_type_read(SPAN_ABSENT, &type));
	assert_false(media_type_read(span_of("a/b;x=\0", 7), &type));
}

static void utf_8_is_a_charset_and_so_is_none(void **state)
{
	(void)state;
	static const char *const good[] = { "", "a/b", "nonsense", "a/b;c=d", "a/b;charset=UTF-8",
		"a/b; charset=\"utf-8\"", "a/b;charset=utf8", "a/b;broken" };
	static const char *const other[] = { "a/b;charset=latin1", "a/b;charset=utf-16",
		"a/b;charset=\"\"", "a/b;charset=us-ascii", "a/b;charset=latin1;broken" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(media_type_is_utf8(span_from_text(good[i])));
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		assert_false(media_type_is_utf8(span_from_text(other[i])));
	}
	assert_true(media_type_is_utf8(SPAN_ABSENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_known_in_all_its_spellings),
		cmocka_unit_test(a_content_type_is_taken_apart),
		cmocka_unit_test(what_breaks_the_grammar_is_no_content_type),
		cmocka_unit_test(utf_8_is_a_charset_and_so_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
