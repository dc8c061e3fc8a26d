/** Octet @octet/ipv4. @module */
export {};
