// One module to import whole: knip takes each operation for used then, as it does not where namespaces are spread.
export * from "./channels.ts";
export * from "./messages.ts";
export * from "./people.ts";
