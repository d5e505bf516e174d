import type { Dashboard, Row } from './dashboard.ts'
import { chosen, durations, lines, now, number, rate } from './queries.ts'

const atOnce: Row = {
  title: 'Now',
  panels: [
    number(
      'Alerts',
      'Alert rules that fire. Each says what to do.',
      'none',
      'count(ALERTS{alertstate="firing"}) or vector(0)',
      {
        warnAt: 1,
      },
    ),
    number(
      'Into the log',
      'Bytes that became durable, a second.',
      'Bps',
      rate('textstream_topic_appended_bytes_total'),
    ),
    number('Rows', 'Rows that were committed, a second.', 'cps', rate('textstream_consume_rows_total')),
    number('Streams', 'Streams that are being captured.', 'none', now('textstream_produce_streams')),
    number(
      'Longest silence',
      'Of all streams that are being captured, how long the most silent one has said nothing.',
      's',
      `max(textstream_produce_silence_seconds{${chosen}})`,
      { warnAt: 30 },
    ),
    number('Lag', 'How far the consumer is behind the end of the log.', 'bytes', now('textstream_consume_lag_bytes'), {
      warnAt: 16e6,
    }),
  ],
}

const capture: Row = {
  title: 'Capture',
  panels: [
    lines('Chunks', 'Chunks and records handed to the topic, a second.', 'cps', [
      { expr: rate('textstream_produce_chunks_total', 'instance'), legend: '{{instance}}' },
    ]),
    lines(
      'Time to first chunk',
      'From asking for a stream to its first chunks.',
      's',
      durations('textstream_produce_first_chunk_seconds'),
    ),
    lines(
      'Gaps',
      "Between a stream's reads. A long p99 is an agent that stops and goes on.",
      's',
      durations('textstream_produce_gap_seconds'),
    ),
    lines('Texts', 'Texts that were done with in the last five minutes, by what became of them.', 'short', [
      { expr: `sum by (state) (increase(textstream_produce_texts_total{${chosen}}[5m]))`, legend: '{{state}}' },
    ]),
    lines('Asked again', 'Streams that were asked for again a second, as they were cut.', 'cps', [
      { expr: rate('textstream_produce_retries_total', 'instance'), legend: '{{instance}}' },
    ]),
    lines('Silence', 'How long the most silent stream has said nothing.', 's', [
      { expr: `max by (instance) (textstream_produce_silence_seconds{${chosen}})`, legend: '{{instance}}' },
    ]),
  ],
}

const log: Row = {
  title: 'Log',
  panels: [
    lines(
      'To be durable',
      'What an append waits for, from the first one of its batch.',
      's',
      durations('textstream_topic_durable_seconds', 'topic'),
    ),
    lines('Appended', 'Bytes that became durable, a second.', 'Bps', [
      { expr: rate('textstream_topic_appended_bytes_total', 'topic'), legend: '{{topic}}' },
    ]),
    lines('In flight', 'Appended and not yet durable. At 8 MiB whoever appends waits.', 'bytes', [
      { expr: now('textstream_topic_in_flight_bytes', 'topic'), legend: '{{topic}}' },
    ]),
    lines('End of the log', 'Offset behind the last durable byte: how much was ever written.', 'bytes', [
      { expr: now('textstream_topic_end_bytes', 'instance'), legend: '{{instance}}' },
    ]),
    lines(
      'Free disk',
      'Share that is free for us of the disk of the log, and of the warehouse.',
      'percentunit',
      ['topic', 'warehouse'].map(room => ({
        expr: `textstream_${room}_disk_free_bytes{${chosen}} / textstream_${room}_disk_size_bytes{${chosen}}`,
        legend: `${room} {{instance}}`,
      })),
      { max: 1 },
    ),
    lines('Batches that failed', 'Batches that could not be made durable, a second. Any is one too many.', 'cps', [
      { expr: rate('textstream_topic_failures_total', 'topic'), legend: '{{topic}}' },
    ]),
  ],
}

const source: Row = {
  title: 'Source',
  panels: [
    lines('Sent', "Bytes of streams' NDJSON that the system took, a second.", 'Bps', [
      { expr: rate('textstream_source_sent_bytes_total', 'instance'), legend: '{{instance}}' },
    ]),
    lines('Streams that are sent', 'A source sends at most 256 at once.', 'none', [
      { expr: now('textstream_source_streams', 'instance'), legend: '{{instance}}' },
    ]),
    lines(
      'Time to first block',
      'From the request for a stream to its first chunks being sent.',
      's',
      durations('textstream_source_first_block_seconds'),
    ),
  ],
}

