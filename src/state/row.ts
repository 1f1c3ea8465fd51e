import * as z from "zod";

/** A column that holds JSON: its value. */
export const jsonColumn = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "is no JSON" });
    return z.NEVER;
  }
});

/** A column that holds a JSON list of texts. */
export const textsColumn = jsonColumn.pipe(z.array(z.string()));
