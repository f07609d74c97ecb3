import ipaddr from "ipaddr.js";

const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
/** Outside it IANA has given nothing to the public; `::a.b.c.d`, for one, is an old way to write an IPv4 address. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an address belongs to the internet at large, and not to this machine or its network.
 *
 * An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) is judged as the IPv4 address. Every range that the IANA
 * registries call special is refused, so one that nobody thought of here is refused too.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) {
    return false;
  }
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) {
    return parsed.range() === "unicast";
  }
  const embedded = embeddedIpv4(parsed);
  return embedded ? embedded.range() === "unicast" : parsed.range() === "unicast" && parsed.match(GLOBAL_UNICAST);
}

/** NAT64's well-known prefix has the IPv4 address in its last 32 bits, 6to4 in bits 16 to 48. */
function embeddedIpv4(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  const bytes = address.toByteArray();
  if (address.match(NAT64)) {
    return new ipaddr.IPv4(bytes.slice(12));
  }
  return address.range() === "6to4" ? new ipaddr.IPv4(bytes.slice(2, 6)) : undefined;
}
