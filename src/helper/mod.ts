/** The agent's side of the privileged helper. What changes the host stands apart, in mutations.ts. */
export type { CallOptions, HelperLink } from "./call.ts";
export type { HelperMutations, MutationOptions } from "./mutating_face.ts";
export { HelperError } from "./helper_error.ts";
export { createHelperReads, type HelperHealth, type HelperReads } from "./reads.ts";
export type { ConnectHelper, HelperSocket } from "./socket.ts";
export { type Enrolment, enrolment, type EnrolmentRequest } from "./enrolment.ts";
