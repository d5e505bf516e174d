import { fileURLToPath } from 'node:url'

/** The path of the tasks' program: one file without dependencies, for Node 20 or newer, with `map` or `reduce` as argument. */
export const bundledTask = async (): Promise<string> => fileURLToPath(new URL('./task.mjs', import.meta.url))
