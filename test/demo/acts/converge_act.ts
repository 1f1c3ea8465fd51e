import { type Act, printed } from "./act.ts";

/** Somebody was at the host by hand: 201 was given more memory, 210 was stopped. */
const DESIRED = `{
  "version": 1,
  "revision": "demo-1",
  "guests": {
    "201": { "state": "running", "memory": "2 GiB", "tags": ["customer", "felhom"] },
    "210": { "state": "running", "memory": "1 GiB" },
    "220": { "state": "stopped", "onboot": false }
  }
}
`;

/** Where the desired state takes the host, looked at without the agent. */
const AS_DESIRED = [
  [201, "running", "2048"],
  [210, "running", "1024"],
  [220, "stopped", "2048"],
] as const;

/** The daemon, the plan for a host that drifted, and what carrying it out makes of it. */
export const showConvergence: Act = async (narrator, stage) => {
  narrator.step("The daemon, started as systemd starts it, and sealed before its first request.");
  const status = await stage.start();
  narrator.show(
    "felhom-agent run &   felhom-agent status",
    printed(await stage.agent("status")),
  );
  const probes = status.seals.flatMap(({ probes }) => probes);
  narrator.claim(
    `both isolates are sealed, and all ${probes.length} of the daemon's own probes were denied`,
    status.seals.length === 2 && probes.length > 0 &&
      probes.every(({ verdict }) => verdict === "denied"),
    status.seals,
  );

  narrator.step("Drift: somebody changed guests by hand. What is desired, and the plan for it.");
  narrator.show("cat desired.json", DESIRED);
  const place = await stage.place();
  const dry = await stage.agentWith(DESIRED, "apply", "-", "--dry-run");
  narrator.show("felhom-agent apply - --dry-run < desired.json", printed(dry));
  const steps = [/^201 acme-web: set memory 3072 MiB -> 2048 MiB/m, /^210 bakery-shop: start/m];
  narrator.claim(
    "the plan says for each guest what is done, from what to what, and why",
    dry.code === 0 && steps.every((step) => step.test(dry.stdout)),
    dry,
  );
  const changes = (await stage.requests(place)).filter(({ method }) => method !== "GET");
  narrator.claim("a dry run changes nothing", changes.length === 0, changes);

  const applied = await stage.agentWith(DESIRED, "apply", "-", "--wait");
  narrator.show("felhom-agent apply - --wait < desired.json", applied.stderr + applied.stdout);
  narrator.claim("it is carried out, and waited for", applied.code === 0, applied);
  const view = await stage.view();
  const found = AS_DESIRED.map(([vmid]) => view.guest(vmid)).map((guest) =>
    [guest?.vmid, guest?.status, guest?.options["memory"]] as const
  );
  narrator.claim(
    "the host itself says so: the guests are as desired",
    JSON.stringify(found) === JSON.stringify(AS_DESIRED),
    found,
  );
  const plan = await stage.agent("plan");
  narrator.show("felhom-agent plan", printed(plan));
  narrator.claim(
    "nothing is left to do",
    plan.code === 0 && plan.stdout.includes(": nothing to do for 3 guests."),
    plan,
  );
};
