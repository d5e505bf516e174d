import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldersFrom } from './folders.ts'

const found: Record<string, [environment: NodeJS.ProcessEnv, state: string, cache: string]> = {
  'in the home': [{ HOME: '/h' }, '/h/.local/state/textstream/stack', '/h/.cache/textstream/jars'],
  'where XDG says': [
    { HOME: '/h', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/c' },
    '/s/textstream/stack',
    '/c/textstream/jars',
  ],
  'where we are told': [
    { HOME: '/h', XDG_STATE_HOME: '/s', TEXTSTREAM_STATE: '/t', TEXTSTREAM_CACHE: '/u' },
    '/t/stack',
    '/u/jars',
  ],
  'in the home if a variable is empty': [
    { HOME: '/h', XDG_STATE_HOME: '', TEXTSTREAM_CACHE: '' },
    '/h/.local/state/textstream/stack',
    '/h/.cache/textstream/jars',
  ],
}

for (const [where, [environment, state, cache]] of Object.entries(found)) {
  test(`things are kept ${where}`, () => assert.deepEqual(foldersFrom(environment), { state, cache }))
}

for (const character of [':', ',', ';', '\n', '{']) {
  test(`a folder with ${JSON.stringify(character)} in its path is refused, as it would break a class path or a list`, () => {
    const environment = { HOME: '/h', TEXTSTREAM_STATE: `/a${character}b` }
    assert.throws(() => foldersFrom(environment), { code: 'stack/usage', message: /set TEXTSTREAM_STATE to another/ })
  })
}
