import * as z from "zod";
import { lazy } from "./lazy.ts";

const output = lazy(() => {
  const feature = z.record(z.string(), z.number());
  return z.record(z.string(), z.record(z.string(), z.union([z.string(), feature])));
});

/** A chip with everything it measures. */
export interface Chip {
  readonly name: string;
  readonly adapter: string;
  readonly features: { readonly label: string; readonly values: Record<string, number> }[];
}

/**
 * Reads what `sensors -j` printed, or null when it is no such thing.
 *
 * lm-sensors 3.6 leaves a comma before a closing brace when the features of a chip are ignored or
 * cannot be read (lm-sensors issue 513); such commas are taken out.
 */
export function parseSensors(text: string): Chip[] | null {
  const value = parseJson(text) ?? parseJson(withoutStrayCommas(text));
  const { success, data } = output().safeParse(value);
  if (!success) return null;
  return Object.entries(data).map(([name, entries]) => {
    const { Adapter: adapter, ...rest } = entries;
    return {
      name,
      adapter: typeof adapter === "string" ? adapter : "",
      features: Object.entries(rest).flatMap(([label, values]) =>
        typeof values === "string" ? [] : [{ label, values }]
      ),
    };
  });
}

/** Strings are matched first, so that what they hold stays as it is. */
function withoutStrayCommas(text: string): string {
  return text.replace(
    /("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g,
    (_, string: string | undefined) => string ?? "",
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
