import { parentPort, workerData } from 'node:worker_threads'
import { recipeOf } from '../cluster/recipes.ts'
import { consume, newProgress } from '../consume/consume.ts'
import { answerMetrics } from '../metrics/metrics.ts'
import { openClustering, openTopic, openWarehouse } from '../pipeline.ts'
import { reasonOf, StreamError } from '../std/error.ts'
import type { Given, Said } from './consumer.ts'

const tellEveryMs = 200

const { from, warehouse, settings, metrics } = workerData as Given
answerMetrics(metrics)
const progress = newProgress()
const stop = new AbortController()
parentPort!.once('message', () => stop.abort())

const say = (said: Said) => parentPort!.postMessage(said)
const timer = setInterval(() => say({ progress }), tellEveryMs)

try {
  const [topic, tables, clustering] = [await openTopic(from), await openWarehouse(warehouse), await openClustering()]
  await consume(topic, tables, { clustering, recipeOf, settings, progress, follow: true, signal: stop.signal })
  say({ progress, ended: true })
} catch (thrown) {
  const code = thrown instanceof StreamError ? thrown.code : 'consume/failed'
  say({ progress, failed: { code, message: reasonOf(thrown) } })
}
clearInterval(timer)
parentPort!.close()
