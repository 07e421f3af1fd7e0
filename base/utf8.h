/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. Pure. */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* True when the whole text is valid UTF-8. ASCII costs a fraction of an instruction a byte. */
bool utf8_check(struct span text);

/*
 * For text that comes in pieces: starts at 0, is fed each piece, and returns the next state, or
 * UTF8_REJECT as soon as no continuation could make the text valid. The text may end at
 * UTF8_ACCEPT.
 */
enum { UTF8_ACCEPT = 0, UTF8_REJECT = 1 };
uint32_t utf8_feed(uint32_t state, struct span piece);
