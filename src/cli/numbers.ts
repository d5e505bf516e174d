import { InvalidArgumentError } from 'commander'

const isDigits = (text: string) => /^\d+$/.test(text)

/** For an option that takes a whole number between these two, or one of them; `called` in the message. */
export const wholeNumber =
  (min: number, max: number, called = 'a whole number') =>
  (text: string): number => {
    const value = Number(text)
    if (isDigits(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`it must be ${called} from ${min} to ${max}.`)
  }

export const portMax = 65_535

/** 0: any free one. */
export const portNumber = wholeNumber(0, portMax)

export const oneOrMore = (text: string): number => {
  if (isDigits(text) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('it must be a whole number, 1 or more.')
}
