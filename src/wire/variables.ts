import { readFileSync } from 'node:fs'
import { reasonOf, StreamError } from '../std/error.ts'

/** TLS with these certificates of authorities (PEM); `undefined` in it: with the system's. */
export interface Tls {
  readonly ca: Buffer | undefined
}

/** The environment's variables that begin with `prefix`; an empty one counts as unset. What makes no sense is thrown, as `code`. */
export class Variables {
  readonly #environment: NodeJS.ProcessEnv
  readonly #prefix: string
  readonly #code: `${string}/usage`

  constructor(environment: NodeJS.ProcessEnv, prefix: string, code: `${string}/usage`) {
    this.#environment = environment
    this.#prefix = prefix
    this.#code = code
  }

  get(name: string): string | undefined {
    return this.#environment[this.#prefix + name] || undefined
  }

  /** From the variable, or from the file that `<name>_FILE` names, of which `trimmed` leaves what counts. No message repeats it. */
  secret(name: string, trimmed: (text: string) => string): string | undefined {
    const [given, path] = [this.get(name), this.get(`${name}_FILE`)]
    if (given !== undefined && path !== undefined)
      throw new StreamError(
        this.#code,
        `${this.#prefix}${name} and ${this.#prefix}${name}_FILE are both set; unset one`,
      )
    return path === undefined ? given : trimmed(this.#file(`${name}_FILE`, path).toString())
  }

  /** By the file that `TLS_CA` names, or `TLS` alone; neither: no TLS is asked for. */
  tls(): Tls | undefined {
    const ca = this.get('TLS_CA')
    if (ca !== undefined) return { ca: this.#file('TLS_CA', ca) }
    return /^(?:1|true|yes|on)$/i.test(this.get('TLS') ?? '') ? { ca: undefined } : undefined
  }

  #file(name: string, path: string): Buffer {
    try {
      return readFileSync(path)
    } catch (cause) {
      const message = `${this.#prefix}${name}: ${reasonOf(cause)}; give the path of a file that can be read`
      throw new StreamError(this.#code, message, { cause })
    }
  }
}
