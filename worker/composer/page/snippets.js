// A signed record to export: itself, as JSON and for kcat, and as a program of a backend that signs the same message
// anew each time, with a key of its own. COPIES names them; copyOf gives one with the fields filled in.

import * as quote from "./quote.js";

const KEY_FILE = "backend-1.key";
const TTL_S = 45; // of an event that says none
const USUAL = "murmur2_random"; // librdkafka's name for what the others do by default
// What stands before the 32 bytes of an ed25519 seed in a PKCS 8 key.
const PKCS8 = "302e020100300506032b657004220420";
const OCTAL = PKCS8.replace(/../g, (byte) => "\\" + parseInt(byte, 16).toString(8).padStart(3, "0"));

function kcat(of, id, signature, key) {
  return String.raw`kcat -P -b "${"$"}{BOOTSTRAP_SERVERS:-127.0.0.1:9092}" -t ${quote.shell(of.topic)} \
    -X partitioner=${of.partitioner} -X delivery.timeout.ms=${of.give_up_ms} -k ${quote.shell(of.key)} \
    ${id} \
    ${signature} \
    -H ${quote.shell("cupbearer-key=" + key)}`;
}

function kcatOfRecord(of) {
  const { headers, value } = of.record;
  const header = (name) => "-H " + quote.shell(`${name}=${headers[name]}`);
  return `printf '%s' ${quote.shell(value)} |\n  ` +
    kcat(of, header("webhook-id") + " " + header("webhook-timestamp"), header("webhook-signature"), of.key_id) + "\n";
}

const shellSign = {
  v1: String.raw`secret=$(sed 's/^whsec_//' "$key_file" | base64 -d | od -An -v -tx1 | tr -d ' \n')
signature=v1,$(printf '%s.%s.%s' "$id" "$timestamp" "$value" |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret" -binary | base64 -w 0)`,
  v1a: String.raw`work=$(mktemp -d) && trap 'rm -r "$work"' EXIT
{ printf '${OCTAL}'
  sed 's/^whsk_//' "$key_file" | base64 -d | head -c 32; } >"$work/key"
printf '%s.%s.%s' "$id" "$timestamp" "$value" >"$work/signed"
signature=v1a,$(openssl pkeyutl -sign -rawin -inkey "$work/key" -keyform DER -in "$work/signed" | base64 -w 0)`,
};

const shell = (of) => String.raw`id="message-$(date +%s%N)"
timestamp=$(date +%s)
key_file="${"$"}{KEY_FILE:-${KEY_FILE}}"
value=${quote.shell(quote.json(of.payload))}
${shellSign[of.version]}
printf '%s' "$value" |
  ${kcat(of, '-H "webhook-id=$id" -H "webhook-timestamp=$timestamp"', '-H "webhook-signature=$signature"', of.key_id)}
`;

const python = (of) => `import base64, ${of.version === "v1" ? "hashlib, hmac, " : ""}json, os, time, uuid
from pathlib import Path
from confluent_kafka import Producer
${of.version === "v1" ? "" : "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey\n"}
secret = base64.b64decode(Path(os.environ.get("KEY_FILE", "${KEY_FILE}")).read_text().strip().split("_", 1)[1])
value = json.dumps(${quote.pythonValue(of.payload)}).encode()
event_id, timestamp = f"message-{uuid.uuid4()}", str(int(time.time()))
signed = f"{event_id}.{timestamp}.".encode() + value
${of.version === "v1" ? "signature = hmac.new(secret, signed, hashlib.sha256).digest()" :
  "signature = Ed25519PrivateKey.from_private_bytes(secret[:32]).sign(signed)"}

def told(error, record):
    if error:
        raise SystemExit(f"not published: {error.str()}")
    print(f"partition {record.partition()}, offset {record.offset()}")

producer = Producer({
    "bootstrap.servers": os.environ.get("BOOTSTRAP_SERVERS", "127.0.0.1:9092"),
    "partitioner": "${of.partitioner}",
    "delivery.timeout.ms": ${of.give_up_ms},  # less than the signature lives
})
producer.produce(${quote.python(of.topic)}, key=${quote.python(of.key)}, value=value, headers={
    "webhook-id": event_id,
    "webhook-timestamp": timestamp,
    "webhook-signature": "${of.version}," + base64.b64encode(signature).decode(),
    "cupbearer-key": ${quote.python(of.key_id)},
}, on_delivery=told)
producer.flush()
`;

