import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Identity, isAlive } from '../../src/stack/process.ts'

const pollMs = 20

const reaper = `while kill -0 "$1" 2>/dev/null && [ -d "$2" ]; do sleep 1; done
for file in "$2"/stack/*/run/*.json; do
  pid=$(sed -n 's/.*"pid":\\([0-9]*\\).*/\\1/p' "$file" 2>/dev/null)
  [ -z "$pid" ] || kill -9 -- "-$pid"
done
for file in "$2"/stack/hadoop/data/nodemanager/local/nmPrivate/*/*/*.pid; do
  [ ! -f "$file" ] || kill -9 -- "-$(cat "$file")"
done
rm -rf "$2"`

/** Ends all that a stack in this folder has started, once the test's process or the folder is gone, however that came. */
export const reapAfterwards = (folder: string): void =>
  spawn('/bin/sh', ['-c', reaper, 'reaper', String(process.pid), folder], { detached: true, stdio: 'ignore' }).unref()

/** SIGKILL; resolves once it is gone. */
export const killed = async (daemon: Identity): Promise<void> => {
  process.kill(daemon.pid, 'SIGKILL')
  while (await isAlive(daemon)) await sleep(pollMs)
}
