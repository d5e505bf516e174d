import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { end, identify, isAlive, isPaused } from './process.ts'

/** Leads its own group, says when it is ready. */
const running = async (script: string) => {
  const child = spawn('/bin/sh', ['-c', `${script.replace('READY', 'echo ready')}`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [said] = await once(child.stdout, 'data')
  const identity = (await identify(child.pid!))!
  const stop = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {} // it is gone already
  }
  return { identity, said: String(said), [Symbol.dispose]: stop }
}

test('a process that ends when it is told to is terminated', async () => {
  using child = await running('READY; exec sleep 60')
  assert.equal(await end(child.identity, 5_000), 'terminated')
  assert.equal(await isAlive(child.identity), false)
})

test('a process that does not listen is killed after the time that it has', async () => {
  using child = await running(`trap '' TERM; READY; while :; do sleep 0.1; done`)
  assert.equal(await end(child.identity, 200), 'killed')
  assert.equal(await isAlive(child.identity), false)
})

test('a process can be asked in another way', async () => {
  using child = await running(`trap '' TERM; trap 'exit 0' INT; READY; while :; do sleep 0.1; done`)
  assert.equal(await end(child.identity, 5_000, 'SIGINT'), 'terminated')
})

test('a paused process is told, too', async () => {
  using child = await running('READY; exec sleep 60')
  process.kill(child.identity.pid, 'SIGSTOP')
  while (!(await isPaused(child.identity))) await sleep(5)
  assert.equal(await end(child.identity, 5_000), 'terminated')
})

test('what the process started ends with it', async () => {
  using child = await running('sleep 60 & echo $!; wait')
  const grandchild = (await identify(Number(child.said)))!
  await end(child.identity, 5_000)
  while (await isAlive(grandchild)) await sleep(5)
})

test('a process that only has the same number is left alone', async () => {
  using child = await running('READY; exec sleep 60')
  const earlier = { ...child.identity, start: '1 of another boot' }
  assert.equal(await end(earlier, 5_000), 'gone before')
  assert.equal(await isAlive(child.identity), true)
})

test('a process that is gone was gone before', async () => {
  using child = await running('READY; exec sleep 60')
  process.kill(child.identity.pid, 'SIGKILL')
  while (await isAlive(child.identity)) await sleep(5)
  assert.equal(await end(child.identity, 5_000), 'gone before')
})

test('a process that leads no group is ended alone', async () => {
  using parent = await running('sleep 60 & echo $!; while :; do sleep 0.1; done')
  const child = (await identify(Number(parent.said)))!
  assert.equal(await end(child, 5_000), 'terminated')
  assert.equal(await isAlive(parent.identity), true)
})
