import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from './template.ts'

const path = '/home/ü & <b>/"x"\\y'

const written: Record<string, [file: string, text: string]> = {
  'as it is on a command line': ['the declaration', path],
  'as it is in a shell script': ['a.sh', path],
  'with entities in XML': ['core-site.xml', '/home/ü &amp; &lt;b&gt;/&quot;x&quot;\\y'],
  'with escapes in properties, which Java reads as Latin-1': ['a.properties', '/home/\\u00fc & <b>/"x"\\\\y'],
}

for (const [how, [file, text]] of Object.entries(written)) {
  test(`a value is written ${how}`, () => {
    assert.equal(render('{{data}}|{{ports.a}}|{{data}}', { data: path, 'ports.a': '1' }, file), `${text}|1|${text}`)
  })
}

test('a value that looks like a variable, or like a replacement pattern, stays as it is', () => {
  assert.equal(render('{{a}}', { a: '{{b}} $& $1' }, 'x'), '{{b}} $& $1')
})

test('what other programs take for variables is left to them', () => {
  const text = '$' + '{data} {data} {{ data }} %d'
  assert.equal(render(text, { data: 'x' }, 'x'), text)
})

test('an unknown variable is refused, with where it stands and what there is', () => {
  assert.throws(() => render('{{toString}}', { conf: 'x', data: 'y' }, 'conf/a.xml'), {
    code: 'stack/template',
    message: '"conf/a.xml" names the variable "{{toString}}"; there are conf, data',
  })
})
