"""Counts mentions by author, brand and sentiment with Quix Streams, exactly once.

The counts only: no edits or deletions, no windows, no standing, no alerts. Timed from the first record
to the last; the last commit is not waited for.
"""

import json
import sys
import time
from pathlib import Path

from hark.v1.mention_pb2 import MentionEvent
from quixstreams import Application

servers, topic, count, round, folder = *sys.argv[1:3], int(sys.argv[3]), *sys.argv[4:6]
application = Application(
    broker_address=servers,
    consumer_group=f"quix-{round}",
    processing_guarantee="exactly-once",
    auto_offset_reset="earliest",
    commit_interval=0.1,
    state_dir=Path(folder) / f"quix-{round}",
    loglevel="WARNING",
    producer_extra_config={"linger.ms": 2, "compression.type": "lz4"},
)
mentions = application.topic(topic, key_deserializer="bytes", value_deserializer="bytes")
counts = application.topic(f"quix-{round}.counts", key_serializer="bytes", value_serializer="json")
seen = {"records": 0, "first": 0.0, "last": 0.0}


def counted(value, state):
    # What precedes the message says which schema it has.
    mention = MentionEvent.FromString(value[6:]).observed
    key = f"{mention.brand}/{mention.label}"
    total = state.get(key, 0) + 1
    state.set(key, total)
    seen["records"] += 1
    seen["last"] = time.monotonic()
    if seen["records"] == 1:
        seen["first"] = seen["last"]
    return {key: total}


application.dataframe(mentions).apply(counted, stateful=True).to_topic(counts)
application.run(count=count, timeout=60)
print(json.dumps({"records": seen["records"], "seconds": seen["last"] - seen["first"]}))
