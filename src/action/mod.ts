/** What can be done, and what somebody wants done. Nothing here decides whether it may be. */
export {
  type Action,
  type ActionFault,
  type ActionOf,
  canonicalAction,
  type HostAction,
  type ReadAction,
  readAction,
} from "./action.ts";
export { ownerOfBackup } from "./grammar.ts";
export { type Evidence, type Intent, type Origin, type Source, SOURCES } from "./intent.ts";
export {
  ACTION_KINDS,
  type ActionClass,
  type ActionEntry,
  type ActionKind,
  ACTIONS,
  entryOf,
  type HelperRead,
  isActionKind,
  type Loss,
  type MutationEntry,
  type Route,
} from "./kinds.ts";
export { PARAMS, type Params } from "./params.ts";
export { isSetting, type Setting, SETTING_NAMES, SETTINGS } from "./settings.ts";
