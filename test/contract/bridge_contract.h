/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* One suite that every kind of bridge passes. A kind brings a small description of itself. */
#pragma once

#include "test/contract/contract.h"

/* Runs the common stories, each with a session of its own. The number of failed tests. */
int contract_run(const struct contract_bridge *bridge);
