import { assertEquals } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";
import { findCircles } from "./circles.ts";
import { ARCHITECTURE } from "./layers.ts";
import { productFiles, readModuleGraph } from "./module_graph.ts";
import { violations } from "./violations.ts";

Deno.test("The module graph of the product keeps to the architecture", async () => {
  const graph = await readModuleGraph(repositoryRoot, await productFiles(repositoryRoot));
  assertEquals(violations(graph, ARCHITECTURE), []);
});

Deno.test("Every file of the product is in the graph, whether or not something imports it", async () => {
  const files = await productFiles(repositoryRoot);
  const graph = await readModuleGraph(repositoryRoot, files);
  assertEquals(files.filter((file) => !graph.has(file)), []);
});

Deno.test("The layers themselves form no circle", () => {
  const edges = Object.entries(ARCHITECTURE.layers).map(
    ([folder, { imports }]): [string, readonly string[]] => [folder, imports],
  );
  assertEquals(findCircles(new Map(edges)), []);
});
