import { assertEquals, assertThrows } from "@std/assert";
import { PveError } from "../pve_error.ts";
import { type EndpointKey, ENDPOINTS } from "./endpoints.ts";
import { type RawParams, verify } from "./verify.ts";

const PUT = "PUT /nodes/{node}/lxc/{vmid}/config";
const POST = "POST /nodes/{node}/lxc";
const SNAPSHOT = "POST /nodes/{node}/lxc/{vmid}/snapshot";
const VZDUMP = "POST /nodes/{node}/vzdump";
const GUEST = { node: "pve", vmid: "101" };
const UNKNOWN =
  "property is not defined in schema and the schema does not allow additional properties";

type Row = readonly [
  key: EndpointKey,
  params: RawParams,
  errors: Readonly<Record<string, string>>,
];

/** The first group are captures, by name; the rest follows `PVE::JSONSchema`. */
const REFUSED: Readonly<Record<string, Row>> = {
  "err-400-bad-boolean": [PUT, { onboot: "maybe" }, {
    onboot: "type check ('boolean') failed - got 'maybe'",
  }],
  "err-400-bad-snapname": [SNAPSHOT, { snapname: "1 bad" }, {
    snapname: "invalid format - invalid configuration ID '1 bad'\n",
  }],
  "err-400-bad-vmid": ["GET /nodes/{node}/lxc/{vmid}/status/current", { vmid: "abc" }, {
    vmid: "type check ('integer') failed - got 'abc'",
  }],
  "err-400-two-errors": [PUT, { memory: "lots", cores: "x", foo: "bar" }, {
    memory: "type check ('integer') failed - got 'lots'",
    cores: "type check ('integer') failed - got 'x'",
    foo: UNKNOWN,
  }],
  "err-400-missing-param": [POST, { vmid: 190 }, {
    ostemplate: "property is missing and it is not optional",
  }],
  "err-config-bad-feature": [PUT, { features: "foo=1" }, {
    features: `invalid format - format error\nfeatures.foo: ${UNKNOWN}\n`,
  }],
  "err-config-net0-bad": [PUT, { net0: "bridge=vmbr0" }, {
    net0: "invalid format - format error\nnet0.name: property is missing and it is not optional\n",
  }],
  "err-config-hostname-bad": [PUT, { hostname: "under_score" }, {
    hostname: "invalid format - value does not look like a valid DNS name\n",
  }],
  "err-config-cores-bad": [PUT, { cores: 0 }, { cores: "value must have a minimum value of 1" }],
  "err-snapshot-name-too-long": [SNAPSHOT, { snapname: "a".repeat(41) }, {
    snapname: "value may only be 40 characters long",
  }],
  "err-vzdump-bad-mode": [VZDUMP, { vmid: "101", storage: "local", mode: "fast" }, {
    mode: "value 'fast' does not have a value in the enumeration 'snapshot, suspend, stop'",
  }],
  "http-form-duplicate-key": [PUT, { memory: ["1", "2"] }, {
    memory: "type check ('integer') failed - got ARRAY",
  }],
  "http-put-json-float": [PUT, { memory: 192.5 }, {
    memory: "type check ('integer') failed - got '192.5'",
  }],
  "http-vmid-leading-zero": [PUT, { vmid: "0101" }, {
    vmid: "invalid format - value does not look like a valid VM ID\n",
  }],

  "names that objects have of themselves": [PUT, { ["__proto__"]: "1", constructor: "2" }, {
    ["__proto__"]: UNKNOWN,
    constructor: UNKNOWN,
  }],
  "form text true": [PUT, { onboot: "true" }, {
    onboot: "type check ('boolean') failed - got 'true'",
  }],
  "JSON true for an integer": [PUT, { memory: true }, {
    memory: "type check ('integer') failed - got JSON::PP::Boolean",
  }],
  "an object": [PUT, { hostname: { a: 1 } }, {
    hostname: "type check ('string') failed - got HASH",
  }],
  "a number too large": [PUT, { cores: 8193 }, {
    cores: "value must have a maximum value of 8192",
  }],
  "a number that is none": [PUT, { cpulimit: "half" }, {
    cpulimit: "type check ('number') failed - got 'half'",
  }],
  "a text too short": [POST, { vmid: 190, ostemplate: "x", password: "1234" }, {
    password: "value must be at least 5 characters long",
  }],
  "a pattern": ["PUT /nodes/{node}/lxc/{vmid}/resize", { disk: "rootfs", size: "-1G" }, {
    size: "value does not match the regex pattern",
  }],
  "an index past the last": [PUT, { net32: "name=eth0", mp256: "x" }, {
    net32: UNKNOWN,
    mp256: UNKNOWN,
  }],
  "a companion that is missing": [POST, { vmid: 190, ostemplate: "x", unique: 1 }, {
    restore: "missing property - 'unique' requires this property",
  }],
  "nested formats end in two newlines": [PUT, { net0: "name=eth0,hwaddr=01:00:00:00:00:00" }, {
    net0: "invalid format - format error\nnet0.hwaddr: invalid format - value does not look like " +
      "a valid unicast MAC address\n\n",
  }],
  "a property twice": [PUT, { net0: "name=eth0,name=eth1" }, {
    net0: "invalid format - duplicate key in comma-separated list property: name\n",
  }],
  "a part without key": [PUT, { net0: "eth0" }, {
    net0: "invalid format - value without key, but schema does not define a default key\n",
  }],
  "a part without value": [PUT, { net0: "name=" }, {
    net0: "invalid format - missing key in comma-separated list property\n",
  }],
  "dots in a mount path": [PUT, { mp0: "local:8,mp=/a/../b" }, {
    mp0: "invalid format - format error\nmp0.mp: invalid format - /a/../b contains illegal " +
      "character sequences\n\n",
  }],
  "one bad entry of a list": [PUT, { tags: "good;b@d" }, {
    tags: "invalid format - invalid characters in tag\n",
  }],
  "keep-all beside another": [VZDUMP, { "prune-backups": "keep-all=1,keep-last=2" }, {
    "prune-backups": "invalid format - keep-all cannot be set together with other options.\n",
  }],
};

