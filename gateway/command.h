/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The commands of the command line. Each gets its own name as argv[0] and gives the exit status: 0
 * done, 1 failed, 2 wrong usage.
 */
#pragma once

int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_conventions(int argc, char **argv);
int command_routes(int argc, char **argv);
int command_schema(int argc, char **argv);
int command_version(int argc, char **argv);
