import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageChannel, Worker } from 'node:worker_threads'
import { asked, counter, histogram } from './declare.ts'
import { roomsText } from './text.ts'
import { watchThread } from './thread.ts'

const here = new URL('.', import.meta.url).href

/** Counts the same in a thread, then says so, and, asked to, is busy for a time. */
const script = `
import { workerData, parentPort } from 'node:worker_threads'
import { asked, counter, histogram } from '${here}declare.ts'
import { answerMetrics } from '${here}thread.ts'
counter('textstream_test_thread_total', 'In threads.').add(5)
histogram('textstream_test_thread_seconds', 'In threads.', [1]).observe(2)
asked('gauge', 'textstream_test_thread_only', 'Only there.', 'of').from(() => [['it', 7]])
answerMetrics(workerData)
parentPort.on('message', ms => {
  parentPort.postMessage('busy')
  for (const until = Date.now() + ms; Date.now() < until; );
})
parentPort.postMessage('counted')
`

const linesOf = (text: string) => text.split('\n').filter(line => line.startsWith('textstream_test_thread'))

test('what a thread counts is added to what is counted here, and is gone with the thread', async () => {
  counter('textstream_test_thread_total', 'In threads.').add(2)
  histogram('textstream_test_thread_seconds', 'In threads.', [1]).observe(0.5)
  asked('gauge', 'textstream_test_thread_only', 'Only there.', 'of')
  const { port1, port2 } = new MessageChannel()
  const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`)
  const worker = new Worker(url, { workerData: port2, transferList: [port2] })
  await new Promise(resolve => worker.once('message', resolve))
  const both = [
    'textstream_test_thread_total 7',
    'textstream_test_thread_seconds_bucket{le="1"} 1',
    'textstream_test_thread_seconds_bucket{le="+Inf"} 2',
    'textstream_test_thread_seconds_sum 2.5',
    'textstream_test_thread_seconds_count 2',
    'textstream_test_thread_only{of="it"} 7',
  ]
  {
    using _ = watchThread(port1)
    assert.deepEqual(linesOf(await roomsText()), both)
    const began = performance.now()
    assert.deepEqual((await Promise.all([roomsText(), roomsText()])).map(linesOf), [both, both])
    assert.ok(performance.now() - began < 1_000, 'two who ask at once wait no longer than one')
    worker.postMessage(4_000)
    await new Promise(resolve => worker.once('message', resolve))
    assert.deepEqual(linesOf(await roomsText()), both, 'what a busy thread said last counts')
  }
  assert.equal(linesOf(await roomsText())[0], 'textstream_test_thread_total 2')
  await worker.terminate()
})
