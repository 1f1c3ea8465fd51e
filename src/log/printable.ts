/**
 * Everything that moves a cursor, colours, reorders, joins or hides: control characters (C0, DEL,
 * C1), format characters (bidirectional, zero width, soft hyphen, tags), line separators, lone
 * surrogates, private use and unassigned code points, variation selectors, and the letters that show
 * as a blank.
 */
const UNPRINTABLE =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800]|\p{M}{4,}/gu;

/**
 * Text from outside made safe for a terminal and a log: what cannot be seen is shown as an escape
 * (`\x1b`, `\u202e`), so nothing is hidden and nothing is interpreted. The result has no newline.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escapeAll);
}

/** The same for JSON text: escapes that any JSON parser turns back into the characters. */
export function printableJson(json: string): string {
  return json.replaceAll(UNPRINTABLE, (characters) => {
    let escaped = "";
    for (let index = 0; index < characters.length; index++) {
      escaped += "\\u" + characters.charCodeAt(index).toString(16).padStart(4, "0");
    }
    return escaped;
  });
}

function escapeAll(characters: string): string {
  return Array.from(characters, escapeOne).join("");
}

function escapeOne(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return "\\x" + code.toString(16).padStart(2, "0");
  const hex = code.toString(16).padStart(4, "0");
  return code > 0xffff ? `\\u{${hex}}` : `\\u${hex}`;
}
