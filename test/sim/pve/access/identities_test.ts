import { assertEquals, assertThrows } from "@std/assert";
import { PveError } from "../pve_error.ts";
import { Identities } from "./identities.ts";

const NOW = 1_795_220_000;
const AUTH = "Authentication failed!";
const GOOD = "PVEAPIToken=agent@pve!main=s3cret";

/** What is sent, and the reason of the 401; nothing where it is let in. */
const ROWS: Readonly<Record<string, readonly [string | undefined, string | undefined, string?]>> = {
  "no header": [undefined, undefined, "No ticket"],
  "another scheme": ["Bearer x", undefined, "No ticket"],
  "the scheme in another case": [GOOD.toLowerCase(), undefined, "No ticket"],
  "a valid token": [GOOD, undefined],
  "a space instead of the equals sign": [GOOD.replace("=", " "), undefined],
  "percent-escapes": ["PVEAPIToken=agent%40pve%21main=s3cret", undefined],
  "what follows a semicolon is cut": [`${GOOD};more`, undefined],
  "the last equals sign splits": ["PVEAPIToken=agent@pve!main=x=s3cret", undefined, AUTH],
  "a wrong secret": [`${GOOD}x`, undefined, AUTH],
  "no secret": ["PVEAPIToken=agent@pve!main", undefined, AUTH],
  "an unknown token": ["PVEAPIToken=agent@pve!none=x", undefined, AUTH],
  "an unknown user": ["PVEAPIToken=who@pve!main=x", undefined, AUTH],
  "an expired token": ["PVEAPIToken=agent@pve!old=x", undefined, AUTH],
  "a token that has not expired yet": ["PVEAPIToken=agent@pve!new=x", undefined],
  "a disabled user": ["PVEAPIToken=off@pve!main=x", undefined, AUTH],
  "an expired user": ["PVEAPIToken=gone@pve!main=x", undefined, AUTH],
  "a revoked token": ["PVEAPIToken=agent@pve!lost=x", undefined, AUTH],
  "a ticket in a cookie wins over a token": [GOOD, "PVEAuthCookie=x", AUTH],
  "a ticket in the header": ["PVEAuthCookie=x", undefined, AUTH],
  "another cookie is nothing": [GOOD, "theme=dark"],
};

for (const [name, [authorization, cookie, reason]] of Object.entries(ROWS)) {
  Deno.test(`authentication: ${name}`, () => {
    const identities = new Identities(() => NOW * 1000);
    identities.setUser("agent@pve");
    identities.setUser("off@pve", { enabled: false });
    identities.setUser("gone@pve", { expire: NOW - 1 });
    identities.setToken("agent@pve!main", { secret: "s3cret" });
    identities.setToken("agent@pve!old", { secret: "x", expire: NOW });
    identities.setToken("agent@pve!new", { secret: "x", expire: NOW + 1 });
    identities.setToken("agent@pve!lost", { secret: "x" });
    identities.setToken("off@pve!main", { secret: "x" });
    identities.setToken("gone@pve!main", { secret: "x" });
    identities.removeToken("agent@pve!lost");
    const attempt = () => identities.authenticate(authorization, cookie);
    if (reason === undefined) {
      assertEquals(attempt().user, "agent@pve");
    } else {
      const thrown = assertThrows(attempt, PveError);
      assertEquals([thrown.status, thrown.message], [401, reason]);
    }
  });
}
