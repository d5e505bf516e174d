import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJobconf } from './jobconf.ts'

test('settings are names and values; of two for one name the later one counts', () => {
  const { settings, reducers } = parseJobconf(['a.b=1', 'c=x=y, z ', 'a.b=', 'mapreduce.job.reduces=7'])
  assert.deepEqual(settings, [
    ['a.b', ''],
    ['c', 'x=y, z '],
  ])
  assert.equal(reducers, 7)
})

const refused: readonly (readonly [string, RegExp])[] = [
  ['a', /write it as name=value/],
  ['=1', /write it as name=value/],
  ['-D a=1', /write it as name=value/],
  ['a b=1', /write it as name=value/],
  ['a=1\n2', /one line/],
  ['mapreduce.job.reduces=0', /from 1 to 99999/],
  ['stream.map.input=text', /need it as it is/],
  ['mapreduce.job.output.key.comparator.class=x', /need it as it is/],
  ['mapreduce.output.fileoutputformat.outputdir=/', /need it as it is/],
  ['textstream.inputs=/etc/passwd', /need it as it is/],
]

for (const [text, says] of refused) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseJobconf([text]), { code: 'refresh/usage', message: says })
  })
}
