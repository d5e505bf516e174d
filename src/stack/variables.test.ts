import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Part } from './part.ts'
import { placeOf } from './place.ts'
import { type Placed, variablesFor } from './variables.ts'

const placed = (part: Partial<Part> & { name: string }): Placed => ({
  part: { is: '', needs: [], ports: {}, memoryMiB: 1, daemons: [], ...part },
  place: placeOf({ state: '/state' }, part.name),
  ports: part.ports ?? {},
  fetched: { lib: `/jars/${part.name}` },
})

const files = placed({ name: 'files', ports: { http: 80 } })
const tables = placed({
  name: 'tables',
  needs: ['files'],
  variables: needs => ({ where: needs.includes('files') ? 'http://127.0.0.1:{{files.ports.http}}' : '{{lib}}' }),
})
const shop = placed({ name: 'shop', needs: ['tables'], variables: () => ({ goods: '{{tables.where}}/goods' }) })

test('a part’s own variables name those of the parts that it needs, which may have their own', () => {
  assert.equal(variablesFor(tables, [files]).where, 'http://127.0.0.1:80')
  const variables = variablesFor(shop, [files, tables])
  assert.deepEqual([variables['tables.where'], variables.goods], ['http://127.0.0.1:80', 'http://127.0.0.1:80/goods'])
})

test('they follow what the part works with this time', () => {
  const alone = { ...tables, part: { ...tables.part, needs: [] } }
  assert.equal(variablesFor(alone, []).where, '/jars/tables')
})

test('a variable that nobody has is refused', () => {
  assert.throws(() => variablesFor(tables, []), { code: 'stack/template', message: /files\.ports\.http/ })
})
