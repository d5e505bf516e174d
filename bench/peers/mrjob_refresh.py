"""python mrjob_refresh.py LOG > documents.tsv: the refresh as users of the old system run it, with its library."""
import json

from mrjob.job import MRJob


class Refresh(MRJob):
    def mapper(self, _, line):
        try:
            record = json.loads(line)
            uri = record["destination_uri"]
        except (ValueError, KeyError, TypeError):
            self.increment_counter("warn", "malformed_lines", 1)
            return
        yield uri, (record.get("event_time", ""), record.get("chunk", ""))

    def reducer(self, uri, chunks):
        in_time = sorted(chunks, key=lambda chunk: chunk[0])
        yield uri, "".join(text for _, text in in_time)


if __name__ == "__main__":
    Refresh.run()