const nodeSign = {
  v1: 'const signature = crypto.createHmac("sha256", secret).update(signed).digest("base64");',
  v1a: `const key = crypto.createPrivateKey({
  key: Buffer.concat([Buffer.from("${PKCS8}", "hex"), secret.subarray(0, 32)]), format: "der", type: "pkcs8",
});
const signature = crypto.sign(null, Buffer.from(signed), key).toString("base64");`,
};

const node = (of) => `const crypto = require("node:crypto");
const { readFileSync } = require("node:fs");
const { Kafka, Partitioners } = require("kafkajs");

const text = readFileSync(process.env.KEY_FILE ?? "${KEY_FILE}", "utf8").trim();
const secret = Buffer.from(text.slice(text.indexOf("_") + 1), "base64");
const id = \`message-\${crypto.randomUUID()}\`;
const timestamp = Math.floor(Date.now() / 1000).toString();
const value = JSON.stringify(${quote.nodeValue(of.payload)});
const signed = \`\${id}.\${timestamp}.\${value}\`;
${nodeSign[of.version]}
const headers = {
  "webhook-id": id,
  "webhook-timestamp": timestamp,
  "webhook-signature": "${of.version}," + signature,
  "cupbearer-key": ${quote.node(of.key_id)},
};

async function publish() {
  const brokers = [process.env.BOOTSTRAP_SERVERS ?? "127.0.0.1:9092"];
  const kafka = new Kafka({ brokers, requestTimeout: ${Math.floor(of.give_up_ms / 4)}, retry: { retries: 2 } }); // less than the signature lives
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const messages = [{ key: ${quote.node(of.key)}, value, headers }];
  const [record] = await producer.send({ topic: ${quote.node(of.topic)}, messages });
  console.log(\`partition \${record.partition}, offset \${record.baseOffset}\`);
  await producer.disconnect();
}
publish().catch((error) => {
  console.error(\`not published: \${error.message}\`);
  process.exit(1); // its connections would keep it waiting
});
`;

const goImports = { v1: ["crypto/hmac", "crypto/sha256"], v1a: ["crypto/ed25519"] };
const goSign = {
  v1: `mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + timestamp + "." + value))
	signature := mac.Sum(nil)`,
  v1a: `key := ed25519.NewKeyFromSeed(secret[:32])
	signature := ed25519.Sign(key, []byte(id+"."+timestamp+"."+value))`,
};

const go = (of) => `package main

import (
	"context"
	${goImports[of.version].map(quote.go).join("\n\t")}
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func getenv(name, otherwise string) string {
	if text, found := os.LookupEnv(name); found {
		return text
	}
	return otherwise
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "not published:", err)
		os.Exit(1)
	}
}

func main() {
	text, err := os.ReadFile(getenv("KEY_FILE", "${KEY_FILE}"))
	check(err)
	_, encoded, _ := strings.Cut(strings.TrimSpace(string(text)), "_")
	secret, err := base64.StdEncoding.DecodeString(encoded)
	check(err)
	id := fmt.Sprintf("message-%d", time.Now().UnixNano())
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	value := ${quote.go(quote.json(of.payload))}
	${goSign[of.version]}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(getenv("BOOTSTRAP_SERVERS", "127.0.0.1:9092")),
		kgo.RecordDeliveryTimeout(${Math.max(1000, of.give_up_ms)}*time.Millisecond), // less than the signature lives
	)
	check(err)
	defer client.Close()
	record, err := client.ProduceSync(context.Background(), &kgo.Record{
		Topic: ${quote.go(of.topic)},
		Key:   []byte(${quote.go(of.key)}),
		Value: []byte(value),
		Headers: []kgo.RecordHeader{
			{Key: "webhook-id", Value: []byte(id)},
			{Key: "webhook-timestamp", Value: []byte(timestamp)},
			{Key: "webhook-signature", Value: []byte("${of.version}," + base64.StdEncoding.EncodeToString(signature))},
			{Key: "cupbearer-key", Value: []byte(${quote.go(of.key_id)})},
		},
	}).First()
	check(err)
	fmt.Printf("partition %d, offset %d\\n", record.Partition, record.Offset)
}
`;

