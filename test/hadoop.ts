import { foldersFrom } from '../src/stack/folders.ts'
import { type HadoopHere, hadoopHere } from '../src/stack/hadoop/here.ts'
import { loopback } from '../src/stack/port.ts'

/** The cluster for tests that hurt no one. */
export interface TestHadoop extends HadoopHere {
  /** `TEXTSTREAM_STATE` of its stack. */
  readonly state: string
  /** `http://127.0.0.1:PORT` of the NameNode, for WebHDFS. */
  readonly webHdfs: string
  /** `http://127.0.0.1:PORT` of the ResourceManager. */
  readonly resourceManager: string
  /** For a `textstream` that shall use it. */
  readonly environment: Readonly<Record<string, string>>
}

/** `skip` for node:test, and the cluster if nothing is skipped. */
export type HadoopOrSkip =
  | { readonly skip: false; readonly hadoop: TestHadoop }
  | { readonly skip: string; readonly hadoop: undefined }

/** What is required may not be skipped: `TEXTSTREAM_REQUIRE=hadoop`. */
export const isHadoopRequired = (process.env.TEXTSTREAM_REQUIRE ?? '').split(/[\s,]+/).includes('hadoop')

const refused = (why: string): HadoopOrSkip => {
  if (isHadoopRequired) throw new Error(`TEXTSTREAM_REQUIRE=hadoop: ${why}`)
  return { skip: why, hadoop: undefined }
}

/** The Hadoop of the stack whose state folder is `TEXTSTREAM_TEST_HADOOP`, as in CI. Where it is required, none is an error. */
export const hadoopOrSkip = async (): Promise<HadoopOrSkip> => {
  const state = process.env.TEXTSTREAM_TEST_HADOOP ?? ''
  if (state === '')
    return refused('TEXTSTREAM_TEST_HADOOP names no stack: textstream stack up hadoop, and its state folder')
  const folders = foldersFrom({ ...process.env, TEXTSTREAM_STATE: state })
  const here = await hadoopHere(folders, process.env)
  if (here === undefined)
    return refused(`no Hadoop is up in "${state}"; TEXTSTREAM_STATE=${state} textstream stack up hadoop`)
  const at = (port: string) => `http://${loopback}:${here.ports[port]}`
  return {
    skip: false,
    hadoop: {
      ...here,
      state,
      webHdfs: at('namenode-http'),
      resourceManager: at('resourcemanager-http'),
      environment: { TEXTSTREAM_STATE: state, TEXTSTREAM_HDFS: at('namenode-http') },
    },
  }
}
