import { readFile } from 'node:fs/promises'

const jiffiesPerSecond = 100

/** What all processes of the machine have spent since it started: of work that goes on in servers, nothing else tells. */
export const machineCpuSeconds = async (): Promise<number> => {
  const [user, nice, system, , , irq, softirq] = (await readFile('/proc/stat', 'utf8'))
    .split('\n')[0]
    .split(/ +/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq) / jiffiesPerSecond
}
