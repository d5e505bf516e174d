export interface Size {
  readonly documents: number
  /** Characters per document on average; one has half as many to one and a half times as many. */
  readonly characters: number
  /** Characters per chunk; below `tokenCharactersMax` on average, as tokens vary. */
  readonly chunk: number
}

export const tokenCharactersMax = 64

/** What the goals are measured on. */
export const sizes: Readonly<Record<string, Size>> = {
  S: { documents: 3, characters: 1_000_000, chunk: 1024 },
  M: { documents: 300, characters: 1_150_000, chunk: 1024 },
  L: { documents: 3000, characters: 1_150_000, chunk: 1024 },
  /** 570 MB, for Hadoop. */
  H: { documents: 429, characters: 1_150_000, chunk: 1024 },
  Msmall: { documents: 40, characters: 92_000, chunk: 5 },
  Mmany: { documents: 200_000, characters: 2000, chunk: 1024 },
}
