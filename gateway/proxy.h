/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The beginning of a connection from a trusted proxy where `proxy_protocol` is on: it takes the
 * header (proxy_protocol.h) and hands the connection to http1_codec, with the client that the
 * header tells as its peer.
 */
#pragma once

struct codec;

extern const struct codec proxy_codec;
