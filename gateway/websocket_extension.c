/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     offers    = [ offer ] *( "," [ offer ] )
 *     offer     = token *( ";" parameter )
 *     parameter = token [ "=" ( token | <"> what is a token when unescaped <"> ) ]
 *
 * with blanks around everything. A line that is not written like this breaks the protocol; an offer
 * that is, but asks for what we do not know, or says anything twice, is only declined.
 */
#include "gateway/websocket_extension.h"

#include "base/text.h"
#include "gateway/http1_text.h"

enum parameter {
	SERVER_NO_TAKEOVER = 1,
	CLIENT_NO_TAKEOVER = 2,
	SERVER_BITS = 4,
	CLIENT_BITS = 8,
};

static const struct {
	struct span name;
	enum parameter parameter;
} parameters[] = {
	{ SPAN("server_no_context_takeover"), SERVER_NO_TAKEOVER },
	{ SPAN("client_no_context_takeover"), CLIENT_NO_TAKEOVER },
	{ SPAN("server_max_window_bits"), SERVER_BITS },
	{ SPAN("client_max_window_bits"), CLIENT_BITS },
};

/* Of a value no more is kept than a valid one can have, and one byte to see that it is longer. */
struct value {
	bool present;
	unsigned len;
	char bytes[3];
};

struct offer {
	bool declined;
	unsigned seen; /* enum parameter, or-ed */
	unsigned server_bits, client_bits;
};

/* ---- the grammar ---- */

static void skip_blanks(struct span *rest)
{
	while (rest->len > 0 && http1_is_blank((unsigned char)rest->ptr[0])) {
		*rest = span_skip(*rest, 1);
	}
}

/* Takes this byte and the blanks around it, if it comes next. */
static bool take(struct span *rest, char byte)
{
	skip_blanks(rest);
	if (rest->len == 0 || rest->ptr[0] != byte) {
		return false;
	}
	*rest = span_skip(*rest, 1);
	skip_blanks(rest);
	return true;
}

static bool take_token(struct span *rest, struct span *token)
{
	size_t len = 0;
	while (len < rest->len && http1_is((unsigned char)rest->ptr[len], HTTP1_TOKEN)) {
		len++;
	}
	*token = span_of(rest->ptr, len);
	*rest = span_skip(*rest, len);
	return len > 0;
}

static void append(struct value *value, char byte)
{
	if (value->len < sizeof(value->bytes)) {
		value->bytes[value->len++] = byte;
	}
}

/* Behind its first quote. */
static bool take_quoted(struct span *rest, struct value *value)
{
	while (rest->len > 0 && rest->ptr[0] != '"') {
		if (rest->ptr[0] == '\\') {
			*rest = span_skip(*rest, 1);
		}
		if (rest->len == 0 || !http1_is((unsigned char)rest->ptr[0], HTTP1_TOKEN)) {
			return false;
		}
		append(value, rest->ptr[0]);
		*rest = span_skip(*rest, 1);
	}
	if (rest->len == 0 || value->len == 0) {
		return false;
	}
	*rest = span_skip(*rest, 1);
	return true;
}

static bool take_value(struct span *rest, struct value *value)
{
	struct span token;
	*value = (struct value){ .present = take(rest, '=') };
	if (!value->present) {
		return true;
	}
	if (rest->len > 0 && rest->ptr[0] == '"') {
		*rest = span_skip(*rest, 1);
		return take_quoted(rest, value);
	}
	if (!take_token(rest, &token)) {
		return false;
	}
	for (size_t i = 0; i < token.len && i < sizeof(value->bytes); i++) {
		append(value, token.ptr[i]);
	}
	return true;
}

/* ---- the meaning ---- */

/* 8 to 15 without leading zeros; 0: anything else. */
static unsigned window_bits(const struct value *value)
{
	unsigned bits;
	bool good = value->present &&
		    text_read_small(span_of(value->bytes, value->len), WEBSOCKET_WINDOW_MAX, &bits);
	return good && bits >= WEBSOCKET_WINDOW_READ_MIN ? bits : 0;
}

