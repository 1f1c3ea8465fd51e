const UNFINISHED = " <unfinished ...>";
const RESUMED = /^<\.\.\. \w+ resumed>/;

/**
 * The system calls of a trace by `strace -f -o`, in the order in which they began, without the
 * thread's number. A call during which another thread made one stands on two lines
 * (`unlink("/a" <unfinished ...>`, later `<... unlink resumed>) = 0`): here it is whole.
 */
export function tracedCalls(trace: string): string[] {
  const calls: string[] = [];
  const begun = new Map<string, number>();
  for (const line of trace.split("\n")) {
    const [, thread, text] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (thread === undefined || text === undefined) continue;
    const at = begun.get(thread);
    if (at !== undefined && RESUMED.test(text)) {
      begun.delete(thread);
      calls[at] += text.replace(RESUMED, "");
    } else if (/^\w+\(/.test(text)) {
      if (text.endsWith(UNFINISHED)) begun.set(thread, calls.length);
      calls.push(text.endsWith(UNFINISHED) ? text.slice(0, -UNFINISHED.length) : text);
    }
  }
  return calls;
}
