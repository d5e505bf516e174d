import type { Bundle, JavaProgram, Part } from '../part.ts'
import { sparkConnect } from '../spark/connect-ready.ts'

/** Of the Python package only the jars are of use here. */
export const sparkBundle: Bundle = {
  name: 'spark',
  from: { kind: 'pypi', requirement: 'pyspark==4.2.0' },
  file: 'pyspark-4.2.0.tar.gz',
  sha256: '5ad689d53570ee1674193fd4f9bda065f0db3be9363a27d2a3406cc457b70b61',
  mebibytes: 429,
  keep: 'pyspark-4.2.0/deps/jars',
}

/** What `org.apache.spark.launcher.JavaModuleOptions` asks for. */
const packages = [
  ...['java.base/java.io', 'java.base/java.lang', 'java.base/java.lang.invoke', 'java.base/java.lang.reflect'],
  ...['java.base/java.net', 'java.base/java.nio', 'java.base/java.util', 'java.base/java.util.concurrent'],
  ...['java.base/java.util.concurrent.atomic', 'java.base/jdk.internal.ref', 'java.base/sun.nio.ch'],
  ...['java.base/sun.nio.cs', 'java.base/sun.security.action', 'java.base/sun.util.calendar'],
  'java.security.jgss/sun.security.krb5',
]

export const sparkJava = (name: string, main: string, ...options: string[]): Omit<JavaProgram, 'arguments'> => ({
  kind: 'java',
  main,
  options: [
    ...options,
    '-Djava.awt.headless=true',
    `-Djava.io.tmpdir={{tmp.${name}}}`,
    '-Duser.timezone=UTC',
    '-Dtextstream.part=spark',
    `-Dtextstream.log={{logs}}/${name}.log`,
    '-Dlog4j2.configurationFile={{conf}}/log4j2.properties',
    '-XX:+IgnoreUnrecognizedVMOptions',
    '--add-modules=jdk.incubator.vector',
    ...packages.map(name => `--add-opens=${name}=ALL-UNNAMED`),
    '-Dio.netty.tryReflectionSetAccessible=true',
  ],
  environment: {
    SPARK_HOME: '{{bundle.spark}}',
    SPARK_CONF_DIR: '{{conf}}',
    SPARK_LOCAL_IP: '127.0.0.1',
    SPARK_SCALA_VERSION: '2.13',
  },
})

const variables = (needs: readonly string[]) => ({
  master: needs.includes('spark-cluster') ? 'spark://127.0.0.1:{{spark-cluster.ports.spark-master}}' : 'local[*]',
})

export const spark: Part = {
  name: 'spark',
  is: 'Apache Spark 4.2: Spark Connect, on the tables of Hive',
  needs: ['hive'],
  bundles: [sparkBundle],
  variables,
  ports: { connect: 15002, 'spark-http': 4040 },
  memoryMiB: 2000,
  daemons: [
    {
      name: 'spark',
      ports: ['connect', 'spark-http'],
      program: {
        ...sparkJava('spark', 'org.apache.spark.deploy.SparkSubmit', '-Xms256m', '-Xmx1500m'),
        classPath: '{{conf}}:{{bundle.spark}}/jars/*:{{lib}}/*',
        arguments: [
          ...['--properties-file', '{{conf}}/spark.properties'],
          ...['--class', 'org.apache.spark.sql.connect.service.SparkConnectServer', 'spark-internal'],
        ],
      },
      ready: sparkConnect,
      stopMsMax: 30_000,
    },
  ],
}
