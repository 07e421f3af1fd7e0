/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_fault.h"

#include <stdio.h>
#include <string.h>

/* The broker takes its wrong proof for a wrong password. */
static const char *kind_of_login(const char *text)
{
	if (strstr(text, "SCRAM") != NULL && rd_kafka_version() < KAFKA_SCRAM_WORKS_FROM) {
		return "authentication failed, this librdkafka cannot do SCRAM with Kafka 4: ";
	}
	return "authentication failed: ";
}

static const char *kind_of(rd_kafka_resp_err_t error, const char *text)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED: return kind_of_login(text);
	case RD_KAFKA_RESP_ERR__SSL: return "TLS failed: ";
	case RD_KAFKA_RESP_ERR__RESOLVE: return "no such host: ";
	default: return "";
	}
}

/* "error:0A000086:SSL routines::certificate verify failed": only the end is for people. */
static const char *skip_code(const char *at)
{
	const char *reason = strstr(at, "::");
	const char *stop = strchr(at, '(');
	return reason != NULL && (stop == NULL || reason < stop) ? reason + 2 : at;
}

void kafka_fault_describe(rd_kafka_resp_err_t error, const char *text, char *out, size_t size)
{
	const char *code = strstr(text, "error:");
	const char *rest = code != NULL ? skip_code(code) : text + strlen(text);
	/* " (after 18ms in state SSL_HANDSHAKE, 2 identical error(s) suppressed)" */
	const char *end = strstr(rest, " (after ");
	if (code == NULL) {
		code = strstr(text, " (after ");
		code = code != NULL ? code : text + strlen(text);
	}
	size_t before = (size_t)(code - text);
	size_t after = end != NULL ? (size_t)(end - rest) : strlen(rest);
	snprintf(
		out, size, "%s%.*s%.*s", kind_of(error, text), (int)before, text, (int)after, rest);
}
