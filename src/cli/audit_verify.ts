import { loadSettings, systemSources } from "../config/mod.ts";
import { EXIT, FelhomError } from "../errors.ts";
import { type AuditPlace, readState } from "../state/mod.ts";
import type { ExitCode, Invocation } from "./command.ts";

/**
 * Follows the whole audit log, and looks for the head that was kept elsewhere. Reads the state, with
 * the daemon up or down.
 *
 * @throws {FelhomError} `audit.broken`, `audit.unconfirmed`
 */
export async function run({ options, output, clock }: Invocation): Promise<ExitCode> {
  const expected = readHead(options.operation?.head);
  const { settings } = await loadSettings(systemSources(clock, options.config));
  const report = readState(settings.state.directory, ({ audit }) => audit.verify(expected));
  if (!report.holds) {
    const { seq, why } = report.broken;
    throw new FelhomError("audit.broken", `The audit log does not hold at link ${seq}: ${why}`, {
      hint: "Somebody altered or cut it, or the disk did. Copy the folder of the state before " +
        "anything else, and look at the host.",
    });
  }
  if (report.expected === "pruned") {
    throw new FelhomError(
      "audit.unconfirmed",
      `The audit log holds, and link ${expected?.seq} was pruned since: its hash cannot be compared`,
      { hint: "Only a head that was printed by felhom-agent audit head is kept for comparing." },
    );
  }
  const { links, head } = report;
  const hash = head.hash.toHex();
  if (options.json) {
    output.writeJson({ version: 1, holds: true, links, head: { seq: head.seq, hash } });
  } else {
    const found = expected === undefined ? "" : ` It has the head ${expected.seq} that was kept.`;
    output.write(
      `The audit log holds: ${links} links, up to ${head.seq}.${found}\n${head.seq}:${hash}\n`,
    );
  }
  return EXIT.ok;
}

/** @throws {FelhomError} `usage.invalid` */
function readHead(text: string | undefined): AuditPlace | undefined {
  if (text === undefined) return undefined;
  const [, seq, hash] = /^(\d{1,15}):([0-9a-fA-F]{64})$/.exec(text) ?? [];
  if (seq !== undefined && hash !== undefined) {
    return { seq: Number(seq), hash: Uint8Array.fromHex(hash.toLowerCase()) };
  }
  throw new FelhomError("usage.invalid", `Cannot read the head "${text}"`, {
    hint: "It is SEQ:HASH, as felhom-agent audit head prints it: a number, a colon, 64 hex digits.",
  });
}
