import { StreamError } from '../std/error.ts'

/** The path of the jar with our input format, partitioner and output format, for `-libjars`. */
export const streamingJar = async (environment: NodeJS.ProcessEnv = process.env): Promise<string> => {
  const jar = environment.TEXTSTREAM_HADOOP_JAR
  if (jar !== undefined && jar !== '') return jar
  throw new StreamError('stack/jars', 'build the jar for Hadoop: not there yet; set TEXTSTREAM_HADOOP_JAR')
}
