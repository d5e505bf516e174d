import type { Bundle, JavaProgram } from '../part.ts'

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

export interface SparkProgram {
  /** The daemon's. */
  readonly name: string
  readonly main: string
  /** Before all others. */
  readonly options: readonly string[]
  readonly arguments: readonly string[]
  /** Beside Spark's own. */
  readonly jars?: string
}

export const sparkJava = ({ name, main, options, arguments: args, jars }: SparkProgram): JavaProgram => ({
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
  arguments: args,
  classPath: ['{{conf}}', '{{bundle.spark}}/jars/*', ...(jars === undefined ? [] : [jars])].join(':'),
  environment: {
    SPARK_HOME: '{{bundle.spark}}',
    SPARK_CONF_DIR: '{{conf}}',
    SPARK_LOCAL_IP: '127.0.0.1',
    SPARK_SCALA_VERSION: '2.13',
  },
})
