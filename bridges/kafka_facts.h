/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Asks the brokers, once, how the topics are set up, and judges it. Blocks; the survey's thread. */
#pragma once

#include "bridges/kafka_advice.h"
#include "bridges/kafka_cluster.h"

/* What cannot be found out is not said: it may be forbidden, or the broker too busy. */
void kafka_facts_judge(struct kafka_cluster *cluster, struct kafka_advice *advice);
