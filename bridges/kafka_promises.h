/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Properties of librdkafka on which a promise of ours stands (CONFIGURATION.md of librdkafka). */
#pragma once

/* NULL: it may be set to that; else why not, a constant to stand behind the name. Pure. */
const char *kafka_promises_broken_by(const char *name, const char *value);
