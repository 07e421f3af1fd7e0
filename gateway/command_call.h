/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* `bridgehead call URL [OP] [JSON]`: an HTTP and WebSocket client for people and scripts. */
#pragma once

/* argv[0] is "call". The return value is the exit status of the program. */
int command_call(int argc, char **argv);
