import { MANAGED } from "../stage.ts";
import { type Act, printed } from "./act.ts";

/** The self-test, and the guests of the host: what is there before anything is done. */
export const showSelftest: Act = async (narrator, stage) => {
  narrator.step("The self-test: is everything in place? It changes nothing.");
  const place = await stage.place();
  const finished = await stage.agent("selftest");
  narrator.show("felhom-agent selftest", printed(finished));
  const { code, stdout } = finished;
  narrator.claim("no check failed", code === 0 && !stdout.includes("FAILED"), finished);
  const methods = (await stage.requests(place)).map(({ method }) => method);
  narrator.claim(
    `Proxmox was only read: ${methods.length} requests, all of them GET`,
    methods.length > 0 && methods.every((method) => method === "GET"),
    methods,
  );
  const guests = await stage.agent("guests");
  narrator.show("felhom-agent guests", printed(guests));
  const rows = guests.stdout.trim().split("\n").slice(1);
  const { vmids } = await stage.view();
  narrator.claim(
    `the table shows all ${vmids.length} containers of the host`,
    guests.code === 0 && vmids.length > 0 && rows.map(vmidOf).join() === vmids.join(),
    rows,
  );
  const readOnly = vmids.filter((vmid) => vmid < MANAGED.first || MANAGED.last < vmid);
  narrator.claim(
    `${readOnly.length} of them lie outside the managed range, and are marked as not its own`,
    readOnly.length > 0 && readOnly.length < vmids.length &&
      rows.every((row) => / no /.test(row) === readOnly.includes(vmidOf(row))),
    rows,
  );
};

/** The first column of a row of the guests' table. */
function vmidOf(row: string): number {
  return parseInt(row, 10);
}
