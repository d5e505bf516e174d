import { metastore } from '../hive/metastore-ready.ts'
import { postgres } from '../hive/postgres.ts'
import { hiveServer } from '../hive/server-ready.ts'
import type { JavaProgram, Part } from '../part.ts'

const packages = [
  ...['java.base/java.io', 'java.base/java.lang', 'java.base/java.lang.reflect', 'java.base/java.math'],
  // Without this one HiveServer2 neither listens nor ends.
  'java.base/java.net',
  ...['java.base/java.nio', 'java.base/java.text', 'java.base/java.time', 'java.base/java.util'],
  ...['java.base/java.util.concurrent', 'java.base/java.util.concurrent.atomic', 'java.base/java.util.regex'],
  ...['java.base/sun.nio.ch', 'java.sql/java.sql'],
]

const java = (name: string, main: string, ...options: string[]): JavaProgram => ({
  kind: 'java',
  main,
  options: [
    ...options,
    '-XX:+UseSerialGC',
    // Compiling any better doubles the time of the start, and pays off for nothing that one machine holds.
    '-XX:TieredStopAtLevel=1',
    '-Djava.awt.headless=true',
    `-Djava.io.tmpdir={{tmp.${name}}}`,
    // In another zone it would shift the timestamps that Spark wrote.
    '-Duser.timezone=UTC',
    '-Dtextstream.part=hive',
    `-Dtextstream.log={{logs}}/${name}.log`,
    '-Dlog4j2.configurationFile={{conf}}/log4j2.properties',
    ...packages.map(name => `--add-opens=${name}=ALL-UNNAMED`),
  ],
  arguments: [],
  // Hive's first: where both bring a library, it wants its own.
  classPath: '{{conf}}:{{lib}}/*:{{hadoop.lib}}/*',
  environment: { HADOOP_CONF_DIR: '{{conf}}', HIVE_CONF_DIR: '{{conf}}' },
})

/** In HDFS if there is one, where the old system had them, else on this machine's disk. */
const variables = (needs: readonly string[]) =>
  needs.includes('hadoop')
    ? {
        fs: 'hdfs://127.0.0.1:{{hadoop.ports.namenode}}',
        tables: 'hdfs://127.0.0.1:{{hadoop.ports.namenode}}/user/hive/warehouse',
        scratch: '/tmp/hive',
        namenode: 'http://127.0.0.1:{{hadoop.ports.namenode-http}}',
      }
    : {
        fs: 'file:///',
        tables: 'file:{{data.metastore}}/warehouse',
        scratch: '{{tmp.hiveserver2}}/scratch',
        namenode: '',
      }

export const hive: Part = {
  name: 'hive',
  is: 'Apache Hive 4.0: metastore on PostgreSQL, and HiveServer2',
  needs: [],
  uses: ['hadoop'],
  isBoundToUses: true,
  libs: ['hadoop'],
  bundles: [
    {
      name: 'hive-schema',
      from: { kind: 'maven', artifact: 'org.apache.hive:hive-standalone-metastore-server:4.0.1:tar.gz:bin' },
      file: 'hive-standalone-metastore-server-4.0.1-bin.tar.gz',
      sha256: 'ed96f577df0a4dc800648a7f941d832f42409f89fa4af10c9d7540c8a1f8e24b',
      mebibytes: 75,
      keep: 'apache-hive-metastore-4.0.1-bin/scripts/metastore/upgrade/postgres/hive-schema-4.0.0.postgres.sql',
    },
  ],
  variables,
  ports: { postgres: 5432, metastore: 9083, hiveserver2: 10000, 'hiveserver2-http': 10002 },
  // A query's job splits or decodes paths with others.
  breaksPaths: /[^\p{L}\p{N}/._+@=~-]/u,
  memoryMiB: 1100,
  daemons: [
    postgres,
    {
      name: 'metastore',
      ports: ['metastore'],
      format: {
        kind: 'node',
        script: new URL(`../hive/set-aside${import.meta.url.slice(-3)}`, import.meta.url),
        arguments: ['{{namenode}}', '/user/hive/warehouse'],
      },
      program: java('metastore', 'org.apache.hadoop.hive.metastore.HiveMetaStore', '-Xmx256m'),
      ready: metastore,
      stopMsMax: 20_000,
    },
    {
      name: 'hiveserver2',
      ports: ['hiveserver2', 'hiveserver2-http'],
      program: java('hiveserver2', 'org.apache.hive.service.server.HiveServer2', '-Xmx512m'),
      ready: hiveServer,
      // It holds nothing; without a metastore it would take as long as it gets.
      stopMsMax: 10_000,
    },
  ],
}
