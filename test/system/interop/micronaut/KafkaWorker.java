// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

package interop;

import io.micronaut.configuration.kafka.ConsumerRegistry;
import io.micronaut.configuration.kafka.KafkaMessage;
import io.micronaut.configuration.kafka.annotation.KafkaListener;
import io.micronaut.configuration.kafka.annotation.OffsetReset;
import io.micronaut.configuration.kafka.annotation.Topic;
import io.micronaut.context.ApplicationContext;
import io.micronaut.messaging.annotation.MessageHeader;
import io.micronaut.messaging.annotation.SendTo;
import java.util.Map;

/** A listener of Micronaut Kafka as its documentation writes it. Knows nothing of Bridgehead. */
@KafkaListener(groupId = "micronaut", offsetReset = OffsetReset.EARLIEST)
public class KafkaWorker {
    @Topic("${prefix}describe")
    @SendTo("${prefix}replies")
    Map<String, Object> describe(Map<String, Object> value) {
        return Map.of("got", value);
    }

    @Topic("${prefix}text")
    @SendTo("${prefix}replies")
    String text(String value) {
        return "plain";
    }

    /** Headers of a message replace those that come back by themselves. */
    @Topic("${prefix}missing")
    @SendTo("${prefix}replies")
    KafkaMessage<byte[], Map<String, Object>> missing(
            Map<String, Object> value, @MessageHeader("correlation_id") String id) {
        Map<String, Object> problem = Map.of("message", "no such order");
        return KafkaMessage.Builder.<byte[], Map<String, Object>>withBody(problem)
                .header(Map.of("correlation_id", id, "status", "404"))
                .build();
    }

    @Topic("${prefix}nothing")
    @SendTo("${prefix}replies")
    Map<String, Object> nothing(Map<String, Object> value) {
        return null;
    }

    @Topic("${prefix}crash")
    @SendTo("${prefix}replies")
    Map<String, Object> crash(Map<String, Object> value) {
        if (value.isEmpty()) {
            throw new IllegalStateException("the password is hunter2");
        }
        return value;
    }

    @Topic("${prefix}slow")
    @SendTo("${prefix}replies")
    Map<String, Object> slow(Map<String, Integer> value) throws InterruptedException {
        Thread.sleep(value.get("ms"));
        return Map.of("late", true);
    }

    private static boolean isAssigned(ConsumerRegistry registry, String id) {
        try {
            return !registry.getConsumerAssignment(id).isEmpty();
        } catch (IllegalArgumentException notSubscribedYet) {
            return false;
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        ConsumerRegistry registry = ApplicationContext.run().getBean(ConsumerRegistry.class);
        while (!registry.getConsumerIds().stream().allMatch(id -> isAssigned(registry, id))) {
            Thread.sleep(100);
        }
        System.out.println("ready");
        Thread.currentThread().join();
    }
}
