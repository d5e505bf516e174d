/** The first model is fitted after so many windows, further ones whenever their number has doubled … */
export const firstFitWindows = 256
/** … up to this many, and then each time that so many more have come. */
export const steadyFitWindows = 2 ** 20

/** At how many windows the next model is fitted, once there have been `windows`. */
export const nextFitAfter = (windows: number): number => {
  if (windows >= steadyFitWindows) return (Math.floor(windows / steadyFitWindows) + 1) * steadyFitWindows
  let next = firstFitWindows
  while (next <= windows) next *= 2
  return next
}
