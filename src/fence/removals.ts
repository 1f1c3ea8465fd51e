import { DatabaseSync } from "node:sqlite";

/** Whatever takes SQL or opens something; what closes a connection stays. */
const ENGINE_METHODS = [
  ...["open", "exec", "prepare", "createTagStore", "function", "aggregate", "loadExtension"],
  ...["createSession", "applyChangeset", "serialize", "deserialize", "setAuthorizer"],
] as const;

/** Something the runtime offers without asking for a right, and how it is taken away. */
export interface Removal {
  /** As it is written in code: `caches`, `navigator.gpu`. */
  readonly name: string;
  /** Why it may not stay. */
  readonly why: string;
  /** Objects that carry it, with the key. */
  holders(): readonly { readonly object: object; readonly key: PropertyKey }[];
}

const WRITES = "Writes to the cache folder without asking for the right to write.";
const NATIVE = "Loads graphics libraries into the process without asking for the right to.";
const FRESH = "Starts an isolate with all globals back in place.";
const ENGINE = "Makes files in native code, wherever the database engine puts its temporary ones.";
const TERMINAL = "Stops the isolate until somebody types at the terminal.";
const INTERNALS = "Reaches operations of the runtime below the permission checks.";

/**
 * What is deleted from an isolate that is sealed: all that writes, loads native code or starts an
 * isolate without a right being asked (each tried; see RUNTIME, "Permissions"). Constructors and
 * prototypes go with the objects, so they cannot be made anew.
 */
export const REMOVALS: readonly Removal[] = [
  ...["caches", "Cache", "CacheStorage"].map((name) => global(name, WRITES)),
  ...["localStorage", "sessionStorage", "Storage"].map((name) => global(name, WRITES)),
  {
    name: "navigator.gpu",
    why: NATIVE,
    holders: () => chain(navigator).map((object) => ({ object, key: "gpu" })),
  },
  {
    name: "GPU*",
    why: NATIVE,
    holders: () =>
      Object.getOwnPropertyNames(globalThis).filter((name) => name.startsWith("GPU"))
        .map((key) => ({ object: globalThis, key })),
  },
  ...["OffscreenCanvas", "createImageBitmap"].map((name) => global(name, NATIVE)),
  {
    // The connection of the state has taken what it needs of it before.
    name: "DatabaseSync.prototype",
    why: ENGINE,
    holders: () =>
      chain(DatabaseSync.prototype).filter((object) => object !== Object.prototype)
        .flatMap((object) => ENGINE_METHODS.map((key) => ({ object, key }))),
  },
  global("Worker", FRESH),
  ...["alert", "confirm", "prompt"].map((name) => global(name, TERMINAL)),
  {
    name: "Deno[Deno.internal]",
    why: INTERNALS,
    holders: () =>
      Object.getOwnPropertySymbols(globalThis.Deno)
        .filter((symbol) => symbol.description === "Deno.internal")
        .map((key) => ({ object: globalThis.Deno, key })),
  },
];

function global(name: string, why: string): Removal {
  return { name, why, holders: () => chain(globalThis).map((object) => ({ object, key: name })) };
}

/** An object and everything it inherits from. */
function chain(object: object): object[] {
  const found: object[] = [];
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) found.push(at);
  return found;
}

/** Takes everything listed away. What cannot be deleted is found by {@linkcode remains}. */
export function remove(removals: readonly Removal[]): void {
  for (const removal of removals) {
    for (const { object, key } of removal.holders()) Reflect.deleteProperty(object, key);
  }
}

/** Whether anything of a removal is still there. */
export function remains(removal: Removal): boolean {
  return removal.holders().some(({ object, key }) => Reflect.has(object, key));
}
