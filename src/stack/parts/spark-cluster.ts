import type { Daemon, Part } from '../part.ts'
import { sparkMaster, sparkWorker } from '../spark/cluster-ready.ts'
import { sparkBundle, sparkJava } from '../spark/java.ts'

const small = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

const master: Daemon = {
  name: 'spark-master',
  ports: ['spark-master', 'spark-master-http'],
  program: sparkJava({
    name: 'spark-master',
    main: 'org.apache.spark.deploy.master.Master',
    options: small,
    arguments: [
      ...['--host', '127.0.0.1', '--port', '{{ports.spark-master}}'],
      ...['--webui-port', '{{ports.spark-master-http}}'],
    ],
  }),
  ready: sparkMaster,
  stopMsMax: 20_000,
}

/** Its executors are processes of their own, in its group. */
const worker: Daemon = {
  name: 'spark-worker',
  ports: ['spark-worker', 'spark-worker-http'],
  program: sparkJava({
    name: 'spark-worker',
    main: 'org.apache.spark.deploy.worker.Worker',
    options: small,
    arguments: [
      ...['--host', '127.0.0.1', '--port', '{{ports.spark-worker}}', '--webui-port', '{{ports.spark-worker-http}}'],
      ...['--memory', '2g', '--work-dir', '{{tmp.spark-worker}}', 'spark://127.0.0.1:{{ports.spark-master}}'],
    ],
  }),
  ready: sparkWorker,
  stopMsMax: 20_000,
}

export const sparkCluster: Part = {
  name: 'spark-cluster',
  is: 'a Spark standalone master and worker, for "spark" to run its work on',
  needs: [],
  bundles: [sparkBundle],
  ports: { 'spark-master': 7077, 'spark-master-http': 8080, 'spark-worker': 7078, 'spark-worker-http': 8081 },
  memoryMiB: 1800,
  daemons: [master, worker],
}
