// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

import io.smallrye.common.annotation.Blocking;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import io.smallrye.reactive.messaging.providers.extension.HealthCenter;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.Outgoing;
import org.jboss.weld.environment.se.Weld;
import org.jboss.weld.environment.se.WeldContainer;

/** Processors of SmallRye as its documentation writes them. Knows nothing of Bridgehead. */
@ApplicationScoped
public class KafkaWorker {
    @Incoming("describe")
    @Outgoing("described")
    String describe(String value) {
        return "{\"got\": " + value + "}";
    }

    @Incoming("missing")
    @Outgoing("missed")
    Message<String> missing(Message<String> request) {
        RecordHeaders headers = new RecordHeaders();
        headers.add("status", "404".getBytes(StandardCharsets.UTF_8));
        return request.withPayload("{\"message\": \"no such order\"}")
                .addMetadata(OutgoingKafkaRecordMetadata.builder().withHeaders(headers).build());
    }

    @Incoming("nothing")
    @Outgoing("nothings")
    String nothing(String value) {
        return null;
    }

    @Incoming("crash")
    @Outgoing("crashed")
    String crash(String value) {
        throw new IllegalStateException("the password is hunter2");
    }

    /** Its channel has the failure strategy that nobody chose. */
    @Incoming("stop")
    @Outgoing("stopped")
    String stop(String value) {
        if (value.equals("{}")) {
            throw new IllegalStateException("the password is hunter2");
        }
        return value;
    }

    @Incoming("slow")
    @Outgoing("slowed")
    @Blocking
    String slow(String value) throws InterruptedException {
        Thread.sleep(1200);
        return value;
    }

    public static void main(String[] arguments) throws InterruptedException {
        WeldContainer container = new Weld().addBeanClass(KafkaWorker.class).initialize();
        HealthCenter health = container.select(HealthCenter.class).get();
        while (!health.getStartup().isOk() || !health.getReadiness().isOk()) {
            Thread.sleep(100);
        }
        System.out.println("ready");
        Thread.currentThread().join();
    }
}
