import type { ParamValue } from "../seam.ts";
import { isList, isRecord, type JsonRecord } from "./json_value.ts";
import type { Normal } from "./normalise.ts";

/** Where two bodies differ, as `$.data[2].vmid: 101 instead of "101"`; genuine value last. */
export function differencesOf(ours: Normal, genuine: Normal, path = "$"): string[] {
  if (isRecord(ours) && isRecord(genuine)) {
    const names = new Set([...Object.keys(ours), ...Object.keys(genuine)]);
    return [...names].toSorted().flatMap((name) =>
      differencesOf(
        ours[name] ?? absent(ours, name),
        genuine[name] ?? absent(genuine, name),
        `${path}.${name}`,
      )
    );
  }
  if (isList(ours) && isList(genuine)) {
    const found = Array.from(
      { length: Math.min(ours.length, genuine.length) },
      (_, index) => differencesOf(ours[index] ?? null, genuine[index] ?? null, `${path}[${index}]`),
    ).flat();
    if (ours.length === genuine.length) return found;
    return [...found, `${path}: ${ours.length} rows instead of ${genuine.length}`];
  }
  return JSON.stringify(ours) === JSON.stringify(genuine)
    ? []
    : [`${path}: ${show(ours)} instead of ${show(genuine)}`];
}

/** An absent key is not a null. */
function absent(record: JsonRecord, name: string): ParamValue {
  return Object.hasOwn(record, name) ? null : "<absent>";
}

function show(value: Normal): string {
  const text = JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
