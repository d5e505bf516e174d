import type { Command } from 'commander'
import { wholeNumber } from './numbers.ts'

const clustersMax = 64
const seedMax = 2 ** 31 - 1

export interface ClusterFlags {
  readonly clusters?: number
  readonly seed?: number
}

export const addClusterOptions = (command: Command): Command =>
  command
    .option('--clusters <k>', 'how many clusters to look for (default: 5)', wholeNumber(1, clustersMax))
    .option('--seed <number>', 'of the chance in starting centres (default: 42)', wholeNumber(0, seedMax))

/** Without what was not given: defaults are the engine's. */
export const clusterSettingsOf = ({ clusters, seed }: ClusterFlags): ClusterFlags => ({
  ...(clusters !== undefined && { clusters }),
  ...(seed !== undefined && { seed }),
})
