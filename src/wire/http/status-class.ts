export const statusClasses = ['2xx', '3xx', '4xx', '5xx'] as const

/** What is counted of an answer's status: few enough for a label. */
export const statusClassOf = (status: number): (typeof statusClasses)[number] =>
  statusClasses[Math.min(3, Math.max(0, Math.floor(status / 100) - 2))]
