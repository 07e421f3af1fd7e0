/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/metrics.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

#ifndef BRIDGEHEAD_VERSION
#define BRIDGEHEAD_VERSION "unknown"
#endif

static const uint64_t bucket_us[METRICS_BUCKETS] = { 500, 1000, 2500, 5000, 10000, 25000, 50000,
	100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000 };
static const char *const bucket_names[METRICS_BUCKETS + 1] = { "0.0005", "0.001", "0.0025", "0.005",
	"0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf" };
static const char *const class_names[METRICS_CLASSES] = { "abandoned", "1xx", "2xx", "3xx", "4xx",
	"5xx" };

#define TEXT(id, text) text,
static const char *const reject_names[] = { METRICS_REJECTS(TEXT) };
static const char *const drop_names[] = { METRICS_DROPS(TEXT) };
static const char *const letter_names[] = { METRICS_LETTERS(TEXT) };
#undef TEXT

void metrics_init(struct metrics *metrics, const struct config *config)
{
	*metrics = (struct metrics){
		.mapping_count = mapping_table_count(config->mappings) + 1,
		.bridge_count = config->bridge_count,
	};
	metrics->mappings = memory_new(metrics->mapping_count, sizeof(*metrics->mappings));
	metrics->bridges = memory_new(metrics->bridge_count, sizeof(*metrics->bridges));
}

void metrics_finish(struct metrics *metrics)
{
	for (size_t i = 0; i < metrics->bridge_count; i++) {
		bridge_samples_finish(&metrics->bridges[i].samples);
	}
	free(metrics->mappings);
	free(metrics->bridges);
	*metrics = (struct metrics){ 0 };
}

void metrics_reject(struct metrics *metrics, enum reject reason)
{
	metrics->rejected[reason]++;
}

const char *metrics_reject_name(enum reject reason)
{
	return reject_names[reason];
}

enum reject metrics_reject_of_status(int status)
{
	switch (status) {
	case 404: return REJECT_NOT_FOUND;
	case 405: return REJECT_METHOD;
	case 406: return REJECT_NOT_ACCEPTABLE;
	case 411: return REJECT_LENGTH_REQUIRED;
	case 412: return REJECT_PRECONDITION;
	case 413: return REJECT_BODY_TOO_LARGE;
	case 414:
	case 431: return REJECT_HEADER_TOO_LARGE;
	case 415: return REJECT_MEDIA_TYPE;
	case 416: return REJECT_RANGE;
	case 417: return REJECT_EXPECTATION;
	case 501: return REJECT_NOT_IMPLEMENTED;
	case 505: return REJECT_VERSION;
	default: return REJECT_BAD_REQUEST;
	}
}

const char *metrics_drop_name(enum drop reason)
{
	return drop_names[reason];
}

const char *metrics_letter_name(enum letter result)
{
	return letter_names[result];
}

void metrics_call(struct metrics *metrics, size_t row, int status, uint64_t duration_us)
{
	struct metrics_mapping *mapping = &metrics->mappings[row];
	size_t bucket = 0;
	while (bucket < METRICS_BUCKETS && duration_us > bucket_us[bucket]) {
		bucket++;
	}
	mapping->classes[status / 100]++;
	mapping->buckets[bucket]++;
	mapping->sum_us += duration_us;
}

/* ---- sums ---- */

static void add_mapping(struct metrics_mapping *sum, const struct metrics_mapping *part)
{
	for (size_t i = 0; i < METRICS_CLASSES; i++) {
		sum->classes[i] += part->classes[i];
	}
	for (size_t i = 0; i <= METRICS_BUCKETS; i++) {
		sum->buckets[i] += part->buckets[i];
	}
	sum->sum_us += part->sum_us;
}

void metrics_add(struct metrics *sum, const struct metrics *part)
{
	sum->connections += part->connections;
	sum->connections_total += part->connections_total;
	sum->websockets += part->websockets;
	sum->calls_in_flight += part->calls_in_flight;
	sum->messages += part->messages;
	sum->preflights += part->preflights;
	sum->parts += part->parts;
	sum->log_dropped += part->log_dropped;
	for (size_t i = 0; i < REJECT_COUNT; i++) {
		sum->rejected[i] += part->rejected[i];
	}
	for (size_t i = 0; i < DROP_COUNT; i++) {
		sum->dropped[i] += part->dropped[i];
	}
	for (size_t i = 0; i < sum->mapping_count; i++) {
		add_mapping(&sum->mappings[i], &part->mappings[i]);
	}
	for (size_t i = 0; i < sum->bridge_count; i++) {
		sum->bridges[i].sessions_lost += part->bridges[i].sessions_lost;
		for (size_t k = 0; k < LETTER_COUNT; k++) {
			sum->bridges[i].letters[k] += part->bridges[i].letters[k];
		}
		if (part->bridges[i].state < sum->bridges[i].state) {
			sum->bridges[i].state = part->bridges[i].state;
		}
		bridge_samples_append(&sum->bridges[i].samples, &part->bridges[i].samples);
	}
}

