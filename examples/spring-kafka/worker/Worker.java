// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
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
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.support.converter.StringJsonMessageConverter;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.util.backoff.FixedBackOff;

/** Listeners as Spring's documentation writes them. Knows nothing of Bridgehead. */
@Configuration
@EnableKafka
public class Worker {
    private static final Map<String, Object> BROKER = Map.of("bootstrap.servers", System.getenv("KAFKA"));

    @Bean
    KafkaAdmin.NewTopics topics() {
        return new KafkaAdmin.NewTopics(
                new NewTopic("example.prices", 1, (short) 1),
                new NewTopic("example.prices-dlt", 1, (short) 1));
    }

    @Bean
    KafkaAdmin admin() {
        return new KafkaAdmin(BROKER);
    }

    @Bean
    KafkaTemplate<String, String> template() {
        KafkaTemplate<String, String> template =
                new KafkaTemplate<>(
                        new DefaultKafkaProducerFactory<>(
                                BROKER, new StringSerializer(), new StringSerializer()));
        template.setMessageConverter(new StringJsonMessageConverter());
        return template;
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<String, String> kafkaListenerContainerFactory() {
        ConcurrentKafkaListenerContainerFactory<String, String> factory =
                new ConcurrentKafkaListenerContainerFactory<>();
        factory.setConsumerFactory(
                new DefaultKafkaConsumerFactory<>(
                        BROKER, new StringDeserializer(), new StringDeserializer()));
        factory.setReplyTemplate(template());
        factory.setRecordMessageConverter(new StringJsonMessageConverter());
        // Without this a record that fails is tried ten times, and nobody hears of it.
        factory.setCommonErrorHandler(
                new DefaultErrorHandler(
                        new DeadLetterPublishingRecoverer(template()), new FixedBackOff(0, 0)));
        return factory;
    }

    @KafkaListener(id = "prices", topics = "example.prices")
    @SendTo
    Map<String, Object> price(Map<String, Object> asked) {
        if (!"tea".equals(asked.get("item"))) {
            throw new IllegalArgumentException("there is no price of " + asked.get("item"));
        }
        return Map.of("item", "tea", "cents", 450);
    }

    public static void main(String[] arguments) throws InterruptedException {
        AnnotationConfigApplicationContext context =
                new AnnotationConfigApplicationContext(Worker.class);
        KafkaListenerEndpointRegistry registry = context.getBean(KafkaListenerEndpointRegistry.class);
        while (!registry.getListenerContainers().stream()
                .allMatch(each -> each.getAssignedPartitions().size() > 0)) {
            Thread.sleep(100);
        }
        System.out.println("ready");
        Thread.currentThread().join();
    }
}
