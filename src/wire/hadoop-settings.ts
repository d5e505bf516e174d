import { existsSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { reasonOf, StreamError } from '../std/error.ts'

/** What Hadoop's configuration files say, by name; values with `${…}` expanded. */
export type HadoopSettings = (name: string) => string | undefined

const fileBytesMax = 16 * 1024 * 1024
/** Hadoop's own bound. */
const expansionsMax = 20

interface Property {
  readonly value: string
  readonly isFinal: boolean
}

const usage = (path: string, why: string) => new StreamError('hdfs/usage', `read "${path}": ${why}`)

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

const decoded = (path: string, text: string): string =>
  text.replace(/&(?:#(?<decimal>\d{1,7})|#x(?<hex>[0-9a-f]{1,6})|(?<name>\w+));?/gi, (...found) => {
    const { decimal, hex, name } = found.at(-1) as Record<string, string | undefined>
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
    if (name === undefined && code <= 0x10ffff) return String.fromCodePoint(code)
    if (name !== undefined && Object.hasOwn(entities, name)) return entities[name]
    throw usage(path, `it has the entity "${found[0]}", which is not known here; write the character itself`)
  })

/** Text between tags: CDATA as it stands, all else with its entities. */
const textIn = (path: string, xml: string): string =>
  xml
    .split(/(<!\[CDATA\[.*?\]\]>)/s)
    .map(part => (part.startsWith('<![CDATA[') ? part.slice(9, -3) : decoded(path, part)))
    .join('')

const elementIn = (path: string, body: string, tag: string): string | undefined => {
  const found = new RegExp(`<${tag}\\s*>(?<text>(?:<!\\[CDATA\\[.*?\\]\\]>|[^<])*)</${tag}\\s*>`, 's').exec(body)
  return found === null ? undefined : textIn(path, found.groups!.text)
}

const attributeIn = (path: string, attributes: string, name: string): string | undefined => {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"(?<double>[^"]*)"|'(?<single>[^']*)')`).exec(attributes)?.groups
  return found === undefined ? undefined : decoded(path, found.double ?? found.single ?? '')
}

const property = /<property(?<attributes>\s[^>]*?)?(?:\/>|>(?<body>(?:<!\[CDATA\[.*?\]\]>|.)*?)<\/property\s*>)/gs

const withoutComments = (xml: string) => xml.replace(/<!--.*?-->/gs, '')

const refuseUnknown = (path: string, xml: string) => {
  if (/<(?:\w+:)?include\b/i.test(xml))
    throw usage(path, 'it includes other files (XInclude), which is not known here; write the settings into one file')
  if (/<!ENTITY/i.test(xml)) throw usage(path, 'it defines entities, which are not known here; write the values out')
  if (!/<configuration\b/.test(xml)) throw usage(path, 'it is no configuration file of Hadoop')
}

/** The files of one folder, in Hadoop's order: a later one overrides, but what is final. */
const take = (settings: Map<string, Property>, path: string, text: string) => {
  const xml = withoutComments(text)
  refuseUnknown(path, xml)
  for (const { groups } of xml.matchAll(property)) {
    const { attributes = '', body = '' } = groups!
    const read = (name: string) => elementIn(path, body, name) ?? attributeIn(path, attributes, name)
    const [name, value] = [read('name')?.trim(), read('value')]
    if (!name || value === undefined || settings.get(name)?.isFinal) continue
    settings.set(name, { value, isFinal: read('final')?.trim() === 'true' })
  }
}

const textOf = (path: string): string => {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > fileBytesMax) throw new Error(`it is longer than ${fileBytesMax} bytes`)
    return bytes.toString()
  } catch (cause) {
    throw new StreamError('hdfs/usage', `read "${path}": ${reasonOf(cause)}`, { cause })
  }
}

/** `${env.X}`, `${env.X:-else}`, a few of Java's own, or another setting. */
const lookUp = (name: string, settings: ReadonlyMap<string, Property>, env: NodeJS.ProcessEnv) => {
  const variable = /^env\.(?<name>[^:-]+)(?::?-(?<otherwise>.*))?$/.exec(name)?.groups
  if (variable !== undefined) return env[variable.name] ?? variable.otherwise
  if (name === 'user.name') return env.HADOOP_USER_NAME ?? userInfo().username
  if (name === 'java.io.tmpdir') return '/tmp'
  if (name === 'user.home') return env.HOME
  return settings.get(name)?.value
}

const expanded = (text: string, settings: ReadonlyMap<string, Property>, env: NodeJS.ProcessEnv): string => {
  for (let done = 0; done < expansionsMax; done++) {
    const found = /\$\{(?<name>[^}$\s]+)\}/.exec(text)
    const value = found && lookUp(found.groups!.name, settings, env)
    if (value === null || value === undefined) return text
    text = text.slice(0, found!.index) + value + text.slice(found!.index + found![0].length)
  }
  return text
}

const filesOfHdfs = ['core-site.xml', 'hdfs-site.xml']

/** Of a folder as HADOOP_CONF_DIR names one; `undefined` if there is no configuration in it. */
export const hadoopSettings = (
  folder: string,
  env: NodeJS.ProcessEnv,
  files: readonly string[] = filesOfHdfs,
): HadoopSettings | undefined => {
  const paths = files.map(name => join(folder, name)).filter(path => existsSync(path))
  if (paths.length === 0) return undefined
  const settings = new Map<string, Property>()
  for (const path of paths) take(settings, path, textOf(path))
  return name => {
    const value = settings.get(name)?.value
    return value === undefined ? undefined : expanded(value.trim(), settings, env)
  }
}
