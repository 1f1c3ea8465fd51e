import type { StatusDocument } from "../daemon/status.ts";

type Capacity = StatusDocument["engine"]["capacity"];

const GIB = 1024 ** 3;

/** What the storages have given away, a line each. */
export function storageRows(capacity: Capacity, ago: (at: number) => string): string[][] {
  if (capacity === null) return [["storages", "not looked at yet: they are now, ask again"]];
  const { at, storages } = capacity;
  if (storages.length === 0) return [["storages", `${ago(at)}: none can be read`]];
  return [["storages", ago(at)], ...storages.map(storageRow)];
}

function storageRow(
  { storage, type, pool, ratio, limit, provisioned, snapshots, promised, rest }: NonNullable<
    Capacity
  >["storages"][number],
): string[] {
  const parts = [
    `${gib(snapshots)} of them snapshots`,
    ...(pool.length === 0 ? [] : [`one pool with ${pool.join(", ")}`]),
    ...(promised === 0 ? [] : [`${gib(promised)} promised`]),
    `${gib(rest)} not of guests that can be read`,
  ];
  const over = provisioned > limit ? "; over it: nothing new is added" : "";
  return [
    `  ${storage}${type === null ? "" : ` (${type})`}`,
    `${gib(provisioned)} of ${gib(limit)} provisioned (ratio ${ratio}), ` +
    `${parts.join(", ")}${over}`,
  ];
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
