import type { Health } from './api.ts'
import type { Archive } from './archive.ts'
import type { GatedTables } from './gate.ts'
import type { Hub } from './hub.ts'
import type { LiveDocuments } from './live-documents.ts'
import type { LiveFlow } from './live-flow.ts'
import type { SharedTopic } from './shared-topic.ts'

/** What the routes ask: all that runs in `up`. */
export interface Parts {
  readonly topic: SharedTopic
  readonly hub: Hub
  readonly archive: Archive
  readonly flow: LiveFlow
  readonly documents: LiveDocuments
  readonly warehouse: GatedTables
  health(): Promise<Health>
}
