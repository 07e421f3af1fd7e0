/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Counters of one shard, plain numbers of its own thread; and their sum as Prometheus text. A
 * snapshot is a copy that another thread may read.
 */
#pragma once

#include "base/buffer.h"
#include "gateway/config.h"

#include <stdint.h>

#define METRICS_REJECTS(X)                                    \
	X(BAD_REQUEST, "bad_request")                         \
	X(NOT_FOUND, "not_found")                             \
	X(METHOD, "method_not_allowed")                       \
	X(NOT_ACCEPTABLE, "not_acceptable")                   \
	X(LENGTH_REQUIRED, "length_required")                 \
	X(MEDIA_TYPE, "unsupported_media_type")               \
	X(EXPECTATION, "expectation_failed")                  \
	X(PRECONDITION, "precondition_failed")                \
	X(RANGE, "range_not_satisfiable")                     \
	X(NOT_IMPLEMENTED, "not_implemented")                 \
	X(VERSION, "version_not_supported")                   \
	X(HEADER_TOO_LARGE, "header_too_large")               \
	X(BODY_TOO_LARGE, "body_too_large")                   \
	X(HEADER_TIMEOUT, "header_timeout")                   \
	X(BODY_TIMEOUT, "body_timeout")                       \
	X(BODY_RATE, "body_rate")                             \
	X(WRITE_TIMEOUT, "write_timeout")                     \
	X(CONNECTIONS, "connections")                         \
	X(CONNECTIONS_PER_ADDRESS, "connections_per_address") \
	X(DESCRIPTORS, "descriptors")                         \
	X(PROXY_PEER, "proxy_peer")                           \
	X(PROXY_HEADER, "proxy_header")                       \
	X(FORWARDED, "forwarded")                             \
	X(CALLS_IN_FLIGHT, "calls_in_flight")                 \
	X(CALLS_PER_ADDRESS, "calls_per_address")             \
	X(MEMORY, "memory")                                   \
	X(IDLE, "idle")                                       \
	X(OUTPUT, "output")                                   \
	X(ORIGIN, "origin")                                   \
	X(PREFLIGHT, "preflight")                             \
	X(HANDSHAKE, "handshake")                             \
	X(PROTOCOL, "websocket_protocol")                     \
	X(MESSAGE_RATE, "message_rate")                       \
	X(PING_RATE, "ping_rate")                             \
	X(PONG_TIMEOUT, "pong_timeout")                       \
	X(FRAME_TYPE, "frame_type")                           \
	X(FRAGMENTS, "fragments")                             \
	X(MESSAGE_TOO_LARGE, "message_too_large")

#define METRICS_DROPS(X)          \
	X(LATE, "late")           \
	X(UNKNOWN, "unknown")     \
	X(DUPLICATE, "duplicate") \
	X(OVERSIZED, "oversized") \
	X(HEADER, "header")       \
	X(MALFORMED, "malformed")

/* What a dead letter was for: a call that waited, one that had ended, nobody's. */
#define METRICS_LETTERS(X)      \
	X(ANSWERED, "answered") \
	X(LATE, "late")         \
	X(UNKNOWN, "unknown")

#define NAME_REJECT(id, text) REJECT_##id,
enum reject { METRICS_REJECTS(NAME_REJECT) REJECT_COUNT };
#undef NAME_REJECT
#define NAME_DROP(id, text) DROP_##id,
enum drop { METRICS_DROPS(NAME_DROP) DROP_COUNT };
#undef NAME_DROP
#define NAME_LETTER(id, text) LETTER_##id,
enum letter { METRICS_LETTERS(NAME_LETTER) LETTER_COUNT };
#undef NAME_LETTER

enum { METRICS_BUCKETS = 14, METRICS_CLASSES = 6 };

/* Of one mapping; the last row is for requests that found none. */
struct metrics_mapping {
	uint64_t classes[METRICS_CLASSES]; /* by status / 100; [0]: abandoned */
	uint64_t buckets[METRICS_BUCKETS + 1];
	uint64_t sum_us;
};

struct metrics_bridge {
	uint64_t state; /* enum bridge_state */
	uint64_t sessions_lost;
	struct bridge_samples samples; /* its kind's own */
	uint64_t letters[LETTER_COUNT];
};

struct metrics {
	uint64_t connections, connections_total, websockets, calls_in_flight, messages, parts;
	uint64_t preflights;
	uint64_t rejected[REJECT_COUNT];
	uint64_t dropped[DROP_COUNT];
	uint64_t log_dropped;
	size_t mapping_count; /* with the row for none */
	size_t bridge_count;
	struct metrics_mapping *mappings;
	struct metrics_bridge *bridges;
};

void metrics_init(struct metrics *metrics, const struct config *config);
void metrics_finish(struct metrics *metrics);
void metrics_reject(struct metrics *metrics, enum reject reason);
const char *metrics_reject_name(enum reject reason);
/* The reason behind a refusal of ours with this status, 4xx, 501 or 505. */
enum reject metrics_reject_of_status(int status);
const char *metrics_drop_name(enum drop reason);
const char *metrics_letter_name(enum letter result);
/* A call ended; `status` 0: abandoned. */
void metrics_call(struct metrics *metrics, size_t row, int status, uint64_t duration_us);
/* A bridge counts as up when it is in all shards: the sum keeps the worst state. */
void metrics_add(struct metrics *sum, const struct metrics *part);
/* Prometheus text format 0.0.4. */
void metrics_write(const struct metrics *sum, const struct config *config, struct buffer *out);
