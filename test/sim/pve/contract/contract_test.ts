import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { isReferenceMissing, referenceFile } from "../../reference.ts";
import { ENDPOINTS } from "./endpoints.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ParameterSpec } from "./parameter_spec.ts";
import type { Check, Permission } from "./permission.ts";
import { specOf } from "./verify.ts";

/**
 * The simulator's schemas against the official ones, both ways: every endpoint, parameter, type,
 * bound, enumeration, pattern, format, permission and flag. What differs stands here with why.
 */

const CONTRACT = "pve/api-9.2.3.json";

/** Endpoints the simulator has and the extract of the contract has not. */
const ONLY_OURS: Readonly<Record<string, string>> = {
  "GET /nodes/{node}/version": "Left out of the extract; captured as get-node-version.",
  "GET /nodes/{node}/lxc/{vmid}/rrddata": "Left out of the extract; pve-container, API2/LXC.pm.",
  "GET /nodes/{node}/time": "Left out of the extract; captured as get-nodes-time.",
};

/** Endpoints of the contract the simulator leaves out. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "POST /nodes/{node}/status": "Reboot and shutdown of the host: the product never does that.",
  "POST /nodes/{node}/storage/{storage}/content": "Allocating bare images: guests are created.",
  "POST /nodes/{node}/storage/{storage}/content/{volume}": "Copying volumes: root@pam only.",
  "POST /storage": "Adding storages: the operator's business; the role must not allow it.",
  "PUT /storage/{storage}": "Changing storages: as above.",
  "DELETE /storage/{storage}": "Removing storages: as above.",
  "POST /cluster/backup": "Backup jobs of the cluster: the agent schedules its own backups.",
  "POST /pools": "Pools are the operator's.",
  "PUT /pools": "Pools are the operator's.",
  "DELETE /pools": "Pools are the operator's.",
};

const object = z.record(z.string(), z.unknown());
const contractSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        protected: z.boolean(),
        proxyto: z.string().nullable(),
        allowToken: z.boolean(),
        permissions: object.nullish(),
        parameters: z.record(z.string(), object),
      }),
    ),
  ),
});

type Official = z.output<typeof contractSchema>["paths"][string][string];

Deno.test({
  name: "the table has every endpoint of the contract, or says why not",
  ignore: isReferenceMissing(CONTRACT),
  fn() {
    const official = [...readContract().keys()];
    assertEquals(
      official.filter((key) => !(key in ENDPOINTS)).toSorted(),
      Object.keys(LEFT_OUT).toSorted(),
    );
    assertEquals(
      Object.keys(ENDPOINTS).filter((key) => !official.includes(key)).toSorted(),
      Object.keys(ONLY_OURS).toSorted(),
    );
  },
});

Deno.test({
  name: "every endpoint is what the contract says",
  ignore: isReferenceMissing(CONTRACT),
  async fn(t) {
    const contract = readContract();
    for (const [key, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
      const official = contract.get(key);
      if (official === undefined) continue;
      await t.step(key, () => {
        assert(official.allowToken, "the contract closes it to tokens");
        assertEquals(endpoint.protected, official.protected);
        assertEquals(endpoint.proxyto, official.proxyto);
        assertEquals(permissionAsData(endpoint.permission), officialPermission(official));
        assertEquals(parametersAsData(endpoint), officialParameters(official));
      });
    }
  },
});

function readContract(): Map<string, Official> {
  const text = Deno.readTextFileSync(referenceFile(CONTRACT));
  const { paths } = contractSchema.parse(JSON.parse(text));
  return new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, official]) => [`${method} ${path}`, official] as const)
    ),
  );
}

/** The contract writes `net[n]`; the parameters are `net0` to `net31`, the others go to 255. */
function officialParameters(official: Official): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(official.parameters)) {
    const indexed = /^(\w+)\[n\]$/.exec(name)?.[1];
    if (indexed === undefined) parameters[name] = comparable(spec);
    for (let index = 0; index < (indexed === "net" ? 32 : 256) && indexed !== undefined; index++) {
      parameters[`${indexed}${index}`] = comparable(spec);
    }
  }
  return parameters;
}

function parametersAsData({ parameters }: Endpoint): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parameters.shape).map(([name, schema]) => {
      const optional = schema instanceof z.ZodOptional;
      return [name, comparable({ ...specOf(schema), ...(optional ? { optional } : {}) })];
    }),
  );
}

const COMPARED = [
  "type",
  "optional",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
  "enum",
  "requires",
  "default_key",
] as const satisfies readonly (keyof ParameterSpec | "optional" | "default_key")[];

/** What counts of a parameter, in one spelling: `1` for true, Perl's `(?^:` as `(?:`. */
function comparable(spec: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const key of COMPARED) {
    const value = spec[key];
    if (value === undefined) continue;
    if (key === "pattern") entries.push([key, String(value).replaceAll("(?^:", "(?:")]);
    else entries.push([key, value === 1 ? true : value]);
  }
  const format = object.safeParse(spec.format);
  if (format.success) {
    const keys = Object.entries(format.data).map(([key, part]) => [
      key,
      comparable(object.parse(part)),
    ]);
    entries.push(["format", Object.fromEntries(keys)]);
  } else if (spec.format !== undefined) entries.push(["format", spec.format]);
  return Object.fromEntries(entries);
}

function officialPermission(official: Official): unknown {
  const permissions = official.permissions ?? {};
  return "check" in permissions ? { check: permissions.check } : { user: permissions.user };
}

function permissionAsData(permission: Permission): unknown {
  return "check" in permission ? { check: checkAsData(permission.check) } : permission;
}

function checkAsData(check: Check): unknown {
  if ("and" in check) return ["and", ...check.and.map(checkAsData)];
  if ("or" in check) return ["or", ...check.or.map(checkAsData)];
  const options = [
    ...(check.any === true ? ["any", 1] : []),
    ...(check.requireParam === undefined ? [] : ["require_param", check.requireParam]),
  ];
  return ["perm", check.path, check.privileges, ...options];
}
