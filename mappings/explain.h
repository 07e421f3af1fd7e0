/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Why mappings do not take a request, for people, by the very checks that choose one. Slow and
 * without any index: for `bridgehead explain`.
 */
#pragma once

#include "base/span.h"
#include "mappings/mapping.h"
#include "mappings/request.h"

/* `why` is a sentence without its end, valid during the call; absent: the mapping fits. */
typedef void explain_visit(const struct mapping *mapping, struct span why, void *context);

/* Visits every mapping in the order in which they are tried: by layer, then as written. */
void explain_mappings(const struct mapping_table *table, const struct request *request,
	explain_visit *visit, void *context);

/* As templates name it: `kind` ("path.", "host.", "op.", "") and then `name`. */
struct explain_capture {
	struct span kind;
	struct span name;
	struct span value;
};

/* Valid during the call. */
typedef void explain_visit_capture(const struct explain_capture *capture, void *context);

/* Visits all that the choice of a mapping has captured, also the name that was chosen by Accept;
 * what the payload of an op lacks is left out. */
void explain_captures(const struct request *request, const struct match *match,
	explain_visit_capture *visit, void *context);
