import { StreamError } from '../std/error.ts'
import type { Lender, Queried } from './gate.ts'

const notYet = (cause: unknown) =>
  new StreamError('warehouse/not-found', 'there are no tables yet: the consumer makes them; /health says how it is', {
    cause,
  })

/** Tables in a folder that the consumer beside us makes when it starts: until then nobody has mistaken a path. */
export const folderView = (dir: string, warehouse: Queried): Lender => ({
  query: (sql, options) =>
    warehouse.query(sql, options).catch(thrown => {
      throw thrown instanceof StreamError && thrown.code === 'warehouse/not-found' ? notYet(thrown) : thrown
    }),
  lend: async () => ({ place: { dir }, [Symbol.asyncDispose]: async () => {} }),
})
