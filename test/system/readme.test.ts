import { test } from 'node:test'
import { freePort, runPage } from './pages.ts'

test('the README says what works: its marked blocks run, in order, in an empty folder', async t => {
  const [source, page] = [await freePort(), await freePort()]
  await runPage(t, 'README.md', 6, shell => shell.replaceAll('8000', String(source)).replaceAll('4000', String(page)))
})
