/** A field whose words narrow what is listed, as they are typed. */
export const Search = ({ label, value, onWords }: { label: string; value: string; onWords(words: string): void }) => (
  <input
    type="search"
    placeholder={label}
    aria-label={label}
    value={value}
    onInput={event => onWords(event.currentTarget.value)}
  />
)
