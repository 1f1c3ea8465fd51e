import type { AccessControl } from "../pve/access/access_control.ts";
import type { Handlers } from "../pve/contract/endpoints.ts";
import type { ApiAnswer } from "../seam.ts";
import { encodeAnswer } from "../wire/answer.ts";
import { apiReply } from "../wire/reply.ts";
import type { World } from "../pve/world/world.ts";
import { type Capture, reasonOf } from "./captures.ts";
import type { Captures } from "./captured_state.ts";
import { required } from "./captured_state.ts";
import { differencesOf } from "./compare.ts";
import { macsIn, normalise } from "./normalise.ts";
import type { Scenario } from "./scenario.ts";
import { asJson } from "./captured_request.ts";
import { type Answered, Stage } from "./stage.ts";

/** Lists whose order tells something: logs and tasks. */
const ORDERED = /\/tasks(?:\/|$)|^\/api2\/json\/cluster\/tasks/;

/**
 * Plays a scenario and compares every answer with its capture. What a step dies of counts as a
 * difference of that step; the scenario goes on.
 */
export async function runScenario(
  scenario: Scenario,
  captures: Captures,
  handlers: (world: World, access: AccessControl) => Handlers,
): Promise<Map<string, readonly string[]>> {
  const results = new Map<string, readonly string[]>();
  const stage = new Stage(captures, { since: scenario.since, handlers });
  await scenario.given?.(stage);
  for (const step of scenario.steps.flat()) {
    if (step.kind === "act") {
      await step.act(stage);
      continue;
    }
    const capture = required(captures, step.name);
    try {
      results.set(step.name, compareAnswers(await stage.replay(capture), capture));
    } catch (error) {
      results.set(step.name, [error instanceof Error ? error.message : String(error)]);
    }
  }
  return results;
}

/** Status, reason, headers in their order and body of an answer against a capture's. */
function compareAnswers({ answer, proxied }: Answered, capture: Capture): string[] {
  const body = asJson(answer.body);
  const options = {
    ordered: ORDERED.test(capture.request.path),
    digests: macsIn(body) === macsIn(capture.body),
  };
  const ours = {
    status: answer.status,
    reason: normalise(answer.reason, options),
    headers: headersOf(answer, proxied === true),
    body: normalise(body, options),
  };
  const genuine = {
    status: capture.status,
    reason: normalise(reasonOf(capture), options),
    headers: capture.headers.map(normaliseHeader),
    body: normalise(capture.body, options),
  };
  return differencesOf(ours, genuine);
}

/** The headers that the wire puts on an answer, on a connection that is not at its end. */
function headersOf(answer: ApiAnswer, proxied: boolean): string[] {
  const reply = apiReply(answer, { format: "json", proxied });
  const bytes = encodeAnswer({
    ...reply,
    protocol: "HTTP/1.1",
    connection: answer.status >= 400 ? "close" : proxied ? "both" : "keep-alive",
    encoding: undefined,
    date: "now",
  });
  const [head = ""] = bytes.toString("latin1").split("\r\n\r\n");
  return head.split("\r\n").slice(1).map((line) => {
    const at = line.indexOf(": ");
    return normaliseHeader([line.slice(0, at), line.slice(at + 2)]);
  });
}

/** Dates and lengths differ; that they are there, and where, must not. */
function normaliseHeader([name, value]: readonly [string, string]): string {
  return OF_ONE_ANSWER.has(name) ? name : `${name}: ${value}`;
}

const OF_ONE_ANSWER = new Set(["Content-Length", "Date", "Expires"]);
