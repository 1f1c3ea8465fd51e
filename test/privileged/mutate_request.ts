import type { SeededRandom } from "../proxmox/support/seeded_random.ts";
import { VALID_LINES } from "./requests.ts";

/** What an attacker would put where a value stands. */
const NASTY = [
  '"-o"',
  '"--force 1"',
  '"/dev/sda --set=apm,1"',
  '"a\\nb"',
  '"a\\u0000b"',
  '"../../etc"',
  '"/"',
  '"/mnt/felhom/../../etc"',
  '""',
  '"\\u202e"',
  '"\\u0430"',
  '"$(id)"',
  '"`id`"',
  '"a;id"',
  '"%s"',
  "0",
  "-1",
  "1e999",
  "99999999999999999999",
  "1000.5",
  "-0",
  "null",
  "true",
  "[]",
  "{}",
  "[[[[]]]]",
  '{"__proto__":1}',
  '"disk.mount"',
  '"golden.create"',
  '"\\ud800"',
  `"${"a".repeat(300)}"`,
] as const;

const WORDS = [
  '"v":1',
  '"op":"disk.mount"',
  '"params":{}',
  '"id":"x"',
  '"operation":"y"',
  '"__proto__":{}',
  '"constructor":{}',
  '"gib":1',
  '"uuid":"3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15"',
] as const;

/** A valid request with one to four things done to it; sometimes it stays valid. */
export function mutatedRequest(random: SeededRandom): Uint8Array {
  let text = random.pick(VALID_LINES);
  for (let times = random.integer(1, 4); times > 0; times--) text = mutate(text, random);
  const bytes = new TextEncoder().encode(text + (random.next() < 0.95 ? "\n" : ""));
  for (let flips = random.next() < 0.2 ? random.integer(1, 3) : 0; flips > 0; flips--) {
    bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
  }
  return bytes;
}

function mutate(text: string, random: SeededRandom): string {
  const at = random.integer(0, text.length);
  const to = Math.min(text.length, at + random.integer(0, 40));
  switch (random.integer(0, 9)) {
    case 0: // A value becomes another one.
      return replaceAt(text, /:("[^"]*"|\d+|\{\})/g, `:${random.pick(NASTY)}`, random);
    case 1: // A key comes in.
      return replaceAt(text, /\{/g, `{${random.pick(WORDS)},`, random);
    case 2: // A key becomes another one.
      return replaceAt(text, /"[a-z]+":/g, `${random.pick(WORDS).split(":")[0]}:`, random);
    case 3:
      return text.slice(0, at) + text.slice(to);
    case 4:
      return text.slice(0, to) + text.slice(at);
    case 5:
      return text.slice(0, at) + random.text('{}[]":,\\0123456789abcu \n\t-=/.', 1, 5) +
        text.slice(at);
    case 6:
      return random.pick(VALID_LINES).slice(0, at) + text.slice(at);
    case 7:
      return text.slice(0, at);
    case 8: // Another number.
      return replaceAt(text, /(?<=:)\d+/g, String(random.integer(0, 3000)), random);
    default:
      return text.slice(0, at) + random.text("x", 0, 3000) + text.slice(at);
  }
}

function replaceAt(text: string, pattern: RegExp, by: string, random: SeededRandom): string {
  const places = [...text.matchAll(pattern)];
  if (places.length === 0) return text;
  const place = random.pick(places);
  return text.slice(0, place.index) + by + text.slice(place.index + place[0].length);
}
