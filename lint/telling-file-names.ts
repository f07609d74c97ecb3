import { basename } from "node:path";
import type { Rule } from "@oxlint/plugins";

const emptyWords = /(?:^|-)(?:utils?|helpers?|common|misc|types|managers?|services?)(?:-|\.|$)/;

/** A file is named after its main export. */
export const tellingFileNames: Rule = {
  create: (context) => ({
    Program(node) {
      const [word] = emptyWords.exec(basename(context.filename)) ?? [];
      if (!word) return;
      const message = `${basename(context.filename)} says nothing about what is inside: name the file after its main export, or put the code where it is used.`;
      context.report({ node, message });
    },
  }),
};
