/**
 * Keeps the house tidy: which room may import which, no cycles, only the pipeline names adapters, small files and
 * functions. `node tools/tidy.ts` prints the sizes, and fails with one line per finding.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'

/** Each floor may import only from the floors before it, and a room only from itself on its own floor. */
export const floors: readonly (readonly string[])[] = [
  ['std'],
  ['chunk', 'metrics', 'wire'],
  ['source', 'topic', 'warehouse', 'cluster'],
  ['produce', 'refresh', 'consume', 'stack'],
  ['pipeline.ts'],
  ['web'],
  ['cli'],
  ['page'],
]

/** Files that implement a port. Outside their room only the pipeline names them, and loads them late. */
const adapters: Readonly<Record<string, readonly string[]>> = {
  source: ['folder.ts', 'http.ts'],
  topic: ['memory.ts', 'file.ts', 'kafka.ts'],
  warehouse: ['memory.ts', 'duckdb.ts', 'hive.ts'],
  cluster: ['embedded.ts', 'spark.ts'],
  refresh: ['inline.ts', 'local.ts', 'hadoop.ts'],
}

export const fileLinesMax = 350
export const functionLinesMax = 70
export const stdFilesMax = 10

const roots = ['src', 'test', 'tools', 'bench', 'examples']
/** Folders of what others made, or programs. */
const made = ['node_modules', 'gen']

/** Text of each file by its path from the project's root, with `/` between. */
export type Files = ReadonlyMap<string, string>

export interface Import {
  readonly line: number
  readonly target: string
  /** `import()` loads when it is reached, a worker's `new URL(...)` in another thread, a type never. */
  readonly when: 'early' | 'late' | 'elsewhere' | 'never'
}

export interface Sized {
  readonly line: number
  readonly lines: number
}

/** What a browser loads can hold nothing of ours but shapes. */
const shapes = 'src/web/api.ts'

const isTest = (path: string) => /\.(test|contract)\.ts$/.test(path)
const isSource = (path: string) => path.startsWith('src/') && !isTest(path)
const lineAt = (text: string, at: number) => text.slice(0, at).split('\n').length

