import { classic } from './classic.ts'
import type { Recipe, RecipeName } from './cluster.ts'
import { text } from './text.ts'

const recipes: Readonly<Record<RecipeName, Recipe>> = { text, classic }

export const recipeOf = (name: RecipeName): Recipe => recipes[name]