/* ---- text ---- */

static void head(struct buffer *out, const char *name, const char *type, const char *help)
{
	buffer_append_format(
		out, "# HELP bridgehead_%s %s\n# TYPE bridgehead_%s %s\n", name, help, name, type);
}

static void single(
	struct buffer *out, const char *name, const char *type, const char *help, uint64_t value)
{
	head(out, name, type, help);
	buffer_append_format(out, "bridgehead_%s %" PRIu64 "\n", name, value);
}

/* A label's value: backslash, quote and line feed are escaped. */
static void append_label(struct buffer *out, const char *name, const char *value)
{
	buffer_append_format(out, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			buffer_append_literal(out, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\') {
			buffer_append_char(out, '\\');
		}
		buffer_append_char(out, *value);
	}
	buffer_append_char(out, '"');
}

static const char *row_name(const struct config *config, size_t row)
{
	return row < mapping_table_count(config->mappings)
		       ? mapping_name(mapping_table_at(config->mappings, row))
		       : "";
}

static void append_row_labels(struct buffer *out, const struct config *config, size_t row)
{
	const char *bridge = "";
	if (row < mapping_table_count(config->mappings)) {
		size_t index = mapping_bridge_index(mapping_table_at(config->mappings, row));
		bridge = index != MAPPING_NO_BRIDGE ? config->bridges[index].name : "";
	}
	append_label(out, "mapping", row_name(config, row));
	buffer_append_char(out, ',');
	append_label(out, "bridge", bridge);
}

static void write_calls(const struct metrics *sum, const struct config *config, struct buffer *out)
{
	head(out, "calls_total", "counter", "Calls that ended, by status class.");
	for (size_t row = 0; row < sum->mapping_count; row++) {
		for (size_t class = 0; class < METRICS_CLASSES; class ++) {
			uint64_t value = sum->mappings[row].classes[class];
			if (value == 0 && class != 2) {
				continue;
			}
			buffer_append_literal(out, "bridgehead_calls_total{");
			append_row_labels(out, config, row);
			buffer_append_format(
				out, ",status=\"%s\"} %" PRIu64 "\n", class_names[class], value);
		}
	}
}

static void write_duration(
	const struct metrics_mapping *mapping, const char *name, struct buffer *out)
{
	uint64_t count = 0;
	for (size_t i = 0; i <= METRICS_BUCKETS; i++) {
		count += mapping->buckets[i];
		buffer_append_literal(out, "bridgehead_call_duration_seconds_bucket{");
		append_label(out, "mapping", name);
		buffer_append_format(out, ",le=\"%s\"} %" PRIu64 "\n", bucket_names[i], count);
	}
	buffer_append_literal(out, "bridgehead_call_duration_seconds_sum{");
	append_label(out, "mapping", name);
	buffer_append_format(out, "} %" PRIu64 ".%06" PRIu64 "\n", mapping->sum_us / 1000000,
		mapping->sum_us % 1000000);
	buffer_append_literal(out, "bridgehead_call_duration_seconds_count{");
	append_label(out, "mapping", name);
	buffer_append_format(out, "} %" PRIu64 "\n", count);
}

static void write_reasons(struct buffer *out, const char *name, const char *const *reasons,
	const uint64_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buffer_append_format(out, "bridgehead_%s{reason=\"%s\"} %" PRIu64 "\n", name,
			reasons[i], values[i]);
	}
}

static void write_letters(const struct metrics_bridge *bridge, const char *name, struct buffer *out)
{
	for (size_t i = 0; i < LETTER_COUNT; i++) {
		buffer_append_literal(out, "bridgehead_dead_letters_total{");
		append_label(out, "bridge", name);
		buffer_append_format(
			out, ",result=\"%s\"} %" PRIu64 "\n", letter_names[i], bridge->letters[i]);
	}
}

