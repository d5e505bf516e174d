import { helpIsOpen } from './help.tsx'
import { rate } from './model/numbers.ts'
import { linkTo, titles, views } from './model/route.ts'
import { flowed, health, healthFault, lanes, listening, nextTheme, route, theme } from './state.ts'

const themeSigns = { system: '◐', light: '○', dark: '●' }

const spoken = { connecting: 'connecting', open: 'live', lost: 'connection lost, trying again' }

/** How it goes, in one place that is always seen. */
const Pulse = () => {
  const isWell = healthFault.value === undefined && health.value?.status !== 'failing'
  const state = listening.value === 'open' && !isWell ? 'failing' : listening.value
  return (
    <a class={`pulse pulse-${state}`} href={linkTo('health')} title="Health">
      <i aria-hidden="true" />
      <span class="pulse-word" role="status">
        {state === 'failing' ? 'not well' : spoken[state]}
      </span>
      <PulseRate />
    </a>
  )
}

const PulseRate = () => {
  void flowed.value
  return <span class="pulse-rate">{rate(lanes.charactersPerSecond)} chars/s</span>
}

export const Bar = () => (
  <header class="bar">
    <a class="brand" href={linkTo('now')} aria-label="textstream, now">
      <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
        <rect width="32" height="32" rx="7" />
        <path d="M7 10h18M7 16h12M7 22h7" />
        <path class="caret" d="M19.500 19.500v5" />
      </svg>
      <span>textstream</span>
    </a>
    <nav aria-label="Views">
      {views.map((view, i) => (
        <a
          key={view}
          href={linkTo(view)}
          aria-current={route.value.view === view ? 'page' : undefined}
          aria-keyshortcuts={String(i + 1)}
        >
          {titles[view]}
        </a>
      ))}
    </nav>
    <Pulse />
    <button type="button" class="quiet" onClick={nextTheme} aria-label={`Colours: ${theme.value}`} title="Colours (t)">
      {themeSigns[theme.value]}
    </button>
    <button
      type="button"
      class="quiet"
      aria-label="Keyboard shortcuts"
      title="Keyboard shortcuts (?)"
      onClick={() => {
        helpIsOpen.value = true
      }}
    >
      ?
    </button>
  </header>
)
