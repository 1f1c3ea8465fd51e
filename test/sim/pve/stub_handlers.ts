import { type EndpointKey, ENDPOINTS, type Handlers } from "./contract/endpoints.ts";

/** Handlers that answer `null`, for tests of what stands before a handler. */
export function stubHandlers(): Handlers {
  const handlers: Partial<Record<EndpointKey, () => null>> = {};
  for (const key in ENDPOINTS) if (isKey(key)) handlers[key] = () => null;
  if (!isComplete(handlers)) throw new Error("Cannot stub handlers: the table changed meanwhile");
  return handlers;
}

function isKey(key: string): key is EndpointKey {
  return Object.hasOwn(ENDPOINTS, key);
}

function isComplete(
  handlers: Partial<Record<EndpointKey, () => null>>,
): handlers is Record<EndpointKey, () => null> {
  return Object.keys(ENDPOINTS).every((key) => Object.hasOwn(handlers, key));
}
