/** Inverse document frequency as Spark's IDF has it: of a term that occurs in `df` of `m` documents. */
export const idf = (m: number, df: number): number => Math.log((m + 1) / (df + 1))
