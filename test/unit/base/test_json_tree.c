/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/json_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_span(struct span got, const char *expected)
{
	if (!span_equal(got, span_from_text(expected))) {
		fail_msg("got %.*s, expected %s", (int)got.len, got.ptr, expected);
	}
}

static void nodes_know_their_place_names_and_text(void **state)
{
	(void)state;
	struct span text = SPAN("{\n  \"listeners\": [ { \"n\\u00e4me\": \"a\\tb\" },\n    17 ],\n"
				"  \"on\": true }\n");
	struct json_tree *tree = json_tree_create("a.json", text, NULL);
	assert_non_null(tree);
	assert_string_equal(json_tree_file(tree), "a.json");
	const struct json_node *root = json_tree_root(tree);
	assert_int_equal(root->type, JSON_OBJECT);
	assert_null(root->parent);
	assert_false(span_present(root->name));
	const struct json_node *listeners = json_node_member(root, SPAN("listeners"));
	assert_ptr_equal(listeners, root->first);
	assert_ptr_equal(listeners->parent, root);
	assert_int_equal(listeners->name_offset, 4);
	assert_int_equal(listeners->offset, 17);
	const struct json_node *number = listeners->first->next;
	assert_int_equal(number->index, 1);
	assert_span(number->text, "17");
	assert_int_equal(number->name_offset, number->offset);
	assert_null(number->next);
	const struct json_node *name = json_node_member(listeners->first, SPAN("n\xc3\xa4me"));
	assert_non_null(name);
	assert_span(name->string, "a\tb");
	assert_span(name->text, "\"a\\tb\"");
	assert_null(json_node_member(root, SPAN("On")));
	assert_null(json_node_member(listeners, SPAN("on")));
	assert_ptr_equal(name->tree, tree);
	json_tree_destroy(tree);
}

static void comments_stand_where_white_space_may(void **state)
{
	(void)state;
	struct span text =
		SPAN("// first\n/* a */{/**/\"a\"/* \" */:// }\r\n[1/*,2*/,/***/3]/**/,\n"
		     "\"url\":\"http://x/*y*/\\\"//\"}// last");
	struct json_tree *tree = json_tree_create("a.json", text, NULL);
	assert_non_null(tree);
	const struct json_node *root = json_tree_root(tree);
	const struct json_node *array = json_node_member(root, SPAN("a"));
	assert_int_equal(array->first->next->index, 1);
	assert_span(array->first->next->text, "3");
	assert_null(array->first->next->next);
	assert_span(json_node_member(root, SPAN("url"))->string, "http://x/*y*/\"//");
	unsigned line, column;
	json_position(json_tree_text(tree), array->offset, &line, &column);
	assert_int_equal(line, 3);
	assert_int_equal(column, 1);
	assert_memory_equal(text.ptr + array->offset, "[1/*", 4);
	assert_span(array->text, "[1      ,     3]");
	json_tree_destroy(tree);
}

static void faults_say_where_and_why(void **state)
{
	(void)state;
	static const struct {
		struct span text;
		size_t offset;
		const char *reason;
	} cases[] = {
		{ SPAN(""), 0, "unexpected end" },
		{ SPAN("// only a comment"), 17, "unexpected end" },
		{ SPAN("{} /* never"), 3, "this comment never ends" },
		{ SPAN("/*/"), 0, "this comment never ends" },
		{ SPAN("/"), 0, "expected a value" },
		{ SPAN("{\"a\": 1 / 2}"), 8, "expected ',' or '}'" },
		{ SPAN("{\"a\": [1,] /* never"), 9, "expected a value" },
		{ SPAN("{\"a\": tr/**/ue}"), 6, "expected a value" },
		{ SPAN("{\"a\": 1, /* again */ \"\\u0061\": 2}"), 21, "duplicate name" },
		{ SPAN("{\"a\": \"line\n /* \"}"), 11, "raw control character in a string" },
		{ SPAN("\xef\xbb\xbf{}"), 0, "starts with a byte order mark" },
		{ SPAN("{\"a\": 1,}"), 8, "expected a name in double quotes" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_fault fault = { .offset = SIZE_MAX };
		assert_null(json_tree_create("a.json", cases[i].text, &fault));
		assert_int_equal(fault.offset, cases[i].offset);
		assert_string_equal(fault.reason, cases[i].reason);
	}
}

static void a_fault_has_a_path(void **state)
{
	(void)state;
	static const struct {
		struct span text;
		const char *path;
	} cases[] = {
		{ SPAN(""), "" },
		{ SPAN("x"), "" },
		{ SPAN("{\"a\": x}"), "a" },
		{ SPAN("{\"a\": 1 \"b\": 2}"), "a" },
		{ SPAN("{\"a\": 1, x"), "" },
		{ SPAN("{\"a\": {\"b\": [1, {}, [2, x]]}}"), "a.b[2][1]" },
		{ SPAN("{\"a\": [{\"q\": 1, /* \"z\": */ \"r\": 2,\n\"\\u0071\": 3}]}"), "a[0].q" },
		{ SPAN("{\"a.b\": {\"c\": \"raw\ntab\"}}"), "[\"a.b\"].c" },
		{ SPAN("{\"a\": [\"]\", \"}\"], // ]}\n\"b\": [x"), "b[0]" },
		{ SPAN("{\"a\": {\"b\": 1}, \"c\": 01}"), "c" },
		{ SPAN("{\"a\": [1, /* never"), "a[1]" },
		{ SPAN("{\"a\": \"never"), "a" },
		{ SPAN("{\"a\": 1, \"never"), "" },
		{ SPAN("]"), "" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_fault fault = { .offset = SIZE_MAX };
		struct buffer path = { 0 };
		assert_null(json_tree_create("a.json", cases[i].text, &fault));
		json_path_append_place(&path, cases[i].text, fault.offset);
		assert_span(buffer_span(&path), cases[i].path);
		buffer_finish(&path);
	}
}

static void lines_and_columns_count_from_one(void **state)
{
	(void)state;
	struct span text = SPAN("ab\ncd\n");
	static const unsigned expected[][2] = { { 1, 1 }, { 1, 2 }, { 1, 3 }, { 2, 1 }, { 2, 2 },
		{ 2, 3 }, { 3, 1 } };
	for (size_t offset = 0; offset <= text.len; offset++) {
		unsigned line, column;
		json_position(text, offset, &line, &column);
		assert_int_equal(line, expected[offset][0]);
		assert_int_equal(column, expected[offset][1]);
	}
}

static void a_large_file_is_read_whole(void **state)
{
	(void)state;
	struct buffer text = { 0 };
	buffer_append_literal(&text, "[\"\"");
	for (unsigned i = 0; i < 20000; i++) {
		buffer_append_format(&text, ",{\"k\\n%u\":%u}", i, i);
	}
	buffer_append_literal(&text, "]");
	struct json_tree *tree = json_tree_create("a.json", buffer_span(&text), NULL);
	buffer_finish(&text);
	assert_non_null(tree);
	unsigned count = 0;
	for (const struct json_node *at = json_tree_root(tree)->first; at != NULL; at = at->next) {
		assert_int_equal(at->index, count++);
	}
	assert_int_equal(count, 20001);
	json_tree_destroy(tree);
	json_tree_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_know_their_place_names_and_text),
		cmocka_unit_test(comments_stand_where_white_space_may),
		cmocka_unit_test(faults_say_where_and_why),
		cmocka_unit_test(a_fault_has_a_path),
		cmocka_unit_test(lines_and_columns_count_from_one),
		cmocka_unit_test(a_large_file_is_read_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
