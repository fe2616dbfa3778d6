import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Decisions by Kafka Streams, exactly once: a counter for each cell, a store of the applications that were decided, an event that tells of
 * each decision. No ledger, no list by rank, no person's limit, no chain, nothing that SQL could be asked: it does less than Puente, and says
 * what the log alone costs. Run as {@code java Decisions BOOTSTRAP PREFIX PLACES_A_CELL STATE_FOLDER}; works until SIGTERM.
 */
public final class Decisions {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Gives a place where the cell has one, and decides nobody twice. */
    private static final class Decide implements Processor<String, byte[], String, byte[]> {
        private final int places;
        private ProcessorContext<String, byte[]> context;
        private KeyValueStore<String, Integer> given;
        private KeyValueStore<String, Integer> decided;

        Decide(int places) {
            this.places = places;
        }

        @Override
        public void init(ProcessorContext<String, byte[]> context) {
            this.context = context;
            given = context.getStateStore("given");
            decided = context.getStateStore("decided");
        }

        @Override
        public void process(Record<String, byte[]> record) {
            JsonNode event = read(record.value());
            String application = event.path("data").path("application").asText();
            if (decided.putIfAbsent(application, 1) != null) {
                return;
            }
            Integer before = given.get(record.key());
            int number = (before == null ? 0 : before) + 1;
            boolean room = number <= places;
            if (room) {
                given.put(record.key(), number);
            }
            context.forward(record.withValue(told(event, application, number, room)));
        }

        private static JsonNode read(byte[] value) {
            try {
                return JSON.readTree(value);
            } catch (IOException error) {
                throw new IllegalStateException("an event that is none", error);
            }
        }

        private static byte[] told(JsonNode event, String application, int number, boolean room) {
            ObjectNode told = JSON.createObjectNode();
            told.put("id", UUID.randomUUID().toString()).put("source", "/quotas");
            told.put("type", room ? "puente.place.offered.v1" : "puente.place.waiting.v1");
            told.put("subject", application).put("subjectversion", 1);
            told.set("time", event.get("time"));
            told.set("partitionkey", event.get("partitionkey"));
            told.set("correlationid", event.get("correlationid"));
            told.set("causationid", event.get("id"));
            told.put("specversion", "1.0").put("datacontenttype", "application/json");
            ObjectNode data = told.putObject("data");
            data.put("application", application);
            data.set("person", event.path("data").get("person"));
            data.put("decision", number).put("cause", "approved");
            try {
                return JSON.writeValueAsBytes(told);
            } catch (IOException error) {
                throw new IllegalStateException("an event that cannot be written", error);
            }
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        String prefix = arguments[1];
        int places = Integer.parseInt(arguments[2]);
        Properties settings = new Properties();
        settings.putAll(Map.of(
            StreamsConfig.APPLICATION_ID_CONFIG, prefix + "decisions",
            StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0],
            StreamsConfig.STATE_DIR_CONFIG, arguments[3],
            StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2,
            StreamsConfig.REPLICATION_FACTOR_CONFIG, 1,
            StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2,
            "auto.offset.reset", "earliest"));
        Topology topology = new Topology();
        topology.addSource("approvals", new StringDeserializer(), new ByteArrayDeserializer(), prefix + "puente.applications.v1");
        topology.addProcessor("decide", () -> new Decide(places), "approvals");
        for (String name : new String[] {"given", "decided"}) {
            topology.addStateStore(
                Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.Integer()).withCachingEnabled(),
                "decide");
        }
        topology.addSink("told", prefix + "puente.places.v1", new StringSerializer(), new ByteArraySerializer(), "decide");
        KafkaStreams streams = new KafkaStreams(topology, settings);
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close(Duration.ofSeconds(10));
            ended.countDown();
        }));
        streams.start();
        ended.await();
    }
}
