/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* rabbitmq-c, wherever the distribution put its headers. */
#pragma once

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#endif

#include "base/span.h"

static inline amqp_bytes_t amqp_bytes_of(struct span span)
{
	return (amqp_bytes_t){ .len = span.len, .bytes = (void *)span.ptr };
}

/* Never absent: an empty AMQP string may come without a pointer. */
static inline struct span span_of_amqp(amqp_bytes_t bytes)
{
	return bytes.len > 0 ? span_of(bytes.bytes, bytes.len) : SPAN("");
}