const javaSign = {
  v1: `Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        byte[] signature = mac.doFinal(signed);`,
  v1a: `byte[] key = HexFormat.of().parseHex("${PKCS8}" + HexFormat.of().formatHex(secret, 0, 32));
        Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(key)));
        signer.update(signed);
        byte[] signature = signer.sign();`,
};

const java = (of) => `import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.spec.*;
import java.util.*;
import java.util.concurrent.ExecutionException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.StringSerializer;

public class Publish {
    public static void main(String[] arguments) throws Exception {
        Map<String, String> env = System.getenv();
        String text = Files.readString(Path.of(env.getOrDefault("KEY_FILE", "${KEY_FILE}"))).strip();
        byte[] secret = Base64.getDecoder().decode(text.substring(text.indexOf('_') + 1));
        String id = "message-" + UUID.randomUUID();
        String timestamp = Long.toString(System.currentTimeMillis() / 1000);
        String value = ${quote.java(quote.json(of.payload))};
        byte[] signed = (id + "." + timestamp + "." + value).getBytes(StandardCharsets.UTF_8);
        ${javaSign[of.version]}
        var record = new ProducerRecord<>(${quote.java(of.topic)}, ${quote.java(of.key)}, value);
        Map.of("webhook-id", id, "webhook-timestamp", timestamp, "cupbearer-key", ${quote.java(of.key_id)},
                "webhook-signature", "${of.version}," + Base64.getEncoder().encodeToString(signature))
            .forEach((name, header) -> record.headers().add(name, header.getBytes(StandardCharsets.UTF_8)));
        String servers = env.getOrDefault("BOOTSTRAP_SERVERS", "127.0.0.1:9092");
        Map<String, Object> settings = Map.of("bootstrap.servers", servers,
            "max.block.ms", ${Math.floor(of.give_up_ms / 2)}, // with the next one less than the signature lives
            "delivery.timeout.ms", ${Math.floor(of.give_up_ms / 2)}, "request.timeout.ms", ${Math.floor(of.give_up_ms / 4)});
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            RecordMetadata place = producer.send(record).get();
            System.out.println("partition " + place.partition() + ", offset " + place.offset());
        } catch (ExecutionException failed) {
            System.err.println("not published: " + failed.getCause().getMessage());
            System.exit(1);
        }
    }
}
`;

const ANEW = "It signs anew each time, with a backend's own key: put its id for cupbearer-key, and its file in KEY_FILE. ";
const THIS = "This very record, until it expires. ";

export const COPIES = {
  "This record": {
    json: { name: "JSON", make: (of) => JSON.stringify(of.record) + "\n", hint: THIS + "For POST /v1/events, and cupbearer verify." },
    kcat: { name: "kcat", make: kcatOfRecord, hint: THIS + "Needs kcat." },
  },
  "Code that signs it anew": {
    shell: { name: "Shell", make: shell, hint: ANEW + "Needs openssl and kcat." },
    python: { name: "Python", make: python, hint: ANEW + "Needs confluent-kafka (and cryptography for ed25519)." },
    node: { name: "Node", make: node, hint: ANEW + "Needs kafkajs." },
    go: { name: "Go", make: go, hint: ANEW + "Needs github.com/twmb/franz-go." },
    java: { name: "Java", make: java, hint: ANEW + "Needs kafka-clients, Java 17." },
  },
};

// `signed`: the answer of the gate's sign; `setup`: topic and partitioner. → { text, hint }
export function copyOf(kind, signed, setup) {
  const { make, hint } = Object.assign({}, ...Object.values(COPIES))[kind];
  const { key, headers } = signed.record;
  const of = {
    record: signed.record, payload: signed.payload, key, key_id: headers["cupbearer-key"],
    version: headers["webhook-signature"].startsWith("v1a,") ? "v1a" : "v1",
    topic: setup.topic ?? "cupbearer.events",
    partitioner: setup.partitioner ?? USUAL,
    // A producer that tries for longer reports success for what is rejected as expired then.
    give_up_ms: Math.floor(((signed.payload.ttl ?? TTL_S) * 2000) / 3),
  };
  const other = of.partitioner !== USUAL && ["node", "go", "java"].includes(kind) ?
    " This topic's keys lie where crc32 puts them, which this client does not do by itself: give it such a partitioner." : "";
  return { text: make(of), hint: hint + other };
}
