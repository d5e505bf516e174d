import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'

/** A Node for a cluster's nodes that first does what a test wants. */
export interface OddNode {
  readonly path: string
  /** Resolves once a task has made this file in its folder. */
  seen(name: string): Promise<void>
  has(name: string): boolean
  make(name: string): void
  /** What a task wrote into a file of its folder. */
  text(name: string): string
  /** Of those that it began, who are still there. */
  running(): number[]
}

const seenMsMax = 60_000
const pollMs = 50

/** `$dir` is a folder for notes, `$node` the real Node, `$2` is map or reduce. */
export const oddNode = (t: TestContext, script: string): OddNode => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-node-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const path = join(dir, 'node')
  writeFileSync(path, `#!/bin/sh\ndir='${dir}'\nnode='${process.execPath}'\n${script}\nexec "$node" "$@"\n`)
  chmodSync(path, 0o755)
  const has = (name: string) => existsSync(join(dir, name))
  return {
    path,
    has,
    make: name => writeFileSync(join(dir, name), ''),
    text: name => readFileSync(join(dir, name), 'utf8'),
    running: () => processesOf(path),
    async seen(name) {
      for (const since = performance.now(); !has(name); await wait(pollMs)) {
        if (performance.now() - since > seenMsMax) throw new Error(`no task made "${name}"`)
      }
    },
  }
}

const commandOf = (pid: string) => {
  try {
    return `${readFileSync(`/proc/${pid}/cmdline`)}\0${readlinkSync(`/proc/${pid}/exe`)}`
  } catch {
    return ''
  }
}

const processesOf = (path: string): number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && commandOf(name).includes(path))
    .map(Number)

/** Of each kind the first task is killed in the middle: it has read some of its input, and waits for more. */
export const killedOnce = `
if mkdir "$dir/killed-$2" 2>/dev/null; then
  { head -c 20000; sleep 3; } <&0 | "$node" "$@" &
  sleep 0.5
  kill -9 $!
  exit 137
fi`

/** Tasks of this kind wait until they may go on. */
export const waiting = (kind: 'map' | 'reduce') => `
if [ "$2" = ${kind} ]; then
  : > "$dir/waits"
  until [ -e "$dir/go" ]; do sleep 0.1; done
fi`

export const broken = `
echo 'textstream: it is "broken" on purpose' >&2
exit 1`

/** Notes the most memory that each kind of task took, in KiB. */
export const measuring = `
exec /usr/bin/time -f %M -o "$dir/kib-$2" "$node" "$@"`
