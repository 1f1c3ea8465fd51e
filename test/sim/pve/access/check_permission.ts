import type { RawParams } from "../contract/verify.ts";
import type { Check, Permission } from "../contract/permission.ts";
import type { CallerAccess } from "../call_context.ts";
import { forbidden } from "../pve_error.ts";
import { normalisePath } from "./acl_path.ts";

/**
 * Checks an endpoint's permission against parameters that nobody has verified yet: Proxmox asks
 * for rights first (FACTS §1.2).
 *
 * @throws {PveError} 403; without a detail where alternatives or a parameter failed
 */
export function checkPermission(
  permission: Permission,
  access: CallerAccess,
  params: RawParams,
): void {
  if ("check" in permission) execute(permission.check, access, params);
}

function execute(check: Check, access: CallerAccess, params: RawParams): void {
  if ("and" in check) {
    for (const part of check.and) execute(part, access, params);
    return;
  }
  if ("or" in check) {
    if (!check.or.some((part) => passes(part, access, params))) throw forbidden();
    return;
  }
  if (check.requireParam !== undefined && params[check.requireParam] === undefined) {
    throw forbidden();
  }
  // A path with characters that no ACL path has is undefined in Perl, and printed as nothing.
  const path = normalisePath(fill(check.path, params)) ?? "";
  access.check(path, check.privileges, { any: check.any === true });
}

function passes(check: Check, access: CallerAccess, params: RawParams): boolean {
  if ("and" in check) return check.and.every((part) => passes(part, access, params));
  if ("or" in check) return check.or.some((part) => passes(part, access, params));
  if (check.requireParam !== undefined && params[check.requireParam] === undefined) return false;
  const path = normalisePath(fill(check.path, params)) ?? "";
  return access.allows(path, check.privileges, { any: check.any === true });
}

function fill(template: string, params: RawParams): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ""));
}
