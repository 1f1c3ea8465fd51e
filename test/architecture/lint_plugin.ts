import { documentedExports } from "./lint/documented_exports.ts";
import { gated } from "./lint/gated.ts";
import { noCodeFromText } from "./lint/no_code_from_text.ts";
import { noHiddenImport } from "./lint/no_hidden_import.ts";
import { noReach } from "./lint/no_reach.ts";
import { noSilencing } from "./lint/no_silencing.ts";
import { permits } from "./lint/permits.ts";
import { tellingNames } from "./lint/telling_names.ts";

/** The lint rules of this repository; `deno.json` registers them. */
export default {
  name: "felhom",
  rules: {
    "documented-exports": documentedExports,
    "gated": gated,
    "no-code-from-text": noCodeFromText,
    "no-hidden-import": noHiddenImport,
    "no-reach": noReach,
    "no-silencing": noSilencing,
    "permits": permits,
    "telling-names": tellingNames,
  },
} satisfies Deno.lint.Plugin;
