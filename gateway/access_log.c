/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/access_log.h"

#include "base/memory.h"

#include <stdlib.h>

static struct span make_fields(struct log *log, const struct config *config, size_t index)
{
	const struct mapping *mapping = mapping_table_at(config->mappings, index);
	size_t bridge = mapping_bridge_index(mapping);
	if (!log_begin(log, LOG_INFO, "")) {
		return SPAN("");
	}
	size_t mark = log_mark(log);
	log_text(log, "mapping", span_from_text(mapping_name(mapping)));
	log_text(log, "bridge", span_from_text(config->bridges[bridge].name));
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

static struct span published_text(const struct call *call)
{
	switch (call->published) {
	case PUBLISHED_YES: return SPAN("yes");
	case PUBLISHED_NO: return SPAN("no");
	default: return SPAN("unknown");
	}
}

/* Times in each state that the call was in, in milliseconds. */
static void write_times(struct log *log, const struct call *call, uint64_t now_us)
{
	uint64_t matched = call->matched_us != 0 ? call->matched_us : now_us;
	uint64_t sent = call->sent_us != 0 ? call->sent_us : now_us;
	uint64_t confirmed = call->confirmed_us != 0 ? call->confirmed_us : now_us;
	log_micros(log, "read_ms", matched - call->began_us);
	if (call->matched_us != 0) {
		log_micros(log, "matched_ms", sent - matched);
	}
	if (call->sent_us != 0) {
		log_micros(log, "sent_ms", confirmed - sent);
	}
	if (call->confirmed_us != 0) {
		log_micros(log, "confirmed_ms", now_us - confirmed);
	}
}

void access_log_write(
	const struct access_log *access, const struct call *call, int status, uint64_t now_us)
{
	struct log *log = access->log;
	if (access->fields == NULL || !log_begin(log, LOG_INFO, "call")) {
		return;
	}
	log_plain(log, "call", call_id(call));
	if (call->request_id_len > 0) {
		log_plain(log, "request_id", call_request_id(call));
	}
	if (call->mapping != NULL) {
		log_fields(log, access->fields[mapping_index(call->mapping)]);
	}
	log_number(log, "status", status);
	log_plain(log, "published", published_text(call));
	if (status == 0) {
		log_bool(log, "abandoned", true);
	}
	write_times(log, call, now_us);
	log_end(log);
}
