/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Calls that need no bridge: their mapping answers them. Each ends here, in one way or another. On
 * the shard's thread.
 */
#pragma once

struct call;
struct match;
struct request;

/* Of a call that is MATCHED, by a mapping that does not send. */
void local_answer_give(struct call *call, const struct request *request, const struct match *match);
