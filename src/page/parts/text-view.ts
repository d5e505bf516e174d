import { Heights } from '../model/heights.ts'
import type { TextBlocks } from '../model/text-blocks.ts'
import { blockElement, rangesIn, showText } from './text-dom.ts'

/** Browsers draw no element much higher than 33 million pixels; beyond this, the scroll bar is a scaled one. */
const heightMax = 16_000_000
/** Guessed heights become measured ones while drawing; each round guesses better. */
const roundsMax = 4
/** Closer to its end than this, a text that grows is followed. */
const followPixels = 48
const fallbackLinePixels = 24
const fallbackLineUnits = 80

interface Window {
  readonly first: number
  readonly last: number
}

/**
 * Draws the part of a text that can be seen, and the screens before and behind it. Knows the rest by its height, which is
 * guessed until it is drawn.
 */
export class TextView {
  readonly #scroller: HTMLElement
  readonly #spacer: HTMLElement
  readonly #content: HTMLElement
  readonly #drawn = new Map<number, HTMLElement>()
  /** Of the text before; they stay until there is something in their place. */
  #outdated: HTMLElement[] = []
  readonly #watch: ResizeObserver
  readonly #onDraw: () => void
  #blocks: TextBlocks
  #heights = new Heights()
  #end = 0
  #width = 0
  #frame = 0
  #line = { pixels: fallbackLinePixels, units: fallbackLineUnits }
  isFollowing = false
  /** A reader who scrolls to the end of a text that grows stays there. */
  mayFollow = false

