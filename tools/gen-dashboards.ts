/** Writes installations/grafana/dashboards/*.json. `npm run dashboards`; a test fails while one of them is stale. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clusters } from './grafana/clusters.ts'
import { type Dashboard, dashboardJson } from './grafana/dashboard.ts'
import { kafka } from './grafana/kafka.ts'
import { overview } from './grafana/overview.ts'

export const dashboards: readonly Dashboard[] = [overview, clusters, kafka]

export const fileOf = ({ uid }: Dashboard): string =>
  join(import.meta.dirname, `../installations/grafana/dashboards/${uid}.json`)

if (import.meta.main) for (const one of dashboards) writeFileSync(fileOf(one), dashboardJson(one))
