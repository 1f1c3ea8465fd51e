import type { Act } from "./act.ts";

/** A server that is not the pinned one gets nothing, the token least of all. */
export const showWrongServer: Act = async (narrator, stage) => {
  narrator.step("Another server in Proxmox's place: its certificate is not the pinned one.");
  await stage.configure({ fingerprint: "00:".repeat(31) + "00" });
  const place = await stage.place();
  const { code, stderr } = await stage.agent("guests");
  await stage.configure();
  narrator.show("felhom-agent guests", stderr);
  narrator.claim(
    "the agent hangs up",
    code === 1 && stderr.includes("proxmox.pin_mismatch"),
    stderr,
  );
  const requests = await stage.requests(place);
  narrator.claim("and it does so before it sends the token", requests.length === 0, requests);
};
