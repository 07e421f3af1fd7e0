/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/option.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct inner {
	int64_t depth;
	char *label;
};

struct sample {
	bool flag;
	int64_t count, wait, room;
	char *text;
	int color;
	struct option_address address;
	struct option_texts list;
	struct inner inner;
	const struct json_node *node;
};

static const char *const colors[] = { "red", "green", "blue", NULL };

static const struct option inner_rows[] = {
	{ .name = "depth",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct inner, depth),
		.fallback = "3",
		.help = "how deep" },
	{ .name = "label",
		.type = OPTION_TEXT,
		.offset = offsetof(struct inner, label),
		.required = true,
		.help = "what to call it" },
	{ 0 },
};

static const struct option rows[] = {
	{ .name = "flag",
		.type = OPTION_BOOL,
		.offset = offsetof(struct sample, flag),
		.fallback = "true",
		.help = "on | off" },
	{ .name = "count",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct sample, count),
		.fallback = "7",
		.min = 1,
		.max = 64,
		.help = "how many" },
	{ .name = "wait",
		.type = OPTION_DURATION,
		.offset = offsetof(struct sample, wait),
		.fallback = "5s",
		.min = 0,
		.max = 3600000,
		.help = "how long" },
	{ .name = "room",
		.type = OPTION_SIZE,
		.offset = offsetof(struct sample, room),
		.fallback = "64KiB",
		.help = "how much" },
	{ .name = "text",
		.type = OPTION_TEXT,
		.offset = offsetof(struct sample, text),
		.help = "" },
	{ .name = "color",
		.type = OPTION_ENUM,
		.offset = offsetof(struct sample, color),
		.names = colors,
		.fallback = "green",
		.help = "which" },
	{ .name = "address",
		.type = OPTION_ADDRESS,
		.offset = offsetof(struct sample, address),
		.help = "where" },
	{ .name = "list",
		.type = OPTION_TEXTS,
		.offset = offsetof(struct sample, list),
		.fallback = "[]",
		.help = "several" },
	{ .name = "inner",
		.type = OPTION_OBJECT,
		.offset = offsetof(struct sample, inner),
		.rows = inner_rows,
		.help = "inside" },
	{ .name = "node",
		.type = OPTION_NODE,
		.offset = offsetof(struct sample, node),
		.help = "anything" },
	{ .name = "cors", .type = OPTION_LATER, .help = "other origins" },
	{ 0 },
};

static char *printed(const struct problem_list *problems)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	problem_list_print(problems, out);
	fclose(out);
	return text;
}

/* Reads one object; `expected` is all that is printed, without "t.json:". */
static struct json_tree *read_sample(const char *json, struct sample *sample, const char *expected)
{
	struct json_fault fault;
	struct json_tree *tree = json_tree_create("t.json", span_from_text(json), &fault);
	assert_non_null(tree);
	struct problem_list *problems = problem_list_create();
	bool good = option_read(rows, json_tree_root(tree), sample, problems);
	char *text = printed(problems);
	const char *line = text;
	size_t skipped = strlen("t.json:");
	if (text[0] != '\0') {
		line += skipped;
	}
	assert_string_equal(line, expected);
	assert_int_equal(good, expected[0] == '\0');
	free(text);
	problem_list_destroy(problems);
	return tree;
}

static void refuse(const char *json, const char *expected)
{
	struct sample sample;
	struct json_tree *tree = read_sample(json, &sample, expected);
	option_finish(rows, &sample);
	json_tree_destroy(tree);
}

static void defaults_fill_a_target_without_an_object(void **state)
{
	(void)state;
	struct sample sample;
	struct problem_list *problems = problem_list_create();
	memset(&sample, 0xff, sizeof(sample));
	assert_true(option_read(rows, NULL, &sample, problems));
	assert_true(sample.flag);
	assert_int_equal(sample.count, 7);
	assert_int_equal(sample.wait, 5000);
	assert_int_equal(sample.room, 65536);
	assert_null(sample.text);
	assert_int_equal(sample.color, 1);
	assert_int_equal(sample.address.len, 0);
	assert_int_equal(sample.list.count, 0);
	assert_int_equal(sample.inner.depth, 3);
	assert_null(sample.inner.label);
	assert_null(sample.node);
	option_finish(rows, &sample);
	problem_list_destroy(problems);
}

