import { basename } from "node:path";
import type { Rule } from "@oxlint/plugins";

const emptyWords = /^(?:utils?|helpers?|common|misc|types|managers?|services?)\b|-(?:utils?|helpers?)\b/;

/** A file is named after its main export. */
export const tellingFileNames: Rule = {
  create: (context) => ({
    Program(node) {
      const name = basename(context.filename);
      if (!emptyWords.test(name)) return;
      const message = `${name} says nothing about what is inside: name the file after its main export, or put the code where it is used.`;
      context.report({ node, message });
    },
  }),
};
