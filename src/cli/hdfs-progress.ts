const redrawMs = 200

/** What was copied until now. */
export interface HdfsProgress {
  files: number
  bytes: number
}

export const newHdfsProgress = (): HdfsProgress => ({ files: 0, bytes: 0 })

const line = ({ files, bytes }: HdfsProgress, seconds: number) => {
  const megabytes = bytes / 1e6
  return `${files.toLocaleString('en')} files, ${megabytes.toFixed(0)} MB, ${(megabytes / seconds).toFixed(1)} MB/s`
}

/** A line on a terminal, nothing elsewhere. Ends without a trace. */
export const showHdfsProgress = (progress: HdfsProgress): Disposable => {
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
