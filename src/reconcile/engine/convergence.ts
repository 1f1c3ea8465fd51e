import type { Convergence } from "../commands/commands.ts";
import type { Engine } from "./engine.ts";
import { sentenceOf } from "./sentence.ts";

/**
 * How far the host is on the way to what is desired, as the engine saw it last.
 *
 * @throws {FelhomError} when the desired state cannot be read
 */
export function convergenceOf(engine: Engine): Convergence {
  const { work, ledger } = engine;
  const { provider, revision, guests } = work.provider.current();
  const records = [...guests.keys()].toSorted((one, other) => one - other).map((vmid) => {
    const record = ledger.record(vmid);
    const current = record?.of.provider === provider && record.of.revision === revision;
    return { vmid, record: current ? record : undefined };
  });
  const open = records.filter(({ record }) => record?.converged !== true);
  return {
    provider,
    revision,
    guests: guests.size,
    converged: records.length - open.length,
    waiting: open.map(({ vmid, record }) => ({
      vmid,
      why: sentenceOf(engine, vmid),
      steps: record?.steps ?? null,
    })),
    quarantined: open.filter(({ record }) =>
      record !== undefined && record.quarantinedSince !== null
    )
      .map(({ vmid }) => vmid),
    told: records.flatMap(({ vmid, record }) =>
      (record?.told ?? []).map((told) => ({ vmid, ...told }))
    ),
  };
}
