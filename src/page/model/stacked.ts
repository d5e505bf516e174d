/** Series laid upon one another: the sum of each and all before it, point by point. */
export const stacked = (series: readonly (readonly number[])[]): number[][] => {
  let below: readonly number[] = []
  return series.map(values => {
    const sums = values.map((value, i) => value + (below[i] ?? 0))
    below = sums
    return sums
  })
}