  constructor(scroller: HTMLElement, blocks: TextBlocks, onDraw: () => void) {
    this.#scroller = scroller
    this.#blocks = blocks
    this.#onDraw = onDraw
    this.#spacer = document.createElement('div')
    this.#content = document.createElement('div')
    this.#spacer.className = 'text-spacer'
    this.#content.className = 'text-content'
    this.#spacer.append(this.#content)
    scroller.append(this.#spacer)
    scroller.addEventListener('scroll', this.#onScroll, { passive: true })
    this.#watch = new ResizeObserver(() => this.#resized())
    this.#watch.observe(scroller)
  }

  /** Shows the text up to a unit, of these or of other blocks. */
  show(blocks: TextBlocks, end: number): void {
    if (blocks !== this.#blocks) this.anew(blocks)
    this.#end = Math.min(end, blocks.units)
    this.redraw()
  }

  /** What was drawn is no more: the text is another one. */
  anew(blocks: TextBlocks): void {
    this.#blocks = blocks
    this.#heights = new Heights()
    this.#outdated.push(...this.#drawn.values())
    this.#drawn.clear()
    this.redraw()
  }

  redraw(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#draw()
    })
  }

  follow(): void {
    this.isFollowing = true
    this.redraw()
  }

  get isAtEnd(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller
    return scrollHeight - scrollTop - clientHeight < followPixels
  }

  /** Scrolls so that a unit stands in the upper third, unless it is seen already. */
  reveal(unit: number): void {
    const block = this.#blocks.blockAt(unit)
    if (block < 0) return
    const [range] = this.ranges(unit, unit + 1)
    const frame = this.#scroller.getBoundingClientRect()
    const seen = range?.getBoundingClientRect()
    if (seen && seen.top >= frame.top && seen.bottom <= frame.bottom) return
    this.isFollowing = false
    const within = seen ? seen.top - frame.top + this.#virtualTop() : this.#heights.top(block)
    this.#scroller.scrollTop = (within - frame.height / 3) / this.#scale()
    this.redraw()
  }

  /** The unit of the text at a point of the window. */
  unitAt(x: number, y: number): number | undefined {
    const position = document.caretPositionFromPoint(x, y)
    const element = position && blockElement(position.offsetNode)
    if (!position || !element || !this.#content.contains(element)) return undefined
    const range = document.createRange()
    range.setStart(element, 0)
    range.setEnd(position.offsetNode, position.offset)
    return Number(element.dataset.unit) + range.toString().length
  }

  /** The drawn part of a stretch of the text. */
  ranges(from: number, to: number): Range[] {
    return [...this.#drawn].flatMap(([block, element]) => {
      const start = this.#blocks.starts[block]
      if (to <= start || from >= start + this.#blocks.texts[block].length) return []
      return rangesIn(element, from - start, to - start)
    })
  }

  /** The units that are drawn. */
  get extent(): { readonly from: number; readonly to: number } {
    const shown = [...this.#drawn.keys()].sort((a, b) => a - b)
    if (shown.length === 0) return { from: 0, to: 0 }
    const last = shown.at(-1)!
    return { from: this.#blocks.starts[shown[0]], to: this.#blocks.starts[last] + this.#blocks.texts[last].length }
  }

  [Symbol.dispose](): void {
    cancelAnimationFrame(this.#frame)
    this.#watch.disconnect()
    this.#scroller.removeEventListener('scroll', this.#onScroll)
    this.#spacer.remove()
  }

  #count(): number {
    return this.#end === 0 ? 0 : this.#blocks.blockAt(this.#end - 1) + 1
  }

  #scale(): number {
    return Math.max(1, this.#heights.top(this.#heights.count) / heightMax)
  }

  #virtualTop(): number {
    return this.#scroller.scrollTop * this.#scale()
  }

  #onScroll = () => {
    this.isFollowing = this.mayFollow && this.isAtEnd
    this.redraw()
  }

  #resized() {
    const width = this.#scroller.clientWidth
    if (width !== this.#width) this.#heights = new Heights()
    this.#width = width
    this.redraw()
  }

  #guess(count: number) {
    this.#heights.truncate(count)
    for (let block = this.#heights.count; block < count; block++) {
      const text = this.#blocks.texts[block]
      let lines = text.length / this.#line.units
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
      this.#heights.set(block, Math.max(1, Math.ceil(lines)) * this.#line.pixels)
    }
  }

  #window(count: number): Window {
    const screen = this.#scroller.clientHeight
    const top = this.#virtualTop()
    return { first: this.#heights.at(top - screen, count), last: this.#heights.at(top + 2 * screen, count) }
  }

  #draw() {
    const count = this.#count()
    this.#guess(count)
    for (let round = 0; round < roundsMax; round++) {
      const total = this.#heights.top(count)
      this.#spacer.style.height = `${Math.min(total, heightMax)}px`
      if (this.isFollowing) this.#scroller.scrollTop = this.#scroller.scrollHeight
      const window = count === 0 ? { first: 0, last: -1 } : this.#window(count)
      this.#fill(window)
      const top = count === 0 ? 0 : this.#heights.top(window.first)
      this.#content.style.transform = `translateY(${this.#scroller.scrollTop + top - this.#virtualTop()}px)`
      if (!this.#measure()) break
    }
    this.#scroller.dataset.drawn = String(this.#end)
    this.#onDraw()
  }

  #fill({ first, last }: Window) {
    for (const element of this.#outdated) element.remove()
    this.#outdated = []
    for (const [block, element] of this.#drawn) {
      if (block >= first && block <= last) continue
      element.remove()
      this.#drawn.delete(block)
    }
    let before: Element | null = null
    for (let block = first; block <= last; block++) {
      const element = this.#drawn.get(block) ?? this.#newBlock(block)
      showText(element, this.#blocks.textUntil(block, this.#end))
      if (element.parentNode !== this.#content || element.previousElementSibling !== before) {
        if (before === null) this.#content.prepend(element)
        else before.after(element)
      }
      before = element
    }
  }

  #newBlock(block: number): HTMLElement {
    const element = document.createElement('div')
    element.className = 'text-block'
    element.dataset.unit = String(this.#blocks.starts[block])
    this.#drawn.set(block, element)
    return element
  }

  /** True if a guess was wrong. What stands before the reader's line moves it along. */
  #measure(): boolean {
    const top = this.#virtualTop()
    let moved = 0
    let isNew = false
    for (const [block, element] of this.#drawn) {
      const height = element.getBoundingClientRect().height
      const guessed = this.#heights.height(block)
      if (Math.abs(height - guessed) < 0.5) continue
      isNew = true
      if (this.#heights.top(block) + guessed <= top) moved += height - guessed
      this.#heights.set(block, height)
    }
    if (moved !== 0 && !this.isFollowing) this.#scroller.scrollTop += moved / this.#scale()
    if (isNew) this.#learn()
    return isNew
  }

  /** What lines are like here makes later guesses better. */
  #learn() {
    const [block, element] = this.#drawn.entries().next().value ?? []
    if (block === undefined || element === undefined) return
    const { fontSize, lineHeight } = getComputedStyle(element)
    const pixels = Number.parseFloat(lineHeight)
    if (!(pixels > 0)) return
    this.#line = { pixels, units: Math.max(10, element.clientWidth / (Number.parseFloat(fontSize) * 0.47)) }
  }
}
