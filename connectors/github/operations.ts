// One module to import whole: knip takes each operation for used then, as it does not where namespaces are spread.
export * from "./actions.ts";
export * from "./commit-files.ts";
export * from "./issues.ts";
export * from "./pulls.ts";
export * from "./repository.ts";
export * from "./search.ts";
