/** A token whose secret part occurs nowhere else. */
export const CANARY = "felhom@pve!canary=c0ffee00-dead-4bee-8f00-5ec2e7c0ffee";

/** Every form in which a token's secret, or a good part of it, may turn up in output. */
function forms(token: string): readonly string[] {
  const secret = token.slice(token.indexOf("=") + 1);
  const parts = [secret, secret.slice(0, 13), secret.slice(-12)];
  const base64 = [token, secret, `PVEAPIToken=${token}`].flatMap((text) =>
    // A text inside a longer one is encoded in one of three ways, by where it begins.
    [0, 1, 2].map((shift) => btoa(" ".repeat(shift) + text).slice(shift + 2, -4))
  );
  const hex = [...secret].map((letter) => letter.charCodeAt(0).toString(16)).join("");
  const percent = [...secret].map((letter) => "%" + letter.charCodeAt(0).toString(16)).join("");
  const escaped = [...secret].map((letter) => "\\u00" + letter.charCodeAt(0).toString(16)).join("");
  const reversed = [...secret].toReversed().join("");
  const bytes = [...secret].map((letter) => letter.charCodeAt(0)).join(",");
  return [...parts, ...base64, hex, percent, escaped, reversed, bytes, encodeURIComponent(token)]
    .map((form) => form.toLowerCase());
}

/** The form of a token's secret that a text holds; `undefined` when it holds none. */
export function findSecret(text: string, token = CANARY): string | undefined {
  const lower = text.toLowerCase();
  const bare = lower.replaceAll(/[\s"']/g, "");
  return forms(token).find((form) => lower.includes(form) || bare.includes(form));
}
