import { count, exactTime, seconds } from '../model/numbers.ts'
import type { ChunkFact, Timeline } from '../model/timeline.ts'
import { AgentName, Name } from './name.tsx'

/** Where a chunk began, whose it is, and when it came. */
export const ChunkLine = ({
  chunk,
  timeline,
  isSpoken,
}: {
  chunk: ChunkFact | undefined
  timeline: Timeline | undefined
  isSpoken: boolean
}) => (
  <p class="chunk-line" aria-live={isSpoken ? 'polite' : 'off'}>
    {chunk === undefined || timeline === undefined ? (
      <span class="faint">Point at the text, or press [ and ], to see where a chunk began, who wrote it and when.</span>
    ) : (
      <>
        <b>
          chunk {count(chunk.index + 1)} of {count(timeline.chunks)}
        </b>
        <AgentName of={chunk.agent} />
        <span>{exactTime(chunk.time)}</span>
        {chunk.time !== null && timeline.first !== null && <span>+{seconds((chunk.time - timeline.first) / 1e6)}</span>}
        <span>
          {count(chunk.length)} characters from {count(chunk.start)}
        </span>
        {chunk.seq !== null && <span>seq {count(chunk.seq)}</span>}
        {chunk.answer !== '' && (
          <span class="answer">
            answer <Name of={chunk.answer} />
          </span>
        )}
      </>
    )}
  </p>
)
