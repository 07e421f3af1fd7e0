/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* `bridgehead dev`: serves by a configuration of its own, with a Kafka inside the process. */
#pragma once

int command_dev(int argc, char **argv);
