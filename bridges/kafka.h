/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Apache Kafka, by librdkafka. */
#pragma once

#include "bridges/bridge.h"

extern const struct bridge_kind kafka_bridge;
