import { type Declared, declared, type Sample } from './declare.ts'

/** One metric with its samples, as data: it can go from thread to thread. */
export interface Said extends Pick<Declared, 'kind' | 'name' | 'help'> {
  readonly samples: readonly Sample[]
}

/** One that fails, or takes too long, is left out: the others are worth having. */
const saidOf = async ({ kind, name, help, samples }: Declared, msMax: number): Promise<Said> => {
  const late = Promise.withResolvers<Iterable<Sample>>()
  const timer = setTimeout(late.resolve, msMax, [])
  try {
    return { kind, name, help, samples: [...(await Promise.race([samples(), late.promise]))] }
  } catch {
    return { kind, name, help, samples: [] }
  } finally {
    clearTimeout(timer)
  }
}

/** What the rooms of this thread say. */
export const saidHere = (msMax: number): Promise<Said[]> => Promise.all(declared().map(one => saidOf(one, msMax)))

const keyOf = ({ suffix, labels }: Sample) => `${suffix ?? ''}${JSON.stringify(labels)}`

const added = (samples: readonly Sample[]): Sample[] => {
  const sums = new Map<string, Sample>()
  for (const sample of samples) {
    const before = sums.get(keyOf(sample))
    sums.set(keyOf(sample), before === undefined ? sample : { ...sample, value: before.value + sample.value })
  }
  return [...sums.values()]
}

/** What several threads say of the same is one. */
export const joined = (said: readonly Said[]): Said[] =>
  [...Map.groupBy(said, ({ name }) => name).values()].map(same =>
    same.length === 1 ? same[0] : { ...same[0], samples: added(same.flatMap(({ samples }) => samples)) },
  )
