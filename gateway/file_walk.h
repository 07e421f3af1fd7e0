/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Opening below a folder, step by step: what openat2() does with RESOLVE_BENEATH and
 * RESOLVE_NO_MAGICLINKS, for kernels and sandboxes without it. Any thread.
 */
#pragma once

/* -1 and errno. EXDEV: a link leads out of the folder. */
int file_walk(int folder, const char *name, int flags);
