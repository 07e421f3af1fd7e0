/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* `bridgehead explain`: which mapping takes a request, why, and what it makes of it. */
#pragma once

/* As in command.h. */
int command_explain(int argc, char **argv);
