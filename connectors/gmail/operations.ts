// One module to import whole: knip takes each operation for used then, as it does not where namespaces are spread.
export * from "./labels.ts";
export * from "./reading.ts";
export * from "./writing.ts";
