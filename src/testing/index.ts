export * from "./loopback-server.ts";
export * from "./make-target.ts";
export * from "./run-on.ts";
export * from "./start-child.ts";
export * from "./stores.ts";
export * from "./open-test-hub.ts";
export * from "./open-mcp-client.ts";
export * from "./open-test-api.ts";
