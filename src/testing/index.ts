export * from "./loopback-server.ts";
export * from "./make-target.ts";
export * from "./run-on.ts";
