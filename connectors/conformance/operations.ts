export * from "./answering.ts";
export * from "./asking.ts";