static void write_bridges(
	const struct metrics *sum, const struct config *config, struct buffer *out)
{
	head(out, "bridge_up", "gauge", "1 while a bridge takes messages in every shard.");
	for (size_t i = 0; i < sum->bridge_count; i++) {
		buffer_append_literal(out, "bridgehead_bridge_up{");
		append_label(out, "bridge", config->bridges[i].name);
		buffer_append_format(out, "} %d\n", sum->bridges[i].state == BRIDGE_STATE_UP);
	}
	head(out, "bridge_sessions_lost_total", "counter", "Reply addresses that were lost.");
	for (size_t i = 0; i < sum->bridge_count; i++) {
		buffer_append_literal(out, "bridgehead_bridge_sessions_lost_total{");
		append_label(out, "bridge", config->bridges[i].name);
		buffer_append_format(out, "} %" PRIu64 "\n", sum->bridges[i].sessions_lost);
	}
	head(out, "dead_letters_total", "counter", "Requests of ours or others that came back.");
	for (size_t i = 0; i < sum->bridge_count; i++) {
		write_letters(&sum->bridges[i], config->bridges[i].name, out);
	}
}

static void write_sample(const struct bridge_sample *sample, const char *bridge, struct buffer *out)
{
	buffer_append_format(out, "bridgehead_%s{", sample->series->name);
	append_label(out, "bridge", bridge);
	for (size_t i = 0; i < BRIDGE_LABELS_MAX && sample->labels[i].name != NULL; i++) {
		buffer_append_char(out, ',');
		append_label(out, sample->labels[i].name, sample->labels[i].value);
	}
	buffer_append_format(out, "} %.15g\n", sample->value);
}

/* All samples of a series stand together, with one head, whatever bridge they are of. */
static void write_series(const struct metrics *sum, const struct config *config,
	const struct bridge_series *series, struct buffer *out)
{
	bool headed = false;
	for (size_t i = 0; i < sum->bridge_count; i++) {
		const struct bridge_samples *samples = &sum->bridges[i].samples;
		for (size_t j = 0; j < samples->count; j++) {
			if (samples->items[j].series != series) {
				continue;
			}
			if (!headed) {
				head(out, series->name, series->type, series->help);
				headed = true;
			}
			write_sample(&samples->items[j], config->bridges[i].name, out);
		}
	}
}

static void write_kinds(const struct metrics *sum, const struct config *config, struct buffer *out)
{
	for (const struct bridge_kind *const *kind = bridge_kinds(); *kind != NULL; kind++) {
		const struct bridge_series *series = (*kind)->series;
		for (; series != NULL && series->name != NULL; series++) {
			write_series(sum, config, series, out);
		}
	}
}

void metrics_write(const struct metrics *sum, const struct config *config, struct buffer *out)
{
	head(out, "build_info", "gauge", "Always 1; the version is a label.");
	buffer_append_literal(out, "bridgehead_build_info{version=\"" BRIDGEHEAD_VERSION "\"} 1\n");
	write_calls(sum, config, out);
	head(out, "call_duration_seconds", "histogram",
		"From the last byte of a request to its answer.");
	for (size_t row = 0; row < sum->mapping_count; row++) {
		write_duration(&sum->mappings[row], row_name(config, row), out);
	}
	single(out, "calls_in_flight", "gauge", "Calls that wait for an answer.",
		sum->calls_in_flight);
	single(out, "connections", "gauge", "Open client connections.", sum->connections);
	single(out, "connections_total", "counter", "Client connections accepted.",
		sum->connections_total);
	single(out, "websockets", "gauge", "Open WebSockets.", sum->websockets);
	single(out, "websocket_messages_total", "counter", "Messages from WebSocket clients.",
		sum->messages);
	single(out, "parts_total", "counter", "Parts of answers that came in parts.", sum->parts);
	single(out, "preflights_total", "counter", "CORS preflights answered, refused ones too.",
		sum->preflights);
	single(out, "log_dropped_total", "counter", "Log lines dropped: the reader was too slow.",
		sum->log_dropped);
	head(out, "rejected_total", "counter", "Clients and requests refused at the edge.");
	write_reasons(out, "rejected_total", reject_names, sum->rejected, REJECT_COUNT);
	head(out, "replies_dropped_total", "counter",
		"Replies, or parts of them, that reached nobody.");
	write_reasons(out, "replies_dropped_total", drop_names, sum->dropped, DROP_COUNT);
	write_bridges(sum, config, out);
	write_kinds(sum, config, out);
}
