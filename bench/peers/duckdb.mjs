// node duckdb.mjs LOG OUT: the refresh as one SQL query. The text leaves as a BLOB: as a VARCHAR the client would take a
// byte-order mark away.
import { mkdirSync, writeFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'

const [log, out] = process.argv.slice(2)
const columns = "{chunk: 'VARCHAR', destination_uri: 'VARCHAR', event_time: 'VARCHAR'}"
const query = `
  with record as (
    select *, row_number() over () as arrival
    from read_ndjson('${log.replaceAll("'", "''")}', columns = ${columns}, ignore_errors = true)
  )
  select destination_uri, encode(string_agg(chunk, '' order by event_time, arrival))
  from record
  where destination_uri is not null and event_time is not null
  group by destination_uri`

mkdirSync(out, { recursive: true })
const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
const result = await connection.stream(query)
for (let rows = await result.fetchChunk(); rows?.rowCount > 0; rows = await result.fetchChunk()) {
  for (const [uri, text] of rows.getRows()) writeFileSync(`${out}${uri}.txt`, text.bytes)
}
