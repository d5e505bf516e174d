import type { Warehouse } from '../warehouse/warehouse.ts'
import type { Health } from './api.ts'
import type { Archive } from './archive.ts'
import type { Hub } from './hub.ts'
import type { LiveDocuments } from './live-documents.ts'
import type { LiveFlow } from './live-flow.ts'
import type { SharedTopic } from './shared-topic.ts'

/** The tables, as far as they are asked. */
export type Queried = Pick<Warehouse, 'query'>

/** What the routes ask: all that runs in `up`. */
export interface Parts {
  readonly topic: SharedTopic
  readonly hub: Hub
  readonly archive: Archive
  readonly flow: LiveFlow
  readonly documents: LiveDocuments
  readonly warehouse: Queried
  health(): Promise<Health>
}
