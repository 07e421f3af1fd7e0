/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Requests hold lists of names and values: query, form, headers, cookies. One of them looked up, or
 * a whole list as a JSON object in which a name that repeats has an array. Pure; any thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "mappings/request.h"

#include <stdbool.h>

enum variable_list {
	VARIABLE_LIST_QUERY,
	VARIABLE_LIST_FORM, /* as a whole only; the body is one, whatever its content type says */
	VARIABLE_LIST_HEADERS,
	VARIABLE_LIST_COOKIES,
};

/*
 * Appends the object to `out`, whose content before it is not kept, without the headers of `hidden`
 * (enum header_secret). NULL, or a constant sentence why the request is 400.
 */
const char *variable_list_object(const struct request *request, enum variable_list list,
	unsigned hidden, struct buffer *out, struct span *object);
/*
 * The value of one name, decoded; absent when there is none. It points into the request or into
 * `scratch`. NULL, or a constant sentence why the request is 400: twice in a query, broken escape.
 */
const char *variable_list_value(const struct request *request, enum variable_list list,
	struct span name, struct buffer *scratch, struct span *value);
