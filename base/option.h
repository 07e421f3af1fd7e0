/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * One table of rows per configuration object, in the module that uses it. The rows drive parsing,
 * checking, defaults and docs/configuration.md, so a key exists exactly where its row does.
 *
 *     static const struct option log_rows[] = {
 *         { .name = "level", .type = OPTION_ENUM, .offset = offsetof(struct log_options, level),
 *           .names = log_level_names, .fallback = "info", .help = "least severe line written" },
 *         { 0 }
 *     };
 */
#pragma once

#include "base/buffer.h"
#include "base/json_tree.h"
#include "base/problem_list.h"
#include "base/span.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

enum option_type {
	OPTION_BOOL,     /* bool */
	OPTION_INTEGER,  /* int64_t, min..max */
	OPTION_DURATION, /* int64_t milliseconds; "250ms" "5s" "2m" "1h", min..max in ms; 0 is
			    number 0 or "0s" */
	OPTION_SIZE,     /* int64_t bytes; a number, or "64KiB" "1MiB" "1GiB" "100B" */
	OPTION_TEXT,     /* char *, owned; references replaced */
	OPTION_ENUM,     /* int, index into names */
	OPTION_ADDRESS,  /* struct option_address */
	OPTION_TEXTS,  /* struct option_texts: array of strings; a lone string is an array of one */
	OPTION_OBJECT, /* embedded struct described by `rows` at `offset` */
	OPTION_NODE,   /* const struct json_node *: kept for the module to read itself */
	OPTION_LATER,  /* known, refused as "not available yet" */
};

struct option_address {
	struct sockaddr_storage socket; /* AF_INET, AF_INET6 or AF_UNIX */
	socklen_t len;                  /* 0: not set */
	char *text;                     /* as written, references replaced */
};

struct option_texts {
	char **items;
	size_t count;
};

struct option {
	const char *name;
	enum option_type type;
	size_t offset;
	const char
		*fallback; /* default as it would be written in JSON without quotes; NULL: none */
	bool required;
	int64_t min, max;          /* both 0: no bound but that of the type */
	const char *const *names;  /* OPTION_ENUM, NULL-terminated */
	const struct option *rows; /* OPTION_OBJECT; for documentation also OPTION_NODE */
	const char *schema;        /* OPTION_NODE: its JSON Schema, a "%" in it stands for that of
				      `rows`; NULL: "%", or anything where there are none */
	const char *help;
};

/*
 * Reads `object` into `target` by `rows` (ended by a row without a name). Every field gets its
 * default first, so `object` may be NULL: then nothing is required. Problems are added to the list:
 * unknown key (with the nearest valid one), wrong type, out of range, missing, not available yet.
 * True when none was added. What is wrong keeps its default.
 */
bool option_read(const struct option *rows, const struct json_node *object, void *target,
	struct problem_list *problems);
/* Frees what option_read put into `target` and zeroes those fields. */
void option_finish(const struct option *rows, void *target);

/* Helpers for OPTION_NODE readers. */
bool option_parse_duration(struct span text, int64_t *ms);
bool option_parse_size(struct span text, int64_t *bytes);
/* Decimal digits, perhaps behind a minus; false also when it does not fit. */
bool option_parse_integer(struct span text, int64_t *value);
/* Where the text at `index` of an OPTION_TEXTS stands, in the object that has it. */
const struct json_node *option_text_node(
	const struct json_node *object, const char *name, size_t index);
/* NULL when good; else what is wrong, as a constant phrase. `text` of the address is not set. */
const char *option_parse_address(struct span text, struct option_address *address);
/* Whether nobody but this machine reaches it; a Unix socket is such an address, too. */
bool option_address_is_local(const struct option_address *address);
/*
 * Replaces ${env:NAME} and ${file:PATH} once; a value is never scanned again, a file's last newline
 * is dropped, a relative PATH is relative to the file that names it. Other ${…} are kept. NULL and
 * a problem when a reference cannot be resolved. The problem never holds a value. The caller frees.
 */
char *option_expand(const struct json_node *string, struct problem_list *problems);
/*
 * One reference, as "env:NAME" or "file:PATH", for templates. NULL and a problem when it cannot be
 * resolved. The caller frees.
 */
char *option_resolve(
	struct span reference, const struct json_node *at, struct problem_list *problems);
/* The name in a NULL-terminated list, or among rows, that `text` probably meant; NULL if none is
 * near. */
const char *option_nearest(struct span text, const struct option *rows);
const char *option_nearest_name(struct span text, const char *const *names);
/* The path of a directory-relative file: `path` itself if absolute, else beside the node's file. */
char *option_beside(const struct json_node *at, const char *path);

/* Schemas of OPTION_NODE: one of the `$defs` of the configuration's schema, or a list of them. */
#define OPTION_IS(name) "{\"$ref\":\"#/$defs/" name "\"}"
#define OPTION_LIST_OF(schema) "{\"type\":\"array\",\"items\":" schema "}"

/* Appends the JSON Schema (2020-12) of an object with these rows. */
void option_schema(const struct option *rows, struct buffer *out);
/* Writes the rows as a Markdown table: key, type, default, meaning; nested objects follow as own
 * tables. */
void option_document(const struct option *rows, const char *title, FILE *out);
