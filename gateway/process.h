/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The running program: shards on their threads, the admin listener and signals on the main one. */
#pragma once

#include "gateway/config.h"

/*
 * Serves until SIGTERM or SIGINT, then drains. Gives the exit status. `greeting` goes to standard
 * output as soon as it listens; NULL: nothing does.
 */
int process_run(const struct config *config, const char *greeting);
