export * from "./run-on.ts";
export * from "./start-service.ts";
