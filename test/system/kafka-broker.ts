import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { down } from '../../src/stack/down.ts'
import { type Folders, foldersFrom } from '../../src/stack/folders.ts'
import { findJava, findMaven } from '../../src/stack/installed.ts'
import type { Part } from '../../src/stack/part.ts'
import { kafka } from '../../src/stack/parts/kafka.ts'
import { partsOf } from '../../src/stack/parts.ts'
import { namesIn, placeOf } from '../../src/stack/place.ts'
import { isFree, loopback } from '../../src/stack/port.ts'
import { recorded } from '../../src/stack/record.ts'
import type { Stack } from '../../src/stack/stack.ts'
import { up } from '../../src/stack/up.ts'
import { reasonOf } from '../../src/std/error.ts'
import { killed, reapAfterwards } from './reaper.ts'

/** Little memory, one thread for garbage, little compiling: it starts sooner, and leaves the machine to the tests. */
export const smallJava = ['-Xms64m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** What is required may not be skipped: `TEXTSTREAM_REQUIRE=kafka`. */
const isRequired = (process.env.TEXTSTREAM_REQUIRE ?? '').split(/[\s,]+/).includes('kafka')

const hasJars = async () =>
  (await namesIn(foldersFrom(process.env).cache)).some(name => name.startsWith('kafka-') && !name.includes('exporter'))

/** Why there can be no broker here, for `skip`; `false` if there can. Where it is required, that is an error. */
export const kafkaSkip = async (): Promise<string | false> => {
  try {
    await findJava(process.env)
    if (!(await hasJars())) await findMaven(process.env)
    return false
  } catch (thrown) {
    if (isRequired) throw thrown
    return `no Kafka: ${reasonOf(thrown)}`
  }
}

const offsetMin = 2_000
/** Above are those that the system gives to outgoing connections. */
const portMax = 32_000

/** Any offset whose ports are free. */
export const freePortOffset = async (...ports: readonly number[]): Promise<number> => {
  for (;;) {
    const offset = offsetMin + Math.floor(Math.random() * (portMax - offsetMin - Math.max(...ports)))
    const free = await Promise.all(ports.map(port => isFree(port + offset)))
    if (!free.includes(false)) return offset
  }
}

/** A real broker of one's own, that may be hurt. */
export interface Broker extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly address: string
  readonly port: number
  readonly folders: Folders
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>
  /** SIGSTOP, and SIGCONT: it stays connected, and says nothing. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Ends it in order. */
  stop(): Promise<void>
  /** On the same ports and data; resolves once it is ready. */
  start(): Promise<void>
}

/** Starts a broker, or a variant of it, on free ports, with data of its own that is gone afterwards. Takes three to six seconds. */
export const startBroker = async (part: Part = kafka): Promise<Broker> => {
  const root = await mkdtemp(join(tmpdir(), 'textstream-kafka-'))
  reapAfterwards(root)
  const folders = { state: join(root, 'stack'), cache: foldersFrom(process.env).cache }
  const stack: Stack = { parts: partsOf(part), folders, environment: process.env, tell: () => {} }
  const portOffset = await freePortOffset(...Object.values(part.ports))
  const port = kafka.ports.broker + portOffset

  const own = async () => {
    const record = await recorded(placeOf(folders, 'kafka'), 'kafka')
    if (record === undefined) throw new Error('the broker was not started')
    return record
  }
  const signal = async (name: NodeJS.Signals) => void process.kill((await own()).pid, name)
  const start = () => up(stack, ['kafka'], { portOffset, fresh: false, javaOptions: smallJava })
  const kill = async () => killed(await own())

  await start()
  return {
    address: `${loopback}:${port}`,
    port,
    folders,
    kill,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    stop: () => down(stack, ['kafka'], { wipe: false }),
    start,
    [Symbol.asyncDispose]: async () => {
      await kill().catch(() => {})
      await rm(root, { recursive: true, force: true })
    },
  }
}

type SomeBroker = Pick<Broker, 'address' | 'port' | typeof Symbol.asyncDispose>

/** For tests that hurt no one: the broker of `TEXTSTREAM_TEST_KAFKA` (as in CI), else one of one's own. */
export const someBroker = async (): Promise<SomeBroker> => {
  const address = process.env.TEXTSTREAM_TEST_KAFKA ?? ''
  if (address === '') return startBroker()
  return { address, port: Number(address.split(':').at(-1)), [Symbol.asyncDispose]: async () => {} }
}

/** Some broker for all tests of a file, until they are over; tests that are skipped never ask it. */
export const sharedBroker = async (skip: string | false): Promise<SomeBroker> => {
  if (skip !== false) return {} as SomeBroker
  const broker = await someBroker()
  after(() => broker[Symbol.asyncDispose]())
  return broker
}
