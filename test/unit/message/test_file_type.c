/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/file_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_type(const char *name, const char *expected)
{
	struct span type = file_type_of_name(span_from_text(name));
	if (!span_equal(type, span_from_text(expected))) {
		fail_msg("%s: %.*s", name, (int)type.len, type.ptr);
	}
}

static void the_last_extension_says_the_type(void **state)
{
	(void)state;
	assert_type("index.html", "text/html; charset=utf-8");
	assert_type("a/b.c/INDEX.HTM", "text/html; charset=utf-8");
	assert_type("app.min.js", "text/javascript; charset=utf-8");
	assert_type("app.mjs", "text/javascript; charset=utf-8");
	assert_type("app.css", "text/css; charset=utf-8");
	assert_type("app.js.map", "application/json");
	assert_type("x.3gp", "video/3gpp");
	assert_type("x.json", "application/json");
	assert_type("x.svg", "image/svg+xml");
	assert_type("x.txt", "text/plain; charset=utf-8");
	assert_type("x.wasm", "application/wasm");
	assert_type("x.webmanifest", "application/manifest+json");
	assert_type("x.woff", "font/woff");
	assert_type("x.woff2", "font/woff2");
	assert_type("x.tar.gz", "application/gzip");
	assert_type("x.zst", "application/zstd");
}

static void other_names_are_bytes(void **state)
{
	(void)state;
	static const char *const names[] = { "", "README", "html", ".html", "a/.html", "x.", "x.ht",
		"x.htmlx", "x.html/y", "x.html ", "x.zzzz", "x.000" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_type(names[i], "application/octet-stream");
	}
}

/* They are looked up by halves, so one that is out of order would not be found. */
static void every_extension_is_found(void **state)
{
	(void)state;
	static const char known[] =
		"3gp 7z aac apk apng atom avi avif bmp bz2 cjs css csv deb doc docx eot epub flac "
		"geojson gif glb gltf gz heic htm html ico ics jpeg jpg js json jsonl jsonld jxl "
		"log m3u8 m4a m4v map markdown md mid mjs mkv mov mp3 mp4 mpd mpeg ndjson odp ods "
		"odt oga ogg ogv opus otf pdf png ppt pptx ps rss rtf svg tar tgz tif tiff ts ttf "
		"txt vcf vtt wasm wav weba webm webmanifest webp woff woff2 xhtml xls xlsx xml xsl "
		"yaml yml zip zst";
	struct span rest = span_from_text(known);
	while (rest.len > 0) {
		char name[32] = "x.";
		size_t len = 0;
		for (; len < rest.len && rest.ptr[len] != ' '; len++) {
			name[2 + len] = rest.ptr[len];
		}
		if (span_equal(file_type_of_name(span_of(name, 2 + len)),
			    SPAN("application/octet-stream"))) {
			fail_msg("%s", name);
		}
		rest = span_skip(rest, len < rest.len ? len + 1 : len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_extension_says_the_type),
		cmocka_unit_test(other_names_are_bytes),
		cmocka_unit_test(every_extension_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
