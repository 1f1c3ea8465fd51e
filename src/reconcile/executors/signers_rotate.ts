import type { ActionOf } from "../../action/mod.ts";
import { readSignerSets, type Role } from "../../authz/mod.ts";
import { redeem } from "../../gate/mod.ts";
import type { Executor, Eyes } from "./executor.ts";

/**
 * Replaces the signers of a role. It changes the agent's own state and nothing else, in one
 * transaction: it is done or not, and the state says which.
 */
export const rotateSigners: Executor<"signers.rotate"> = {
  taskTypes: [],
  limitMs: () => 10_000,

  check({ params: { role, sequence, replaces } }, _facts, { signers }) {
    const current = signers.current(role);
    const stands = current?.sequence === sequence - 1 && current.digest === replaces;
    return Promise.resolve(
      stands ? { holds: true, before: { sequence: current.sequence, digest: current.digest } } : {
        holds: false,
        why: `The ${role} signers in force are not those that the rotation replaces`,
        passes: false,
      },
    );
  },

  send(permit, _action, { eyes, state, operation, now }) {
    const { params } = redeem(permit, "signers.rotate");
    // It holds the sequence and the digest of the set in force against these once more.
    state.signers.install({
      role: params.role,
      sequence: params.sequence,
      digest: digestOf(params, eyes),
      previous: params.replaces,
      content: params.signers,
      origin: "rotation",
      operation,
      installedAt: now(),
    });
    return Promise.resolve(null);
  },

  verify({ params: { role, sequence, replaces, signers: content } }, _story, { signers }) {
    const set = signers.history(role).find((one) => one.sequence === sequence);
    if (set === undefined) {
      return Promise.resolve({ seen: "nothing", why: `The ${role} signers are as they were` });
    }
    const ours = set.origin === "rotation" && set.previous === replaces && set.content === content;
    return Promise.resolve(
      ours
        ? { seen: "done" }
        : { seen: "nothing", why: `Another set of ${role} signers took the place ${sequence}` },
    );
  },
};

/**
 * @throws {SignersError} when a key of the new set came to stand in the other role's meanwhile, or
 * the set cannot be read
 */
function digestOf(
  { role, sequence, signers: text }: ActionOf<"signers.rotate">["params"],
  { signers }: Eyes,
): string {
  const textOf = (one: Role) => ({
    text: one === role ? text : signers.current(one)?.content ?? "",
    file: one === role ? `the new ${one} signers` : `the ${one} signers in force`,
    sequence,
  });
  const sets = readSignerSets({
    operational: textOf("operational"),
    recovery: textOf("recovery"),
  });
  return sets[role].signers.digest;
}
