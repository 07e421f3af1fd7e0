/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * On libwebsockets' WebSocket client role, without extensions. Once the answer is there the
 * connection is closed with 1000, and the server's own close frame is waited for, for a moment.
 */
#include "gateway/client_websocket.h"

#include <stddef.h>

#define LINGER_MS 1000
#define MESSAGE_MAX (256u * 1024 * 1024)

struct client_websocket {
	struct client_session session;
	const struct client_websocket_exchange *exchange;
	struct client_websocket_result result;
	struct buffer output; /* LWS_PRE bytes of room, then the message */
	struct buffer input;
	bool sent;
	bool closing;
};

static struct client_websocket *websocket_from_wsi(struct lws *wsi)
{
	return lws_container_of(client_session_from_wsi(wsi), struct client_websocket, session);
}

/* The return value is the callback's: -1 makes libwebsockets send the close frame. */
static int close_normally(struct client_websocket *websocket, struct lws *wsi)
{
	websocket->closing = true;
	client_session_end(&websocket->session, CLIENT_ANSWERED, NULL);
	client_session_linger(&websocket->session, LINGER_MS);
	lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
	return -1;
}

static int handle_append_headers(
	struct client_websocket *websocket, unsigned char **at, size_t room)
{
	struct span headers = buffer_span(&websocket->session.request->headers);

	if (headers.len >= room) {
		return -1;
	}
	memcpy(*at, headers.ptr, headers.len);
	*at += headers.len;
	return 0;
}

static int handle_handshake_answer(struct client_websocket *websocket, struct lws *wsi)
{
	int status = (int)lws_http_client_http_response(wsi);

	websocket->result.handshake = status != 101 ? status : 0;
	return 0;
}

static int handle_established(struct client_websocket *websocket, struct lws *wsi)
{
	websocket->session.connected = true;
	lws_callback_on_writable(wsi);
	return 0;
}

static int handle_writable(struct client_websocket *websocket, struct lws *wsi)
{
	const struct client_websocket_exchange *exchange = websocket->exchange;

	if (websocket->sent) {
		/* What was sent has left our buffers. */
		return exchange->one_way && !websocket->closing ? close_normally(websocket, wsi)
								: 0;
	}
	websocket->sent = true;
	unsigned char *message = (unsigned char *)websocket->output.data + LWS_PRE;
	enum lws_write_protocol type = exchange->binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
	if (lws_write(wsi, message, exchange->message.len, type) < 0) {
		return -1;
	}
	if (exchange->one_way) {
		lws_callback_on_writable(wsi);
	}
	return 0;
}

static int handle_input(struct client_websocket *websocket, struct lws *wsi, struct span piece)
{
	const struct client_websocket_exchange *exchange = websocket->exchange;
	struct buffer *input = &websocket->input;

	if (websocket->closing) {
		return 0;
	}
	buffer_append_span(input, piece);
	if (input->failed || input->len > MESSAGE_MAX) {
		client_session_finish(&websocket->session, "the answer is too large");
		return -1;
	}
	if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) > 0) {
		return 0;
	}
	bool answered = exchange->read_message(exchange->context, buffer_span(input));
	buffer_clear(input);
	return answered ? close_normally(websocket, wsi) : 0;
}

static int handle_peer_close(struct client_websocket *websocket, struct span payload)
{
	if (!websocket->closing && payload.len >= 2) {
		websocket->result.close_code = (unsigned)(unsigned char)payload.ptr[0] << 8 |
					       (unsigned char)payload.ptr[1];
	}
	return 0;
}

static int handle_closed(struct client_websocket *websocket)
{
	client_session_finish(&websocket->session, "the connection ended before the answer");
	return 0;
}

static int handle_connect_error(struct client_websocket *websocket)
{
	client_session_finish(&websocket->session, websocket->result.handshake != 0
							   ? "the server refused the handshake"
							   : "cannot connect");
	return 0;
}

static int handle_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	(void)user;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return handle_append_headers(websocket_from_wsi(wsi), in, len);
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
		return handle_handshake_answer(websocket_from_wsi(wsi), wsi);
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		return handle_established(websocket_from_wsi(wsi), wsi);
	case LWS_CALLBACK_CLIENT_WRITEABLE: return handle_writable(websocket_from_wsi(wsi), wsi);
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return handle_input(websocket_from_wsi(wsi), wsi, span_of(in, len));
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		return handle_peer_close(websocket_from_wsi(wsi), span_of(in, len));
	case LWS_CALLBACK_CLIENT_CLOSED: return handle_closed(websocket_from_wsi(wsi));
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		return handle_connect_error(websocket_from_wsi(wsi));
	default: return 0;
	}
}

struct client_websocket_result client_websocket_run(
	const struct client_request *request, const struct client_websocket_exchange *exchange)
{
	static const char room[LWS_PRE];
	struct client_websocket websocket = { .exchange = exchange };

	buffer_append(&websocket.output, room, sizeof(room));
	buffer_append_span(&websocket.output, exchange->message);
	if (websocket.output.failed) {
		client_session_finish(&websocket.session, "the message is too large");
	} else {
		client_session_run(&websocket.session, request, handle_callback);
	}
	buffer_finish(&websocket.output);
	buffer_finish(&websocket.input);
	websocket.result.end = websocket.session.end;
	websocket.result.fault = websocket.session.fault;
	return websocket.result;
}
