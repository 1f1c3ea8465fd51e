import type { z } from "zod";

/** Mount points, devices and unused volumes go from 0 to 255, networks to 31 (FACTS §3.1). */
const NETWORKS = 32;
const VOLUMES = 256;

type Indexed<N extends string, S extends z.ZodType> = Record<`${N}${number}`, z.ZodOptional<S>>;

/** `net0` to `net31`, each optional. */
export function networks<S extends z.ZodType>(schema: S): Indexed<"net", S> {
  return numbered("net", NETWORKS, schema);
}

/** `mp0` to `mp255`, each optional. */
export function mountPoints<S extends z.ZodType>(schema: S): Indexed<"mp", S> {
  return numbered("mp", VOLUMES, schema);
}

/** `dev0` to `dev255`, each optional. */
export function devices<S extends z.ZodType>(schema: S): Indexed<"dev", S> {
  return numbered("dev", VOLUMES, schema);
}

/** `unused0` to `unused255`, each optional. */
export function unusedVolumes<S extends z.ZodType>(schema: S): Indexed<"unused", S> {
  return numbered("unused", VOLUMES, schema);
}

/** `rootfs`, `mp0` to `mp255`: what can be resized. */
export const DISKS: readonly string[] = [
  "rootfs",
  ...Array.from({ length: VOLUMES }, (_, index) => `mp${index}`),
];

/** Also `unused0` to `unused255`: what can be moved. */
export const ALL_VOLUMES: readonly string[] = [
  ...DISKS,
  ...Array.from({ length: VOLUMES }, (_, index) => `unused${index}`),
];

function numbered<S extends z.ZodType>(
  name: string,
  count: number,
  schema: S,
): Record<string, z.ZodOptional<S>> {
  const optional = schema.optional();
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${name}${index}`, optional]),
  );
}
