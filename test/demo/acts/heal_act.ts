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
  const before = await stage.view();
  const broken = [before.guest(210)?.status, before.guest(201)?.options["memory"]];
  narrator.claim(
    "the host says that they are not as desired now",
    broken.join() === "stopped,512",
    broken,
  );
  await stage.until("both guests are as desired again", async () => {
    const view = await stage.view();
    const healed = view.guest(210)?.status === "running" &&
      view.guest(201)?.options["memory"] === "2048";
    return healed ? true : undefined;
  });
  narrator.claim("nobody asked for it: the next pass found it, and both are as desired", true);
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
};

function call({ method, path }: RequestRow): string {
  return `${method} ${path}`;
}
