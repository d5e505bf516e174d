/**
 * One side of the comparison with Kafka's own tools, as a process of its own: `produce ADDRESS FILE RECORDS` sends the
 * lines of a file over and over, `consume ADDRESS RECORDS` reads so many.
 */
import { readFile } from 'node:fs/promises'
import { kafkaTopic } from '../src/topic/kafka.ts'
import { parseKafkaAddress } from '../src/topic/kafka-address.ts'

/** As many as `produce` hands over at once where texts come in blocks. */
const linesPerAppend = 50
const documents = 64

const produce = async (address: string, file: string, records: number) => {
  const bytes = await readFile(file)
  const blocks: Buffer[] = []
  for (let at = 0, from = 0, lines = 0; at < bytes.length; at++) {
    if (bytes[at] !== 0x0a || ++lines % linesPerAppend !== 0) continue
    blocks.push(bytes.subarray(from, at + 1))
    from = at + 1
  }
  await using writer = await kafkaTopic(parseKafkaAddress(address)).writer()
  let last: Promise<void> | undefined
  for (let i = 0; i < records / linesPerAppend; i++) {
    await writer.ready()
    last = writer.append(`/${i % documents}.md`, blocks[i % blocks.length])
  }
  await last
}

const consume = async (address: string, records: number) => {
  let seen = 0
  for await (const { entries } of kafkaTopic(parseKafkaAddress(address)).read({})) seen += entries.length
  if (seen !== records) throw new Error(`read ${seen} records of ${records}`)
}

const [act, address, ...rest] = process.argv.slice(2)
if (act === 'produce') await produce(address, rest[0], Number(rest[1]))
else await consume(address, Number(rest[0]))
