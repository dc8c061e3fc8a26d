/** Octet @octet/netip. @module */
export {};
