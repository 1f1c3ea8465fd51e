import { assert, assertEquals } from "@std/assert";
import { inspect } from "node:util";
import { format } from "node:util";
import { redactTokens, Secret } from "../../src/config/secret.ts";
import { SETTINGS } from "../../src/config/schema.ts";
import { loadConfig } from "../../src/config/load.ts";
import { FelhomError } from "../../src/errors.ts";
import { renderError } from "../../src/cli/render_error.ts";
import { createLogger } from "../../src/log/create_logger.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { CANARY, findSecret } from "../support/secret_search.ts";
import { goodConfig, memorySources } from "./memory_sources.ts";

Deno.test("the search finds a secret in every form", () => {
  const secret = CANARY.slice(CANARY.indexOf("=") + 1);
  const forms = [
    CANARY,
    secret.toUpperCase(),
    btoa(CANARY),
    btoa(`x${CANARY}`),
    btoa(`xy${CANARY}`),
    btoa(`Authorization: PVEAPIToken=${CANARY}`),
    encodeURIComponent(CANARY),
    JSON.stringify([...secret]).replaceAll(",", ""),
    String(new TextEncoder().encode(secret)),
    secret.slice(0, 20),
  ];
  for (const form of forms) assert(findSecret(`before ${form} after`) !== undefined, form);
  assertEquals(findSecret("felhom@pve!canary=[redacted]"), undefined);
});

/** What `console` would print, caught in a process of its own: the real console, every method. */
async function consoleOutput(): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--allow-env",
      new URL("print_secret.ts", import.meta.url).pathname,
    ],
    env: { CANARY },
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("no method of console prints a secret", async () => {
  const output = await consoleOutput();
  assert(output.includes("[redacted]"), output);
  assert(output.includes("uncaught"), output);
  assertEquals(findSecret(output), undefined, output);
});

const secret = new Secret(CANARY);
const inspectAll = {
  depth: 100,
  showHidden: true,
  getters: true,
  showProxy: true,
  iterableLimit: Infinity,
  strAbbreviateSize: Infinity,
} as const;

/** Ways in which a value becomes text, each with what it makes of the secret. */
const WAYS: Readonly<Record<string, () => unknown>> = {
  "String()": () => String(secret),
  "a template": () => `token ${secret}`,
  "concatenation": () => "token " + secret,
  "toLocaleString": () => secret.toLocaleString(),
  "valueOf": () => String(secret.valueOf()),
  "join": () => [secret, [secret]].join(" "),
  "Object.prototype.toString": () => Object.prototype.toString.call(secret),
  "JSON.stringify": () => JSON.stringify({ a: [{ secret }] }, null, 2),
  "JSON.stringify with a replacer": () =>
    JSON.stringify(secret, (_, value) => typeof value === "object" ? Object.entries(value) : value),
  "Deno.inspect": () =>
    Deno.inspect({ a: { b: [secret, new Map([[secret, secret]])] } }, inspectAll),
  "Deno.inspect of a subclass": () =>
    Deno.inspect(new (class Token extends Secret {})(CANARY), inspectAll),
  "node:util.inspect": () => inspect({ a: { b: [secret, new Set([secret])] } }, inspectAll),
  "node:util.inspect without customInspect": () =>
    inspect(secret, { ...inspectAll, customInspect: false }),
  "node:util.format": () => format("%s %o %O %j %d", secret, secret, secret, secret, secret),
  "Object.entries": () => JSON.stringify([Object.entries(secret), Object.keys(secret)]),
  "Object.getOwnPropertyNames": () => Reflect.ownKeys(secret).map(String).join(),
  "Object.assign": () => JSON.stringify(Object.assign({}, secret)),
  "spread": () => Deno.inspect({ ...secret }, inspectAll),
  "structuredClone": () => Deno.inspect(attempt(() => structuredClone({ secret })), inspectAll),
  "an error's message": () => String(new Error(`Bad ${secret}`).stack),
  "an error's cause": () => Deno.inspect(new Error("x", { cause: { secret } }), inspectAll),
  "a FelhomError": () =>
    Deno.inspect(new FelhomError("internal.bug", `${secret}`, { cause: secret }), inspectAll),
  "an AggregateError": () => Deno.inspect(new AggregateError([secret], "x"), inspectAll),
  "URLSearchParams": () => new URLSearchParams({ token: String(secret) }).toString(),
  "renderError": () => JSON.stringify(renderError(new Error(CANARY, { cause: secret }))),
};
for (const [name, way] of Object.entries(WAYS)) {
  Deno.test(`${name} does not show a secret`, () => {
    const text = String(way());
    assertEquals(findSecret(text), undefined, text);
  });
}