static void every_type_is_read(void **state)
{
	(void)state;
	struct sample sample;
	struct json_tree *tree = read_sample(
		"{\"flag\":false,\"count\":64,\"wait\":\"250ms\",\"room\":4096,\"text\":\"a\\tb\","
		"\"color\":\"blue\",\"address\":\"127.0.0.1:8080\",\"list\":[\"a\",\"b\"],"
		"\"inner\":{\"label\":\"x\",\"depth\":-5},\"node\":{\"any\":[1]}}",
		&sample, "");
	assert_false(sample.flag);
	assert_int_equal(sample.count, 64);
	assert_int_equal(sample.wait, 250);
	assert_int_equal(sample.room, 4096);
	assert_string_equal(sample.text, "a\tb");
	assert_int_equal(sample.color, 2);
	assert_string_equal(sample.address.text, "127.0.0.1:8080");
	assert_int_equal(sample.list.count, 2);
	assert_string_equal(sample.list.items[1], "b");
	assert_int_equal(sample.inner.depth, -5);
	assert_string_equal(sample.inner.label, "x");
	assert_int_equal(sample.node->type, JSON_OBJECT);
	option_finish(rows, &sample);
	assert_null(sample.text);
	assert_int_equal(sample.list.count, 0);
	json_tree_destroy(tree);
}

static void a_lone_string_is_a_list_of_one(void **state)
{
	(void)state;
	struct sample sample;
	struct json_tree *tree = read_sample("{\"list\":\"one\"}", &sample, "");
	assert_int_equal(sample.list.count, 1);
	assert_string_equal(sample.list.items[0], "one");
	option_finish(rows, &sample);
	json_tree_destroy(tree);
}

static void a_wrong_type_says_what_was_expected_and_found(void **state)
{
	(void)state;
	refuse("[]", "1:1: error: .: expected an object, found an array\n");
	refuse("{\"flag\":\"true\"}",
		"1:9: error: flag: expected true or false, found the string \"true\"\n");
	refuse("{\"flag\":0}", "1:9: error: flag: expected true or false, found the number 0\n");
	refuse("{\"count\":null}",
		"1:10: error: count: expected a whole number from 1 to 64, found null\n");
	refuse("{\"count\":\"8\"}", "1:10: error: count: expected a whole number from 1 to 64, "
				    "found the string \"8\"\n");
	refuse("{\"text\":{}}", "1:9: error: text: expected a string, found an object\n");
	refuse("{\"list\":{}}",
		"1:9: error: list: expected a string or an array of strings, found an object\n");
	refuse("{\"list\":[\"a\",false]}",
		"1:14: error: list[1]: expected a string, found false\n");
	refuse("{\"inner\":true}", "1:10: error: inner: expected an object, found true\n");
	refuse("{\"address\":8080}",
		"1:12: error: address: expected an address such as \"127.0.0.1:8080\", "
		"\"[::]:8080\" or \"unix:/run/x.sock\", found the number 8080\n");
}

static void numbers_are_whole_and_in_range(void **state)
{
	(void)state;
	refuse("{\"count\":0}",
		"1:10: error: count: expected a whole number from 1 to 64, found the number 0\n");
	refuse("{\"count\":65}",
		"1:10: error: count: expected a whole number from 1 to 64, found the number 65\n");
	refuse("{\"count\":1.0}",
		"1:10: error: count: expected a whole number from 1 to 64, found the number 1.0\n");
	refuse("{\"count\":1e1}",
		"1:10: error: count: expected a whole number from 1 to 64, found the number 1e1\n");
	refuse("{\"inner\":{\"label\":\"\",\"depth\":9223372036854775808}}",
		"1:30: error: inner.depth: expected a whole number, "
		"found the number 9223372036854775808\n");
}

