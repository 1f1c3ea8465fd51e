/** A token whose secret part occurs nowhere else. */
export const CANARY = "felhom@pve!canary=c0ffee00-dead-4bee-8f00-5ec2e7c0ffee";

const SECRET = CANARY.slice(CANARY.indexOf("=") + 1);

/** Every form in which a text, or a good part of it, may turn up in output. */
function forms(): readonly string[] {
  const parts = [SECRET, SECRET.slice(0, 13), SECRET.slice(-12)];
  const base64 = [CANARY, SECRET, `PVEAPIToken=${CANARY}`].flatMap((text) =>
    // A text inside a longer one is encoded in one of three ways, by where it begins.
    [0, 1, 2].map((shift) => btoa(" ".repeat(shift) + text).slice(shift + 2, -4))
  );
  const hex = [...SECRET].map((letter) => letter.charCodeAt(0).toString(16)).join("");
  const percent = [...SECRET].map((letter) => "%" + letter.charCodeAt(0).toString(16)).join("");
  const escaped = [...SECRET].map((letter) => "\\u00" + letter.charCodeAt(0).toString(16)).join("");
  const reversed = [...SECRET].toReversed().join("");
  const bytes = [...SECRET].map((letter) => letter.charCodeAt(0)).join(",");
  return [...parts, ...base64, hex, percent, escaped, reversed, bytes, encodeURIComponent(CANARY)];
}

const FORMS = forms().map((form) => form.toLowerCase());

/** The form of the canary's secret that a text holds; `undefined` when it holds none. */
export function findSecret(text: string): string | undefined {
  const lower = text.toLowerCase();
  return FORMS.find((form) => lower.includes(form)) ??
    FORMS.find((form) => lower.replaceAll(/[\s"']/g, "").includes(form));
}
