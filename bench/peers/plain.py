"""python plain.py LOG OUT: the refresh with a dictionary, everything in memory."""
import json
import os
import sys
from collections import defaultdict
from operator import itemgetter

log, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)
documents = defaultdict(list)
with open(log, encoding="utf-8", errors="replace", newline="\n") as lines:
    for line in lines:
        try:
            record = json.loads(line)
            documents[record["destination_uri"]].append((record["event_time"], record["chunk"]))
        except (ValueError, KeyError, TypeError):
            pass
for uri, chunks in documents.items():
    chunks.sort(key=itemgetter(0))
    with open(f"{out}{uri}.txt", "w", encoding="utf-8", newline="") as file:
        file.write("".join(text for _, text in chunks))
