import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseCommandLine } from "../../src/cli/command_line.ts";
import { FelhomError } from "../../src/errors.ts";

const NONE = {
  config: undefined,
  json: false,
  logLevel: undefined,
  name: undefined,
  uuid: undefined,
  fstype: undefined,
};

const OFF = { dryRun: false, wait: false, yes: false, task: false };

/** What a command line means. */
const GOOD: readonly (readonly [args: string, command: string, options: object])[] = [
  ["version", "version", {}],
  ["--version", "version", {}],
  ["-V", "version", {}],
  ["selftest", "selftest", {}],
  ["--selftest", "selftest", {}],
  ["--selftest --json", "selftest", { json: true }],
  ["--json selftest", "selftest", { json: true }],
  ["selftest --config /etc/felhom-agent/b.json", "selftest", {
    config: "/etc/felhom-agent/b.json",
  }],
  ["--config=x config check", "config check", { config: "x" }],
  ["run --log-level debug", "run", { logLevel: "debug" }],
  ["why 1001 --json", "why", { json: true, operand: "1001" }],
  ["apply", "apply", {}],
  ["apply - --dry-run", "apply", { operand: "-", switches: { ...OFF, dryRun: true } }],
  ["submit --wait -", "submit", { operand: "-", switches: { ...OFF, wait: true } }],
  ["audit verify --head 7:ab", "audit verify", { operation: { head: "7:ab", param: [] } }],
  ["state ack --yes", "state ack", { switches: { ...OFF, yes: true } }],
  ["journal --vmid 1001 --limit 5", "journal", {
    operation: { vmid: "1001", limit: "5", param: [] },
  }],
  ["--selftest=task --vmid 1001", "selftest", {
    switches: { ...OFF, task: true },
    operation: { vmid: "1001", param: [] },
  }],
  ["selftest --task --vmid 1001", "selftest", {
    switches: { ...OFF, task: true },
    operation: { vmid: "1001", param: [] },
  }],
  ["guests --json --log-level=warn", "guests", { json: true, logLevel: "warn" }],
];
for (const [args, command, options] of GOOD) {
  Deno.test(`"${args}" asks for ${command}`, () => {
    assertEquals(parseCommandLine(args.split(" ")), {
      command,
      topic: undefined,
      options: { ...NONE, ...options },
    } as ReturnType<typeof parseCommandLine>);
  });
}

/** Ways to ask for help, and about what. */
const HELP: readonly (readonly [args: string, topic: string | undefined])[] = [
  ["help", undefined],
  ["--help", undefined],
  ["-h", undefined],
  ["help selftest", "selftest"],
  ["selftest --help", "selftest"],
  ["config check -h", "config check"],
  ["help config show", "config show"],
  ["help why", "why"],
  ["why 1001 --help", "why"],
  ["apply - -h", "apply"],
];
for (const [args, topic] of HELP) {
  Deno.test(`"${args}" asks for the help of ${topic ?? "everything"}`, () => {
    const line = parseCommandLine(args.split(" "));
    assertEquals<unknown>([line.command, line.topic], ["help", topic]);
  });
}

/** Command lines that are wrong, and what the error says. */
const WRONG: readonly (readonly [args: readonly string[], message: string, hint: string])[] = [
  [[], "No command given", "felhom-agent help"],
  [["selftets"], 'There is no command "selftets"', "felhom-agent selftest?"],
  [["xyzzy"], 'There is no command "xyzzy"', "felhom-agent help"],
  [["config"], 'There is no command "config"', "config check, config show"],
  [["config", "chek"], 'There is no command "config chek"', "felhom-agent config check?"],
  [["guests", "101"], 'takes no argument "101"', "felhom-agent help guests"],
  [["version", "selftest"], 'takes no argument "selftest"', "help version"],
  [["--selftest", "guests"], "more than one thing", "one command"],
  [["--selftest", "--version"], "more than one thing", "one command"],
  [["guests", "--jsn"], 'no option "--jsn"', "Did you mean --json?"],
  [["guests", "--token=agent@pve!x=1234"], 'no option "--token"', "felhom-agent help"],
  [["guests", "-x"], 'no option "-x"', "felhom-agent help"],
  [["guests", "--no-json"], 'no option "--no-json"', ""],
  [["guests", "--json=yes"], "--json takes no value", ""],
  [["--selftest=tasks"], "--selftest takes no value", ""],
  [["why"], "needs a VMID", "help why"],
  [["why", "x"], 'takes no argument "x"', "help why"],
  [["why", "101", "102"], 'takes no argument "102"', "help why"],
  [["apply", "desired.json"], 'takes no argument "desired.json"', "help apply"],
  [["apply", "-", "-"], 'takes no argument "-"', "help apply"],
  [["guests", "-"], 'takes no argument "-"', "help guests"],
  [["state", "ack", "-"], 'takes no argument "-"', "help state ack"],
  [["plan", "--wait"], "plan takes no --wait", "help plan"],
  [["apply", "--wait=yes"], "--wait takes no value", ""],
  [["journal", "--limit", "1", "--limit", "2"], "--limit is given twice", ""],
  [["guests", "--config"], "--config needs a value", ""],
  [["guests", "--config="], "--config needs a value", ""],
  [["guests", "--config", "a", "--config", "b"], "--config is given twice", ""],
  [["version", "--config", "a"], "version takes no --config", "help version"],
  [["run", "--json"], "run takes no --json", "help run"],
  [["run", "--log-level", "debgu"], 'no log level "debgu"', "Did you mean debug?"],
  [["run", "--log-level", "9"], 'no log level "9"', "debug, info, warn, error"],
  [["help", "selftets"], 'There is no command "selftets"', "felhom-agent selftest?"],
];
for (const [args, message, hint] of WRONG) {
  Deno.test(`"${args.join(" ")}" is refused`, () => {
    const error = assertThrows(() => parseCommandLine(args), FelhomError, message);
    assertEquals(error.code, "usage.invalid");
    assertEquals(error.exitCode, 2);
    assertStringIncludes(error.hint ?? "", hint);
  });
}
