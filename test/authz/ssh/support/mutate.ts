import type { SeededRandom } from "../../../proxmox/support/seeded_random.ts";
import { armor, BEGIN, type Bytes, bytes, dearmor, END } from "./encode.ts";

/** Bytes that are nearly those: flipped, dropped, doubled, replaced, cut off, lengths changed. */
export function mutateBytes(original: Uint8Array, random: SeededRandom): Bytes {
  let blob = bytes(original);
  for (let change = random.pick([1, 1, 1, 2, 3]); change > 0; change--) {
    const at = random.integer(0, Math.max(0, blob.length - 1));
    const length = random.integer(1, 8);
    const before = blob.subarray(0, at);
    switch (random.integer(0, 7)) {
      case 0:
        blob[at] = (blob[at] ?? 0) ^ (1 << random.integer(0, 7));
        break;
      case 1:
        blob[at] = random.pick([0, 1, 4, 0x7f, 0x80, 0xff]);
        break;
      case 2:
        blob = bytes(before, blob.subarray(at + length));
        break;
      case 3:
        blob = bytes(before, blob.subarray(at, at + length), blob.subarray(at));
        break;
      case 4:
        blob = bytes(before);
        break;
      case 5:
        blob = bytes(blob, Uint8Array.from({ length }, () => random.integer(0, 255)));
        break;
      case 6:
        blob = bytes(before, new Uint8Array(length), blob.subarray(at));
        break;
      default: {
        // Whatever stands there is read as a length now and then.
        const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
        if (blob.length >= 4) {
          view.setUint32(
            Math.min(at, blob.length - 4),
            random.pick([0, 1, 32, blob.length, 0x7fffffff, 0xffffffff]),
          );
        }
      }
    }
  }
  return blob;
}

/** The same signature in other armor, most of it wrong. */
export function mutateArmor(armored: string, random: SeededRandom): string {
  const blob = dearmor(armored);
  const at = random.integer(0, armored.length - 1);
  const base64 = blob.toBase64();
  const piece = random.pick([" ", "\n", "\r", "\t", "=", "A", "-", "\0", "é", "/", "_"]);
  return random.pick([
    armored.slice(0, at) + piece + armored.slice(at),
    armored.slice(0, at) + armored.slice(at + 1),
    armored.slice(0, at) + piece + armored.slice(at + 1),
    armored.slice(0, at),
    armor(blob, random.integer(1, 120)),
    armored.replaceAll("\n", "\r\n"),
    armored.trimEnd(),
    armored + random.pick(["\n", " ", "x", "\r\n", armored]),
    random.pick(["\n", " ", "x\n", "\ufeff"]) + armored,
    armored.toLowerCase(),
    armored.replaceAll("SIGNATURE", random.pick(["signature", "SIGNATURES", "MESSAGE"])),
    `${BEGIN}\n${base64.replace(/=+$/, "")}\n${END}\n`,
    `${BEGIN}\n${base64}=\n${END}\n`,
    `${BEGIN}\n${base64.replaceAll("+", "-").replaceAll("/", "_")}\n${END}\n`,
    `${BEGIN}${base64}${END}`,
    `${BEGIN}\n${base64} \n${END}\n`,
    `${BEGIN}\n\n${base64}\n${END}\n`,
  ]);
}

/** Text that is nearly that: characters dropped, doubled, replaced, put in. */
export function mutateText(original: string, random: SeededRandom): string {
  let text = original;
  for (let change = random.pick([1, 1, 2]); change > 0; change--) {
    const at = random.integer(0, Math.max(0, text.length - 1));
    const length = random.integer(1, 6);
    const piece = random.pick([...' \t\r\n",=\\#*?!AZaz09-@:', '\\"', "\u202e", "\0"]);
    text = random.pick([
      text.slice(0, at) + text.slice(at + length),
      text.slice(0, at) + text.slice(at, at + length) + text.slice(at),
      text.slice(0, at) + piece + text.slice(at + 1),
      text.slice(0, at) + piece + text.slice(at),
      text.slice(0, at),
    ]);
  }
  return text;
}
