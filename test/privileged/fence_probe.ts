/**
 * Runs in a process of its own under one of the helper's permission sets, tries everything the
 * helper must not be able to do, and prints what came of it as JSON: name → outcome. Its arguments are
 * a folder with a program that has the name of a listed one, and the name of the set.
 */
import { execFileSync } from "node:child_process";
import { lookup } from "node:dns/promises";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { hostname } from "node:os";
import { disarm } from "../../privileged/disarm.ts";

const [folder = "", set = ""] = Deno.args;

/** What needs root: in the shipped set by sudo alone, in the set for development directly. */
const ROOT_PROGRAMS = set === "privileged"
  ? ["/usr/bin/mount", "/usr/bin/umount", "/usr/sbin/pct", "/usr/sbin/smartctl"]
  : ["/usr/bin/sudo"];

function start(program: string, options: Deno.CommandOptions = {}) {
  return new Deno.Command(program, { clearEnv: true, stdin: "null", ...options }).output();
}

/** node:net reports by an event. */
function connectNode(target: { readonly path: string } | { readonly port: number }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", ...target });
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
}

const ATTEMPTS: Readonly<Record<string, () => unknown>> = {
  "TCP": () => Deno.connect({ hostname: "127.0.0.1", port: 85 }),
  "TCP through node": () => connectNode({ port: 85 }),
  "TCP outside": () => Deno.connect({ hostname: "192.0.2.1", port: 443 }),
  "TLS": () => Deno.connectTls({ hostname: "127.0.0.1", port: 8006 }),
  "fetch": () => fetch("http://127.0.0.1:85/"),
  "listen": () => Deno.listen({ port: 0 }),
  "DNS": () => Deno.resolveDns("example.org", "A"),
  "DNS through node": () => lookup("example.org"),
  "unix connect": () => Deno.connect({ transport: "unix", path: "/run/dbus/system_bus_socket" }),
  "unix connect through node": () => connectNode({ path: "/run/dbus/system_bus_socket" }),
  "abstract socket": () => Deno.connect({ transport: "unix", path: "\0/run/felhom" }),
  "read a file": () => Deno.readTextFile("/etc/passwd"),
  "read a file through node": () => readFileSync("/etc/passwd"),
  "read its own program": () => Deno.readTextFile(new URL(import.meta.url)),
  "read a descriptor": () => Deno.readTextFile("/dev/fd/0"),
  "stat": () => Deno.stat("/etc/passwd"),
  "list a folder": () => Array.fromAsync(Deno.readDir("/mnt")),
  "write a file": () => Deno.writeTextFile("/tmp/felhom-probe", "x"),
  "write a file through node": () => writeFileSync("/tmp/felhom-probe", "x"),
  "make a folder": () => Deno.mkdir("/tmp/felhom-probe"),
  "remove a file": () => Deno.remove("/etc/passwd"),
  "temporary file": () => Deno.makeTempFile(),
  "environment": () => Deno.env.get("PATH"),
  "whole environment": () => Deno.env.toObject(),
  "environment through node": () => execFileSync("/usr/bin/ls", ["/"]),
  "host name": () => Deno.hostname(),
  "host name through node": () => hostname(),
  "library": () => Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {}),
  "remote import": () => import(["https://esm.sh", "zod"].join("/")),
  "import of a file": () => import(["file:///etc", "x.ts"].join("/")),
  "shell": () => start("/bin/sh", { args: ["-c", "id"] }),
  "shell through node": () => execFileSync("/bin/sh", ["-c", "id"], { env: {} }),
  "shell by name": () => start("sh"),
  "the runtime itself": () => start(Deno.execPath()),
  "cat": () => start("/usr/bin/cat", { args: ["/etc/passwd"] }),
  ...Object.fromEntries(
    ROOT_PROGRAMS.map((program) => [program, () => start(program, { args: ["--version"] })]),
  ),
  "another program of Proxmox": () => start("/usr/sbin/qm"),
  "a listed name in another folder": () => start(`${folder}/ls`),
  "a listed name found elsewhere": () => start("ls", { env: { PATH: folder } }),
  "LD_PRELOAD": () => start("/usr/bin/ls", { env: { LD_PRELOAD: `${folder}/x.so` } }),
  "LD_LIBRARY_PATH": () => start("/usr/bin/ls", { env: { LD_LIBRARY_PATH: folder } }),
  "another process": () => Deno.kill(1, "SIGCONT"),
};

/** Taken away by {@linkcode disarm}: absent afterwards. */
const REMOVED: Readonly<Record<string, () => unknown>> = {
  "caches": () => Reflect.get(globalThis, "caches"),
  "localStorage": () => Reflect.get(globalThis, "localStorage"),
  "Worker": () => Reflect.get(globalThis, "Worker"),
  "navigator.gpu": () => Reflect.get(navigator, "gpu"),
};

const outcomes: Record<string, string> = {};
for (const [name, attempt] of Object.entries(ATTEMPTS)) {
  try {
    await attempt();
    outcomes[name] = "done";
  } catch (error) {
    outcomes[name] = error instanceof Deno.errors.NotCapable ||
        (error instanceof Error &&
          /NotCapable|Requires \w+ access|getaddrinfo EPERM/.test(`${error.name} ${error.message}`))
      ? "denied"
      : String(error);
  }
}
disarm();
for (const [name, read] of Object.entries(REMOVED)) {
  outcomes[name] = read() === undefined ? "denied" : "there";
}
// The one thing that works: without it the rest would prove nothing.
const { success } = await start("/usr/bin/ls", { args: ["/"], stdout: "null" });
outcomes["a listed program"] = success ? "done" : "failed";
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(outcomes)));
