// biome-ignore-all lint/suspicious/noTsIgnore: with what is generated, there is no error to expect
/**
 * All that the client uses of Spark's own protocol: its messages and enums, by the names that Spark gave them. They are
 * generated (`npm run build:spark`); where they are not, they are `any` to the compiler, so that the rest of the project
 * can be checked without them. No other file names a generated one.
 */

export {
  type ErrorInfo,
  ErrorInfoSchema,
  // @ts-ignore: absent until it is generated
} from './gen/google/rpc/error_details_pb.js'
export {
  type AddArtifactsRequest,
  AddArtifactsRequestSchema,
  type AddArtifactsResponse,
  AnalyzePlanRequest_Explain_ExplainMode as ExplainMode,
  AnalyzePlanRequestSchema,
  type AnalyzePlanResponse,
  type ArtifactStatusesResponse,
  type ConfigResponse,
  type ExecutePlanRequest,
  type ExecutePlanRequest_RequestOption,
  type ExecutePlanResponse,
  type ExecutePlanResponse_ArrowBatch,
  type ExecutePlanResponse_ExecutionProgress,
  type ExecutePlanResponseSchema,
  type FetchErrorDetailsResponse,
  type FetchErrorDetailsResponse_Error,
  InterruptRequest_InterruptType as InterruptType,
  type InterruptResponse,
  type Plan,
  PlanSchema,
  SparkConnectService,
  // @ts-ignore: absent until it is generated
} from './gen/spark/connect/base_pb.js'
export {
  type Command,
  CommandSchema,
  WriteOperation_SaveMode as SaveMode,
  WriteOperation_SaveTable_TableSaveMethod as TableSaveMethod,
  // @ts-ignore: absent until it is generated
} from './gen/spark/connect/commands_pb.js'
export {
  type Expression,
  Expression_Cast_EvalMode as CastMode,
  type Expression_Literal as Literal,
  Expression_LiteralSchema as LiteralSchema,
  type Expression_SortOrder as SortOrder,
  Expression_SortOrder_NullOrdering as NullOrdering,
  Expression_SortOrder_SortDirection as SortDirection,
  Expression_SortOrderSchema as SortOrderSchema,
  ExpressionSchema,
  // @ts-ignore: absent until it is generated
} from './gen/spark/connect/expressions_pb.js'
export {
  MlOperator_OperatorType as OperatorType,
  // @ts-ignore: absent until it is generated
} from './gen/spark/connect/ml_common_pb.js'
export type {
  MlCommandResult,
  MlCommandSchema,
  // @ts-ignore: absent until it is generated
} from './gen/spark/connect/ml_pb.js'
export {
  Aggregate_GroupType as GroupType,
  Join_JoinType as JoinType,
  type Relation,
  RelationSchema,
  SetOperation_SetOpType as SetOpType,
  // @ts-ignore: absent until it is generated
} from './gen/spark/connect/relations_pb.js'
export {
  type DataType,
  DataTypeSchema,
  // @ts-ignore: absent until it is generated
} from './gen/spark/connect/types_pb.js'