Deno.test("what the schema refuses is refused in Proxmox's words", async (t) => {
  for (const [name, [key, params, errors]] of Object.entries(REFUSED)) {
    await t.step(name, () => {
      const thrown = assertThrows(() => check(key, params), PveError);
      assertEquals(thrown.errors, errors);
      assertEquals([thrown.status, thrown.message], [400, "Parameter verification failed."]);
    });
  }
});

const ACCEPTED: Readonly<
  Record<string, readonly [EndpointKey, RawParams, Readonly<Record<string, unknown>>]>
> = {
  "numbers and booleans from form text": [PUT, { memory: "512", onboot: "1", cores: "+2" }, {
    memory: 512,
    onboot: true,
    cores: 2,
  }],
  "JSON numbers and booleans": [PUT, { memory: 512, onboot: false, protection: 1 }, {
    memory: 512,
    onboot: false,
    protection: true,
  }],
  "a number keeps its text": [PUT, { cpulimit: "0.50", description: 7 }, {
    cpulimit: "0.50",
    description: "7",
  }],
  "JSON null is no value, but counts as given": [PUT, { memory: null }, { memory: undefined }],
  "an array for a list is joined": [PUT, { delete: ["tags", "mp0"] }, { delete: "tags,mp0" }],
  "a text for an array is wrapped": [VZDUMP, { "exclude-path": "/tmp" }, {
    "exclude-path": ["/tmp"],
  }],
  "booleans inside property strings": [PUT, { features: "nesting=yes,keyctl=off" }, {
    features: "nesting=yes,keyctl=off",
  }],
  "a last newline, as Perl's $ has it": [PUT, { hostname: "a.b\n" }, { hostname: "a.b\n" }],
  "characters count, not bytes": [PUT, { description: "ű".repeat(8192) }, {
    description: "ű".repeat(8192),
  }],
};

Deno.test("what the schema accepts comes decoded", async (t) => {
  for (const [name, [key, params, expected]] of Object.entries(ACCEPTED)) {
    await t.step(name, () => {
      const { node: _node, vmid: _vmid, ...rest } = check(key, params);
      assertEquals(rest, expected);
    });
  }
});

function check(key: EndpointKey, params: RawParams): Record<string, unknown> {
  return verify(ENDPOINTS[key].parameters, { ...GUEST, ...params });
}
