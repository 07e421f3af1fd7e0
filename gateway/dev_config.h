/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What `bridgehead dev` serves by, as a text that could stand in a file, and how to try it. */
#pragma once

#include "base/buffer.h"
#include "gateway/dev_options.h"

#define DEV_CONFIG_REPLIES "bridgehead.replies"
#define DEV_CONFIG_WEBSOCKET "ws"

/* JSON with comments. */
void dev_config_write(struct buffer *out, const struct dev_options *options);
/* Lines to copy: requests and a worker. */
void dev_config_greet(struct buffer *out, const struct dev_options *options);
