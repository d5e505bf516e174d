/** The first model is fitted on the first rows that have text, further ones at so many rows in all, … */
const earlyFitRows = [1_000, 20_000]
/** … and then each time that so many more have come. */
const steadyFitRows = 2 ** 20

/** At how many rows the next model is fitted, once there are `rows`. */
export const nextFitAfter = (rows: number): number =>
  earlyFitRows.find(at => at > rows) ?? (Math.floor(rows / steadyFitRows) + 1) * steadyFitRows
