/**
 * Everything that changes with the streams is drawn in one go, and at least as much time as that took is left to what
 * comes in: on a slow machine pictures get fewer, but none of them is old.
 */
const pauseMsMax = 250
/** How much of the last measurement goes into what drawing is expected to take. */
const weight = 0.3

const waiting = new Set<() => void>()
const channel = new MessageChannel()
let isDue = false
let beganMs = 0
let endedMs = 0
let costMs = 0

const run = () => {
  isDue = false
  beganMs = performance.now()
  const all = [...waiting]
  waiting.clear()
  for (const draw of all) draw()
  channel.port2.postMessage(null)
}

/** A message that was sent while drawing is delivered once the frame is painted. */
channel.port1.onmessage = () => {
  endedMs = performance.now()
  costMs += (endedMs - beganMs - costMs) * weight
}

/** The same function once a frame, however often it is asked for. */
export const drawSoon = (draw: () => void): void => {
  waiting.add(draw)
  if (isDue) return
  isDue = true
  const pauseMs = Math.min(pauseMsMax, costMs) - (performance.now() - endedMs)
  if (pauseMs < 4) requestAnimationFrame(run)
  else setTimeout(() => requestAnimationFrame(run), pauseMs)
}

export const drawNever = (draw: () => void): void => {
  waiting.delete(draw)
}
