import { openSync, readdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Attempt } from "../probe.ts";

/** A name nothing has, so that a probe that gets through changes nothing. */
const NOBODY = ".felhom-probe";

/** Attempts to read a path, or what is below it. */
export function reading(path: string): Attempt[] {
  return [
    { name: `stat ${path}`, via: "Deno", attempt: () => Deno.statSync(path) },
    { name: `open ${path}`, via: "node", attempt: () => openSync(path, "r") },
    { name: `list ${path}`, via: "Deno", attempt: () => [...Deno.readDirSync(path)] },
    { name: `list ${path}`, via: "node", attempt: () => readdirSync(path) },
    {
      name: `fetch ${path}`,
      via: "web",
      attempt: () => fetch(new URL(`file://${path}/${NOBODY}`)),
    },
    { name: `read ${path}`, via: "node", attempt: () => readFileSync(`${path}/${NOBODY}`) },
  ];
}

/** Attempts to write below a path. Without `O_CREAT`: where it is allowed, nothing is found. */
export function writing(path: string): Attempt[] {
  const file = `${path}/${NOBODY}`;
  return [
    {
      name: `write ${path}`,
      via: "Deno",
      attempt: () => Deno.openSync(file, { write: true, create: false }),
    },
    { name: `write ${path}`, via: "node", attempt: () => openSync(file, "r+") },
    { name: `remove ${path}`, via: "Deno", attempt: () => Deno.removeSync(file) },
  ];
}

/** Attempts to open a database in a folder. Where it is allowed, the file is missing. */
export function openingDatabase(folder: string): Attempt[] {
  return [{
    name: `database in ${folder}`,
    via: "node",
    attempt: () => new DatabaseSync(`${folder}/${NOBODY}`, { readOnly: true }),
  }];
}
