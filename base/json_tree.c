/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Comments are turned into spaces in the tree's own copy of the text; what is left goes through
 * json_check() like any other text and is then walked with its cursors. So there is one parser, and
 * every offset is an offset in the file.
 */
#include "base/json_tree.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>

#define CHUNK_SIZE 8192

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(16) char bytes[];
};

struct json_tree {
	char *file;
	char *text;
	size_t len;
	struct chunk *chunks;
	struct json_node *root;
};

static void *take(struct json_tree *tree, size_t size)
{
	struct chunk *chunk = tree->chunks;
	size = (size + 15) & ~(size_t)15;
	if (chunk == NULL || chunk->size - chunk->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
		chunk = memory_new(1, sizeof(*chunk) + room);
		chunk->size = room;
		chunk->next = tree->chunks;
		tree->chunks = chunk;
	}
	void *memory = chunk->bytes + chunk->used;
	chunk->used += size;
	return memory;
}

static struct span decode(struct json_tree *tree, struct span quoted)
{
	struct buffer scratch = { 0 };
	struct span text = json_string_text(quoted, &scratch);
	if (scratch.data != NULL) {
		char *copy = take(tree, text.len);
		memcpy(copy, text.ptr, text.len);
		text.ptr = copy;
	}
	buffer_finish(&scratch);
	return text;
}

static struct json_node *build(struct json_tree *tree, struct span value);

static void adopt(struct json_node *parent, struct json_node *child, struct json_node **last)
{
	child->parent = parent;
	if (*last == NULL) {
		parent->first = child;
	} else {
		child->index = (*last)->index + 1;
		(*last)->next = child;
	}
	*last = child;
}

static void build_items(struct json_tree *tree, struct json_node *node)
{
	struct json_cursor cursor = json_open(node->text);
	struct json_node *last = NULL;
	struct span name, value;
	if (node->type == JSON_ARRAY) {
		while (json_next_element(&cursor, &value)) {
			adopt(node, build(tree, value), &last);
		}
		return;
	}
	while (json_next_member(&cursor, &name, &value)) {
		struct json_node *child = build(tree, value);
		child->name = decode(tree, name);
		child->name_offset = (size_t)(name.ptr - tree->text);
		adopt(node, child, &last);
	}
}

/* Recursion is bounded: json_check() has refused what is nested deeper than JSON_DEPTH_MAX. */
static struct json_node *build(struct json_tree *tree, struct span value)
{
	struct json_node *node = take(tree, sizeof(*node));
	node->tree = tree;
	node->type = json_type_of(value);
	node->text = value;
	node->offset = node->name_offset = (size_t)(value.ptr - tree->text);
	if (node->type == JSON_STRING) {
		node->string = decode(tree, value);
	} else if (node->type == JSON_ARRAY || node->type == JSON_OBJECT) {
		build_items(tree, node);
	}
	return node;
}

static void blank(char *from, const char *to)
{
	for (; from < to; from++) {
		if (*from != '\n') {
			*from = ' ';
		}
	}
}

static const char *string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++) {
		if (*at == '\\' && end - at > 1) {
			at++;
		}
	}
	return at < end ? at + 1 : end;
}

/* The end of the comment that starts at `at`; NULL when it never ends. */
static const char *comment_end(const char *at, const char *end)
{
	if (at[1] == '/') {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		return newline != NULL ? newline : end;
	}
	const char *close = memmem(at + 2, (size_t)(end - at - 2), "*/", 2);
	return close != NULL ? close + 2 : NULL;
}

static bool is_comment(const char *at, const char *end)
{
	return *at == '/' && end - at > 1 && (at[1] == '/' || at[1] == '*');
}

static void blank_comments(struct json_tree *tree, struct json_fault *fault)
{
	char *at = tree->text;
	const char *end = at + tree->len;
	while (at < end) {
		if (*at == '"') {
			at += string_end(at, end) - at;
		} else if (is_comment(at, end)) {
			const char *behind = comment_end(at, end);
			if (behind == NULL) {
				fault->offset = (size_t)(at - tree->text);
				fault->reason = "this comment never ends";
				return;
			}
			blank(at, behind);
			at += behind - at;
		} else {
			at++;
		}
	}
}

struct json_tree *json_tree_create(const char *file, struct span text, struct json_fault *fault)
{
	struct json_tree *tree = memory_new(1, sizeof(*tree));
	struct json_fault ignored;
	fault = fault != NULL ? fault : &ignored;
	tree->file = memory_text(span_from_text(file));
	tree->text = memory_text(text);
	tree->len = text.len;
	struct span own = span_of(tree->text, tree->len);
	struct json_fault comment_fault = { .offset = SIZE_MAX };
	blank_comments(tree, &comment_fault);
	/* A comment that never ends stays in the text, so the check fails there or earlier. */
	if (!json_check(own, fault)) {
		if (comment_fault.offset <= fault->offset) {
			*fault = comment_fault;
		}
		json_tree_destroy(tree);
		return NULL;
	}
	tree->root = build(tree, json_value(own));
	return tree;
}

