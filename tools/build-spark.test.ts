import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32, deflateRawSync } from 'node:zlib'
import { create, createFileRegistry, toJson } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { descriptorsOf } from './build-spark-descriptors.ts'
import { filesIn } from './build-spark-jar.ts'

const protos: Readonly<Record<string, string>> = {
  'a.proto': `
    syntax = 'proto3';
    package some.where;
    import "b.proto";
    import "google/protobuf/any.proto";
    message Plan {
      oneof op_type { Leaf root = 1; bytes raw = 2; }
      optional int64 plan_id = 3;
      map<string, Leaf> leaf_by_name = 4;
      repeated google.protobuf.Any extensions = 999;
      Kind kind = 5 [deprecated = true];
      enum Kind { KIND_UNSPECIFIED = 0; KIND_SMALL = 7; }
    }
    service Answers { rpc Ask(Plan) returns (stream Leaf) {} }`,
  'b.proto': `syntax = 'proto3'; package some.where; message Leaf { message Inner { double x = 1; } Inner inner = 1; }`,
}

const files = () => descriptorsOf(['a.proto'], name => protos[name])

test('files come behind those that they import', () => {
  assert.deepEqual(
    files().map(({ name }) => name),
    ['b.proto', 'google/protobuf/any.proto', 'a.proto'],
  )
})

test('types are resolved, maps have entries, what is optional has a oneof of its own, as protoc does it', () => {
  const [plan] = files()[2].messageType
  const field = (name: string) => plan.field.find(of => of.name === name)!
  assert.deepEqual(
    ['root', 'kind', 'leaf_by_name', 'extensions'].map(name => field(name).typeName),
    ['.some.where.Leaf', '.some.where.Plan.Kind', '.some.where.Plan.LeafByNameEntry', '.google.protobuf.Any'],
  )
  assert.deepEqual(
    plan.oneofDecl.map(({ name }) => name),
    ['op_type', '_plan_id'],
  )
  assert.deepEqual(
    [field('plan_id').oneofIndex, field('plan_id').proto3Optional, field('plan_id').jsonName],
    [1, true, 'planId'],
  )
  assert.equal(plan.nestedType[0].options?.mapEntry, true)
  assert.deepEqual((toJson(FileDescriptorProtoSchema, files()[2]) as { service: unknown[] }).service, [
    {
      name: 'Answers',
      method: [
        {
          name: 'Ask',
          inputType: '.some.where.Plan',
          outputType: '.some.where.Leaf',
          clientStreaming: false,
          serverStreaming: true,
        },
      ],
    },
  ])
})

test('what comes out is complete: a registry takes it', () => {
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: files() }))
  assert.equal(registry.getMessage('some.where.Plan')?.fields.length, 6)
})

/** A jar with one file stored and one packed, written by hand. */
const jarOf = (entries: readonly (readonly [string, Buffer, 0 | 8])[]): Buffer => {
  const [parts, list]: [Buffer[], Buffer[]] = [[], []]
  let at = 0
  for (const [name, content, method] of entries) {
    const packed = method === 8 ? deflateRawSync(content) : content
    const common = Buffer.alloc(26)
    common.writeUInt16LE(method, 4)
    common.writeUInt32LE(crc32(content), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(content.length, 18)
    common.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(at, 10)
    list.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, Buffer.from(name))
    parts.push(local)
    at += local.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, ...list, end])
}

test('wanted files of a jar are unpacked, and no others', () => {
  const jar = jarOf([
    ['a.proto', Buffer.from('stored'), 0],
    ['b.class', Buffer.from('class'), 0],
    ['c.proto', Buffer.from('packed '.repeat(100)), 8],
  ])
  assert.deepEqual(
    [...filesIn(jar, name => name.endsWith('.proto'))].map(([name, text]) => [name, text.toString()]),
    [
      ['a.proto', 'stored'],
      ['c.proto', 'packed '.repeat(100)],
    ],
  )
})

test('what is no jar is told from one', () => {
  assert.throws(() => filesIn(Buffer.alloc(100), () => true), /no jar/)
})
