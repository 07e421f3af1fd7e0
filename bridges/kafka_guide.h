/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Makes one connection to a broker behind a forwarder look as if it led to the broker: where
 * responses tell clients the broker's own address they get another one, and fetches do not wait
 * long. And a client that asks for versions in a version of its own that is too new is told so in
 * the form that clients expect. Pure: bytes in, bytes out, however they are cut.
 * https://kafka.apache.org/protocol, in the versions below.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Later versions than these have another form: the broker must not offer them. */
enum {
	KAFKA_GUIDE_FETCH_MAX = 11,
	KAFKA_GUIDE_METADATA_MAX = 2,
	KAFKA_GUIDE_COORDINATOR_MAX = 2,
	KAFKA_GUIDE_VERSIONS_MAX = 2,
};

enum {
	KAFKA_GUIDE_AWAITED_MAX = 64,
	KAFKA_GUIDE_HEAD = 14, /* of a request, up to the length of its client id */
	KAFKA_GUIDE_HELD = 512,
};

struct kafka_guide {
	char host[48]; /* what clients are told */
	int32_t port;
	uint8_t wait_max_ms;
	/* Requests */
	struct {
		size_t at;     /* bytes of this frame that have passed */
		size_t size;   /* of it all */
		size_t wait;   /* where a fetch says how long it may wait; 0: no fetch */
		bool too_long; /* what has passed of that is more than it may */
		unsigned char head[KAFKA_GUIDE_HEAD];
	} request;
	/* Requests whose responses are changed, oldest first */
	struct kafka_guide_awaited {
		int32_t correlation;
		int16_t api, version;
	} awaited[KAFKA_GUIDE_AWAITED_MAX];
	size_t awaited_count;
	/* Responses */
	struct {
		size_t left; /* bytes of this frame that pass as they are */
		size_t held_len;
		/* Its beginning, until its fate is clear */
		char held[KAFKA_GUIDE_HELD];
	} response;
};

/* `wait_max_ms` is 1 to 255. False: `host` is too long. */
bool kafka_guide_init(
	struct kafka_guide *guide, struct span host, uint16_t port, uint8_t wait_max_ms);
/* Changes bytes on their way to the broker in place. False: that is not Kafka, cut it. */
bool kafka_guide_requests(struct kafka_guide *guide, char *bytes, size_t len);
/* Appends to `out` what becomes of bytes from the broker. False likewise. */
bool kafka_guide_responses(struct kafka_guide *guide, struct span bytes, struct buffer *out);
