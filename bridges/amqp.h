/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* AMQP 0-9-1 as RabbitMQ speaks it. */
#pragma once

#include "bridges/bridge.h"

extern const struct bridge_kind amqp_bridge;
