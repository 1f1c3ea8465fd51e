import type { TrackedFile } from "./tracked_files.ts";

/** A rule over the lines of a file: what it finds, as `path:line: text`. */
type TextRule = (file: TrackedFile) => string[];

// The patterns are put together from pieces, so that they do not find themselves.
const DIRECTIVE = new RegExp(
  `(?:${["deno-lint", "deno-fmt", "deno-coverage"].join("|")})-ign` +
    `ore(?:-file|-start)?|@ts-(?:ign` + `ore|expect-error|nocheck)`,
);
const REASON = / -- \S.*\w|@ts-expect-error:? \S+ \S+/;

/**
 * Directives that ignore a rule without saying why: `// … rule -- reason`. The
 * product may not ignore the rules of this repository at all.
 */
export const unexplained: TextRule = linesWhere((line, path) => {
  if (!/\.(?:ts|js|json|md)$/.test(path) || !/^\s*(?:\/\/|\/\*|<!--|\*)/.test(line)) return false;
  if (!DIRECTIVE.test(line)) return false;
  return !REASON.test(line) || (/^(?:src|privileged)\//.test(path) && /felhom\//.test(line));
});

/** Tests that leak with permission. */
export const unsanitized: TextRule = linesWhere((line, path) =>
  path.endsWith(".ts") && new RegExp("saniti" + "ze(?:Ops|Resources|Exit)\\s*:\\s*false").test(line)
);

const WORKPLACE = new RegExp(
  [
    "(?<![\\w.~-])/(?:ho" + "me/\\w+/|ro" + "ot/\\.|wo" + "rk/|work" + "space/|op" + "t/deno/)",
    "/tm" + "p/bash_jobs",
    "regis" + "try\\.[a-z-]+\\.[a-z]{2,}",
    "deb\\.deb" + "ian\\.org",
  ].join("|"),
);

/** Paths that exist on somebody's machine, and hosts that packages come from. */
export const workplaceNames: TextRule = linesWhere((line) => WORKPLACE.test(line));

function linesWhere(finds: (line: string, path: string) => boolean): TextRule {
  return ({ path, text }) =>
    text.split("\n").flatMap((line, at) =>
      finds(line, path) ? [`${path}:${at + 1}: ${line.trim()}`] : []
    );
}
