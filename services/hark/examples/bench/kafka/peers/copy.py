"""Copies records in transactions that are 100 ms apart: consume, produce, offsets, commit."""

import json
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

servers, topic, count, round = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
output = f"copy-{round}.output"
admin = AdminClient({"bootstrap.servers": servers})
admin.create_topics([NewTopic(output, 1)])[output].result()
consumer = Consumer(
    {
        "bootstrap.servers": servers,
        "group.id": f"copy-{round}",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
    }
)
producer = Producer(
    {
        "bootstrap.servers": servers,
        "transactional.id": f"copy-{round}",
        "linger.ms": 2,
        "compression.type": "lz4",
        "queue.buffering.max.messages": 1_000_000,
    }
)
producer.init_transactions()
consumer.assign([TopicPartition(topic, 0, 0)])
records, commits, started = 0, 0, None
while records < count:
    until, last = time.monotonic() + 0.1, None
    while time.monotonic() < until and records < count:
        for message in consumer.consume(10_000, 0.02):
            if message.error():
                raise SystemExit(message.error())
            if started is None:
                started = time.monotonic()
            if last is None:
                producer.begin_transaction()
            producer.produce(output, message.value(), message.key())
            last = message.offset()
            records += 1
        producer.poll(0)
    if last is not None:
        positions = [TopicPartition(topic, 0, last + 1)]
        producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata())
        producer.commit_transaction()
        commits += 1
seconds = time.monotonic() - started
consumer.close()
print(json.dumps({"records": records, "commits": commits, "seconds": seconds}))
