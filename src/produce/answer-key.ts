/** An answer is one within its document: a stranger may use the same name elsewhere. */
export const keyOf = (destinationUri: string, responseId: string): string =>
  `${destinationUri.length} ${destinationUri}${responseId}`