static void a_duration_has_a_unit_unless_it_is_zero(void **state)
{
	(void)state;
	struct sample sample;
	struct json_tree *tree = read_sample("{\"wait\":0}", &sample, "");
	assert_int_equal(sample.wait, 0);
	option_finish(rows, &sample);
	json_tree_destroy(tree);
	const char *expected = "1:9: error: wait: expected a duration such as \"250ms\", \"5s\", "
			       "\"2m\" or \"1h\" from 0s to 1h, found the ";
	char line[200];
	snprintf(line, sizeof(line), "%snumber 5\n", expected);
	refuse("{\"wait\":5}", line);
	snprintf(line, sizeof(line), "%sstring \"61m\"\n", expected);
	refuse("{\"wait\":\"61m\"}", line);
	snprintf(line, sizeof(line), "%sstring \"1.5s\"\n", expected);
	refuse("{\"wait\":\"1.5s\"}", line);
}

static void a_size_is_a_number_or_has_a_unit(void **state)
{
	(void)state;
	refuse("{\"room\":-1}", "1:9: error: room: expected a size such as 4096, \"64KiB\" or "
				"\"1MiB\", found the number -1\n");
	refuse("{\"room\":\"1KB\"}", "1:9: error: room: expected a size such as 4096, \"64KiB\" "
				     "or \"1MiB\", found the string \"1KB\"\n");
}

static void a_wrong_address_comes_with_a_hint(void **state)
{
	(void)state;
	refuse("{\"address\":\"localhost:80\"}",
		"1:12: error: address: expected an address such as \"127.0.0.1:8080\", "
		"\"[::]:8080\" or \"unix:/run/x.sock\", found the string \"localhost:80\"; "
		"write the number: 127.0.0.1:PORT or [::1]:PORT\n");
}

static void an_enum_lists_its_names_and_the_nearest(void **state)
{
	(void)state;
	refuse("{\"color\":\"gren\"}",
		"1:10: error: color: expected one of \"red\", \"green\", \"blue\", "
		"found the string \"gren\"; did you mean \"green\"?\n");
	refuse("{\"color\":\"yellow\"}",
		"1:10: error: color: expected one of \"red\", \"green\", \"blue\", "
		"found the string \"yellow\"\n");
}

static void an_unknown_key_names_the_nearest_one(void **state)
{
	(void)state;
	refuse("{\n  \"adress\": 1}",
		"2:3: error: adress: unknown key \"adress\"; did you mean \"address\"?\n");
	refuse("{\"Colour\": 1}",
		"1:2: error: Colour: unknown key \"Colour\"; did you mean \"color\"?\n");
	refuse("{\"inner\":{\"label\":\"\",\"lable\":1}}",
		"1:22: error: inner.lable: unknown key \"lable\"; did you mean \"label\"?\n");
	refuse("{\"inner\":{\"label\":\"\",\"what\":1}}",
		"1:22: error: inner.what: unknown key \"what\"; "
		"expected one of \"depth\", \"label\"\n");
	refuse("{\"\":1,\"0123456789012345678901234567890123456789\xc3\xa9\":2}",
		"1:2: error: [\"\"]: unknown key \"\"; expected one of \"flag\", \"count\", "
		"\"wait\", \"room\", \"text\", \"color\", \"address\", \"list\", \"inner\", "
		"\"node\"\nt.json:1:7: error: "
		"[\"0123456789012345678901234567890123456789\xc3\xa9\"]: unknown key "
		"\"0123456789012345678901234567890123456789\"; expected one of \"flag\", "
		"\"count\", \"wait\", \"room\", \"text\", \"color\", \"address\", \"list\", "
		"\"inner\", \"node\"\n");
}

static void nearness_counts_slips_of_the_fingers(void **state)
{
	(void)state;
	static const char *const names[] = { "timeout", "to", "body_timeout", "bridge", NULL };
	assert_string_equal(option_nearest_name(SPAN("timeuot"), names), "timeout");
	assert_string_equal(option_nearest_name(SPAN("tiemuot"), names), "timeout");
	assert_string_equal(option_nearest_name(SPAN("timeouts"), names), "timeout");
	assert_string_equal(option_nearest_name(SPAN("TIMEOUT"), names), "timeout");
	assert_string_equal(option_nearest_name(SPAN("body-timeout"), names), "body_timeout");
	assert_string_equal(option_nearest_name(SPAN("brigde"), names), "bridge");
	assert_null(option_nearest_name(SPAN("ti"), names));
	assert_null(option_nearest_name(SPAN("time"), names));
	assert_null(option_nearest_name(SPAN(""), names));
	assert_null(option_nearest_name(
		SPAN("a very long key that no row of any table could ever have had"), names));
}

