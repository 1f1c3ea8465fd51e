import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { FelhomError } from "../errors.ts";
import { APPLICATION_ID, type FileHeader } from "./file_header.ts";
import { LAYOUT } from "./migrate.ts";

const DAMAGED =
  "Nothing was changed. Copy the whole folder, then restore it from a backup; see README, State.";
const numberRow = z.record(z.string(), z.int()).transform((row) => Object.values(row)[0] ?? 0);
const textRow = z.record(z.string(), z.string()).transform((row) => Object.values(row)[0] ?? "");

/**
 * Refuses what a header tells of: damage, another program's file, a newer version's.
 *
 * @throws {FelhomError} `state.damaged`, `state.foreign`, `state.newer`
 */
export function checkHeader(header: FileHeader, path: string): void {
  if (header.kind === "empty") return;
  if (header.kind === "damaged") throw damaged(path, header.why);
  checkVersion(header, path);
}

/**
 * Looks whether an open database is a whole one of this version or an older one: every page of it,
 * which takes about 2 ms a megabyte. Changes nothing.
 *
 * @returns its layout
 * @throws {FelhomError} `state.damaged`, `state.foreign`, `state.newer`; and what SQLite throws
 */
export function inspectDatabase(database: DatabaseSync, path: string): number {
  const layout = readLayout(database, path);
  const finding = textRow.parse(database.prepare("PRAGMA quick_check(1)").get());
  if (finding !== "ok") throw damaged(path, `it is damaged: ${finding.replaceAll(/\s+/g, " ")}`);
  return layout;
}

/**
 * The layout of an open database.
 *
 * @throws {FelhomError} `state.foreign`, `state.newer`; and what SQLite throws
 */
export function readLayout(database: DatabaseSync, path: string): number {
  const layout = numberRow.parse(database.prepare("PRAGMA user_version").get());
  const application = numberRow.parse(database.prepare("PRAGMA application_id").get());
  checkVersion({ application, layout }, path);
  if (layout === 0 && database.prepare("SELECT 1 FROM sqlite_schema").get() !== undefined) {
    throw foreign(path, "It has tables and no layout.");
  }
  return layout;
}

/** The first layout was written without an application's id. */
function checkVersion(
  { application, layout }: { readonly application: number; readonly layout: number },
  path: string,
): void {
  const ours = application === APPLICATION_ID || (application === 0 && layout <= 1);
  if (!ours && application === 0 && layout > LAYOUT) throw newer(path, layout);
  if (!ours) throw foreign(path, `It carries application id ${application}, layout ${layout}.`);
  if (layout > LAYOUT) throw newer(path, layout);
}

function foreign(path: string, why: string): FelhomError {
  return new FelhomError(
    "state.foreign",
    `Cannot use the state "${path}": it is another program's`,
    {
      hint: `${why} Nothing was changed. Set state.directory to a folder of the agent's own.`,
    },
  );
}

function newer(path: string, layout: number): FelhomError {
  return new FelhomError(
    "state.newer",
    `Cannot use the state "${path}": it was written by a newer version (layout ${layout}; ` +
      `this one writes ${LAYOUT})`,
    { hint: "Nothing was changed. Install the newer version again; there is no way back." },
  );
}

function damaged(path: string, why: string): FelhomError {
  return new FelhomError("state.damaged", `Cannot use the state "${path}": ${why}`, {
    hint: DAMAGED,
  });
}
