import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { isPublicAddress } from "./addresses.ts";
import { refusedAddress } from "./destinations.ts";

/** The system's resolver, except that a name with any address inside a private network does not resolve. */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) {
      return callback(error, "");
    }
    if (!addresses.every(({ address }) => isPublicAddress(address))) {
      return callback(refusedAddress(hostname), "");
    }
    const [first] = addresses;
    return options.all ? callback(null, addresses) : callback(null, first?.address ?? "", first?.family);
  });
};
