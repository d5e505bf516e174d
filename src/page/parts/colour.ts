/** A colour of the style sheet as a canvas takes it. `light-dark()` is only resolved where it colours something. */
export const colourOf = (name: string): string => {
  const probe = document.createElement('i')
  probe.hidden = true
  probe.style.color = `var(--${name})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
