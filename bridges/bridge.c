/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/bridge.h"

#include "bridges/amqp.h"
#include "bridges/kafka.h"
#include "bridges/loopback.h"

#include <assert.h>

static const struct bridge_kind *const kinds[] = { &amqp_bridge, &kafka_bridge, &loopback_bridge,
	NULL };

static void assert_complete(const struct bridge_kind *kind)
{
	assert(kind->type != NULL && kind->rows != NULL && kind->shared_size > 0);
	assert(kind->open != NULL && kind->confirms != NULL && kind->close != NULL);
	assert(kind->create != NULL && kind->destroy != NULL);
	assert(kind->send != NULL && kind->reply_to != NULL && kind->cancel != NULL);
	assert(kind->flush != NULL && kind->drained != NULL);
	(void)kind;
}

const struct bridge_kind *const *bridge_kinds(void)
{
	for (const struct bridge_kind *const *kind = kinds; *kind != NULL; kind++) {
		assert_complete(*kind);
	}
	return kinds;
}

const struct bridge_kind *bridge_kind_find(struct span type)
{
	const struct bridge_kind *const *kind = bridge_kinds();
	while (*kind != NULL && !span_equal(type, span_from_text((*kind)->type))) {
		kind++;
	}
	return *kind;
}
