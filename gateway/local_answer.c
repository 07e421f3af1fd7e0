/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/local_answer.h"

#include "gateway/call.h"
#include "gateway/connection.h"
#include "gateway/shard.h"
#include "mappings/respond.h"

/* An op that is a path can find what only HTTP can carry. */
static void refuse_over_websocket(struct call *call)
{
	const struct refusal refusal = {
		.status = 404, .type = "not-found", .detail = "This is there over HTTP only."
	};
	call_refuse(call, &refusal);
}

static void respond(struct call *call, const struct request *request, const struct match *match)
{
	struct shard *shard = call->connection->shard;
	const struct send_facts facts = {
		.id = call_id(call),
		.wall_ms = (int64_t)shard->wall_ms,
		.instance = span_from_text(shard->config->instance),
	};
	const struct respond_input input = {
		.request = request,
		.match = match,
		.facts = &facts,
		.room = &shard->scratch.room,
	};
	struct answer *reply = &shard->scratch.answer;
	struct refusal refusal = { 0 };
	if (!respond_compose(&input, reply, &refusal)) {
		call_refuse(call, &refusal);
		return;
	}
	const struct call_answer answer = { .status = reply->status, .reply = reply };
	call_answer_here(call, &answer);
}

void local_answer_give(struct call *call, const struct request *request, const struct match *match)
{
	if (request->websocket && mapping_is_http(match->mapping)) {
		refuse_over_websocket(call);
	} else {
		respond(call, request, match);
	}
}
