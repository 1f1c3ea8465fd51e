import type { Api, ApiAnswer, ApiCall, ApiRequest } from "../seam.ts";

/** Decides what a stub answers. */
export type StubHandler = (request: ApiRequest) => ApiCall | ApiAnswer;

/** An {@linkcode Api} for tests of the wire alone: remembers what it was asked. */
export class StubApi implements Api {
  readonly requests: ApiRequest[] = [];
  readonly #handler: StubHandler;
  readonly #asked = Promise.withResolvers<void>();

  constructor(handler: StubHandler) {
    this.#handler = handler;
  }

  /** Resolves when the first request has come. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  dispatch(request: ApiRequest): Promise<ApiCall | ApiAnswer> {
    this.requests.push(request);
    this.#asked.resolve();
    return Promise.resolve(this.#handler(request));
  }
}

/** A call that answers 200 with `data`. */
export function stubCall(
  data: unknown,
  options: { readonly proxied?: boolean; readonly route?: string } = {},
): ApiCall {
  const { proxied = false, route = "/version" } = options;
  return {
    proxied,
    route,
    run: () => Promise.resolve({ status: 200, reason: "OK", body: { data } }),
  };
}
