/** Data, at the pace of a slow reader, so that what it has not taken yet does not pile up. */
export const writeOut = async (text: string | Uint8Array): Promise<void> => {
  if (text.length === 0 || process.stdout.write(text)) return
  await new Promise<void>(resolve => process.stdout.once('drain', resolve))
}
