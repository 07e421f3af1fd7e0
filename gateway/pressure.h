/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What is given up when a listener runs short, before anybody who is being served is harmed: its
 * clients that hold memory without moving, or its connections that are idle. One thread.
 */
#pragma once

struct shard;

/* Looks at every listener of the shard; costs nothing while none is short. Once a tick. */
void pressure_relieve(struct shard *shard);
