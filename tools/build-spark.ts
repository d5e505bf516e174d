/**
 * Spark's own .proto files → src/wire/spark-connect/gen/, what the Spark Connect client is made of. `npm run build:spark`
 * fetches the one jar that holds them (installations/spark-proto), once, and needs Maven for that.
 */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { foldersFrom } from '../src/stack/folders.ts'
import { jarsOf } from '../src/stack/jars.ts'
import { placeOf } from '../src/stack/place.ts'
import { StreamError } from '../src/std/error.ts'
import { descriptorsOf } from './build-spark-descriptors.ts'
import { filesIn } from './build-spark-jar.ts'

/** The protocol, and what its errors carry; with them, all that they import. */
const wanted = ['spark/connect/base.proto', 'google/rpc/error_details.proto']
const generator = '@bufbuild/protoc-gen-es'
/** No `.ts`: it would hold enums, which Node does not strip. */
const parameter = 'target=js+dts,import_extension=js'
const gen = join(import.meta.dirname, '../src/wire/spark-connect/gen')

const tell = (line: string) => process.stderr.write(`build:spark: ${line}\n`)

const protosIn = async (): Promise<ReadonlyMap<string, Buffer>> => {
  const folders = foldersFrom(process.env)
  const lib = await jarsOf(placeOf(folders, 'spark-proto'), {
    cache: folders.cache,
    environment: process.env,
    onProgress: (done, total) => tell(`${done} of ${total} jars`),
    onWait: tell,
  })
  const [jar] = readdirSync(lib!).filter(name => name.endsWith('.jar'))
  return filesIn(readFileSync(join(lib!, jar)), name => /^(?:spark\/connect|google\/rpc)\/\w+\.proto$/.test(name))
}

const generate = (files: FileDescriptorProto[]): ReadonlyMap<string, string> => {
  const fileToGenerate = files.map(({ name }) => name).filter(name => !name.startsWith('google/protobuf/'))
  const request = create(CodeGeneratorRequestSchema, { fileToGenerate, parameter, protoFile: files })
  const bin = join(dirname(createRequire(import.meta.url).resolve(`${generator}/package.json`)), 'bin/protoc-gen-es')
  const input = toBinary(CodeGeneratorRequestSchema, request)
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [bin], { input, maxBuffer: 64 * 1024 * 1024 })
  if (error !== undefined || status !== 0) throw error ?? new Error(`${generator} ended with ${status}: ${stderr}`)
  const response = fromBinary(CodeGeneratorResponseSchema, stdout)
  if (response.error !== '') throw new Error(`${generator}: ${response.error}`)
  return new Map(response.file.map(({ name, content }) => [name, content]))
}

/** As a whole, or not at all. */
const publish = (files: ReadonlyMap<string, string>) => {
  mkdirSync(dirname(gen), { recursive: true })
  const fresh = mkdtempSync(`${gen}.`)
  for (const [name, content] of files) {
    mkdirSync(dirname(join(fresh, name)), { recursive: true })
    writeFileSync(join(fresh, name), content)
  }
  if (existsSync(gen)) rmSync(gen, { recursive: true })
  renameSync(fresh, gen)
}

try {
  const protos = await protosIn()
  const files = generate(descriptorsOf(wanted, name => protos.get(name)!.toString()))
  publish(files)
  tell(`${files.size} files in ${gen}`)
} catch (thrown) {
  if (!(thrown instanceof StreamError)) throw thrown
  tell(thrown.message)
  process.exitCode = 1
}
