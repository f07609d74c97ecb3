import * as z from "zod";
import { encodeWords } from "./encoded-words.ts";

const ADDRESS = "[\\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9.-]+";
const bareAddress = new RegExp(`^${ADDRESS}$`);

/** Where a mail goes, with or without a name in front. */
export const Mailbox = z
  .string()
  .max(320)
  .regex(
    new RegExp(`^([^<>\\x00-\\x1f\\x7f]*<${ADDRESS}>|${ADDRESS})$`),
    "write name@example.com or Name <name@example.com>, on one line",
  );

/** Writes one mailbox for a header. */
export function writeMailbox(mailbox: string): string {
  const [, given = "", address = mailbox] = /^([^<]*)<(.*)>$/.exec(mailbox) ?? [];
  const name = given
    .trim()
    .replace(/^"(.*)"$/, "$1")
    .replace(/\\(.)/g, "$1");
  if (name === "") {
    return address;
  }
  return /^[\x20-\x7e]*$/.test(name)
    ? `"${name.replace(/["\\]/g, "\\$&")}" <${address}>`
    : `${encodeWords(name)}\r\n <${address}>`;
}

/** Finds the addresses in a header. Names and comments may hold what only looks like one. */
export function findAddresses(header: string): string[] {
  return header
    .replace(/"(?:[^"\\]|\\.)*\\?(?:"|$)/gs, "")
    .replace(/\([^()]*\)/g, "")
    .split(",")
    .map((entry) => (/<([^<>]*)>/.exec(entry)?.[1] ?? entry).trim())
    .filter((address) => bareAddress.test(address));
}
