export * from "./actions.ts";
export * from "./commit-files.ts";
export * from "./issues.ts";
export * from "./pulls.ts";
export * from "./repository.ts";
export * from "./search.ts";
