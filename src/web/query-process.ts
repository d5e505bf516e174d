import { openHivePlace, openWarehouse } from '../pipeline.ts'
import { reasonOf, StreamError } from '../std/error.ts'
import { folderView } from './folder-view.ts'
import type { Queried } from './gate.ts'
import type { Asked, Place, Said } from './query.ts'
import { answerOf } from './query-answer.ts'

const open = async (place: Place): Promise<Queried> =>
  'dir' in place ? folderView(place.dir, await openWarehouse(place.dir)) : openHivePlace(place)

const say = (said: Said) => process.send!(said)

const answer = async ({ place, request }: Asked): Promise<Said> => {
  try {
    return { answer: await answerOf(await open(place), request) }
  } catch (thrown) {
    const code = thrown instanceof StreamError ? thrown.code : 'web/query'
    return { failed: { code, message: reasonOf(thrown) } }
  }
}

process.once('message', async (asked: Asked) => say(await answer(asked)))
/** Whoever asked is gone, and a statement may not heed a gentler way to be ended. */
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
