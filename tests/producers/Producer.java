import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A backend in Java with nothing of cupbearer's: it signs with the JDK's HMAC, and kafka-clients puts the key where its
 * default partitioner will have it. What it reads and says is what producer.c does.
 *
 * <p>java -cp KAFKA_CLIENTS Producer.java BOOTSTRAP_SERVERS TOPIC KEY_FILE KEY_ID
 */
public class Producer {
    private final KafkaProducer<String, byte[]> kafka;
    private final Mac mac;
    private final String topic;
    private final String keyId;

    private Producer(String bootstrapServers, String topic, Path keyFile, String keyId) throws Exception {
        String secret = Files.readString(keyFile).strip().substring("whsec_".length());
        mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret), "HmacSHA256"));
        this.topic = topic;
        this.keyId = keyId;
        kafka = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers), new StringSerializer(), new ByteArraySerializer());
        kafka.partitionsFor(topic);
    }

    private void publish(String id, String routingKey, byte[] payload) {
        String timestamp = Long.toString(System.currentTimeMillis() / 1000);
        mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
        String signature = "v1," + Base64.getEncoder().encodeToString(mac.doFinal(payload));
        ProducerRecord<String, byte[]> record = new ProducerRecord<>(topic, routingKey, payload);
        Map.of("webhook-id", id, "webhook-timestamp", timestamp, "webhook-signature", signature, "cupbearer-key", keyId)
                .forEach((name, text) -> record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
        kafka.send(record, (place, failure) -> {
            if (failure != null) {
                System.err.println("Producer: " + id + " was not acknowledged: " + failure);
                System.exit(1);
            }
            System.out.println("event_id=" + id + " partition=" + place.partition() + " offset=" + place.offset());
        });
    }

    public static void main(String[] arguments) throws Exception {
        Producer producer = new Producer(arguments[0], arguments[1], Path.of(arguments[2]), arguments[3]);
        System.out.println("ready");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] parts = line.split("\t", 3);
            producer.publish(parts[0], parts[1], parts[2].getBytes(StandardCharsets.UTF_8));
        }
        producer.kafka.close();
    }
}
