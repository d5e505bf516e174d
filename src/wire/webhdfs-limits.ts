/** How long is waited, and for what. Tests wait less. */
export interface HdfsLimits {
  /** For a connection to be made. */
  readonly connectMsMax: number
  /** For an answer, once all has been sent. */
  readonly answerMsMax: number
  /** For `progressBytesMin` of a file, not counting what whoever reads or writes it takes for itself. */
  readonly idleMsMax: number
  readonly progressBytesMin: number
  /** For a NameNode that never answered yet: nobody should wait long to learn of a wrong address. */
  readonly firstMsMax: number
  /** For one that did, and for DataNodes: what is tried again goes on so long without anything going forward. */
  readonly againMsMax: number
  /** For blocks that no DataNode can give: they may be found again, but rarely are. */
  readonly brokenMsMax: number
  readonly pauseMsMin: number
  readonly pauseMsMax: number
}

export const hdfsLimits: HdfsLimits = {
  connectMsMax: 10_000,
  answerMsMax: 60_000,
  idleMsMax: 60_000,
  progressBytesMin: 64 * 1024,
  firstMsMax: 2_000,
  againMsMax: 60_000,
  brokenMsMax: 5_000,
  pauseMsMin: 50,
  pauseMsMax: 2_000,
}
