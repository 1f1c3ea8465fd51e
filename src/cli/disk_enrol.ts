import { EXIT, FelhomError } from "../errors.ts";
import { enrolment } from "../helper/enrolment.ts";
import type { ExitCode, Invocation } from "./command.ts";

/** Shows how root enrols a disk. Looks at nothing and changes nothing. */
export function run({ options, output }: Invocation): ExitCode {
  const { name, uuid, fstype, json } = options;
  if (name === undefined || uuid === undefined) {
    throw new FelhomError("usage.invalid", "The command disk enrol needs --name and --uuid", {
      hint: "lsblk -o NAME,SIZE,FSTYPE,UUID shows the filesystems of the disks.",
    });
  }
  const { fstab, commands } = enrolment({
    name,
    uuid,
    ...(fstype === undefined ? {} : { fstype }),
  });
  if (json) {
    output.writeJson({ version: 1, fstab, commands });
    return EXIT.ok;
  }
  output.write(`The line for /etc/fstab:

${fstab}

As root:

${commands.join("\n")}
`);
  return EXIT.ok;
}
