import { readFile } from 'node:fs/promises'
import { type Cost, measured, type Program } from './measure.ts'

const jiffiesPerSecond = 100

/** What all processes of the machine have spent since it started: of work that goes on in servers, nothing else tells. */
const machineCpuSeconds = async (): Promise<number> => {
  const [user, nice, system, , , irq, softirq] = (await readFile('/proc/stat', 'utf8'))
    .split('\n')[0]
    .split(/ +/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq) / jiffiesPerSecond
}

/** A program's cost, and what the whole machine spent meanwhile. */
export interface MachineCost extends Cost {
  readonly machineCpuSeconds: number
}

export const measuredOnMachine = async (program: Program): Promise<MachineCost> => {
  const before = await machineCpuSeconds()
  const cost = await measured(program)
  return { ...cost, machineCpuSeconds: (await machineCpuSeconds()) - before }
}
