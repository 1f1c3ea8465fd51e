import type { Clock } from "../../../../src/clock.ts";

/** A certificate of the node, as it can be read over the API (FACTS §6). */
export interface CertificateInfo {
  readonly filename: string;
  /** SHA-256, 32 upper-case pairs joined by colons. */
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  /** Epoch seconds. */
  readonly notbefore: number;
  readonly notafter: number;
  readonly san: readonly string[];
  readonly pem: string;
  readonly "public-key-type": string;
  readonly "public-key-bits": number;
}

/** What does not change about a node. */
export interface NodeOptions {
  readonly name: string;
  readonly timezone: string;
  readonly cpus: number;
  readonly cpuModel: string;
  /** Bytes. */
  readonly memory: number;
  readonly memoryUsed: number;
  readonly rootfs: { readonly total: number; readonly used: number; readonly avail: number };
  readonly bridges: readonly string[];
  readonly kernel: string;
  /** Seconds the node has been up when the simulator starts. */
  readonly uptime: number;
  readonly disks: readonly Readonly<Record<string, unknown>>[];
}

const VERSION = { version: "9.2.11", release: "9.2", repoid: "14a22df35955d97d" } as const;

export function version(): Readonly<Record<string, string>> {
  return VERSION;
}

/** Whole seconds since the node's boot. */
export function uptime(clock: Clock, bootedAt: number): number {
  return Math.max(0, Math.floor((clock.now() - bootedAt) / 1000));
}

/** `GET /nodes/{node}/status` (capture get-node-status): sizes in bytes, load as strings. */
export function nodeStatus(
  node: NodeOptions,
  live: { readonly uptime: number; readonly memoryUsed: number },
): Record<string, unknown> {
  const used = Math.min(node.memory, live.memoryUsed);
  const free = node.memory - used;
  return {
    pveversion: `pve-manager/${VERSION.version}/${VERSION.repoid}`,
    memory: { used, total: node.memory, free, available: free },
    "current-kernel": {
      version: "#1 SMP PREEMPT_DYNAMIC @0",
      sysname: "Linux",
      release: node.kernel,
      machine: "x86_64",
    },
    cpu: 0.0109835247129306,
    idle: 0,
    wait: 0,
    uptime: live.uptime,
    ksm: { shared: 0 },
    kversion: `Linux ${node.kernel} #1 SMP PREEMPT_DYNAMIC @0`,
    cpuinfo: {
      vendor: "GenuineIntel",
      cpus: node.cpus,
      cores: node.cpus,
      flags: "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat",
      hvm: "",
      sockets: 1,
      mhz: "2600.000",
      model: node.cpuModel,
      family: "6",
      user_hz: 100,
    },
    rootfs: { ...node.rootfs, free: node.rootfs.total - node.rootfs.used },
    "boot-info": { mode: "legacy-bios" },
    loadavg: ["0.15", "0.27", "0.26"],
    swap: { used: 0, total: 0, free: 0 },
  };
}

/** Seconds that local time is ahead of UTC at that moment. */
export function utcOffset(timezone: string, epochMs: number): number {
  const zone = timezone === "Etc/UTC" ? "UTC" : timezone;
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(epochMs);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value ?? 0);
  const local = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return Math.round((local - Math.floor(epochMs / 1000) * 1000) / 1000);
}

/** The node's local time as parts of a file name or log line. */
export function localTime(timezone: string, epochMs: number): { date: string; time: string } {
  const iso = new Date(epochMs + utcOffset(timezone, epochMs) * 1000).toISOString();
  return { date: iso.slice(0, 10), time: iso.slice(11, 19) };
}

/**
 * `GET /nodes/{node}/rrddata`: one row a minute for an hour or a day, keys absent without data.
 *
 * @param values those that there are of each of the latest rows
 * @param seconds how long they were measured. @default 30 rows
 */
export function rrdRows(
  timeframe: string,
  now: number,
  values: Readonly<Record<string, number>>,
  seconds?: number,
): Record<string, number>[] {
  const plan: Readonly<Record<string, readonly [step: number, count: number]>> = {
    hour: [60, 70],
    day: [60, 1440],
    week: [1800, 336],
    month: [1800, 1440],
    year: [21_600, 1460],
    decade: [604_800, 520],
  };
  const [step, count] = plan[timeframe] ?? [60, 70];
  const rows = seconds === undefined ? 30 : Math.floor(seconds / step);
  const last = Math.floor(now / 1000 / step) * step;
  return Array.from({ length: count }, (_, index) => {
    const time = last - (count - 1 - index) * step;
    return index < count - rows ? { time } : { time, ...values };
  });
}
