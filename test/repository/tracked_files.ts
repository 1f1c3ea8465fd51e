import { repositoryRoot } from "../support/repository.ts";

/** A file of the repository. */
export interface TrackedFile {
  /** Below the root, as `src/log/logger.ts`. */
  readonly path: string;
  readonly text: string;
}

/**
 * The files that git tracks or would track, with their text. Where the tree is no git checkout (an
 * unpacked archive), everything that is not ignored by name.
 */
export async function trackedFiles(): Promise<TrackedFile[]> {
  const paths = await listed() ?? await walked("");
  return await Promise.all(
    paths.toSorted().map(async (path) => ({
      path,
      text: await Deno.readTextFile(new URL(path, repositoryRoot)),
    })),
  );
}

async function listed(): Promise<string[] | undefined> {
  try {
    const { code, stdout } = await new Deno.Command("git", {
      args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
      cwd: repositoryRoot,
      stderr: "null",
    }).output();
    if (code !== 0) return undefined;
    const paths = new TextDecoder().decode(stdout).split("\0").filter((path) => path !== "");
    const present = await Promise.all(paths.map(exists));
    return paths.filter((_, at) => present[at]);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** A tracked file that was just deleted is still listed. */
async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(new URL(path, repositoryRoot));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function walked(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder || ".", repositoryRoot))) {
    if (["dist", "node_modules", "coverage", ".git"].includes(name)) continue;
    if (isDirectory) found.push(...await walked(`${folder}${name}/`));
    else found.push(`${folder}${name}`);
  }
  return found;
}
