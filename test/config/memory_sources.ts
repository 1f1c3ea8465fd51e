import type { ConfigSources } from "../../src/config/sources.ts";
import type { FileContent } from "../../src/config/files.ts";
import { DEFAULT_CONFIG_PATH } from "../../src/config/places.ts";

export const TOKEN = "agent@pve!felhom=6d1c2b3a-5f4e-4d3c-8b2a-1f0e9d8c7b6a";
export const FINGERPRINT = Array.from({ length: 32 }, () => "AB").join(":");

/** A file as a test wants it found: its text at mode 0640, or what else becomes of reading it. */
export type MemoryFile = string | FileContent;

export function fileContent(text: string, mode = 0o640): FileContent {
  return { kind: "bytes", bytes: new TextEncoder().encode(text), mode };
}

/** Sources of a configuration in memory; the default file is `config` as JSON, or as it is. */
export function memorySources(
  config: unknown,
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly files?: Readonly<Record<string, MemoryFile>>;
    readonly path?: string;
    readonly now?: number;
  } = {},
): ConfigSources {
  const files = new Map<string, MemoryFile>(Object.entries(options.files ?? {}));
  if (config !== undefined) {
    const text = typeof config === "string" ? config : JSON.stringify(config);
    files.set(options.path ?? DEFAULT_CONFIG_PATH, text);
  }
  return {
    path: options.path,
    env: (name) => options.env?.[name],
    now: options.now ?? Date.UTC(2026, 10, 20),
    read(path, limit) {
      const file = files.get(path) ?? { kind: "missing" };
      const content = typeof file === "string" ? fileContent(file) : file;
      const tooLarge = content.kind === "bytes" && content.bytes.length > limit;
      return Promise.resolve(tooLarge ? { kind: "too_large" } : content);
    },
  };
}

/** A configuration that is right; `change` sets keys such as `proxmox.node`, `undefined` unsets. */
export function goodConfig(change: Readonly<Record<string, unknown>> = {}): unknown {
  const tree: Record<string, unknown> = {
    proxmox: {
      endpoint: "https://127.0.0.1:8006",
      node: "pve",
      token: TOKEN,
      tls: { fingerprint: FINGERPRINT },
    },
    guests: { managed_vmids: { first: 1000, last: 1999 } },
  };
  for (const [path, value] of Object.entries(change)) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let section: object = tree;
    for (const key of keys) {
      if (Reflect.get(section, key) === undefined) Reflect.set(section, key, {});
      section = Reflect.get(section, key);
    }
    if (value === undefined) Reflect.deleteProperty(section, last);
    else Reflect.set(section, last, value);
  }
  return tree;
}
