import { typeid } from "typeid-js";

const PREFIXES = {
  workspace: "ws",
  profile: "prof",
  key: "key",
  integration: "int",
  request: "req",
  approval: "apr",
  page: "page",
  call: "call",
  delivery: "dlv",
  message: "msg",
  link: "link",
  dataKey: "dk",
  oauthApp: "app",
  oauthFlow: "flow",
} as const;

/** A new TypeID, e.g. `int_` and 26 characters that sort by time: https://github.com/jetify-com/typeid. */
export function newId(kind: keyof typeof PREFIXES): string {
  return typeid(PREFIXES[kind]).toString();
}
