// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

import java.util.Map;
import org.springframework.amqp.rabbit.annotation.EnableRabbit;
import org.springframework.amqp.rabbit.annotation.Queue;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitAdmin;
import org.springframework.amqp.support.converter.Jackson2JsonMessageConverter;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Listeners of Spring AMQP as its documentation writes them. Knows nothing of Bridgehead. */
@Configuration
@EnableRabbit
public class RabbitWorker {
    @Bean
    ConnectionFactory connectionFactory() {
        CachingConnectionFactory factory = new CachingConnectionFactory();
        factory.setUri(System.getenv("AMQP_URL"));
        return factory;
    }

    @Bean
    RabbitAdmin admin(ConnectionFactory factory) {
        return new RabbitAdmin(factory);
    }

    @Bean
    SimpleRabbitListenerContainerFactory rabbitListenerContainerFactory(ConnectionFactory connections) {
        SimpleRabbitListenerContainerFactory factory = new SimpleRabbitListenerContainerFactory();
        factory.setConnectionFactory(connections);
        factory.setMessageConverter(new Jackson2JsonMessageConverter());
        factory.setDefaultRequeueRejected(false);
        return factory;
    }

    @RabbitListener(queuesToDeclare = @Queue("spring.describe"))
    Map<String, Object> describe(Map<String, Object> value) {
        return Map.of("got", value);
    }

    @RabbitListener(queuesToDeclare = @Queue("spring.text"))
    String text(Map<String, Object> value) {
        return "plain";
    }

    @RabbitListener(queuesToDeclare = @Queue("spring.nothing"))
    Map<String, Object> nothing(Map<String, Object> value) {
        return null;
    }

    @RabbitListener(queuesToDeclare = @Queue("spring.crash"))
    Map<String, Object> crash(Map<String, Object> value) {
        throw new IllegalStateException("the password is hunter2");
    }

    @RabbitListener(queuesToDeclare = @Queue("spring.slow"))
    String slow(Map<String, Integer> value) throws InterruptedException {
        Thread.sleep(value.get("ms"));
        return "late";
    }

    public static void main(String[] arguments) throws InterruptedException {
        new AnnotationConfigApplicationContext(RabbitWorker.class);
        System.out.println("ready");
        Thread.currentThread().join();
    }
}