static void what_is_required_is_missed_at_its_object(void **state)
{
	(void)state;
	refuse("{\n\"inner\": {}}", "2:10: error: inner: \"label\" is required\n");
}

static void keys_of_later_are_refused_as_such(void **state)
{
	(void)state;
	refuse("{\"cors\":{}}", "1:2: error: cors: \"cors\" is not available yet\n");
}

static void all_problems_are_reported_at_once(void **state)
{
	(void)state;
	refuse("{\"inner\":{\"dept\":1},\"flag\":1,\n\"cors\":1}",
		"1:10: error: inner: \"label\" is required\n"
		"t.json:1:11: error: inner.dept: unknown key \"dept\"; did you mean \"depth\"?\n"
		"t.json:1:28: error: flag: expected true or false, found the number 1\n"
		"t.json:2:1: error: cors: \"cors\" is not available yet\n");
}

static void a_value_that_is_wrong_leaves_the_default(void **state)
{
	(void)state;
	struct sample sample;
	struct json_tree *tree = read_sample("{\"flag\":1}", &sample,
		"1:9: error: flag: expected true or false, found the number 1\n");
	assert_true(sample.flag);
	option_finish(rows, &sample);
	json_tree_destroy(tree);
}

static void references_are_replaced_once(void **state)
{
	(void)state;
	setenv("TEST_OPTION_A", "x${env:TEST_OPTION_B}${", 1);
	setenv("TEST_OPTION_B", "hidden", 1);
	setenv("TEST_OPTION_EMPTY", "", 1);
	setenv("TEST_OPTION_WAIT", "3s", 1);
	struct sample sample;
	struct json_tree *tree = read_sample(
		"{\"text\":\"<${env:TEST_OPTION_A}env:TEST_OPTION_B}${env:TEST_OPTION_EMPTY}>"
		"${path.id} $${x} ${\",\"wait\":\"${env:TEST_OPTION_WAIT}\","
		"\"list\":[\"${env:TEST_OPTION_B}\"]}",
		&sample, "");
	assert_string_equal(
		sample.text, "<x${env:TEST_OPTION_B}${env:TEST_OPTION_B}>${path.id} $${x} ${");
	assert_int_equal(sample.wait, 3000);
	assert_string_equal(sample.list.items[0], "hidden");
	option_finish(rows, &sample);
	json_tree_destroy(tree);
}

static void references_that_lead_nowhere_are_problems(void **state)
{
	(void)state;
	unsetenv("TEST_OPTION_NONE");
	setenv("TEST_OPTION_LATIN", "\xe9", 1);
	refuse("{\"text\":\"${env:TEST_OPTION_NONE}\"}",
		"1:9: error: text: environment variable TEST_OPTION_NONE is not set\n");
	refuse("{\"text\":\"${env:TEST_OPTION_LATIN}\"}",
		"1:9: error: text: environment variable TEST_OPTION_LATIN is not UTF-8\n");
	refuse("{\"text\":\"${env:}\"}", "1:9: error: text: expected the name of an environment "
					 "variable behind ${env:\n");
	refuse("{\"text\":\"${env:A B}\"}", "1:9: error: text: expected the name of an "
					    "environment variable behind ${env:\n");
	refuse("{\"text\":\"${env:A\"}", "1:9: error: text: a reference has no closing '}'\n");
	refuse("{\"text\":\"${file:}\"}",
		"1:9: error: text: cannot use file : the path is empty\n");
	refuse("{\"text\":\"${file:/nonexistent/x}\"}",
		"1:9: error: text: cannot use file /nonexistent/x: No such file or directory\n");
	refuse("{\"text\":\"${file:/}\"}", "1:9: error: text: cannot use file /: Is a directory\n");
	refuse("{\"text\":\"a\\u0000b\"}",
		"1:9: error: text: a string here may not contain \\u0000\n");
}

