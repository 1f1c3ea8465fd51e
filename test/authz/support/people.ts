import { openOperators, type Operator } from "./operators.ts";

/** Who appears in the tests of what is signed. */
export interface People {
  /** Anna and Bela are operators. */
  readonly anna: Operator;
  readonly bela: Operator;
  /** Rosa recovers. */
  readonly rosa: Operator;
  /** Mallory has a key, and no business here. */
  readonly mallory: Operator;
}

/** The people of a test file. Their keys are removed when its tests are over. */
export async function openPeople(): Promise<People> {
  const operators = await openOperators();
  Deno.test.afterAll(() => operators.close());
  return {
    anna: await operators.person("anna"),
    bela: await operators.person("bela"),
    rosa: await operators.person("rosa"),
    mallory: await operators.person("mallory"),
  };
}
