import type { Topic } from '../topic/topic.ts'

/** Keeps nothing: what a producer that was told of no place writes to. */
export const nowhere: Topic = {
  name: 'nowhere',
  end: async () => ({}),
  read: async function* () {},
  writer: async () => ({
    append: async () => {},
    ready: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }),
}
