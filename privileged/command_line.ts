import { fits, type Grammar } from "./grammar.ts";

/** A place in a command line that a value goes into. */
export interface Slot<Name extends string = string> {
  readonly name: Name;
  readonly grammar: Grammar;
}

/** A place named `name` for values of `grammar`. */
export function slot<const Name extends string>(name: Name, grammar: Grammar): Slot<Name> {
  return { name, grammar };
}

/**
 * One exact way in which the helper may start one program as root.
 *
 * Written once, as a template; from it come the arguments of a run and the line of the sudoers file
 * that allows it and nothing else, so the two cannot drift apart.
 */
export class CommandLine<Name extends string = string> {
  /** Absolute path. */
  readonly program: string;
  /**
   * Seconds after which sudo ends the program (`TIMEOUT=`). What the program itself started lives on
   * until systemd ends the whole unit, together with the helper (`KillMode=control-group`).
   */
  readonly seconds: number;
  readonly #literals: readonly string[];
  readonly #slots: readonly Slot<Name>[];

  /** Use {@linkcode commandLine}. */
  constructor(
    program: string,
    seconds: number,
    { literals, slots }: { literals: readonly string[]; slots: readonly Slot<Name>[] },
  ) {
    const odd = [program, ...literals].find((text) => !/^[A-Za-z0-9 ,=:/_-]*$/.test(text));
    if (odd !== undefined) throw new Error(`Cannot use "${odd}" literally in a sudoers rule`);
    this.program = program;
    this.seconds = seconds;
    this.#literals = literals;
    this.#slots = slots;
  }

  /**
   * The arguments for these values. Each value is checked once more: whatever happened to it on the
   * way, it fits its grammar here, so it holds no space and begins no option.
   *
   * @throws {Error} when a value does not fit, which is a bug
   */
  args(values: Readonly<Record<Name, string>>): readonly string[] {
    const texts = this.#slots.map(({ name, grammar }) => {
      const value = values[name];
      if (!fits(value, grammar)) throw new Error(`Cannot use "${value}" as ${name}`);
      return value;
    });
    return this.#join(texts).split(" ");
  }

  /** Arguments that fit, both ends of ranges, for asking sudo whether the rule is there. */
  examples(): readonly (readonly string[])[] {
    const near = this.#join(this.#slots.map(({ grammar }) => grammar.example));
    const far = this.#join(
      this.#slots.map(({ grammar }) => grammar.farExample ?? grammar.example),
    );
    return [...new Set([near, far])].map((line) => line.split(" "));
  }

  /** The regular expression of sudo for exactly these arguments, joined by spaces as sudo does. */
  get pattern(): string {
    return `^${this.#join(this.#slots.map(({ grammar }) => grammar.pattern))}$`;
  }

  #join(texts: readonly string[]): string {
    return this.#literals.map((literal, index) => literal + (texts[index] ?? "")).join("");
  }
}

/**
 * Template tag for a {@linkcode CommandLine}.
 *
 * @example
 * ```ts ignore
 * const umount = commandLine("/usr/bin/umount", 30)`/mnt/felhom/${slot("disk", DISK_NAME)}`;
 * umount.args({ disk: "backup" }); // ["/mnt/felhom/backup"]
 * ```
 */
export function commandLine(program: string, seconds: number) {
  return <Name extends string = never>(
    literals: TemplateStringsArray,
    ...slots: readonly Slot<Name>[]
  ): CommandLine<Name> => new CommandLine(program, seconds, { literals: [...literals], slots });
}
