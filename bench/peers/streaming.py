"""The refresh as a Hadoop Streaming job in plain Python: streaming.py map | streaming.py reduce."""
import json
import sys


def run_map():
    for line in sys.stdin:
        try:
            record = json.loads(line)
            uri = record["destination_uri"]
        except (ValueError, KeyError, TypeError):
            sys.stderr.write("reporter:counter:warn,malformed_lines,1\n")
            continue
        value = json.dumps([record.get("event_time", ""), record.get("chunk", "")])
        sys.stdout.write(json.dumps(uri) + "\t" + value + "\n")


def write(uri, chunks):
    chunks.sort(key=lambda chunk: chunk[0])
    sys.stdout.write(uri + "\t" + json.dumps("".join(text for _, text in chunks)) + "\n")


def run_reduce():
    current, chunks = None, []
    for line in sys.stdin:
        uri, value = line.rstrip("\n").split("\t", 1)
        if uri != current:
            if current is not None:
                write(current, chunks)
            current, chunks = uri, []
        chunks.append(json.loads(value))
    if current is not None:
        write(current, chunks)


{"map": run_map, "reduce": run_reduce}[sys.argv[1]]()
