import { ERROR_CODES, errorEntry, EXIT } from "../errors.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { renderTable } from "./table.ts";

/** Shows every code that an error can have. */
export function run({ options, output }: Invocation): ExitCode {
  const errors = ERROR_CODES.map((code) => ({ code, ...errorEntry(code) }));
  if (options.json) {
    output.writeJson({ version: 1, errors });
    return EXIT.ok;
  }
  output.write(renderTable(
    [{ title: "code" }, { title: "exit", align: "right" }, { title: "retry" }, {
      title: "meaning",
    }],
    errors.map(({ code, exit, retry, summary }) => [code, String(exit), retry, summary]),
    { width: output.width },
  ));
  return EXIT.ok;
}
