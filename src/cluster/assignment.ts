const none = -1

interface Duals {
  readonly ofRow: Float64Array
  readonly ofColumn: Float64Array
}

interface Matched {
  readonly columnOf: Int32Array
  readonly rowOf: Int32Array
}

/** The tree of cheapest alternating paths that grows from one row. */
interface Tree {
  readonly distance: Float64Array
  /** The row from which a column is reached. */
  readonly via: Int32Array
  readonly reached: Uint8Array
}

const nearestColumn = ({ distance, reached }: Tree): number => {
  let nearest = none
  for (let column = 0; column < distance.length; column++) {
    if (reached[column] === 0 && (nearest === none || distance[column] < distance[nearest])) nearest = column
  }
  return nearest
}

const relax = (tree: Tree, cost: Float64Array, duals: Duals, row: number, soFar: number) => {
  const columns = tree.distance.length
  const base = soFar - duals.ofRow[row]
  for (let column = 0, at = row * columns; column < columns; column++, at++) {
    const distance = base + cost[at] - duals.ofColumn[column]
    if (tree.reached[column] === 1 || distance >= tree.distance[column]) continue
    tree.distance[column] = distance
    tree.via[column] = row
  }
}

/** Grows the tree until it meets a free column, which it returns. */
const freeColumn = (tree: Tree, cost: Float64Array, duals: Duals, matched: Matched, start: number): number => {
  tree.distance.fill(Number.POSITIVE_INFINITY)
  tree.reached.fill(0)
  for (let row = start, soFar = 0; ; ) {
    relax(tree, cost, duals, row, soFar)
    const column = nearestColumn(tree)
    tree.reached[column] = 1
    if (matched.rowOf[column] === none) return column
    soFar = tree.distance[column]
    row = matched.rowOf[column]
  }
}

const updateDuals = (duals: Duals, tree: Tree, { rowOf }: Matched, start: number, end: number) => {
  const length = tree.distance[end]
  duals.ofRow[start] += length
  for (let column = 0; column < rowOf.length; column++) {
    if (tree.reached[column] === 0 || column === end) continue
    const slack = length - tree.distance[column]
    duals.ofColumn[column] -= slack
    duals.ofRow[rowOf[column]] += slack
  }
}

const augment = (tree: Tree, { columnOf, rowOf }: Matched, start: number, end: number) => {
  for (let column = end; column !== none; ) {
    const row = tree.via[column]
    const next = row === start ? none : columnOf[row]
    rowOf[column] = row
    columnOf[row] = column
    column = next
  }
}

const wide = (cost: Float64Array, rows: number, columns: number): Matched => {
  const duals = { ofRow: new Float64Array(rows), ofColumn: new Float64Array(columns) }
  const matched = { columnOf: new Int32Array(rows).fill(none), rowOf: new Int32Array(columns).fill(none) }
  const tree = {
    distance: new Float64Array(columns),
    via: new Int32Array(columns),
    reached: new Uint8Array(columns),
  }
  for (let row = 0; row < rows; row++) {
    const end = freeColumn(tree, cost, duals, matched, row)
    updateDuals(duals, tree, matched, row, end)
    augment(tree, matched, row, end)
  }
  return matched
}

const transposed = (cost: Float64Array, rows: number, columns: number): Float64Array =>
  Float64Array.from(cost, (_, at) => cost[(at % rows) * columns + Math.floor(at / rows)])

/**
 * The column of each row, so that the costs add up to the least that is possible; −1 for rows that go without, if there
 * are more rows than columns. Costs are finite, row by row. Shortest augmenting paths (Jonker and Volgenant 1987, for
 * rectangles as Crouse 2016): at most min(rows, columns)² × max(rows, columns) steps. What it gives for costs that tie
 * depends on the order of rows and columns alone.
 */
export const assignment = (cost: Float64Array, rows: number, columns: number): Int32Array =>
  rows <= columns ? wide(cost, rows, columns).columnOf : wide(transposed(cost, rows, columns), columns, rows).rowOf
