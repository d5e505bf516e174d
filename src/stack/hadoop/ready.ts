import type { Ports } from '../part.ts'
import { bean, getJson } from './jmx.ts'

const refuse = (why: string): never => {
  throw new Error(why)
}

/** The name space is loaded; whether it can be written is the DataNode's matter. */
export const nameNode = async (ports: Ports, signal: AbortSignal): Promise<void> => {
  const { State } = await bean(ports['namenode-http'], 'service=NameNode,name=NameNodeStatus', signal)
  if (State !== 'active') refuse(`it is ${State ?? 'not yet loaded'}`)
}

/** It has told the NameNode all its blocks, and files can be written. */
export const dataNode = async (ports: Ports, signal: AbortSignal): Promise<void> => {
  const { BPServiceActorInfo = '[]' } = await bean(ports['datanode-http'], 'service=DataNode,name=DataNodeInfo', signal)
  const actors: { ActorState?: string }[] = JSON.parse(String(BPServiceActorInfo))
  if (!actors.some(({ ActorState }) => ActorState === 'RUNNING')) refuse('the NameNode does not know it yet')
  const { Safemode = '' } = await bean(ports['namenode-http'], 'service=NameNode,name=NameNodeInfo', signal)
  if (Safemode !== '') refuse(`HDFS cannot be written: ${Safemode}`)
}

export const resourceManager = async (ports: Ports, signal: AbortSignal): Promise<void> => {
  const { clusterInfo } = await getJson(ports['resourcemanager-http'], '/ws/v1/cluster/info', signal)
  const { state } = clusterInfo as { state?: string }
  if (state !== 'STARTED') refuse(`it is ${state}`)
}

interface YarnNode {
  readonly id?: string
  readonly nodeHealthy?: boolean
  readonly healthReport?: string
  readonly nmStartupTime?: number
}

interface KnownNode {
  readonly id: string
  readonly lastHealthUpdate: number
}

/** It finds itself fit, and the ResourceManager gives it work. */
export const nodeManager = async (ports: Ports, signal: AbortSignal): Promise<void> => {
  const own = await getJson(ports['nodemanager-http'], '/ws/v1/node/info', signal)
  const { id, nodeHealthy, healthReport, nmStartupTime = 0 } = own.nodeInfo as YarnNode
  if (nodeHealthy !== true) refuse(`it takes no work: ${healthReport}`)
  const running = await getJson(ports['resourcemanager-http'], '/ws/v1/cluster/nodes?states=RUNNING', signal)
  const known = (running.nodes as { node?: KnownNode[] } | null)?.node ?? []
  // The one before it, on the same port, is known too until the ResourceManager hears of this one.
  const isThis = (node: KnownNode) => node.id === id && node.lastHealthUpdate >= nmStartupTime
  if (!known.some(isThis)) refuse('the ResourceManager does not know it yet')
}

export const history = async (ports: Ports, signal: AbortSignal): Promise<void> => {
  const { historyInfo } = await getJson(ports['history-http'], '/ws/v1/history/info', signal)
  if (historyInfo === undefined) refuse('it does not say what it is')
}
