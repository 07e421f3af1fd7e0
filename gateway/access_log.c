/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/access_log.h"

#include "base/memory.h"
#include "gateway/connection.h"

#include <stdlib.h>

/* What is the same in every line, in each format, long enough for the longest. */
struct word {
	char text[24];
	uint8_t len;
};

struct access_words {
	struct word status, published[3], abandoned, parts, read, matched, sent, confirmed;
};

#define WORD(literal)                        \
	{                                    \
		literal, sizeof(literal) - 1 \
	}
static const struct access_words words_of_formats[] = {
	[LOG_LOGFMT] = {
		.status = WORD(" status="),
		.published = {
			[PUBLISHED_NO] = WORD(" published=no"),
			[PUBLISHED_YES] = WORD(" published=yes"),
			[PUBLISHED_UNKNOWN] = WORD(" published=unknown"),
		},
		.abandoned = WORD(" abandoned=true"),
		.parts = WORD(" parts="),
		.read = WORD(" read_ms="),
		.matched = WORD(" matched_ms="),
		.sent = WORD(" sent_ms="),
		.confirmed = WORD(" confirmed_ms="),
	},
	[LOG_JSON] = {
		.status = WORD(",\"status\":"),
		.published = {
			[PUBLISHED_NO] = WORD(",\"published\":\"no\""),
			[PUBLISHED_YES] = WORD(",\"published\":\"yes\""),
			[PUBLISHED_UNKNOWN] = WORD(",\"published\":\"unknown\""),
		},
		.abandoned = WORD(",\"abandoned\":true"),
		.parts = WORD(",\"parts\":"),
		.read = WORD(",\"read_ms\":"),
		.matched = WORD(",\"matched_ms\":"),
		.sent = WORD(",\"sent_ms\":"),
		.confirmed = WORD(",\"confirmed_ms\":"),
	},
};
#undef WORD

/* Eight words and six numbers. */
enum { REST_MAX = 8 * sizeof(struct word) + 6 * 24 };

static struct span make_fields(struct log *log, const struct config *config, size_t index)
{
	const struct mapping *mapping = mapping_table_at(config->mappings, index);
	size_t bridge = mapping_bridge_index(mapping);
	if (!log_begin(log, LOG_INFO, "")) {
		return SPAN("");
	}
	size_t mark = log_mark(log);
	log_text(log, "mapping", span_from_text(mapping_name(mapping)));
	if (bridge != MAPPING_NO_BRIDGE) {
		log_text(log, "bridge", span_from_text(config->bridges[bridge].name));
	}
	struct span fields = log_since(log, mark);
	fields.ptr = memory_text(fields);
	log_discard(log);
	return fields;
}

void access_log_init(struct access_log *access, struct log *log, const struct config *config)
{
	*access = (struct access_log){ .log = log };
	if (!log_wants_access(log)) {
		return;
	}
	access->words = &words_of_formats[log_format_of(log)];
	access->count = mapping_table_count(config->mappings);
	access->fields = memory_new(access->count, sizeof(*access->fields));
	for (size_t i = 0; i < access->count; i++) {
		access->fields[i] = make_fields(log, config, i);
	}
}

void access_log_finish(struct access_log *access)
{
	for (size_t i = 0; i < access->count; i++) {
		free((char *)access->fields[i].ptr);
	}
	free(access->fields);
	*access = (struct access_log){ 0 };
}

/* ---- the line ---- */

static char *put_word(char *at, const struct word *word)
{
	memcpy(at, word->text, sizeof(word->text)); /* all of it: cheaper than to count */
	return at + word->len;
}

static char *put_digits(char *at, uint64_t value)
{
	char *end = at + 1;
	for (uint64_t power = 10; value >= power && power < UINT64_MAX / 10; power *= 10) {
		end++;
	}
	for (char *digit = end; digit > at; value /= 10) {
		*--digit = (char)('0' + value % 10);
	}
	return end;
}

static char *put_three_digits(char *at, unsigned value)
{
	at[0] = (char)('0' + value / 100);
	at[1] = (char)('0' + value / 10 % 10);
	at[2] = (char)('0' + value % 10);
	return at + 3;
}

/* Milliseconds with three decimals. Most times are below one. */
static char *put_time(char *at, const struct word *name, uint64_t us)
{
	at = put_word(at, name);
	if (us < 1000) {
		*at++ = '0';
	} else {
		at = put_digits(at, us / 1000);
		us %= 1000;
	}
	*at++ = '.';
	return put_three_digits(at, (unsigned)us);
}

/* How long the call was in each state that it was in. */
static char *put_times(
	char *at, const struct access_words *words, const struct call *call, uint64_t now_us)
{
	uint64_t matched = call->matched_us != 0 ? call->matched_us : now_us;
	uint64_t sent = call->sent_us != 0 ? call->sent_us : now_us;
	uint64_t confirmed = call->confirmed_us != 0 ? call->confirmed_us : now_us;
	at = put_time(at, &words->read, matched - call->began_us);
	if (call->matched_us != 0) {
		at = put_time(at, &words->matched, sent - matched);
	}
	if (call->sent_us != 0) {
		at = put_time(at, &words->sent, confirmed - sent);
	}
	if (call->confirmed_us != 0) {
		at = put_time(at, &words->confirmed, now_us - confirmed);
	}
	return at;
}

static struct span client_text(struct access_log *access, const struct address *client)
{
	if (!address_equal(&access->client, client)) {
		access->client = *client;
		access->client_len = address_write(client, access->client_text);
	}
	return span_of(access->client_text, access->client_len);
}

void access_log_write(struct access_log *access, const struct call *call,
	const struct call_answer *answer, uint64_t now_us)
{
	int status = answer != NULL ? answer->status : 0;
	struct log *log = access->log;
	const struct access_words *words = access->words;
	if (words == NULL || !log_begin(log, LOG_INFO, "call")) {
		return;
	}
	struct span client = client_text(access, &call->connection->client);
	log_plain(log, "call", call_id(call));
	if (client.len > 0) {
		log_plain(log, "client", client);
	}
	if (call->request_id_len > 0) {
		log_plain(log, "request_id", call_request_id(call));
	}
	if (call->mapping != NULL) {
		log_fields(log, access->fields[mapping_index(call->mapping)]);
	}
	if (answer != NULL && answer->problem != NULL) {
		log_plain(log, "problem", span_from_text(answer->problem->type));
	}
	char *at = log_room(log, REST_MAX);
	if (at != NULL) {
		at = put_digits(put_word(at, &words->status), (uint64_t)status);
		at = put_word(at, &words->published[call->published]);
		if (status == 0) {
			at = put_word(at, &words->abandoned);
		}
		if (call->parts > 0) {
			at = put_digits(put_word(at, &words->parts), call->parts);
		}
		log_advance(log, put_times(at, words, call, now_us));
	}
	log_end(log);
}
