/** A Worker that starts programs, one after the other, and says when it begins and when it is done. */
/// <reference lib="deno.worker" />
new Deno.Command("true").outputSync();
self.postMessage("begun");
for (let count = 0; count < 100; count++) new Deno.Command("true").outputSync();
self.postMessage("done");
self.close();
