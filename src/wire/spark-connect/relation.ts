import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type Relation, RelationSchema } from './proto.ts'

type Init = NonNullable<MessageInitShape<typeof RelationSchema>['relType']>

/**
 * Relations are plans: frozen data that says what the server should do once it is asked for rows. Nothing is checked
 * before that. Names are taken exactly as they are, dots and quotes included.
 */
export const relation = (relType: Init): Relation => Object.freeze(create(RelationSchema, { relType }))

export type Options = Readonly<Record<string, string>>