function attempt(make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    return error;
  }
}

Deno.test("postMessage does not carry a secret", async () => {
  const { port1, port2 } = new MessageChannel();
  const received = new Promise((resolve) => {
    port2.onmessage = (event) => resolve(event.data);
  });
  port1.postMessage({ secret, nested: [secret] });
  const text = Deno.inspect(await received, inspectAll);
  port1.close();
  port2.close();
  assertEquals(findSecret(text), undefined, text);
});

Deno.test("a logger at debug shows no secret, whatever it is given", () => {
  for (const kind of ["json", "human"] as const) {
    const lines: string[] = [];
    const sink = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ clock: new FakeClock(), sink, level: "debug", format: kind });
    const fields = {
      secret,
      list: [secret],
      map: new Map([["token", secret]]),
      header: `PVEAPIToken=${CANARY}`,
      token: CANARY,
      cause: new Error(CANARY, { cause: new Error(`${secret}`) }),
      url: new URL(`https://x/?t=${CANARY}`),
      [CANARY]: 1,
    };
    for (const level of ["debug", "info", "warn", "error"] as const) {
      logger[level](`Sent ${CANARY} and ${secret}`, fields);
      logger.child({ component: "proxmox", operation: "01" })[level]("x", fields);
    }
    assertEquals(lines.length, 8);
    assertEquals(findSecret(lines.join("")), undefined, lines.join(""));
  }
});

Deno.test("a loaded configuration shows no secret in any form", async () => {
  const config = await loadConfig(memorySources(goodConfig({ "proxmox.token": CANARY })));
  assertEquals(config.proxmox.token.text.expose(), CANARY);
  for (const text of [JSON.stringify(config), Deno.inspect(config, inspectAll), inspect(config)]) {
    assertEquals(findSecret(text), undefined, text);
  }
});

Deno.test("what looks like a token is blanked in any text, and JSON stays JSON", () => {
  const texts = [
    CANARY,
    `Authorization: PVEAPIToken=${CANARY}`,
    `"${CANARY}" and '${CANARY}'`,
    JSON.stringify({ a: `say "${CANARY}"`, [CANARY]: [CANARY] }),
    JSON.stringify(JSON.stringify({ a: CANARY })),
    encodeURIComponent(CANARY),
    `https://x/?token=${encodeURIComponent(`PVEAPIToken=${CANARY}`)}&b=1`,
  ];
  for (const text of texts) {
    const redacted = redactTokens(text);
    assertEquals(findSecret(redacted), undefined, redacted);
    assert(redacted.includes("[redacted]"));
    if (text.startsWith("{") || text.startsWith('"{')) JSON.parse(redacted);
  }
  for (const text of ["a@b!c", "UPID:pve:0001:0002:0003:vzstart:101:felhom@pve!agent:", "x!=y"]) {
    assertEquals(redactTokens(text), text);
  }
});

Deno.test("What is allowed is said whole: only secrets are blanked, not the word", () => {
  for (const { allowed } of SETTINGS.values()) assertEquals(redactTokens(allowed), allowed);
  for (const secret of ["secret-1234", "secrets", "secret.x"]) {
    assertEquals(redactTokens(`a@pve!b=${secret}`), "a@pve!b=[redacted]");
  }
});
