/**
 * The options of a configuration file as it lies in a backup, by name. Lines that begin with `#` are
 * the description; what follows the first `[section]` is not of the guest itself.
 */
export function readBackupConfig(text: string): Readonly<Record<string, string>> {
  const options: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (line.startsWith("[")) break;
    const [, key, value] = /^([a-z][a-z0-9_.-]*):\s*(.*?)\s*$/i.exec(line) ?? [];
    if (key !== undefined && value !== undefined) options[key] = value;
  }
  return options;
}
