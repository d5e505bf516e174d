/**
 * Makes the metastore's database in an empty folder, without a server: `initdb`, then `postgres --single` for the role,
 * the database and Hive's own schema. `format-postgres.ts INITDB DATA SCHEMA.sql`
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Disguise, disguise, folderInDisguise, unprivileged } from '../account.ts'

const [initdb, data, schema] = process.argv.slice(2)

const account = await unprivileged()
const folder = account === undefined ? data : folderInDisguise

const run = async (other: Disguise, path: string, args: readonly string[], input = ''): Promise<void> => {
  const child = spawn(path, [...args], { stdio: ['pipe', 'inherit', 'inherit', ...other.stdio], ...other.options })
  child.stdin!.end(input)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${path} ended with ${code}`)
}

/** Its superuser cannot log in at all; over TCP there is only Hive. */
const access = ['host metastore hive 127.0.0.1/32 scram-sha-256', 'local all all reject'].join('\n')

/** In a mode where a command ends with an empty line: so that one transaction holds the whole script. */
const asOne = (script: string) => `${script.replace(/^\s*\n/gm, '')}\n;\n\n`
const each = (...commands: string[]) => commands.map(command => `${command};\n\n`).join('')

const roleAndDatabase = each("CREATE ROLE hive LOGIN PASSWORD 'hive'", 'CREATE DATABASE metastore OWNER hive')

const single = (database: string) => [
  ...['--single', '-j', '-D', folder, '-c', 'exit_on_error=on', '-c', 'log_checkpoints=off', database],
]

if (account !== undefined) await chown(data, account.uid, account.gid)
await using other = await disguise(account, data)
await run(other, initdb, [
  ...['-D', folder, '--username=postgres', '--auth=reject', '--encoding=UTF8', '--locale=C', '--no-sync'],
])
const postgres = join(dirname(initdb), 'postgres')
await run(other, postgres, single('postgres'), roleAndDatabase)
const inHivesName = `SET SESSION AUTHORIZATION hive;\n${await readFile(schema, 'utf8')}`
await run(other, postgres, single('metastore'), asOne(inHivesName))
await run(other, '/bin/sh', ['-c', 'cat > "$1/pg_hba.conf"', 'sh', folder], `${access}\n`)
