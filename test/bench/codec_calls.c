/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * codec_calls head|frame COUNT: gives the codec of HTTP/1.1 or of WebSocket the same bytes COUNT
 * times, as a connection does: with nothing kept between two of them. Run under callgrind, where
 * the difference of two counts is what one costs. Making the frame new each time, because it is
 * unmasked where it stands, is in that cost.
 */
#include "gateway/http1_parser.h"
#include "gateway/websocket_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_HEAD 6
#define FRAME_PAYLOAD 100

static const char head_bytes[] =
	"POST /customers/7/orders?dry_run=1 HTTP/1.1\r\n"
	"Host: api.example.com\r\n"
	"Connection: keep-alive\r\n"
	"Content-Length: 100\r\n"
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
	"Content-Type: application/json\r\n"
	"Accept: application/json, text/plain, */*\r\n"
	"Origin: https://app.example.com\r\n"
	"Referer: https://app.example.com/shop/checkout\r\n"
	"Accept-Encoding: gzip, deflate, br, zstd\r\n"
	"Accept-Language: en-GB,en;q=0.9\r\n"
	"\r\n";

static void require(bool good)
{
	if (!good) {
		fprintf(stderr, "the codec did not read what it was given\n");
		exit(1);
	}
}

static void read_heads(unsigned long count)
{
	static const struct http1_limits limits = { 8192, 8192, 32768, 100 };
	static struct http1_head head;

	for (unsigned long i = 0; i < count; i++) {
		http1_head_init(&head);
		enum http1_result result =
			http1_head_parse(&head, head_bytes, sizeof(head_bytes) - 1, &limits);
		require(result == HTTP1_DONE && head.header_count == 10);
	}
}

static void make_frame(char frame[FRAME_HEAD + FRAME_PAYLOAD])
{
	static const char head[FRAME_HEAD] = { (char)0x81, (char)(0x80 | FRAME_PAYLOAD), 0x37,
		(char)0xfa, 0x21, 0x3d };

	memcpy(frame, head, sizeof(head));
	for (size_t i = 0; i < FRAME_PAYLOAD; i++) {
		frame[FRAME_HEAD + i] = (char)("{\"id\": 1234} "[i % 13] ^ head[2 + i % 4]);
	}
}

static void read_frames(unsigned long count)
{
	static const struct websocket_limits limits = { .message = 1024 * 1024, .fragments = 1024 };
	struct websocket_reader reader = { 0 };
	char frame[FRAME_HEAD + FRAME_PAYLOAD], copy[FRAME_HEAD + FRAME_PAYLOAD];

	make_frame(frame);
	for (unsigned long i = 0; i < count; i++) {
		struct websocket_item item;
		memcpy(copy, frame, sizeof(copy));
		struct websocket_input input = { copy, sizeof(copy) };
		enum websocket_event event = websocket_reader_next(&reader, &limits, &input, &item);
		require(event == WEBSOCKET_EVENT_MESSAGE && input.len == 0 && !item.binary &&
			item.payload.len == FRAME_PAYLOAD);
		websocket_reader_release(&reader);
	}
	websocket_reader_finish(&reader);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "head") == 0) {
		read_heads(strtoul(argv[2], NULL, 10));
	} else if (argc == 3 && strcmp(argv[1], "frame") == 0) {
		read_frames(strtoul(argv[2], NULL, 10));
	} else {
		fprintf(stderr, "usage: codec_calls head|frame COUNT\n");
		return 2;
	}
	return 0;
}