void json_tree_destroy(struct json_tree *tree)
{
	if (tree == NULL) {
		return;
	}
	while (tree->chunks != NULL) {
		struct chunk *next = tree->chunks->next;
		free(tree->chunks);
		tree->chunks = next;
	}
	free(tree->text);
	free(tree->file);
	free(tree);
}

const struct json_node *json_tree_root(const struct json_tree *tree)
{
	return tree->root;
}

const char *json_tree_file(const struct json_tree *tree)
{
	return tree->file;
}

struct span json_tree_text(const struct json_tree *tree)
{
	return span_of(tree->text, tree->len);
}

const struct json_node *json_node_member(const struct json_node *object, struct span name)
{
	for (const struct json_node *member = object->first; member != NULL;
		member = member->next) {
		if (span_present(member->name) && span_equal(member->name, name)) {
			return member;
		}
	}
	return NULL;
}

void json_position(struct span text, size_t offset, unsigned *line, unsigned *column)
{
	size_t line_start = 0;
	*line = 1;
	for (size_t i = 0; i < offset && i < text.len; i++) {
		if (text.ptr[i] == '\n') {
			++*line;
			line_start = i + 1;
		}
	}
	*column = (unsigned)(offset - line_start) + 1;
}

static bool is_plain_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '$';
		if (!plain) {
			return false;
		}
	}
	return name.len > 0;
}

void json_path_append_name(struct buffer *path, struct span name)
{
	if (!is_plain_name(name)) {
		buffer_append_literal(path, "[");
		json_append_string(path, name);
		buffer_append_literal(path, "]");
		return;
	}
	if (path->len > 0) {
		buffer_append_literal(path, ".");
	}
	buffer_append_span(path, name);
}

void json_path_append_index(struct buffer *path, unsigned index)
{
	buffer_append_format(path, "[%u]", index);
}

/* An open container of a text that is read up to some place. */
struct level {
	bool is_object;
	bool at_value;    /* behind the colon */
	struct span name; /* quoted; absent before it was read */
	unsigned index;
};

struct place {
	struct level levels[JSON_DEPTH_MAX];
	unsigned depth;
};

static void take_mark(struct place *place, char mark)
{
	struct level *top = place->depth > 0 ? &place->levels[place->depth - 1] : NULL;
	if (mark == '{' || mark == '[') {
		if (place->depth < JSON_DEPTH_MAX) {
			place->levels[place->depth++] = (struct level){ .is_object = mark == '{' };
		}
	} else if (top == NULL) {
		return;
	} else if (mark == '}' || mark == ']') {
		place->depth--;
	} else if (mark == ':') {
		top->at_value = true;
	} else if (mark == ',') {
		top->at_value = false;
		top->name = SPAN_ABSENT;
		top->index++;
	}
}

static void take_string(struct place *place, struct span quoted)
{
	struct level *top = place->depth > 0 ? &place->levels[place->depth - 1] : NULL;
	if (top != NULL && top->is_object && !top->at_value && json_check(quoted, NULL)) {
		top->name = quoted;
	}
}

static void append_levels(const struct place *place, struct buffer *path)
{
	for (unsigned i = 0; i < place->depth; i++) {
		const struct level *level = &place->levels[i];
		struct buffer name = { 0 };
		if (!level->is_object) {
			json_path_append_index(path, level->index);
		} else if (span_present(level->name)) {
			json_path_append_name(path, json_string_text(level->name, &name));
		}
		buffer_finish(&name);
	}
}

void json_path_append_place(struct buffer *path, struct span text, size_t offset)
{
	struct place place = { .depth = 0 };
	const char *at = text.ptr, *end = text.ptr + text.len;
	/* A name that starts at the place belongs to the path. */
	while (at < end && (size_t)(at - text.ptr) <= offset) {
		const char *next = at + 1;
		bool is_there = (size_t)(at - text.ptr) == offset;
		if (*at == '"') {
			next = string_end(at, end);
			take_string(&place, span_of(at, (size_t)(next - at)));
		} else if (is_there) {
			break;
		} else if (is_comment(at, end)) {
			const char *behind = comment_end(at, end);
			next = behind != NULL ? behind : end;
		} else {
			take_mark(&place, *at);
		}
		at = next;
	}
	append_levels(&place, path);
}
