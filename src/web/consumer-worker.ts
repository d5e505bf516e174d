import { parentPort, workerData } from 'node:worker_threads'
import { recipeOf } from '../cluster/recipes.ts'
import { consume, newProgress } from '../consume/consume.ts'
import { answerMetrics } from '../metrics/metrics.ts'
import { consumeIntoHive, openClustering, openTopic, openWarehouse } from '../pipeline.ts'
import { reasonOf, StreamError } from '../std/error.ts'
import { parseKafkaAddress } from '../topic/kafka-address.ts'
import type { Given, HiveWanted, Said } from './consumer.ts'

const tellEveryMs = 200

const { from, warehouse, hive, settings, metrics } = workerData as Given
answerMetrics(metrics)
const progress = newProgress()
const stop = new AbortController()
parentPort!.once('message', () => stop.abort())

const say = (said: Said) => parentPort!.postMessage(said)
const timer = setInterval(() => say({ progress }), tellEveryMs)

const how = { progress, follow: true, signal: stop.signal }

const fillFolder = async () => {
  const [topic, tables, clustering] = [await openTopic(from), await openWarehouse(warehouse), await openClustering()]
  await consume(topic, tables, { ...how, clustering, recipeOf, settings })
}

const fillHive = (hive: HiveWanted) =>
  consumeIntoHive({
    ...how,
    ...hive,
    from: parseKafkaAddress(from),
    settings: { ...settings, features: 'classic' },
    onTables: tables => say({ progress, tables }),
  })

try {
  await (hive === undefined ? fillFolder() : fillHive(hive))
  say({ progress, ended: true })
} catch (thrown) {
  const code = thrown instanceof StreamError ? thrown.code : 'consume/failed'
  say({ progress, failed: { code, message: reasonOf(thrown) } })
}
clearInterval(timer)
parentPort!.close()