static void a_secret_is_never_printed(void **state)
{
	(void)state;
	setenv("TEST_OPTION_SECRET", "hunter2", 1);
	refuse("{\"wait\":\"${env:TEST_OPTION_SECRET}\",\"color\":\"${env:TEST_OPTION_SECRET}\","
	       "\"address\":\"${env:TEST_OPTION_SECRET}\"}",
		"1:9: error: wait: expected a duration such as \"250ms\", \"5s\", \"2m\" or "
		"\"1h\" from 0s to 1h, found a string\n"
		"t.json:1:45: error: color: expected one of \"red\", \"green\", \"blue\", "
		"found a string\n"
		"t.json:1:83: error: address: expected an address such as \"127.0.0.1:8080\", "
		"\"[::]:8080\" or \"unix:/run/x.sock\", found a string; the port is missing\n");
}

static void write_file(const char *path, struct span content)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(content.ptr, 1, content.len, file), content.len);
	fclose(file);
}

static void files_are_read_beside_the_one_that_names_them(void **state)
{
	(void)state;
	static const struct {
		struct span content;
		const char *expected; /* NULL: refused */
	} cases[] = {
		{ SPAN("secret\n"), "secret" },
		{ SPAN("secret\n\n"), "secret\n" },
		{ SPAN("secret\r\n"), "secret" },
		{ SPAN("secret"), "secret" },
		{ SPAN("${env:HOME}\n"), "${env:HOME}" },
		{ SPAN(""), "" },
		{ SPAN("\n"), "" },
		{ SPAN("a\0b"), NULL },
		{ SPAN("\xff"), NULL },
	};
	char folder[] = "/tmp/test_option_XXXXXX";
	assert_non_null(mkdtemp(folder));
	char config[64], secret[64];
	snprintf(config, sizeof(config), "%s/c.json", folder);
	snprintf(secret, sizeof(secret), "%s/secret", folder);
	struct json_tree *tree = json_tree_create(config, SPAN("\"${file:secret}\""), NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct problem_list *problems = problem_list_create();
		write_file(secret, cases[i].content);
		char *value = option_expand(json_tree_root(tree), problems);
		if (cases[i].expected == NULL) {
			assert_null(value);
			assert_true(problem_list_has_errors(problems));
		} else {
			assert_string_equal(value, cases[i].expected);
			assert_false(problem_list_has_errors(problems));
		}
		free(value);
		problem_list_destroy(problems);
	}
	char *beside = option_beside(json_tree_root(tree), "/absolute");
	assert_string_equal(beside, "/absolute");
	free(beside);
	json_tree_destroy(tree);
	unlink(secret);
	rmdir(folder);
}

static void one_reference_is_resolved_for_a_template(void **state)
{
	(void)state;
	setenv("TEST_OPTION_B", "value", 1);
	struct json_tree *tree = json_tree_create("c.json", SPAN("\"\""), NULL);
	struct problem_list *problems = problem_list_create();
	char *value = option_resolve(SPAN("env:TEST_OPTION_B"), json_tree_root(tree), problems);
	assert_string_equal(value, "value");
	free(value);
	assert_false(problem_list_has_errors(problems));
	assert_null(option_resolve(SPAN("path.id"), json_tree_root(tree), problems));
	assert_null(option_resolve(SPAN("env:A\0B"), json_tree_root(tree), problems));
	assert_int_equal(problem_list_errors(problems), 2);
	problem_list_destroy(problems);
	json_tree_destroy(tree);
}

static void the_manual_is_made_from_the_rows(void **state)
{
	(void)state;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	option_document(rows, "sample", out);
	fclose(out);
	assert_string_equal(text,
		"### sample\n\n"
		"| key | type | default | meaning |\n"
		"| --- | --- | --- | --- |\n"
		"| `flag` | true or false | `true` | on \\| off |\n"
		"| `count` | number from 1 to 64 | `7` | how many |\n"
		"| `wait` | duration from 0s to 1h | `\"5s\"` | how long |\n"
		"| `room` | size | `\"64KiB\"` | how much |\n"
		"| `text` | string | none |  |\n"
		"| `color` | `\"red\"` `\"green\"` `\"blue\"` | `\"green\"` | which |\n"
		"| `address` | address | none | where |\n"
		"| `list` | string or list | `[]` | several |\n"
		"| `inner` | object, below |  | inside |\n"
		"| `node` | as described | none | anything |\n"
		"| `cors` | not available yet |  | other origins |\n\n"
		"### sample.inner\n\n"
		"| key | type | default | meaning |\n"
		"| --- | --- | --- | --- |\n"
		"| `depth` | number | `3` | how deep |\n"
		"| `label` | string | required | what to call it |\n\n");
	free(text);
}

