/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Where messages go: the keys of `send` that differ from one type of bridge to the other. */
#pragma once

#include "base/option.h"
#include "mappings/send_compiler.h"

#include <stdbool.h>

/* Keys of `send.reply_partition`. */
extern const struct option send_destination_reply_rows[];

/* A topic's name as Kafka takes it: 1 to 249 of A-Z a-z 0-9 . _ -, neither "." nor "..". */
bool send_destination_is_topic(struct span name);
/* Keys that only another type of bridge knows are problems. */
void send_destination_check(struct send_compiler *compiler, const char *type);
/* Where messages go, as a bridge of this type says it. */
void send_destination_compile(struct send_compiler *compiler, const char *type);
/* Those of a convention, which may leave it to its mappings. */
void send_destination_compile_preset(struct send_compiler *compiler);
