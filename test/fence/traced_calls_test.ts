import { assertEquals } from "@std/assert";
import { tracedCalls } from "./traced_calls.ts";

Deno.test("A call that another thread interrupts in the trace is put together again", () => {
  const trace = [
    '101   open("/a", O_RDONLY) = 3',
    '101   unlink("/b" <unfinished ...>',
    "102   clone3({flags=CLONE_THREAD|CLONE_VM} <unfinished ...>",
    '103   stat("/c", 0x1) = -1 ENOENT (No such file or directory)',
    "101   <... unlink resumed>) = 0",
    "102   <... clone3 resumed> => {parent_tid=[7]}, 88) = 7",
    "103   --- SIGTERM {si_signo=SIGTERM} ---",
    "103   +++ exited with 0 +++",
    '104   unlink("/d" <unfinished ...>',
  ].join("\n");
  assertEquals(tracedCalls(trace), [
    'open("/a", O_RDONLY) = 3',
    'unlink("/b") = 0',
    "clone3({flags=CLONE_THREAD|CLONE_VM} => {parent_tid=[7]}, 88) = 7",
    'stat("/c", 0x1) = -1 ENOENT (No such file or directory)',
    'unlink("/d"',
  ]);
});
