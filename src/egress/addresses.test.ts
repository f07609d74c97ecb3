import { expect, test } from "vitest";
import { isPublicAddress } from "./addresses.ts";

test.each([
  ["an address of the internet", "140.82.121.4"],
  ["an IPv6 address of the internet", "2606:50c0:8000::154"],
  ["a mapped address of the internet", "::ffff:140.82.121.4"],
  ["an address of the internet behind NAT64", "64:ff9b::8c52:7904"],
  ["an address of the internet behind 6to4", "2002:8c52:7904::1"],
])("%s is public: %s", (_, address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  ["loopback", "127.0.0.1"],
  ["all of loopback", "127.200.3.4"],
  ["IPv6 loopback", "::1"],
  ["private class A", "10.1.2.3"],
  ["private class B", "172.31.0.1"],
  ["private class C", "192.168.1.1"],
  ["carrier-grade NAT", "100.64.0.1"],
  ["link-local", "169.254.0.1"],
  ["cloud metadata", "169.254.169.254"],
  ["cloud metadata over IPv6", "fd00:ec2::254"],
  ["IPv6 link-local", "fe80::1"],
  ["unique local", "fc00::1"],
  ["deprecated site-local", "fec0::1"],
  ["unspecified", "0.0.0.0"],
  ["this network", "0.1.2.3"],
  ["IPv6 unspecified", "::"],
  ["multicast", "224.0.0.1"],
  ["IPv6 multicast", "ff02::1"],
  ["broadcast", "255.255.255.255"],
  ["reserved", "240.0.0.1"],
  ["benchmarking", "198.18.0.1"],
  ["documentation", "192.0.2.1"],
  ["mapped loopback", "::ffff:127.0.0.1"],
  ["mapped metadata in hexadecimal", "::ffff:a9fe:a9fe"],
  ["IPv4-compatible loopback", "::127.0.0.1"],
  ["translated loopback", "::ffff:0:127.0.0.1"],
  ["NAT64 private", "64:ff9b::a00:1"],
  ["local NAT64", "64:ff9b:1::a00:1"],
  ["6to4 private", "2002:c0a8:101::1"],
  ["Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
  ["documentation over IPv6", "2001:db8::1"],
  ["unassigned", "4000::1"],
  ["no address at all", "example.com"],
])("%s is not public: %s", (_, address) => {
  expect(isPublicAddress(address)).toBe(false);
});
