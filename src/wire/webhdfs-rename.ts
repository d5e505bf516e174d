import { HdfsFault } from './webhdfs-fault.ts'
import type { NameNodes } from './webhdfs-namenodes.ts'
import { Patience } from './webhdfs-patience.ts'
import { statusOf } from './webhdfs-status.ts'

/**
 * Over a connection that was cut, nobody knows whether it was done: then it was if the target is what the source had
 * been, and it is tried again if the source is there.
 */
export const renamePath = async (nameNodes: NameNodes, from: string, to: string, overwrite: boolean) => {
  const what = `rename "${nameNodes.nameOf(from)}" to "${to}"`
  const source = await statusOf(nameNodes, from, what)
  if (source === undefined) throw new HdfsFault('hdfs/absent', `${what}: nothing of that name is there`, 'never')
  const patience = new Patience(nameNodes.limits)
  const parameters = { destination: to, renameoptions: overwrite ? 'OVERWRITE' : 'NONE' }
  for (;;) {
    try {
      await nameNodes.ask({ method: 'PUT', op: 'RENAME', path: from, parameters, what, mayRepeat: false })
      return
    } catch (thrown) {
      await patience.pause(thrown, ['unknown'])
      if ((await statusOf(nameNodes, to, what))?.id === source.id && !(await statusOf(nameNodes, from, what))) return
    }
  }
}
