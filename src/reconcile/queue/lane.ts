/** What is worked on by one worker at a time: a guest, by its VMID, or the host itself. */
export type Lane = number | "host";
