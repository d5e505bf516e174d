import type { Progress } from '../produce/produce.ts'

const redrawMs = 200
const barCharacters = 24

const bar = ({ texts, textsDone }: Progress) =>
  '#'.repeat(texts === 0 ? 0 : Math.round((textsDone / texts) * barCharacters)).padEnd(barCharacters, '.')

const line = (progress: Progress, seconds: number) => {
  const megabytes = progress.bytes / 1e6
  return `${bar(progress)} ${progress.textsDone}/${progress.texts} texts, ${progress.chunks.toLocaleString('en')} chunks, ${megabytes.toFixed(0)} MB, ${(megabytes / seconds).toFixed(1)} MB/s`
}

/** A bar on a terminal, nothing elsewhere. Ends without a trace. */
export const showProgress = (progress: Progress): Disposable => {
  if (!process.stderr.isTTY) return { [Symbol.dispose]: () => {} }
  const began = performance.now()
  const draw = () => process.stderr.write(`\r${line(progress, (performance.now() - began) / 1000)}\x1b[K`)
  const timer = setInterval(draw, redrawMs)
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      process.stderr.write('\r\x1b[K')
    },
  }
}
