/**
 * `node cluster-ours.ts CHUNKS.tsv LABELS K SEED text|classic`: what the peers do, by textstream's cluster room: reads all
 * chunks, fits one model, and writes each chunk's cluster. In `text` all chunks with a label are one answer.
 */
import { writeFileSync } from 'node:fs'
import type { Follower, RecipeName, Terms } from '../src/cluster/cluster.ts'
import { embedded } from '../src/cluster/embedded.ts'
import { recipeOf } from '../src/cluster/recipes.ts'
import { priorityOf, Sample } from '../src/cluster/sample.ts'
import { KeptTerms } from './cluster-kept.ts'
import { eachChunk } from './cluster-lines.ts'

const [chunks, labels, k, seed, recipeName] = process.argv.slice(2)
const recipe = recipeOf(recipeName as RecipeName)
const space = Buffer.from(' ')

const sample = new Sample()
const kept = new KeptTerms()
const followers = new Map<number, Follower>()
const terms: Terms = { length: 0, index: new Uint16Array(recipe.dimensions), count: new Uint16Array(recipe.dimensions) }
let windows = 0

const followerOf = (label: number): Follower => {
  const follower = followers.get(label) ?? recipe.follow()
  followers.set(label, follower)
  return follower
}

const offer = (label: number, follower: Follower) => {
  const priority = priorityOf(label, follower.window)
  const number = windows++
  if (!sample.offers(priority)) return
  follower.terms(terms)
  const { length, index, count } = terms
  const place = { destination_uri: `/${label}.md`, seq: number }
  const excerpt = follower.excerpt()
  sample.add({ number, priority, place, index: index.slice(0, length), count: count.slice(0, length), excerpt })
}

/** A chunk belongs to the last window that ended in its answer; one with too little before it has no terms. */
const keep = (follower: Follower) => {
  terms.length = 0
  if (follower.window > 0) follower.terms(terms)
  kept.push(terms)
}

eachChunk(chunks, (label, bytes, from, to) => {
  const follower = followerOf(label)
  const onWindow = () => offer(label, follower)
  follower.add(bytes, from, to, onWindow)
  if (recipe.name === 'text') follower.add(space, 0, 1, onWindow)
  keep(follower)
})

const { model } = await embedded.fit(sample.windows, { recipe, k: Number(k), seed: Number(seed), windows })
const found: string[] = []
for (const window of kept) found.push(`${model.nearest(window)}\n`)
writeFileSync(labels, found.join(''))
