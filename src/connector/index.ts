export * from "./auth.ts";
export * from "./client.ts";
export * from "./connector.ts";
export * from "./contents.ts";
export * from "./cut-text.ts";
export * from "./graphql.ts";
export * from "./operation.ts";
export * from "./rest.ts";
export { HubError, type ServiceFailure, serviceError } from "../errors.ts";
