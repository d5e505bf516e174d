"""Reads a folder of Parquet files again and again until standard input ends, as a program would that knows nothing of
textstream: every file must be whole, and no row may be there twice or go again. Prints what it found as JSON."""

import json
import os
import sys
import threading

import pyarrow.parquet as parquet

folder = sys.argv[1]
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()


def read():
    rows = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        table = parquet.read_table(os.path.join(folder, name), columns=["response_id", "seq", "chunk", "event_time"])
        rows += zip(*(table.column(column).to_pylist() for column in ("response_id", "seq", "chunk")))
    return rows


reads, before = 0, 0
while True:
    last = ended.is_set()
    rows = read()
    reads += 1
    keys = {(response, seq) for response, seq, _ in rows}
    assert len(keys) == len(rows), f"{len(rows) - len(keys)} rows are there twice"
    assert len(rows) >= before, f"{before - len(rows)} rows went away"
    before = len(rows)
    if last:
        break

print(json.dumps({"reads": reads, "rows": len(rows), "text": sum(len(chunk) for _, _, chunk in rows)}))
