/** What a refusal names: which privilege is missing, and where. */
export interface MissingPrivilege {
  /** `VM.PowerMgmt`, or alternatives as `Datastore.Audit|Datastore.AllocateSpace`. */
  readonly privilege: string | undefined;
  /** The path of the access control list, as `/vms/101`. */
  readonly on: string | undefined;
  /** Whether no privilege would help, because only root@pam may do it. */
  readonly rootOnly: boolean;
}

const DETAIL = /Permission check failed(?: \((.*)\))?/;
const PATH_AND_PRIVILEGE =
  /^(\/[^,]*), ([A-Z][A-Za-z]*(?:\.[A-Za-z]+)+(?:\|[A-Z][A-Za-z]*(?:\.[A-Za-z]+)+)*)(?: for .*)?$/;
const ROOT_ONLY =
  /only allowed for root@pam|user != root@pam|Only root (?:may|can) |not available with API token|only possible for root/;

/**
 * What the text of a refusal says, be it an answer's or a task's (FACTS §1.2, §2.4, §3.3). Only the
 * first missing privilege is ever named, and some refusals name none.
 *
 * @returns `undefined` when the text refuses nothing
 */
export function missingPrivilege(text: string): MissingPrivilege | undefined {
  const rootOnly = ROOT_ONLY.test(text);
  const failed = DETAIL.exec(text);
  if (failed === null && !rootOnly) return undefined;
  const [, on, privilege] = PATH_AND_PRIVILEGE.exec(failed?.[1]?.trim() ?? "") ?? [];
  return { privilege, on, rootOnly };
}
