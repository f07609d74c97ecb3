// `defineConnector` takes the operations as one object, each under the name it is exported by.
export * from "./actions.ts";
export * from "./commit-files.ts";
export * from "./issues.ts";
export * from "./pulls.ts";
export * from "./repository.ts";
export * from "./search.ts";
