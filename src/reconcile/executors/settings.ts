import * as z from "zod";
import type { Setting } from "../../action/mod.ts";
import { parseVmid } from "../../proxmox/mod.ts";
import type { ActualSettings, NormalSettings } from "../actual/actual_guest.ts";
import { normalise } from "../actual/normalise.ts";
import { isSame, showSetting } from "../actual/setting_forms.ts";
import { partsSchema, readBefore, UNREADABLE } from "./before.ts";
import { howItEnded } from "./ending_words.ts";
import type { Effect, Executor } from "./executor.ts";
import type { Json } from "./json.ts";
import { seeSame } from "./look_at_guest.ts";
import { recheckGuest } from "./recheck_guest.ts";
import { wishedSettings } from "./wished_settings.ts";

const valuesSchema = z.record(
  z.string(),
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(z.string())]),
);

const beforeSchema = z.object({
  digest: z.string(),
  parts: partsSchema,
  /** The former values of what is changed: in force, and to come where that is something else. */
  live: valuesSchema,
  next: valuesSchema,
});

/**
 * Changes settings of the closed list. An answer proves nothing either way: what is accepted may
 * wait for the next start (FACTS §3.5), what is refused may be saved (OBSERVED 22). So the settings
 * themselves are read back.
 */
export const settings: Executor<"guest.settings"> = {
  taskTypes: [],
  limitMs: () => 2 * 60_000,

  async check({ guest, params }, facts, { reads }) {
    const held = await recheckGuest(guest, facts, { reads });
    if (!held.holds) return held;
    const { names } = wishedSettings(params);
    const { live, next } = normalise(await reads.guestPending(parseVmid(guest)));
    const coming = names.filter((name) => !isSame(live[name], next[name]));
    return {
      holds: true,
      before: {
        digest: held.config.live.digest,
        parts: { ...held.config.identity },
        live: pick(live, names),
        next: pick(next, coming),
      },
    };
  },

  async send(permit, _action, { hands, before, signal }) {
    const digest = readBefore(beforeSchema, before)?.digest ?? "";
    return await hands.proxmox.setConfig(permit, { digest, signal });
  },

  async verify({ guest, params }, { before, ending }, { reads }) {
    const was = readBefore(beforeSchema, before);
    if (was === null) return UNREADABLE;
    const config = await seeSame(reads, guest, was.parts);
    if ("seen" in config) return config;
    const actual = normalise(await reads.guestPending(parseVmid(guest)));
    const { names, values } = wishedSettings(params);
    const missed = names.filter((name) => !isSame(actual.next[name], values[name]));
    if (missed.length === 0) return reached(actual, names);
    const unchanged = names.every((name) => {
      const live = was.live[name] ?? null;
      return isSame(actual.live[name], live) &&
        isSame(actual.next[name], was.next[name] === undefined ? live : was.next[name]);
    });
    const list = missed.map((name) => `${name} is ${showSetting(name, actual.next[name])}`);
    const why = `${list.join(", ")}; ${howItEnded(ending)}`;
    return { seen: unchanged ? "nothing" : "other", why };
  },
};

/** All of it is written; some of it may wait for the next start. */
function reached({ live, next }: ActualSettings, names: readonly Setting[]): Effect {
  const pending = names.filter((name) => !isSame(live[name], next[name]));
  return pending.length === 0 ? { seen: "done" } : { seen: "done", detail: { pending } };
}

function pick(values: NormalSettings, names: readonly Setting[]): Json {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}