/* True when the value is one that the parameter may have. */
static bool apply(struct offer *offer, enum parameter parameter, const struct value *value)
{
	switch (parameter) {
	case SERVER_BITS: offer->server_bits = window_bits(value); return offer->server_bits != 0;
	case CLIENT_BITS:
		offer->client_bits = value->present ? window_bits(value) : WEBSOCKET_WINDOW_MAX;
		return offer->client_bits != 0;
	default: return !value->present;
	}
}

static void understand(struct offer *offer, struct span name, const struct value *value)
{
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		enum parameter parameter = parameters[i].parameter;
		if (span_equal(name, parameters[i].name)) {
			offer->declined |=
				(offer->seen & parameter) != 0 || !apply(offer, parameter, value);
			offer->seen |= parameter;
			return;
		}
	}
	offer->declined = true;
}

static uint8_t smaller(unsigned a, unsigned b)
{
	return (a < b ? a : b) & 15;
}

static void accept(struct websocket_extension *extension, const struct websocket_terms *terms,
	const struct offer *offer)
{
	bool small = (offer->seen & SERVER_BITS) != 0 && offer->server_bits < WEBSOCKET_WINDOW_MIN;
	if (extension->compress || !terms->compress || offer->declined || small) {
		return;
	}
	extension->compress = true;
	extension->server_takeover = terms->takeover && (offer->seen & SERVER_NO_TAKEOVER) == 0;
	extension->client_takeover = terms->takeover && (offer->seen & CLIENT_NO_TAKEOVER) == 0;
	extension->server_bits_named = (offer->seen & SERVER_BITS) != 0;
	extension->server_bits = terms->window_bits;
	extension->client_bits = WEBSOCKET_WINDOW_MAX;
	if (extension->server_bits_named) {
		extension->server_bits = smaller(terms->window_bits, offer->server_bits);
	}
	/* only a client that says it can may be told to use a smaller window */
	if ((offer->seen & CLIENT_BITS) != 0) {
		extension->client_bits = smaller(offer->client_bits,
			extension->client_takeover ? terms->window_bits : WEBSOCKET_WINDOW_MAX);
	}
}

bool websocket_extension_read(struct websocket_extension *extension,
	const struct websocket_terms *terms, struct span line)
{
	struct span rest = line;
	while (take(&rest, ',') || rest.len > 0) {
		struct span name;
		if (rest.len == 0 || rest.ptr[0] == ',') {
			continue;
		}
		if (!take_token(&rest, &name)) {
			return false;
		}
		struct offer offer = { .declined = !span_equal(name, SPAN("permessage-deflate")) };
		while (take(&rest, ';')) {
			struct value value;
			if (!take_token(&rest, &name) || !take_value(&rest, &value)) {
				return false;
			}
			understand(&offer, name, &value);
		}
		skip_blanks(&rest);
		if (rest.len > 0 && rest.ptr[0] != ',') {
			return false;
		}
		accept(extension, terms, &offer);
	}
	return true;
}

static void append_bits(struct buffer *out, struct span name, unsigned bits)
{
	buffer_append_literal(out, "; ");
	buffer_append_span(out, name);
	buffer_append_char(out, '=');
	buffer_append_number(out, bits);
}

void websocket_extension_write(const struct websocket_extension *extension, struct buffer *out)
{
	buffer_append_literal(out, "permessage-deflate");
	if (!extension->server_takeover) {
		buffer_append_literal(out, "; server_no_context_takeover");
	}
	if (!extension->client_takeover) {
		buffer_append_literal(out, "; client_no_context_takeover");
	}
	if (extension->server_bits_named) {
		append_bits(out, SPAN("server_max_window_bits"), extension->server_bits);
	}
	if (extension->client_bits < WEBSOCKET_WINDOW_MAX) {
		append_bits(out, SPAN("client_max_window_bits"), extension->client_bits);
	}
}
