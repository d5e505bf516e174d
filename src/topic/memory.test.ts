import { memoryTopic } from './memory.ts'
import { topicContract } from './topic.contract.ts'

topicContract('memory', async () => memoryTopic())
