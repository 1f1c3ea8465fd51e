import * as z from "zod";

const FORM = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;

/**
 * Epoch milliseconds of a time written as `2026-11-20T10:00:00Z`: UTC, whole seconds, and a day that
 * the calendar has. `undefined` for every other text, as `24:00:00`, the 30th of February or an offset.
 */
export function parseUtcSeconds(text: string): number | undefined {
  if (!FORM.test(text)) return undefined;
  const at = Date.parse(text);
  // A day that a month does not have is carried over, and so is the hour 24.
  return new Date(at).getUTCDate() === Number(text.slice(8, 10)) ? at : undefined;
}

/** The whole second that `at` lies in, as `2026-11-20T10:00:00Z`. @param at epoch milliseconds */
export function formatUtcSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** A time of a document, kept as its text. */
export const utcSeconds = z.string().refine((text) => parseUtcSeconds(text) !== undefined, {
  message: "not a time as 2026-11-20T10:00:00Z",
});