const consumer: Row = {
  title: 'Consumer',
  panels: [
    lines('Records and rows', 'Records read and committed a second, and rows that they became.', 'cps', [
      { expr: rate('textstream_consume_records_total', 'instance'), legend: 'records {{instance}}' },
      { expr: rate('textstream_consume_rows_total', 'instance'), legend: 'rows {{instance}}' },
    ]),
    lines(
      'Record to committed row',
      "From the event time of a batch's first row to its commit.",
      's',
      durations('textstream_consume_record_seconds'),
    ),
    lines('Lag', 'How far the consumer is behind the end of the log.', 'bytes', [
      { expr: now('textstream_consume_lag_bytes', 'instance'), legend: '{{instance}}' },
    ]),
    lines('Commit', 'A commit, until it survives a power cut.', 's', durations('textstream_warehouse_commit_seconds')),
    lines(
      'Malformed',
      'Share of what is read that is no record; it is kept, with reasons, in the table rejected.',
      'percentunit',
      [
        {
          expr: `${rate('textstream_consume_malformed_total', 'instance')} / ${rate('textstream_consume_records_total', 'instance')}`,
          legend: '{{instance}}',
        },
      ],
    ),
    lines('Repeats and conflicts', 'Records a second that had come before, with the same text or another one.', 'cps', [
      { expr: rate('textstream_consume_repeats_total', 'instance'), legend: 'repeats {{instance}}' },
      { expr: rate('textstream_consume_conflicts_total', 'instance'), legend: 'conflicts {{instance}}' },
    ]),
  ],
}

const page: Row = {
  title: 'Page and API',
  panels: [
    lines('Requests', 'Answers a second, by route.', 'reqps', [
      { expr: rate('textstream_web_responses_total', 'route'), legend: '{{route}}' },
    ]),
    lines('Errors', 'Answers a second that refused (4xx) or failed (5xx).', 'reqps', [
      { expr: rate('textstream_web_responses_total', 'status', ',status=~"4xx|5xx"'), legend: '{{status}}' },
    ]),
    lines(
      'Answer',
      'From a request to the end of its answer, of all routes but the live ones.',
      's',
      durations('textstream_web_response_seconds'),
    ),
    lines(
      'Posted to durable',
      'From a POST /records to its records being durable.',
      's',
      durations('textstream_web_stored_seconds'),
    ),
    lines(
      'Record to reader',
      "From a record's event time to its being handed to those who look.",
      's',
      durations('textstream_web_live_seconds'),
    ),
    lines('Readers', 'Who follows now; those that do not read are dropped.', 'none', [
      { expr: now('textstream_web_live_readers', 'stream'), legend: '{{stream}}' },
    ]),
    lines(
      'Queries',
      'SQL, from its beginning until its reader is done with it.',
      's',
      durations('textstream_warehouse_query_seconds'),
    ),
  ],
}

const processes: Row = {
  title: 'Processes',
  panels: [
    lines('CPU', 'Cores that are busy for it.', 'short', [
      { expr: rate('process_cpu_seconds_total', 'instance', ',job!="prometheus"'), legend: '{{instance}}' },
    ]),
    lines('Memory', 'Resident. It is bounded, whatever the size of the log.', 'bytes', [
      { expr: now('process_resident_memory_bytes', 'instance', ',job!="prometheus"'), legend: '{{instance}}' },
    ]),
    lines('Event loop', 'How late the p99 of timers is: what everything else waits for.', 's', [
      { expr: `max by (instance) (nodejs_eventloop_lag_p99_seconds{${chosen}})`, legend: '{{instance}}' },
    ]),
  ],
}

export const overview: Dashboard = {
  uid: 'textstream-overview',
  title: 'textstream: overview',
  says: 'What flows, how fast, and where it hurts. Instances are processes: up, or source, produce and consume by themselves.',
  instances: 'process_start_time_seconds{job=~"up|source|produce|consume"}',
  rows: [atOnce, capture, log, source, consumer, page, processes],
}
