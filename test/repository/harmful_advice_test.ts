import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";
import { harmfulAdvice } from "./harmful_advice.ts";
import { type ShownText, stringLiterals } from "./string_literals.ts";
import { trackedFiles } from "./tracked_files.ts";

/** Texts that name a harmful step and advise none, each with why that is so. */
const ALLOWED: readonly {
  readonly in: string;
  readonly words: string;
  readonly why: string;
}[] = [
  ...[
    { in: "src/config/contradictions.ts", words: "insecure_skip_verify" },
    { in: "src/config/schema.ts", words: "insecure_skip_verify" },
    { in: "README.md", words: "insecure_skip_verify` (optional)" },
    { in: "README.md", words: "`ca_file` and `insecure_skip_verify` says how" },
    { in: "README.md", words: "insecure_skip_verify`: trusts whoever answers" },
  ].map((it) => ({ ...it, why: "a key of the configuration, named as the last of three" })),
  {
    in: "configs/agent.example.json",
    words: '"insecure_skip_verify": false',
    why: "the example leaves it off",
  },
  { in: "README.md", words: "no lock file to write", why: "of deno.lock, which the program lacks" },
  { in: "src/state/lock.ts", words: "Cannot open the lock file", why: "says what failed" },
  { in: "README.md", words: "can neither remove it", why: "says what the agent cannot do" },
  {
    in: "configs/felhom-privileged.socket",
    words: "can neither remove the socket",
    why: "says what the agent cannot do",
  },
  { in: "src/action/kinds.ts", words: "skiplock", why: "in the list of what is never passed" },
  { in: "src/proxmox/mutations.ts", words: "Cannot destroy guest", why: "says what failed" },
  { in: "test/demo/acts/crash_act.ts", words: "kill -9", why: "shows its own daemon being killed" },
  {
    in: "test/demo/acts/signed_act.ts",
    words: "was asked to destroy it",
    why: "says what was done",
  },
  { in: "src/proxmox/routes.ts", words: "/status/reboot", why: "a path of the API" },
];

/** What operators read: the texts of the programs and of the demo, and the documents. */
async function shownTexts(): Promise<readonly ShownText[]> {
  return (await trackedFiles()).flatMap(({ path, text }) => {
    if (/^(?:src|privileged|test\/demo)\/.*\.ts$/.test(path)) return stringLiterals(path, text);
    // Each item of a list and each paragraph by itself: what is told of is in it.
    return /\.md$|^configs\//.test(path)
      ? text.split(/\n\n|\n(?=- )/).map((part) => ({ at: path, text: part }))
      : [];
  });
}

Deno.test("no hint, remedy, sentence or document suggests a step that loses data or state", async () => {
  const found = (await shownTexts()).flatMap(({ at, text }) =>
    harmfulAdvice(text).map((advice) => ({ at, advice }))
  );
  const allows = ({ at, advice }: (typeof found)[number]) =>
    ALLOWED.filter((it) => at.split(":")[0] === it.in && advice.includes(it.words));
  assertEquals(found.filter((it) => allows(it).length === 0), []);
  const used = new Set(found.flatMap(allows));
  assertEquals(ALLOWED.filter((it) => !used.has(it)), [], "an exception that nothing needs");
});

for (
  const text of [
    "only root can clear that on the host: pct unlock 230",
    "pct unlock 230, then pct destroy 230",
    "look at it, and keep or destroy it",
    "look at it, and delete it",
    "Restore the file from a backup, or move it away to begin anew.",
    "If the later time was the wrong one: move the folder of the state away to begin anew.",
    "Take the protection off first, if it really shall go.",
    "Unplug the copy, or give it another UUID: tune2fs -U random DEVICE",
    "rm -rf /var/lib/felhom-agent",
    "Make it anew: vgcreate; lvremove pve/vm-230-disk-0",
    "Try again with --force.",
    "zfs destroy rpool/data/subvol-230-disk-0",
    "Delete the lock file.",
    "Skip the verification, or set proxmox.tls.insecure_skip_verify.",
    "Make it for a shorter time, or raise `operations.longest_lifetime_minutes`.",
    "umount -l /mnt/felhom/backup",
  ]
) {
  Deno.test(`it is noticed that "${text}" is harmful advice`, () => {
    assert(harmfulAdvice(text).length > 0);
  });
}

for (
  const text of [
    "Wait for the task that holds the lock; look first: pct config 230, pct listsnapshot 230, lvs",
    "Set the clock right: timedatectl. If the later time is the wrong one: felhom-agent state ack",
    "The guest is destroyed, and its snapshots with it",
    "Destroy a guest with its volumes and snapshots",
    "Restart the daemon after an update: systemctl restart felhom-agent.",
  ]
) {
  Deno.test(`it is none that "${text}"`, () => assertEquals(harmfulAdvice(text), []));
}

Deno.test("a text is read as it is shown: joined, and with a gap for what is put in", () => {
  const source = 'say(`Guest ${vmid}: pct ` + "unlock " + vmid); // pct unlock is a comment here';
  assertEquals(stringLiterals("src/a.ts", source), [
    { at: "src/a.ts:1", text: "Guest …: pct unlock …" },
  ]);
});

Deno.test("README: a state or clock that is behind is acknowledged, and its folder stays", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", repositoryRoot));
  for (const code of ["authz-state-behind", "authz-clock-behind"]) {
    const entry = readme.split(/\n\n|\n(?=- )/).find((part) => part.includes(`id="${code}"`)) ?? "";
    assertStringIncludes(entry.replaceAll(/\s+/g, " "), "`felhom-agent state ack`");
    assertStringIncludes(entry.replaceAll(/\s+/g, " "), "folder stays where it is");
  }
});
