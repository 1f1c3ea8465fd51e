import { pathOf } from "./product_file.ts";

const EMPTY_WORDS = /^(?:utils?|utilities|helpers|common|shared|misc|managers?)$/;

/** A file's name says the one reason why it exists, in snake_case; so does a folder's. */
export const tellingNames: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context.filename);
    return {
      Program(node) {
        for (const part of path.split("/")) {
          const name = part.replace(/\.(?:d\.)?[a-z]+$/, "").replace(/_test$/, "");
          const empty = name.split("_").find((word) => EMPTY_WORDS.test(word));
          if (empty !== undefined) {
            context.report({
              node,
              message: `The name "${part}" says "${empty}", which says nothing.`,
            });
          } else if (!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(name)) {
            context.report({ node, message: `The name "${part}" is not snake_case.` });
          }
        }
      },
    };
  },
};
