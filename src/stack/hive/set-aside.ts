/**
 * Before a new metastore starts, the folder of its tables is empty: a table that is made where an older metastore had
 * one would show the rows of that. What lies there gets another name, and is not lost.
 * `set-aside.ts NAMENODE FOLDER`; without HDFS the first is empty, and there is nothing to do.
 */
import { userInfo } from 'node:os'
import { webhdfs } from '../../wire/webhdfs.ts'

const [nameNode, folder] = process.argv.slice(2)

const asideOf = (moment: Date) => `${folder}.${moment.toISOString().replace(/\D/g, '').slice(0, 14)}`

const setAside = async (user: string) => {
  await using hdfs = webhdfs({ name: 'HDFS', nameNodes: [nameNode], user })
  if ((await hdfs.status(folder)) === undefined) return
  const aside = asideOf(new Date())
  await hdfs.rename(folder, aside)
  process.stdout.write(`set aside the tables of another metastore: ${aside}\n`)
}

if (nameNode !== '') await setAside(process.env.HADOOP_USER_NAME ?? userInfo().username)
