import { advice } from '../hadoop/advice.ts'
import { containers } from '../hadoop/containers.ts'
import { dataNode, history, nameNode, nodeManager, resourceManager } from '../hadoop/ready.ts'
import type { Daemon, JavaProgram, Part } from '../part.ts'

const java = (name: string, main: string, ...options: string[]): JavaProgram => ({
  kind: 'java',
  main,
  options: [
    '-Xms64m',
    '-Xmx384m',
    '-XX:+UseSerialGC',
    // Compiling any better takes half the time of the start, and none of them computes much.
    '-XX:TieredStopAtLevel=1',
    '-XX:SharedArchiveFile={{archive}}',
    '-Djava.awt.headless=true',
    '-Dtextstream.part=hadoop',
    '-Dhadoop.root.logger=INFO,file',
    `-Dhadoop.log.file=${name}.log`,
    ...options,
  ],
  arguments: [],
  // The archive is of these jars, so they come first.
  classPath: '{{lib}}/*:{{conf}}',
  environment: { HADOOP_CONF_DIR: '{{conf}}' },
})

/** YARN's pages make proxies of Java's own classes. */
const opened = '--add-opens=java.base/java.lang=ALL-UNNAMED'

const nameNodeMain = 'org.apache.hadoop.hdfs.server.namenode.NameNode'

const hdfs: readonly Daemon[] = [
  {
    name: 'namenode',
    ports: ['namenode', 'namenode-http'],
    format: { ...java('namenode', nameNodeMain), arguments: ['-format', '-nonInteractive', '-force'] },
    program: java('namenode', nameNodeMain),
    ready: nameNode,
    stopMsMax: 30_000,
  },
  {
    name: 'datanode',
    ports: ['datanode', 'datanode-http', 'datanode-ipc'],
    program: java('datanode', 'org.apache.hadoop.hdfs.server.datanode.DataNode'),
    ready: dataNode,
    stopMsMax: 30_000,
  },
]

const yarn: readonly Daemon[] = [
  {
    name: 'resourcemanager',
    ports: [
      'resourcemanager',
      'resourcemanager-scheduler',
      'resourcemanager-tracker',
      'resourcemanager-admin',
      'resourcemanager-http',
    ],
    program: java('resourcemanager', 'org.apache.hadoop.yarn.server.resourcemanager.ResourceManager', opened),
    // What was ended does not go on by itself; what was killed does.
    forgets: true,
    ready: resourceManager,
    stopMsMax: 30_000,
  },
  {
    name: 'nodemanager',
    ports: ['nodemanager', 'nodemanager-localizer', 'nodemanager-http', 'shuffle'],
    program: java('nodemanager', 'org.apache.hadoop.yarn.server.nodemanager.NodeManager', opened),
    ready: nodeManager,
    stopMsMax: 30_000,
    children: containers,
  },
  {
    name: 'history',
    ports: ['history', 'history-admin', 'history-http'],
    program: java('history', 'org.apache.hadoop.mapreduce.v2.hs.JobHistoryServer', opened),
    ready: history,
    stopMsMax: 30_000,
  },
]

export const hadoop: Part = {
  name: 'hadoop',
  is: 'Apache Hadoop 3.4: HDFS, YARN and MapReduce, one of each daemon',
  needs: [],
  ports: {
    namenode: 9820,
    'namenode-http': 9870,
    datanode: 9866,
    'datanode-http': 9864,
    'datanode-ipc': 9867,
    resourcemanager: 8032,
    'resourcemanager-scheduler': 8030,
    'resourcemanager-tracker': 8031,
    'resourcemanager-admin': 8033,
    'resourcemanager-http': 8088,
    nodemanager: 8041,
    'nodemanager-localizer': 8040,
    'nodemanager-http': 8042,
    shuffle: 13562,
    history: 10020,
    'history-admin': 10033,
    'history-http': 19888,
  },
  // YARN writes them into shell scripts, unquoted.
  breaksPaths: /[^\p{L}\p{N}/._+@=~-]/u,
  // The daemons take half of it, a small job the other half.
  memoryMiB: 2400,
  advice,
  daemons: [...hdfs, ...yarn],
}
