import assert from 'node:assert/strict'
import { answer, bareEnding, commitOf, ending, keyOf, type Promises, textsOf } from './given.ts'

/** What a writer promises to find again. */
export const lookupContract = (promises: Promises): void => {
  promises('texts are found by answer and number, fresh or rolled; the first of several', async warehouse => {
    await using writer = await warehouse.writer()
    assert.deepEqual(await textsOf(writer, keyOf(0)), [undefined])
    await writer.commit(
      commitOf([...answer(3), ...answer(3, 'other'), { chunk: 'second', offset: 9, seq: 1, response_id: 'r' }]),
    )
    await writer.roll({ all: true })
    await writer.commit(
      commitOf([
        { chunk: 'third', offset: 10, seq: 2, response_id: 'r' },
        { chunk: 'fresh', offset: 11, seq: 3, response_id: 'r' },
        { chunk: 'fresh again', offset: 12, seq: 3, response_id: 'r' },
        { chunk: 'implicit', offset: 13, seq: 4 },
      ]),
    )
    const keys = [keyOf(3), keyOf(1), keyOf(2), keyOf(4), keyOf(0, 'none'), keyOf(1)]
    const texts = ['fresh', 'chunk 1', 'chunk 2', undefined, undefined, 'chunk 1']
    assert.deepEqual(await textsOf(writer, ...keys), texts)
    assert.deepEqual(await textsOf(writer), [])
  })

  promises('endings are found by answer and number', async warehouse => {
    await using writer = await warehouse.writer()
    assert.deepEqual(await writer.endings([keyOf(1)]), [undefined])
    await writer.commit(commitOf([], { endings: [ending(1), bareEnding] }))
    await writer.roll({ all: true })
    await writer.commit(commitOf([], { endings: [ending(2), { ...ending(1), reason: 'error' }] }))
    assert.deepEqual(await writer.endings([keyOf(2), keyOf(1), keyOf(3)]), [ending(2), ending(1), undefined])
  })

  promises('thousands of keys are one question', async warehouse => {
    await using writer = await warehouse.writer()
    await writer.commit(commitOf(answer(5000)))
    const keys = Array.from({ length: 5000 }, (_, seq) => keyOf(4999 - seq))
    assert.deepEqual(
      await textsOf(writer, ...keys),
      keys.map(({ seq }) => `chunk ${seq}`),
    )
  })
}
