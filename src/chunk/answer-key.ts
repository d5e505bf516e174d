import type { FastLine } from './fast-line.ts'

/** An answer is one within its document: a stranger may use the same name elsewhere. */
export const answerKey = (destinationUri: string, responseId: string): string =>
  `${destinationUri.length} ${destinationUri}${responseId}`

/** Of the line that was read last. */
export const answerKeyOfLine = (line: Buffer, { uriFrom, uriTo, idFrom, idTo }: FastLine): string =>
  answerKey(line.toString('utf8', uriFrom, uriTo), line.toString('utf8', idFrom, idTo))
