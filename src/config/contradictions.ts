import { describeFound } from "./found.ts";
import { type JsonObject, valueAt } from "./json.ts";
import { parseEndpoint } from "./endpoint.ts";
import type { Problem } from "./problem.ts";

/**
 * What each key allows by itself and all of them together do not. Looks at the unchecked tree, so
 * that these problems are named beside those of single keys; `reported` are the keys that were
 * found wrong on the way here.
 */
export function* contradictions(
  tree: JsonObject,
  reported: ReadonlySet<string>,
): Generator<Problem> {
  const first = valueAt(tree, "guests.managed_vmids.first");
  const last = valueAt(tree, "guests.managed_vmids.last");
  if (typeof first === "number" && typeof last === "number" && first > last) {
    yield {
      code: "config.invalid",
      path: "guests.managed_vmids",
      found: `first ${first}, last ${last}`,
      allowed: "first not above last",
    };
  }
  yield* drillProblems(tree, { first, last });
  if (["token", "token_file"].every((key) => valueAt(tree, `proxmox.${key}`) !== undefined)) {
    yield {
      code: "config.invalid",
      path: "proxmox",
      reason: "Both token and token_file are set",
      allowed: "one of them",
    };
  }
  yield* trustProblems(tree, reported);
}

/** Drills are done on guests that the agent may touch, so their range lies in the managed one. */
function* drillProblems(
  tree: JsonObject,
  managed: { readonly first: unknown; readonly last: unknown },
): Generator<Problem> {
  const first = valueAt(tree, "guests.drill_vmids.first");
  const last = valueAt(tree, "guests.drill_vmids.last");
  if (typeof first !== "number" || typeof last !== "number") return;
  const problem = {
    code: "config.invalid",
    path: "guests.drill_vmids",
    found: `first ${first}, last ${last}`,
  } as const;
  if (first > last) yield { ...problem, allowed: "first not above last" };
  if (typeof managed.first !== "number" || typeof managed.last !== "number") return;
  if (first >= managed.first && last <= managed.last) return;
  yield {
    ...problem,
    allowed: `a part of guests.managed_vmids, ${managed.first} to ${managed.last}`,
  };
}

const TRUSTS = ["fingerprint", "ca_file", "insecure_skip_verify"];

function* trustProblems(tree: JsonObject, reported: ReadonlySet<string>): Generator<Problem> {
  const insecure = valueAt(tree, "proxmox.tls.insecure_skip_verify") === true;
  const url = valueAt(tree, "proxmox.endpoint");
  const endpoint = typeof url === "string" ? parseEndpoint(url) : undefined;
  if (insecure && endpoint !== undefined && "loopback" in endpoint && !endpoint.loopback) {
    yield {
      code: "config.invalid",
      path: "proxmox.tls.insecure_skip_verify",
      found: `true, with the endpoint ${describeFound(endpoint.url)}`,
      allowed: "true only towards 127.0.0.1, ::1 or localhost",
      hint: "Set proxmox.tls.fingerprint instead.",
    };
  }
  if (TRUSTS.some((key) => reported.has(`proxmox.tls.${key}`))) return;
  const set = TRUSTS.filter((key) => {
    const value = valueAt(tree, `proxmox.tls.${key}`);
    return key === "insecure_skip_verify" ? insecure : value !== undefined;
  });
  if (set.length === 1) return;
  yield {
    code: set.length === 0 ? "config.missing" : "config.invalid",
    path: "proxmox.tls",
    reason: set.length === 0
      ? "Nothing says how to trust the server"
      : `More than one kind of trust is set (${set.join(", ")})`,
    allowed: "exactly one of fingerprint, ca_file, insecure_skip_verify",
    hint: "Fingerprint: openssl x509 -noout -fingerprint -sha256 -in /etc/pve/local/pve-ssl.pem " +
      "(pveproxy-ssl.pem, where there is one).",
  };
}
