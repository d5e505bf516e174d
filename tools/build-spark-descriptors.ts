/**
 * .proto files → descriptors, as protoc makes them. protoc and buf come as programs, by install scripts or downloads of
 * their own; protobufjs is a parser in plain JavaScript, whose own descriptors lack what generators ask for: full names
 * of types, names of map entries, and names in JSON.
 */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  type DescriptorProtoSchema,
  type EnumDescriptorProtoSchema,
  type FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_timestamp,
  FieldDescriptorProto_Label as Label,
  type ServiceDescriptorProtoSchema,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt'
import protobuf from 'protobufjs'

type Message = MessageInitShape<typeof DescriptorProtoSchema>
type Field = MessageInitShape<typeof FieldDescriptorProtoSchema>

const known: Readonly<Record<string, FileDescriptorProto>> = {
  'google/protobuf/any.proto': file_google_protobuf_any.proto,
  'google/protobuf/duration.proto': file_google_protobuf_duration.proto,
  'google/protobuf/timestamp.proto': file_google_protobuf_timestamp.proto,
}

const scalars: Readonly<Record<string, Type>> = {
  bool: Type.BOOL,
  bytes: Type.BYTES,
  double: Type.DOUBLE,
  float: Type.FLOAT,
  int32: Type.INT32,
  int64: Type.INT64,
  string: Type.STRING,
  uint32: Type.UINT32,
  uint64: Type.UINT64,
}

const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
const entryName = (name: string) => camel(`_${name}`) + 'Entry'

const typeOf = ({ type, resolvedType, fullName }: protobuf.FieldBase): Pick<Field, 'type' | 'typeName'> => {
  if (resolvedType === null) {
    if (scalars[type] === undefined)
      throw new Error(`field "${fullName}" has the type "${type}", which is not known here`)
    return { type: scalars[type] }
  }
  return {
    type: resolvedType instanceof protobuf.Enum ? Type.ENUM : Type.MESSAGE,
    typeName: resolvedType.fullName,
  }
}

/** Those that people wrote first; then one for each field that is `optional`. */
const oneofsOf = (of: protobuf.Type): protobuf.OneOf[] => [
  ...of.oneofsArray.filter(({ isProto3Optional }) => !isProto3Optional),
  ...of.oneofsArray.filter(({ isProto3Optional }) => isProto3Optional),
]

const fieldOf = (field: protobuf.Field, oneofs: readonly protobuf.OneOf[]): Field => ({
  name: field.name,
  jsonName: camel(field.name),
  number: field.id,
  label: field.repeated || field.map ? Label.REPEATED : Label.OPTIONAL,
  ...(field.map
    ? { type: Type.MESSAGE, typeName: `${field.parent!.fullName}.${entryName(field.name)}` }
    : typeOf(field)),
  ...(field.partOf !== null && { oneofIndex: oneofs.indexOf(field.partOf) }),
  ...(field.partOf?.isProto3Optional && { proto3Optional: true }),
  ...(field.options?.deprecated === true && { options: { deprecated: true } }),
})

const entryOf = (field: protobuf.MapField): Message => ({
  name: entryName(field.name),
  options: { mapEntry: true },
  field: [
    { name: 'key', jsonName: 'key', number: 1, label: Label.OPTIONAL, type: scalars[field.keyType] },
    { name: 'value', jsonName: 'value', number: 2, label: Label.OPTIONAL, ...typeOf(field) },
  ],
})

const enumOf = (of: protobuf.Enum): MessageInitShape<typeof EnumDescriptorProtoSchema> => ({
  name: of.name,
  value: Object.entries(of.values).map(([name, number]) => ({ name, number })),
})

const messageOf = (of: protobuf.Type): Message => {
  const oneofs = oneofsOf(of)
  const maps = of.fieldsArray.filter(field => field instanceof protobuf.MapField)
  return {
    name: of.name,
    field: of.fieldsArray.map(field => fieldOf(field, oneofs)),
    nestedType: [...maps.map(entryOf), ...of.nestedArray.filter(one => one instanceof protobuf.Type).map(messageOf)],
    enumType: of.nestedArray.filter(one => one instanceof protobuf.Enum).map(enumOf),
    oneofDecl: oneofs.map(({ name }) => ({ name })),
  }
}

const serviceOf = (of: protobuf.Service): MessageInitShape<typeof ServiceDescriptorProtoSchema> => ({
  name: of.name,
  method: of.methodsArray.map(method => ({
    name: method.name,
    inputType: method.resolvedRequestType!.fullName,
    outputType: method.resolvedResponseType!.fullName,
    clientStreaming: method.requestStream === true,
    serverStreaming: method.responseStream === true,
  })),
})

interface Parsed {
  readonly name: string
  readonly package: string
  readonly imports: readonly string[]
}

const fileOf = (root: protobuf.Root, { name, package: of, imports }: Parsed): FileDescriptorProto => {
  const own = (root.lookup(of) as protobuf.Namespace).nestedArray.filter(({ filename }) => filename === name)
  return create(FileDescriptorProtoSchema, {
    name,
    package: of,
    syntax: 'proto3',
    dependency: [...imports],
    messageType: own.filter(one => one instanceof protobuf.Type).map(messageOf),
    enumType: own.filter(one => one instanceof protobuf.Enum).map(enumOf),
    service: own.filter(one => one instanceof protobuf.Service).map(serviceOf),
  })
}

/** The files and all that they import, each behind those that it needs. `textOf` gives a file's text. */
export const descriptorsOf = (names: readonly string[], textOf: (name: string) => string): FileDescriptorProto[] => {
  const root = new protobuf.Root()
  const parsed = new Map<string, Parsed | undefined>()
  const order: (Parsed | FileDescriptorProto)[] = []
  const visit = (name: string) => {
    if (parsed.has(name)) return
    parsed.set(name, undefined)
    if (known[name] !== undefined) {
      root.addJSON(protobuf.common.get(name)!.nested!)
      order.push(known[name])
      return
    }
    // What its own types leave out: the file that it notes in all that it finds.
    Object.assign(protobuf.parse, { filename: name })
    const { package: of, imports = [] } = protobuf.parse(textOf(name), root, { keepCase: true })
    imports.forEach(visit)
    order.push({ name, package: of!, imports })
  }
  names.forEach(visit)
  root.resolveAll()
  return order.map(one => ('imports' in one ? fileOf(root, one) : one))
}
