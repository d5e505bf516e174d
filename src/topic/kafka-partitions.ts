/** Java's murmur2, by which Kafka's own producers choose a partition, so that all agree on where a document lies. */
export const murmur2 = (key: Buffer): number => {
  const mix = 0x5bd1e995
  let hash = 0x9747b28c ^ key.length
  let at = 0
  for (; at + 4 <= key.length; at += 4) {
    let word = Math.imul(key.readInt32LE(at), mix)
    word = Math.imul(word ^ (word >>> 24), mix)
    hash = Math.imul(hash, mix) ^ word
  }
  const rest = key.length - at
  if (rest === 3) hash ^= key[at + 2] << 16
  if (rest >= 2) hash ^= key[at + 1] << 8
  if (rest >= 1) hash = Math.imul(hash ^ key[at], mix)
  hash = Math.imul(hash ^ (hash >>> 13), mix)
  return hash ^ (hash >>> 15)
}

export const partitionOf = (key: Buffer, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions
