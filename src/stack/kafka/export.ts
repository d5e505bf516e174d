/** The exporter as a process of its own, for the stack's own broker: `node export.ts BROKERS PORT`. */
import { kafkaAddressOf } from '../../topic/kafka-address.ts'
import { startExporter } from './exporter.ts'

const [brokers, port] = process.argv.slice(2)
// The environment may hold the login to another cluster; the stack's own has none.
const cluster = { brokers: kafkaAddressOf(brokers, 'none').brokers, security: {} }
const tell = (what: string) => process.stderr.write(`${new Date().toISOString()} ${what}\n`)
const server = await startExporter({ cluster, port: Number(port), tell })
process.once('SIGTERM', () => server.close())
