/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/websocket_target.h"

#include <string.h>

bool websocket_target_take(struct request *request, struct span uri)
{
	size_t question = uri.len;
	for (size_t i = 0; i < uri.len; i++) {
		if (uri.ptr[i] <= ' ' || uri.ptr[i] == 0x7f || uri.ptr[i] == '#') {
			return false;
		}
		if (uri.ptr[i] == '?' && question == uri.len) {
			question = i;
		}
	}
	if (uri.len == 0 || uri.ptr[0] != '/') {
		return false;
	}
	request->uri = uri;
	request->path = span_of(uri.ptr, question);
	request->query = question < uri.len ? span_skip(uri, question + 1) : SPAN_ABSENT;
	return true;
}

bool websocket_target_is_method(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < 'A' || text.ptr[i] > 'Z') {
			return false;
		}
	}
	return text.len > 0 && text.len <= 20;
}

enum websocket_target websocket_target_of_op(struct request *request, struct span op)
{
	size_t space = 0;
	while (space < op.len && op.ptr[space] != ' ') {
		space++;
	}
	bool named = space < op.len && websocket_target_is_method(span_of(op.ptr, space));
	struct span uri = named ? span_skip(op, space + 1) : op;
	if (uri.len == 0 || uri.ptr[0] != '/') {
		return WEBSOCKET_TARGET_NONE;
	}
	request->method = named ? span_of(op.ptr, space) : SPAN("POST");
	return websocket_target_take(request, uri) ? WEBSOCKET_TARGET_TAKEN
						   : WEBSOCKET_TARGET_BROKEN;
}

void websocket_target_take_query(struct request *request, struct span handshake_uri)
{
	const char *mark = memchr(handshake_uri.ptr, '?', handshake_uri.len);
	if (mark != NULL) {
		request->query = span_skip(handshake_uri, (size_t)(mark - handshake_uri.ptr) + 1);
	}
}
