/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* A bridge without a broker: it answers by itself, as `behave` and `delay` of the mapping say. */
#pragma once

#include "bridges/bridge.h"

extern const struct bridge_kind loopback_bridge;
