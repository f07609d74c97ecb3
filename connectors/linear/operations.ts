// One module to import whole: knip takes each operation for used then, as it does not where namespaces are spread.
export * from "./comments.ts";
export * from "./issues.ts";
export * from "./projects.ts";
export * from "./search.ts";
export * from "./workspace.ts";
