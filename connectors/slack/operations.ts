// `defineConnector` takes the operations as one object, each under the name it is exported by.
export * from "./channels.ts";
export * from "./messages.ts";
export * from "./people.ts";
