// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

import java.util.Map;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.support.converter.StringJsonMessageConverter;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.util.backoff.FixedBackOff;

/** Listeners of Spring for Apache Kafka as its documentation writes them. Knows nothing of Bridgehead. */
@Configuration
@EnableKafka
public class KafkaWorker {
    @Bean
    KafkaTemplate<String, String> template() {
        KafkaTemplate<String, String> template =
                new KafkaTemplate<>(
                        new DefaultKafkaProducerFactory<>(
                                Map.of("bootstrap.servers", System.getenv("KAFKA")),
                                new StringSerializer(),
                                new StringSerializer()));
        template.setMessageConverter(new StringJsonMessageConverter());
        return template;
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<String, String> kafkaListenerContainerFactory() {
        ConcurrentKafkaListenerContainerFactory<String, String> factory =
                new ConcurrentKafkaListenerContainerFactory<>();
        factory.setConsumerFactory(
                new DefaultKafkaConsumerFactory<>(
                        Map.of(
                                "bootstrap.servers", System.getenv("KAFKA"),
                                "auto.offset.reset", "earliest"),
                        new StringDeserializer(),
                        new StringDeserializer()));
        factory.setReplyTemplate(template());
        factory.setCommonErrorHandler(
                new DefaultErrorHandler(
                        new DeadLetterPublishingRecoverer(template()), new FixedBackOff(0, 0)));
        factory.setRecordMessageConverter(new StringJsonMessageConverter());
        return factory;
    }

    @KafkaListener(id = "describe", topics = "${PREFIX}describe")
    @SendTo
    Map<String, Object> describe(Map<String, Object> value) {
        return Map.of("got", value);
    }

    @KafkaListener(id = "nothing", topics = "${PREFIX}nothing")
    @SendTo
    Map<String, Object> nothing(Map<String, Object> value) {
        return null;
    }

    @KafkaListener(id = "crash", topics = "${PREFIX}crash")
    @SendTo
    Map<String, Object> crash(Map<String, Object> value) {
        throw new IllegalStateException("the password is hunter2");
    }

    @KafkaListener(id = "slow", topics = "${PREFIX}slow")
    @SendTo
    Map<String, Object> slow(Map<String, Integer> value) throws InterruptedException {
        Thread.sleep(value.get("ms"));
        return Map.of("late", true);
    }

    public static void main(String[] arguments) throws InterruptedException {
        AnnotationConfigApplicationContext context =
                new AnnotationConfigApplicationContext(KafkaWorker.class);
        KafkaListenerEndpointRegistry registry = context.getBean(KafkaListenerEndpointRegistry.class);
        while (!registry.getListenerContainers().stream()
                .allMatch(each -> each.getAssignedPartitions().size() > 0)) {
            Thread.sleep(100);
        }
        System.out.println("ready");
        Thread.currentThread().join();
    }
}
