/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The content type of a file by the end of its name. Pure. */
#pragma once

#include "base/span.h"

/* "application/octet-stream" where nobody knows better; never absent. */
struct span file_type_of_name(struct span name);
