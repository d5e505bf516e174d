import { userInfo } from 'node:os'
import { hadoopSettings } from './hadoop-settings.ts'
import type { YarnEndpoints } from './yarn.ts'

const files = ['core-site.xml', 'yarn-site.xml', 'mapred-site.xml']
const resourceManagerPort = 8088
const historyPort = 19888

/** What there is to know of a cluster's YARN and MapReduce from its configuration. */
export interface YarnConf extends YarnEndpoints {
  /** Where MapReduce keeps what belongs to jobs that run, one folder per user. */
  readonly stagingFolder: string
  /** No cluster is asked: the job runs in the client. */
  readonly isLocal: boolean
}

const list = (text: string | undefined) =>
  (text ?? '').split(',').flatMap(one => (one.trim() === '' ? [] : [one.trim()]))

const anyHost = /^(?:0\.0\.0\.0|\[::\])(?=:)/

const withPort = (address: string, port: number) => (/:\d+$/.test(address) ? address : `${address}:${port}`)

type Get = (name: string) => string | undefined

const resourceManager = (get: Get, suffix: string): string => {
  const host = get(`yarn.resourcemanager.hostname${suffix}`) ?? '127.0.0.1'
  const address = withPort(get(`yarn.resourcemanager.webapp.address${suffix}`) ?? host, resourceManagerPort)
  return `http://${address.replace(anyHost, host)}`
}

const history = (get: Get): string => {
  const host = (get('mapreduce.jobhistory.address') ?? '127.0.0.1').replace(/:\d+$/, '')
  const address = withPort(get('mapreduce.jobhistory.webapp.address') ?? host, historyPort)
  return `http://${address.replace(anyHost, host)}`
}

/** As a folder says that HADOOP_CONF_DIR names; `undefined` if it says nothing. */
export const yarnConf = (folder: string, env: NodeJS.ProcessEnv): YarnConf | undefined => {
  const get = hadoopSettings(folder, env, files)
  if (get === undefined) return undefined
  const ids = get('yarn.resourcemanager.ha.enabled') === 'true' ? list(get('yarn.resourcemanager.ha.rm-ids')) : []
  return {
    resourceManagers: ids.length === 0 ? [resourceManager(get, '')] : ids.map(id => resourceManager(get, `.${id}`)),
    history: history(get),
    user: env.HADOOP_USER_NAME || userInfo().username,
    stagingFolder: get('yarn.app.mapreduce.am.staging-dir') ?? '/tmp/hadoop-yarn/staging',
    isLocal: (get('mapreduce.framework.name') ?? 'local') !== 'yarn',
  }
}