static void rows_are_a_json_schema(void **state)
{
	(void)state;
	static const char *const tints[] = { "red", "green", NULL };
	static const struct option inner[] = { { .name = "depth", .type = OPTION_INTEGER }, { 0 } };
	static const struct option some[] = {
		{ .name = "flag", .type = OPTION_BOOL, .fallback = "true", .help = "on \"off\"" },
		{ .name = "count", .type = OPTION_INTEGER, .min = 1, .max = 9, .required = true },
		{ .name = "color", .type = OPTION_ENUM, .names = tints, .fallback = "red" },
		{ .name = "inner", .type = OPTION_OBJECT, .rows = inner },
		{ .name = "list",
			.type = OPTION_NODE,
			.rows = inner,
			.schema = OPTION_LIST_OF("%") },
		{ .name = "place", .type = OPTION_NODE, .schema = OPTION_IS("place") },
		{ .name = "later", .type = OPTION_LATER },
		{ 0 },
	};
#define INNER                                                                     \
	"{\"type\":\"object\",\"properties\":{\"depth\":{\"type\":\"integer\"}}," \
	"\"additionalProperties\":false}"
	struct buffer out = { 0 };
	option_schema(some, &out);
	buffer_append_char(&out, '\0');
	assert_string_equal(out.data,
		"{\"type\":\"object\",\"properties\":{"
		"\"flag\":{\"type\":\"boolean\",\"description\":\"on "
		"\\\"off\\\"\",\"default\":true},"
		"\"count\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9},"
		"\"color\":{\"anyOf\":[{\"enum\":[\"red\",\"green\"]},"
		"{\"type\":\"string\",\"pattern\":\"\\\\$\\\\{\"}],\"default\":\"red\"},"
		"\"inner\":{\"allOf\":[" INNER "]},"
		"\"list\":{\"allOf\":[{\"type\":\"array\",\"items\":" INNER "}]},"
		"\"place\":{\"allOf\":[{\"$ref\":\"#/$defs/place\"}]}"
		"},\"additionalProperties\":false,\"required\":[\"count\"]}");
	buffer_finish(&out);
#undef INNER
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_fill_a_target_without_an_object),
		cmocka_unit_test(every_type_is_read),
		cmocka_unit_test(rows_are_a_json_schema),
		cmocka_unit_test(a_lone_string_is_a_list_of_one),
		cmocka_unit_test(a_wrong_type_says_what_was_expected_and_found),
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(a_duration_has_a_unit_unless_it_is_zero),
		cmocka_unit_test(a_size_is_a_number_or_has_a_unit),
		cmocka_unit_test(a_wrong_address_comes_with_a_hint),
		cmocka_unit_test(an_enum_lists_its_names_and_the_nearest),
		cmocka_unit_test(an_unknown_key_names_the_nearest_one),
		cmocka_unit_test(nearness_counts_slips_of_the_fingers),
		cmocka_unit_test(what_is_required_is_missed_at_its_object),
		cmocka_unit_test(keys_of_later_are_refused_as_such),
		cmocka_unit_test(all_problems_are_reported_at_once),
		cmocka_unit_test(a_value_that_is_wrong_leaves_the_default),
		cmocka_unit_test(references_are_replaced_once),
		cmocka_unit_test(references_that_lead_nowhere_are_problems),
		cmocka_unit_test(a_secret_is_never_printed),
		cmocka_unit_test(files_are_read_beside_the_one_that_names_them),
		cmocka_unit_test(one_reference_is_resolved_for_a_template),
		cmocka_unit_test(the_manual_is_made_from_the_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
