import { z } from "zod";
import { endpoint, protectedEndpoint } from "./endpoint.ts";
import { boolean, integer, oneOf, text, texts } from "./parameter.ts";
import { everyone } from "./permission.ts";
import { node, storage } from "./url_parameters.ts";

/** Backups (FACTS §4). What depends on more than parameters, the handler checks. */
export const VZDUMP_ENDPOINTS = {
  "POST /nodes/{node}/vzdump": protectedEndpoint(
    z.strictObject({
      node: node.optional(),
      all: boolean().optional(),
      bwlimit: integer({ minimum: 0 }).optional(),
      compress: oneOf(["0", "1", "gzip", "lzo", "zstd"]).optional(),
      dumpdir: text().optional(),
      exclude: text({ format: "pve-vmid-list" }).optional(),
      "exclude-path": texts().optional(),
      fleecing: text({ format: "backup-fleecing" }).optional(),
      ionice: integer({ minimum: 0, maximum: 8 }).optional(),
      "job-id": text({ pattern: "\\S+", maxLength: 50 }).optional(),
      lockwait: integer({ minimum: 0 }).optional(),
      mailnotification: oneOf(["always", "failure"]).optional(),
      mailto: text({ format: "email-or-username-list" }).optional(),
      mode: oneOf(["snapshot", "suspend", "stop"]).optional(),
      "notes-template": text({ maxLength: 1024, requires: "storage" }).optional(),
      "notification-mode": oneOf(["auto", "legacy-sendmail", "notification-system"]).optional(),
      "pbs-change-detection-mode": oneOf(["legacy", "data", "metadata"]).optional(),
      performance: text({ format: "backup-performance" }).optional(),
      pigz: integer().optional(),
      pool: text().optional(),
      protected: boolean({ requires: "storage" }).optional(),
      "prune-backups": text({ format: "prune-backups" }).optional(),
      quiet: boolean().optional(),
      remove: boolean().optional(),
      script: text().optional(),
      stdexcludes: boolean().optional(),
      stdout: boolean().optional(),
      stop: boolean().optional(),
      stopwait: integer({ minimum: 0 }).optional(),
      storage: storage.optional(),
      tmpdir: text().optional(),
      vmid: text({ format: "pve-vmid-list" }).optional(),
      zstd: integer().optional(),
    }),
    everyone,
  ),
  "GET /nodes/{node}/vzdump/defaults": endpoint(
    z.strictObject({ node, storage: storage.optional() }),
    everyone,
  ),
  "GET /nodes/{node}/vzdump/extractconfig": protectedEndpoint(
    z.strictObject({ node, volume: text() }),
    everyone,
  ),
};
