import * as z from "zod";

/**
 * The id of the state: random, made with it, and named by every signed document. Node names repeat
 * (`pve` is what the installer offers), and a reinstalled host must not take what was signed for
 * the one before. A UUID, or a text of Crockford's characters.
 */
export const instanceId = z.string().regex(
  /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9A-HJKMNP-TV-Z]{26})$/,
);
