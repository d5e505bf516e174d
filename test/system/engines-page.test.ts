import { test } from 'node:test'
import { hadoopOrSkip } from '../hadoop.ts'
import { hiveAddress, hiveSkip } from '../hive.ts'
import { sparkAddress, sparkSkip } from '../spark.ts'
import { HiveDatabase } from './hive-database.ts'
import { kafkaSkip, someBroker } from './kafka-broker.ts'
import { deleteTopic, newTopic } from './kafka-topics.ts'
import { freePort, runPage } from './pages.ts'

const skip = sparkSkip || hiveSkip || (await kafkaSkip())
/** Tables may lie on its HDFS. */
const { hadoop } = await hadoopOrSkip()
const blockMsMax = 110_000

test('the page about engines says what works', { skip }, async t => {
  const port = await freePort()
  await using broker = await someBroker()
  const address = await newTopic(broker)
  await using database = await HiveDatabase.make()
  const environment = { ...hadoop?.environment, TEXTSTREAM_SPARK: sparkAddress, TEXTSTREAM_HIVE: hiveAddress }
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'\n`)
  const moved = (shell: string) =>
    (exports.join('') + shell)
      .replaceAll('8000', String(port))
      .replaceAll('-k 9092', `-k ${broker.port}`)
      .replaceAll('-t chunks ', `-t ${address.topic} `)
      .replaceAll('chunks_clustered', `${database.name}.chunks_clustered`)
      .replaceAll('from clusters', `from ${database.name}.clusters`)
  await runPage(t, 'docs/engines.md', 1, moved, blockMsMax)
  await deleteTopic(address)
})
