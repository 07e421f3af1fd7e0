// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

// A worker in Go with franz-go: counts words. All it knows is Kafka, a topic, and that a reply goes
// to the topic in `reply_to` with the `correlation_id` of the request.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

const topic = "example.words"

func header(record *kgo.Record, name string) string {
	for _, header := range record.Headers {
		if header.Key == name {
			return string(header.Value)
		}
	}
	return ""
}

func show(record *kgo.Record) {
	fields := []string{"topic=" + record.Topic}
	for _, header := range record.Headers {
		fields = append(fields, header.Key+"="+string(header.Value))
	}
	fmt.Println(strings.Join(fields, " "), "body="+string(record.Value))
}

func reply(record *kgo.Record) *kgo.Record {
	count := fmt.Sprintf(`{"words": %d, "bytes": %d}`, len(bytes.Fields(record.Value)), len(record.Value))
	return &kgo.Record{
		Topic: header(record, "reply_to"),
		Value: []byte(count),
		Headers: []kgo.RecordHeader{
			{Key: "correlation_id", Value: []byte(header(record, "correlation_id"))},
			{Key: "content-type", Value: []byte("application/json")},
		},
	}
}

func main() {
	ctx := context.Background()
	client, err := kgo.NewClient(
		kgo.SeedBrokers(os.Getenv("KAFKA")),
		kgo.ConsumerGroup("example.go"),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) {
			fmt.Println("ready")
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	for {
		client.PollFetches(ctx).EachRecord(func(record *kgo.Record) {
			show(record)
			client.Produce(ctx, reply(record), func(_ *kgo.Record, err error) {
				if err != nil {
					log.Print(err)
				}
			})
		})
	}
}
