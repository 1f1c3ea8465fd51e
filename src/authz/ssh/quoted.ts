/** Characters of a text from outside that a message shows. */
const SHOWN = 60;

/** A text from outside as a message shows it: in double quotes, cut off when it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}
