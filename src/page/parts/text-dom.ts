import { runsOf } from '../model/visible.ts'

/** What a block shows, to tell what is new. */
const shownText = new WeakMap<HTMLElement, string>()

const nodeOf = ({ text, picture }: { text: string; picture?: string }): Node => {
  if (picture === undefined) return document.createTextNode(text)
  const mark = document.createElement('span')
  mark.className = 'hidden-character'
  mark.dataset.picture = picture
  mark.textContent = text
  return mark
}

const extend = (element: HTMLElement, more: string) => {
  for (const run of runsOf(more)) {
    const last = element.lastChild
    if (run.picture === undefined && last instanceof Text) last.appendData(run.text)
    else element.append(nodeOf(run))
  }
}

/** Makes a block show a text, as text, whatever it holds. Its `textContent` is exactly the text. */
export const showText = (element: HTMLElement, text: string): void => {
  const shown = shownText.get(element)
  if (shown === text) return
  shownText.set(element, text)
  const isMore = shown !== undefined && text.startsWith(shown) && !shown.endsWith('\r') && shown !== ''
  if (isMore) extend(element, text.slice(shown.length))
  else element.replaceChildren(...runsOf(text).map(nodeOf))
}

export const blockElement = (node: Node): HTMLElement | null => {
  const element = node instanceof Element ? node : node.parentElement
  return element?.closest<HTMLElement>('.text-block') ?? null
}

/** The stretch of a block's text from one unit to another, if there is one. */
export const rangesIn = (element: HTMLElement, from: number, to: number): Range[] => {
  const range = document.createRange()
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  let at = 0
  let hasStart = false
  for (let node = walker.nextNode() as Text | null; node !== null && at < to; node = walker.nextNode() as Text | null) {
    const end = at + node.length
    if (!hasStart && end > from) {
      range.setStart(node, Math.max(0, from - at))
      hasStart = true
    }
    if (hasStart) range.setEnd(node, Math.min(node.length, to - at))
    at = end
  }
  return hasStart && !range.collapsed ? [range] : []
}
