import type { ExecutePlanResponse_ExecutionProgress } from './proto.ts'

/** How far an execution is. */
export interface Progress {
  /** Known stages; more may come. */
  readonly stages: readonly Stage[]
  readonly runningTasks: number
}

export interface Stage {
  readonly id: number
  readonly tasks: number
  readonly tasksDone: number
  readonly inputBytes: number
  readonly isDone: boolean
}

type StageInfo = ExecutePlanResponse_ExecutionProgress['stages'][number]

const stageOf = ({ stageId, numTasks, numCompletedTasks, inputBytesRead, done }: StageInfo): Stage => ({
  id: Number(stageId),
  tasks: Number(numTasks),
  tasksDone: Number(numCompletedTasks),
  inputBytes: Number(inputBytesRead),
  isDone: done,
})

export const progressOf = ({ stages, numInflightTasks }: ExecutePlanResponse_ExecutionProgress): Progress => ({
  stages: stages.map(stageOf),
  runningTasks: Number(numInflightTasks),
})
