export * from "./channels.ts";
export * from "./messages.ts";
export * from "./people.ts";