const importing =
  /^(?:import|export)\s(?<type>type\s)?[^;'"]*?from\s+'(?<named>\.[^']+)'|^import\s+'(?<bare>\.[^']+)'|import\('(?<late>\.[^']+)'|new URL\(`(?<worker>\.[^`$]+)\$\{import\.meta\.url/gm

const whenOf = ({ type, late, worker }: Record<string, string | undefined>): Import['when'] => {
  if (type !== undefined) return 'never'
  if (worker !== undefined) return 'elsewhere'
  return late === undefined ? 'early' : 'late'
}

/** Relative imports of one file, resolved to paths from the project's root. */
export const importsOf = (from: string, text: string): Import[] =>
  [...text.matchAll(importing)].map(match => {
    const { named, bare, late, worker } = match.groups!
    const path = normalize(join(dirname(from), (named ?? bare ?? late ?? `${worker}.ts`)!))
    return { line: lineAt(text, match.index), target: path.split(sep).join('/'), when: whenOf(match.groups!) }
  })

const roomOf = (path: string) => path.split('/')[1]
const floorOf = (path: string) => floors.findIndex(rooms => rooms.includes(roomOf(path)))

const isAdapter = (path: string) => {
  const [, room, ...rest] = path.split('/')
  return Object.hasOwn(adapters, room) && adapters[room].includes(rest.join('/'))
}

const misdirected = (from: string, { target, when }: Import): string | undefined => {
  const leavesRoom = roomOf(from) !== roomOf(target)
  if (isTest(target)) return `imports the test "${target}"; move what both need into a file of its own`
  if (!target.startsWith('src/') || !leavesRoom) return undefined
  if (roomOf(from) === 'page' && (target !== shapes || when !== 'never'))
    return `imports "${target}"; the page runs in a browser: only "import type" from ${shapes}`
  if (floorOf(target) === -1) return `imports "${target}", a room on no floor; give it one in tools/tidy.ts`
  if (floorOf(target) === floorOf(from))
    return `imports "${target}", a room of its own floor; let the floor above join them`
  if (floorOf(target) > floorOf(from)) return `imports "${target}" from a floor above; move it down, or pass it in`
  if (!isAdapter(target) || when === 'never') return undefined
  if (from !== 'src/pipeline.ts') return `names the adapter "${target}"; take the port, and let src/pipeline.ts open it`
  return when === 'early' ? `loads the adapter "${target}" at once; use "await import(...)"` : undefined
}

const directions = (files: Files): string[] =>
  [...files]
    .filter(([path]) => isSource(path))
    .flatMap(([path, text]) => [
      ...(floorOf(path) === -1 ? [`${path}:1: is in a room on no floor; give it one in tools/tidy.ts`] : []),
      ...importsOf(path, text).flatMap(found => {
        const fault = misdirected(path, found)
        return fault === undefined ? [] : [`${path}:${found.line}: ${fault}`]
      }),
    ])

/** Each cycle once, from the file of it that is reached first. Types count: a cycle of types is one to a reader too.
 * A worker and the file that starts it are two programs that know each other. */
export const cycles = (files: Files): string[] => {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]) => {
    const back = trail.indexOf(path)
    if (back !== -1) found.push(`${path}:1: imports itself: ${[...trail.slice(back), path].join(' -> ')}; cut it`)
    if (back !== -1 || done.has(path) || !files.has(path)) return
    for (const { target, when } of importsOf(path, files.get(path)!)) {
      if (when !== 'elsewhere') visit(target, [...trail, path])
    }
    done.add(path)
  }
  for (const path of files.keys()) visit(path, [])
  return found
}

const indentOf = (line: string) => line.length - line.trimStart().length
const opensFunction =
  /=>(?:\s*[{([]?|\s.*[^;,])$|^\s*(?:export\s+)?(?:default\s+)?(?:async\s+)?function\b.*\{$|^\s*\): .*\{$|^\s+(?!(?:if|for|while|switch|catch|with)\b)(?:[\w*#[\].]+\s+)*[\w*#[\].]+\(.*\)(?::.*)?\s\{$/

/**
 * The functions of one file and their lines. It trusts the formatter: a function lasts until the first line that is
 * indented no deeper than the line that opens its body.
 */
export const functionsOf = (text: string): Sized[] => {
  const lines = text.split('\n')
  return lines.flatMap((line, at) => {
    if (!opensFunction.test(line) || /^\s*(?:\*|\/\/|\/\*)/.test(line)) return []
    if (!/(?:=>|[{([])$/.test(line)) return [{ line: at + 1, lines: 1 }]
    let end = at + 1
    while (end < lines.length && (lines[end] === '' || indentOf(lines[end]) > indentOf(line))) end++
    const closes = /^\s*[})\]]/.test(lines[end] ?? '')
    return [{ line: at + 1, lines: end - at + (closes ? 1 : 0) }]
  })
}

const linesOf = (text: string) => text.split('\n').length - (text.endsWith('\n') ? 1 : 0)

const tooLarge = (files: Files): string[] =>
  [...files].flatMap(([path, text]) => [
    ...(linesOf(text) > fileLinesMax
      ? [`${path}:${fileLinesMax}: ${linesOf(text)} lines, at most ${fileLinesMax}; split it by what it is about`]
      : []),
    ...(isTest(path) ? [] : functionsOf(text))
      .filter(({ lines }) => lines > functionLinesMax)
      .map(
        ({ line, lines }) =>
          `${path}:${line}: a function of ${lines} lines, at most ${functionLinesMax}; move its leaves out`,
      ),
  ])

const crowdedStd = (files: Files): string[] => {
  const std = [...files.keys()].filter(path => isSource(path) && roomOf(path) === 'std')
  return std.length <= stdFilesMax
    ? []
    : [`${std.at(-1)}:1: src/std/ has ${std.length} files, at most ${stdFilesMax}; find each one's own room`]
}

/** One line per finding: where, what, and what to do. */
export const findings = (files: Files): string[] => [
  ...directions(files),
  ...cycles(files),
  ...tooLarge(files),
  ...crowdedStd(files),
]

export const median = (sizes: readonly number[]): number => {
  const sorted = [...sizes].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

export const readFiles = (root: string): Files =>
  new Map(
    roots
      .filter(folder => existsSync(join(root, folder)))
      .flatMap(folder =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(p => join(folder, p)),
      )
      .filter(path => /\.tsx?$/.test(path) && !made.some(folder => path.split(sep).includes(folder)))
      .sort()
      .map(path => [path.split(sep).join('/'), readFileSync(join(root, path), 'utf8')]),
  )

const report = (files: Files): string => {
  const own = [...files].filter(([path]) => isSource(path))
  const ofFiles = own.map(([, text]) => linesOf(text))
  const ofFunctions = own.flatMap(([, text]) => functionsOf(text)).map(({ lines }) => lines)
  const sizes = (of: readonly number[]) => `median ${median(of)} lines, largest ${Math.max(0, ...of)}`
  return `src: ${own.length} files, ${sizes(ofFiles)}; ${ofFunctions.length} functions, ${sizes(ofFunctions)}`
}

if (import.meta.main) {
  const files = readFiles(join(import.meta.dirname, '..'))
  const found = findings(files)
  console.log(report(files))
  for (const finding of found) console.error(finding)
  if (found.length > 0) process.exitCode = 1
}
