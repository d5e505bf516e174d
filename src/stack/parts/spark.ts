import type { Part } from '../part.ts'
import { sparkConnect } from '../spark/connect-ready.ts'
import { sparkBundle, sparkJava } from '../spark/java.ts'

/** In its own process, unless there is a cluster. */
const variables = (needs: readonly string[]) => ({
  master: needs.includes('spark-cluster') ? 'spark://127.0.0.1:{{spark-cluster.ports.spark-master}}' : 'local[*]',
})

export const spark: Part = {
  name: 'spark',
  is: 'Apache Spark 4.2: Spark Connect, on the tables of Hive',
  needs: ['hive'],
  uses: ['spark-cluster'],
  bundles: [sparkBundle],
  variables,
  ports: { connect: 15002, 'spark-http': 4040 },
  memoryMiB: 1800,
  daemons: [
    {
      name: 'spark',
      ports: ['connect', 'spark-http'],
      program: sparkJava({
        name: 'spark',
        main: 'org.apache.spark.deploy.SparkSubmit',
        options: ['-Xms256m', '-Xmx1500m'],
        arguments: [
          ...['--properties-file', '{{conf}}/spark.properties'],
          ...['--class', 'org.apache.spark.sql.connect.service.SparkConnectServer', 'spark-internal'],
        ],
        jars: '{{lib}}/*',
      }),
      ready: sparkConnect,
      stopMsMax: 30_000,
    },
  ],
}
