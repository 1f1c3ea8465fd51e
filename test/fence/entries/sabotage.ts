import { systemClock } from "../../../src/clock.ts";
import { REMOVALS } from "../../../src/fence/removals.ts";
import { SEAL_PARTS, type SealParts } from "../../../src/fence/seal.ts";

/** Ways to break a seal, each named by what it leaves out. */
export const SABOTAGES: Readonly<Record<string, SealParts>> = {
  nothing: SEAL_PARTS,
  ...Object.fromEntries(
    (["net", "read", "write", "env", "sys", "import"] as const).map((right) => [
      `does not revoke ${right}`,
      {
        ...SEAL_PARTS,
        revoke: (descriptor: Deno.PermissionDescriptor) => {
          if (descriptor.name !== right) SEAL_PARTS.revoke(descriptor);
        },
      },
    ]),
  ),
  "does not revoke the control socket": {
    ...SEAL_PARTS,
    revoke: (descriptor) => {
      const path = "path" in descriptor ? String(descriptor.path) : "";
      if (!path.endsWith("control.sock")) SEAL_PARTS.revoke(descriptor);
    },
  },
  ...Object.fromEntries(
    REMOVALS.map((kept) => [
      `does not delete ${kept.name}`,
      {
        ...SEAL_PARTS,
        remove: (removals: typeof REMOVALS) =>
          SEAL_PARTS.remove(removals.filter((removal) => removal !== kept)),
      },
    ]),
  ),
  "leaves the Workers of node alone": { ...SEAL_PARTS, disarm: () => {} },
  "has a probe that fails for another reason": {
    ...SEAL_PARTS,
    probes: (limits, removals) => [
      ...SEAL_PARTS.probes(limits, removals),
      {
        name: "fails",
        right: "read",
        via: "Deno",
        attempt: () => {
          throw new Deno.errors.NotFound("No such file");
        },
      },
    ],
  },
  "has a probe that throws what is no error": {
    ...SEAL_PARTS,
    probes: (limits, removals) => [...SEAL_PARTS.probes(limits, removals), {
      name: "throws",
      right: "net",
      via: "node",
      attempt: () => Promise.reject("nothing in particular"),
    }],
  },
  "has a probe that never answers": {
    ...SEAL_PARTS,
    clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) },
    probes: (limits, removals) => [...SEAL_PARTS.probes(limits, removals), {
      name: "hangs",
      right: "net",
      via: "node",
      attempt: () => new Promise(() => {}),
    }],
  },
  "has no probes": { ...SEAL_PARTS, probes: () => [] },
  "has no probe of the network": {
    ...SEAL_PARTS,
    probes: (limits, removals) =>
      SEAL_PARTS.probes(limits, removals).filter(({ right }) => right !== "net"),
  },
};
