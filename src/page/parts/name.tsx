import { linkToDocument } from '../model/route.ts'
import { visibleLine } from '../model/visible.ts'

/** Words of a stream: an island of its own direction, in one line, with nothing hidden in it. */
export const Name = ({ of, class: named = '' }: { of: string; class?: string }) => (
  <bdi class={`name ${named}`}>{of === '' ? '(none)' : visibleLine(of)}</bdi>
)

export const DocumentLink = ({ uri, at }: { uri: string; at?: number | null }) => (
  <a class="document-link" href={linkToDocument(uri, { at: at === null ? undefined : at?.toString() })}>
    <Name of={uri} />
  </a>
)

const hues = 10

/** One of ten colours, the same for the same name. */
export const hueOf = (name: string): number => {
  let hash = 7
  for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) | 0
  return Math.abs(hash) % hues
}

export const AgentName = ({ of }: { of: string }) => (
  <span class={`agent hue-${hueOf(of)}`}>
    <i class="swatch" aria-hidden="true" />
    <Name of={of} />
  </span>
)
