import type { ComponentChildren } from 'preact'

/** One number that matters, with its name below. */
export const Figure = ({ is, of, tone }: { is: ComponentChildren; of: string; tone?: 'bad' | 'warn' | 'good' }) => (
  <div class={`figure ${tone ?? ''}`}>
    <dt>{of}</dt>
    <dd>{is}</dd>
  </div>
)

export const Figures = ({ label, children }: { label: string; children: ComponentChildren }) => (
  <dl class="figures" aria-label={label}>
    {children}
  </dl>
)

/** A state as a word; the colour only says it again. */
export const State = ({ is }: { is: string }) => <span class={`state state-${is}`}>{is}</span>

export const Empty = ({ title, children }: { title: string; children?: ComponentChildren }) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children}
  </div>
)

export const Fault = ({ of }: { of: string | undefined }) =>
  of === undefined ? null : (
    <p class="fault" role="alert">
      {of}
    </p>
  )
