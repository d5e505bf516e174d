import { asked } from './declare.ts'

const versions = new Map<string, number>()

asked('gauge', 'textstream_build_info', 'Always 1; says which version this is.', 'version').from(() => versions)

/** Said once by whoever serves the numbers; more often does no harm. */
export const noteVersion = (version: string): void => void versions.set(version, 1)
