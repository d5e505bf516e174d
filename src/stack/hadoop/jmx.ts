import { getText } from '../http.ts'
import { loopback } from '../port.ts'

export type Bean = Readonly<Record<string, unknown>>

export const getJson = async (port: number, path: string, signal: AbortSignal): Promise<Record<string, unknown>> =>
  JSON.parse(await getText(`http://${loopback}:${port}${path}`, signal))

/** What a daemon says of itself under this name; nothing while it has not registered it. */
export const bean = async (port: number, name: string, signal: AbortSignal): Promise<Bean> => {
  const { beans } = await getJson(port, `/jmx?qry=Hadoop:${name}`, signal)
  return (beans as Bean[])[0] ?? {}
}
