/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* An error that librdkafka tells, in words for the log and /readyz. Pure. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stddef.h>

/* The first version that can log in by SCRAM to Kafka 4 and later. */
#define KAFKA_SCRAM_WORKS_FROM 0x020601ff

/*
 * Writes what `text`, that of the error, says into `out` of `size` bytes: what kind of failure it
 * is first, without what changes from one attempt to the next, so that the same failure reads the
 * same.
 */
void kafka_fault_describe(rd_kafka_resp_err_t error, const char *text, char *out, size_t size);
