// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.cloud.stream.config.ListenerContainerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;

/** Functions of Spring Cloud Stream as its documentation writes them. Knows nothing of Bridgehead. */
@Configuration
@EnableAutoConfiguration
public class KafkaWorker {
    private static final List<AbstractMessageListenerContainer<?, ?>> CONTAINERS =
            new CopyOnWriteArrayList<>();

    /** To see when they have their partitions. */
    @Bean
    ListenerContainerCustomizer<AbstractMessageListenerContainer<?, ?>> collect() {
        return (container, destination, group) -> CONTAINERS.add(container);
    }

    @Bean
    Function<Map<String, Object>, Map<String, Object>> describe() {
        return value -> Map.of("got", value);
    }

    @Bean
    Function<String, String> text() {
        return value -> "plain";
    }

    /** A whole message gets no headers of the request by itself. */
    @Bean
    Function<Message<Map<String, Object>>, Message<Map<String, Object>>> missing() {
        return request -> {
            Map<String, Object> problem = Map.of("message", "no such order");
            return MessageBuilder.withPayload(problem)
                    .setHeader("correlation_id", request.getHeaders().get("correlation_id"))
                    .setHeader("status", 404)
                    .build();
        };
    }

    @Bean
    Function<Map<String, Object>, Map<String, Object>> nothing() {
        return value -> null;
    }

    @Bean
    Function<Map<String, Object>, Map<String, Object>> crash() {
        return value -> {
            if (value.isEmpty()) {
                throw new IllegalStateException("the password is hunter2");
            }
            return value;
        };
    }

    @Bean
    Function<Map<String, Integer>, Map<String, Object>> slow() {
        return value -> {
            try {
                Thread.sleep(value.get("ms"));
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
            return Map.of("late", true);
        };
    }

    public static void main(String[] arguments) throws InterruptedException {
        SpringApplication.run(KafkaWorker.class, arguments);
        while (!CONTAINERS.stream().allMatch(each -> each.getAssignedPartitions().size() > 0)) {
            Thread.sleep(100);
        }
        System.out.println("ready");
        Thread.currentThread().join();
    }
}
