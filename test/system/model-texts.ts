import { readFileSync } from 'node:fs'
import { chanceFrom } from '../../src/cluster/chance.ts'

const cases: readonly { readonly text: string }[] = JSON.parse(
  readFileSync(new URL('../cases/classic-features.json', import.meta.url), 'utf8'),
).cases

const characters = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i))

/** All of Unicode up to the emoji, in pieces, each character a word by itself, and in a word with others. */
const planes = (): string[] => {
  const all = [...characters(0, 0xd7ff), ...characters(0xe000, 0x1f9ff)]
  const pieces = Array.from({ length: Math.ceil(all.length / 512) }, (_, i) => all.slice(i * 512, (i + 1) * 512))
  return pieces.flatMap(piece => [piece.join(' '), piece.map(of => `a${of}B`).join(' ')])
}

/** Words that only a capital sigma, or what stands around it, makes special. */
const sigmas = (): string[] => {
  const around = [
    '',
    'A',
    'α',
    '1',
    "'",
    '-',
    '.',
    ',',
    '\u0301',
    '\u00ad',
    '\u0345',
    '😀',
    'あ',
    'ʰ',
    ' ',
    '_',
    'ͅ',
    '中',
  ]
  return around.map(before => around.map(behind => `${before}Σ${behind} x${before}Σ${behind}y`).join('|'))
}

/** What a tokenizer of Java and one of ours could take for different things. */
export const hostileTexts: readonly string[] = [
  ...cases.map(({ text }) => text),
  ...planes(),
  ...sigmas(),
  'İstanbul ISPARTA ıI İİ ΑΣ ΑΣΑ ΟΔΥΣΣΕΥΣ ὈΔΥΣΣΕΎΣ',
  "'; DROP TABLE chunks_clustered; --",
  '\u00a0no\u2003break\u3000spaces\u0085are none\u2028here',
  '\t leading and trailing \r\n',
  '\0\0a\0 \ufeffb',
  'x'.repeat(100_000),
  'word '.repeat(60_000),
]

const vocabulary = (topic: number) => Array.from({ length: 40 }, (_, i) => `topic${topic}word${i}`)

/** Texts about five things, in turn. */
export const stories = (count: number) => {
  const chance = chanceFrom(7)
  const topics = Array.from({ length: count }, (_, at) => at % 5)
  const words = topics.map(topic => {
    const own = vocabulary(topic)
    return Array.from({ length: 60 }, () =>
      chance() < 0.6 ? own[Math.floor(chance() * own.length)] : `common${Math.floor(chance() * 80)}`,
    )
  })
  return { texts: words.map(of => of.join(' ')), topics, story: (at: number) => topics[at] }
}
