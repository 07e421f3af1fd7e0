/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A message with memory of its own, for what must outlive the call that handed it over. Its size
 * comes from outside, so a copy can fail.
 */
#pragma once

#include "base/buffer.h"
#include "message/message.h"

#include <stdbool.h>

struct kept_message {
	struct message message; /* its spans point into `memory` */
	struct buffer memory;
};

/* Copies everything but the body, which stays absent. False: no memory, and nothing is kept. */
bool kept_message_copy_head(struct kept_message *kept, const struct message *from);
bool kept_message_copy(struct kept_message *kept, const struct message *from);
void kept_message_finish(struct kept_message *kept);
