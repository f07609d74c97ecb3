import { defineConnector, none } from "#connector";
import * as operations from "./operations.ts";

/**
 * The server that the MCP conformance suite expects to find: https://github.com/modelcontextprotocol/conformance.
 *
 * It stands in for a service, so that the suite tests the road that every call takes. The suite gives the operations
 * their names and says what each must do.
 */
export default defineConnector({
  id: "conformance",
  name: "MCP conformance suite",
  version: "1.0.0",
  category: "testing",
  capabilities: [],
  // A reserved name: no operation sends a request.
  baseUrl: "https://conformance.invalid",
  auth: [none()],
  operations,
});
