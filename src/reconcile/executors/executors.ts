import type { ActionKind } from "../../action/mod.ts";
import { backup } from "./backup.ts";
import { createGuest } from "./create.ts";
import { deleteSnapshot } from "./delete_snapshot.ts";
import { destroy } from "./destroy.ts";
import { mountDisk } from "./disk_mount.ts";
import { unmountDisk } from "./disk_unmount.ts";
import type { Executor } from "./executor.ts";
import { createGolden } from "./golden_create.ts";
import { prune } from "./prune.ts";
import { restart } from "./restart.ts";
import { restoreOver } from "./restore_over.ts";
import { rollback } from "./rollback.ts";
import { settings } from "./settings.ts";
import { shutdown } from "./shutdown.ts";
import { rotateSigners } from "./signers_rotate.ts";
import { snapshot } from "./snapshot.ts";
import { start } from "./start.ts";
import { stop } from "./stop.ts";

type Table = { readonly [Kind in ActionKind]: Executor<Kind> };

/** How each kind of action is carried out. */
export const EXECUTORS = {
  "guest.start": start,
  "guest.shutdown": shutdown,
  "guest.stop": stop,
  "guest.restart": restart,
  "guest.settings": settings,
  "guest.create": createGuest,
  "guest.snapshot": snapshot,
  "guest.delete_snapshot": deleteSnapshot,
  "guest.rollback": rollback,
  "guest.backup": backup,
  "guest.prune": prune,
  "guest.restore_over": restoreOver,
  "guest.destroy": destroy,
  "golden.create": createGolden,
  "disk.mount": mountDisk,
  "disk.unmount": unmountDisk,
  "signers.rotate": rotateSigners,
} as const satisfies Table;

/** The executor of a kind. */
export function executorOf<Kind extends ActionKind>(kind: Kind): Executor<Kind> {
  const table: Table = EXECUTORS;
  return table[kind];
}
