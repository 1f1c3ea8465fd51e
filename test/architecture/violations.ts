import type { Architecture, Gateway } from "./layers.ts";
import { findCircles } from "./circles.ts";
import type { Import, ModuleGraph } from "./module_graph.ts";

/**
 * What of `graph` the rules of `architecture` do not allow, a sentence each; empty when all is well.
 *
 * Imports that take only types count like any other, for direction, gateways and circles alike.
 */
export function violations(graph: ModuleGraph, architecture: Architecture): string[] {
  const found = [...graph].flatMap(([file, imports]) => {
    // Declarations describe packages; they are in no layer and import nothing of ours.
    if (file.endsWith(".d.ts") || !isProduct(file)) return [];
    const folder = layerOf(file, architecture);
    if (folder === undefined) return [`${file} stands in no layer of the architecture`];
    return imports.flatMap((imported) => judge(file, folder, imported, architecture));
  });
  const circles = findCircles(
    new Map(
      [...graph].map(([file, imports]) => [file, imports.map(({ to }) => to)]),
    ),
  );
  return [...found, ...circles.map((circle) => `${circle.join(" → ")} is a circle`)];
}

function judge(
  file: string,
  folder: string,
  { to, line }: Import,
  architecture: Architecture,
): string[] {
  const at = `${file}:${line} imports ${to}`;
  const layer = architecture.layers[folder];
  if (layer === undefined) return [`${file} stands in no layer of the architecture`];
  if (to.startsWith("missing:")) return [`${at}, which does not resolve`];
  if (!isFile(to)) {
    return layer.packages.includes(to) ? [] : [`${at}, a package that ${folder} may not use`];
  }
  const found: string[] = [];
  const target = layerOf(to, architecture);
  const allowed = [folder, ...layer.imports];
  if (!allowed.includes(to) && !(target !== undefined && allowed.includes(target))) {
    found.push(`${at}, but ${folder} may import only ${layer.imports.join(", ") || "itself"}`);
  }
  const gateway = architecture.gateways.find(({ files }) => files.test(to));
  if (gateway !== undefined && !passes(file, gateway)) {
    found.push(`${at}, but only ${gateway.importers.join(", ")} may: ${gateway.reason}`);
  }
  return found;
}

/** The files behind a gateway may import each other. */
function passes(file: string, { files, importers }: Gateway): boolean {
  return files.test(file) ||
    importers.some((importer) =>
      importer.endsWith("/") ? file.startsWith(importer) : file === importer
    );
}

/** The key of the innermost layer that a file belongs to. */
function layerOf(file: string, { layers }: Architecture): string | undefined {
  const parts = file.split("/");
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"))
    .findLast((place) => Object.hasOwn(layers, place));
}

function isProduct(file: string): boolean {
  return file === "main.ts" || /^(?:src|privileged)\//.test(file);
}

function isFile(target: string): boolean {
  return !/^[a-z]+:/.test(target);
}
