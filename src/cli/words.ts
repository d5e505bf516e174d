/** `1 document`, `2,000 documents`. */
export const amount = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`
