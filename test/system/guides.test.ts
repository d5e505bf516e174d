import { test } from 'node:test'
import { freePort, runPage } from './pages.ts'

test('the tutorial says what works: its marked blocks run, in order, in an empty folder', async t => {
  const port = await freePort()
  await runPage(t, 'docs/tutorial.md', 4, shell => shell.replaceAll('4000', String(port)))
})

test('the how-tos say what works', async t => {
  const port = await freePort()
  await runPage(t, 'docs/how-to.md', 5, shell => shell.replaceAll('4000', String(port)))
})
