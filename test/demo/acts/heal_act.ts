import type { RequestRow } from "../../sim/wire/mod.ts";
import { type Act, printed } from "./act.ts";

/** What somebody changes behind the agent's back is found by a pass, and mended. */
export const showHealing: Act = async (narrator, stage) => {
  narrator.step(
    "Behind the agent's back: guest 210 is killed, and 201 is given 512 MiB of memory.",
  );
  const place = await stage.place();
  const { control } = stage.simulator;
  await control.inject({ kind: "crash", vmid: 210 });
  await control.inject({ kind: "change-config", vmid: 201, set: { memory: "512" } });
  await stage.until("both guests are as desired again", async () => {
    const view = await stage.view();
    const healed = view.guest(210)?.status === "running" &&
      view.guest(201)?.options["memory"] === "2048";
    return healed ? true : undefined;
  });
  const sent = (await stage.requests(place)).filter(({ method }) => method !== "GET").map(call);
  narrator.claim(
    `it took one request for each: ${sent.toSorted().join(", ")}`,
    sent.toSorted().join() === "POST /nodes/pve/lxc/210/status/start,PUT /nodes/pve/lxc/201/config",
    sent,
  );
  const journal = await stage.until("the journal has the outcome of both", async () => {
    const finished = await stage.agent("journal", "--limit", "2");
    return finished.stdout.match(/ succeeded /g)?.length === 2 ? finished : undefined;
  });
  narrator.show("felhom-agent journal --limit 2", printed(journal));
  const reasons = ["210  guest.start ", "set memory 512 MiB -> 2048 MiB"];
  narrator.claim(
    "nobody asked for it: a pass found what was changed, and the journal says what and why",
    reasons.every((reason) => journal.stdout.includes(reason)),
    journal,
  );
};

function call({ method, path }: RequestRow): string {
  return `${method} ${path}`;
}
