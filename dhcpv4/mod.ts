/** Octet @octet/dhcpv4. @module */
export {};
