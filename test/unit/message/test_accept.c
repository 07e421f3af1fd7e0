/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/accept.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* "type/subtype=weight …", and "!" where it breaks. */
static void write_ranges(struct span line, struct buffer *out)
{
	static const char *const kinds[] = { "all", "type", "suffix", "one" };
	struct accept_range range;
	for (;;) {
		switch (accept_next(&line, &range)) {
		case ACCEPT_END: return;
		case ACCEPT_BROKEN: buffer_append_char(out, '!'); return;
		case ACCEPT_RANGE: break;
		}
		struct span subtype =
			range.range.kind >= MEDIA_RANGE_SUFFIX ? range.range.subtype : SPAN("");
		buffer_append_format(out, "%s:%.*s/%.*s=%u ", kinds[range.range.kind],
			(int)range.range.type.len, range.range.type.ptr, (int)subtype.len,
			subtype.ptr, range.weight);
	}
}

static void check(const char *line, const char *expected)
{
	struct buffer out = { 0 };
	write_ranges(span_from_text(line), &out);
	if (!span_equal(buffer_span(&out), span_from_text(expected))) {
		fail_msg("%s: %.*s", line, (int)out.len, out.data);
	}
	buffer_finish(&out);
}

static void a_line_is_a_list_of_ranges(void **state)
{
	(void)state;
	check("", "");
	check(" , ,", "");
	check("a/b", "one:a/b=1000 ");
	check("A/B , c/*,*/*", "one:A/B=1000 type:c/=1000 all:*/=1000 ");
	check("application/*+json", "suffix:application/+json=1000 ");
	check("a/b;x=1;y=\",;\\\"\";q=0.5;z=2;w, c/d", "one:a/b=500 one:c/d=1000 ");
	check("a/b ; q=0.7 ;; , c/d;", "one:a/b=700 one:c/d=1000 ");
	check("a/b;Q=1.000,c/d;q=0,e/f;q=1.,g/h;q=0.,i/j;q=0.05,k/l;q=0.001",
		"one:a/b=1000 one:c/d=0 one:e/f=1000 one:g/h=0 one:i/j=50 one:k/l=1 ");
}

static void what_breaks_the_grammar_breaks_the_line(void **state)
{
	(void)state;
	static const char *const lines[] = { "a", "a/", "/b", "a/b/c", "*/b", "a*/b", "a/b*",
		"a/*b", "a b/c", "a/b c", "a/b;q", "a/b;q=", "a/b;q=2", "a/b;q=1.001",
		"a/b;q=0.1234", "a/b;q=-1", "a/b;q=0,5x", "a/b;q=x", "a/b;q=.", "a/b;q=\"1\"",
		"a/b;q=1;q=1", "a/b;x", "a/b;x=", "a/b;=1", "a/b;x=\"1", "a/b;x=\"\\", "a/b;x=1 y",
		"a/b=1", ";", "a/b;q =1", "a/b;q= 1", "\"a/b\"", "a/\xc3\xa4", "(", "**/*", "*;x" };
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct buffer out = { 0 };
		write_ranges(span_from_text(lines[i]), &out);
		if (out.len == 0 || out.data[out.len - 1] != '!') {
			fail_msg("%s: %.*s", lines[i], (int)out.len, out.data);
		}
		buffer_finish(&out);
	}
	check("c/d, a", "one:c/d=1000 !");
}

static void old_java_is_understood(void **state)
{
	(void)state;
	check("text/html, image/gif, *; q=.2, */*; q=.2",
		"one:text/html=1000 one:image/gif=1000 all:*/=200 all:*/=200 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_a_list_of_ranges),
		cmocka_unit_test(what_breaks_the_grammar_breaks_the_line),
		cmocka_unit_test(old_java_is_understood),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
