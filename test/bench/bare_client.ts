import { Agent, request } from "node:https";
import type { Announcement } from "../sim/spawn.ts";

/**
 * The least that can be done: a keep-alive loop of `node:https` that verifies the certificate,
 * sends the token and reads the body, and neither decodes, checks, limits nor retries anything.
 */
export interface BareClient {
  get(path: string): Promise<string>;
  /** A call without parameters. */
  post(path: string): Promise<string>;
  close(): void;
}

/** A bare client with as many connections as are asked of it at once. */
export function openBareClient({ ca, endpoint, token }: Announcement): BareClient {
  const agent = new Agent({ ca: [ca], keepAlive: true });
  const headers = { Authorization: `PVEAPIToken=${token}` };
  const call = (method: "GET" | "POST", path: string) =>
    new Promise<string>((resolve, reject) => {
      const options = { agent, headers, method };
      request(`${endpoint}/api2/json${path}`, options, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => body += chunk);
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode === 200) return resolve(body);
          reject(new Error(`${method} ${path}: ${response.statusCode} ${response.statusMessage}`));
        });
      }).on("error", reject).end();
    });
  return {
    get: (path) => call("GET", path),
    post: (path) => call("POST", path),
    close: () => agent.destroy(),
  };
}
