import { SHORTAGE_WORDS, type State } from "../../state/mod.ts";

/** Why no self-test begins for want of room, and what ends that; null when there is room. */
export function roomProblem({ shortage }: Pick<State, "shortage">): string | null {
  if (shortage === undefined) return null;
  const { why, toDo } = SHORTAGE_WORDS[shortage];
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}: nothing unsigned begins. ${toDo}`;
}
