import type { Work } from "../work.ts";
/** Makes a new instance. */
export function acknowledge(_work: Work): { instance: string } {
  return { instance: "" };
}
