/** Fractions that Perl writes in another way than JavaScript does. */
const ODD_NUMBER = /\d\.\d{15}|[^\d]0\.0000|\de-/;

/**
 * JSON as Perl writes it: fractions have 15 significant digits, and those below 0.0001 an exponent
 * of two digits.
 */
export function encodePerlJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (!ODD_NUMBER.test(text)) return text;
  // Fractions travel as strings behind a NUL, which then lose their quotes.
  const marked = JSON.stringify(
    value,
    (_, inner) =>
      typeof inner === "number" && !Number.isInteger(inner) ? `\0${perlNumber(inner)}` : inner,
  );
  return marked.replace(/"\\u0000([-\d.e]+)"/g, "$1");
}

/** A number as Perl prints it (`%.15g`). */
function perlNumber(value: number): string {
  const rounded = Number(value.toPrecision(15));
  if (Math.abs(rounded) >= 1e-4) return String(rounded);
  const [digits, exponent = ""] = rounded.toExponential().split("e-");
  return `${digits}e-${exponent.padStart(2, "0")}`;
}
