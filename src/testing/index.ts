export * from "./run-on.ts";
export * from "./loopback-server.ts";
