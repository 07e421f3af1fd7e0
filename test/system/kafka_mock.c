/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     kafka_mock BROKERS
 *
 * librdkafka's mock cluster as a program, for faults that no real broker makes when it is asked to.
 * It prints where it listens, then takes one order a line, answers "ok", and ends with its input:
 *
 *     topic NAME PARTITIONS           create a topic
 *     down BROKER, up BROKER          no connections, or again
 *     leader TOPIC PARTITION BROKER   of the partition; -1: nobody
 *     wrong TOPIC CODE                what is said about the topic; 0: nothing
 *     fail REQUEST COUNT CODE         the next answers to a kind of request
 *     heal REQUEST                    and no more of them
 *     slow BROKER MS                  the time an answer takes
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAILURES_MAX = 2000 };

static void fail(rd_kafka_mock_cluster_t *cluster, int request, int count, int code)
{
	rd_kafka_resp_err_t errors[FAILURES_MAX];
	for (int i = 0; i < FAILURES_MAX; i++) {
		errors[i] = code;
	}
	size_t length = count < FAILURES_MAX ? (size_t)count : FAILURES_MAX;
	rd_kafka_mock_push_request_errors_array(cluster, (int16_t)request, length, errors);
}

/* What librdkafka answers; RD_KAFKA_RESP_ERR__INVALID_ARG: no such order. */
static rd_kafka_resp_err_t obey(rd_kafka_mock_cluster_t *cluster, const char *line)
{
	char name[256];
	int first, second, third;
	if (sscanf(line, "topic %255s %d", name, &first) == 2) {
		return rd_kafka_mock_topic_create(cluster, name, first, 1);
	}
	if (sscanf(line, "down %d", &first) == 1) {
		return rd_kafka_mock_broker_set_down(cluster, first);
	}
	if (sscanf(line, "up %d", &first) == 1) {
		return rd_kafka_mock_broker_set_up(cluster, first);
	}
	if (sscanf(line, "leader %255s %d %d", name, &first, &second) == 3) {
		return rd_kafka_mock_partition_set_leader(cluster, name, first, second);
	}
	if (sscanf(line, "wrong %255s %d", name, &first) == 2) {
		rd_kafka_mock_topic_set_error(cluster, name, first);
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	}
	if (sscanf(line, "fail %d %d %d", &first, &second, &third) == 3) {
		fail(cluster, first, second, third);
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	}
	if (sscanf(line, "heal %d", &first) == 1) {
		rd_kafka_mock_clear_request_errors(cluster, (int16_t)first);
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	}
	if (sscanf(line, "slow %d %d", &first, &second) == 2) {
		return rd_kafka_mock_broker_set_rtt(cluster, first, second);
	}
	return RD_KAFKA_RESP_ERR__INVALID_ARG;
}

int main(int argc, char **argv)
{
	char line[512], why[256];
	int brokers = argc == 2 ? (int)strtol(argv[1], NULL, 10) : 0;
	if (brokers < 1) {
		fprintf(stderr, "usage: kafka_mock BROKERS\n");
		return EXIT_FAILURE;
	}
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set_log_cb(conf, NULL);
	rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (handle == NULL) {
		fprintf(stderr, "kafka_mock: %s\n", why);
		return EXIT_FAILURE;
	}
	rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(handle, brokers);
	printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		rd_kafka_resp_err_t error = obey(cluster, line);
		printf("%s\n",
			error == RD_KAFKA_RESP_ERR_NO_ERROR ? "ok" : rd_kafka_err2name(error));
		fflush(stdout);
	}
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(handle);
	return EXIT_SUCCESS;
}
