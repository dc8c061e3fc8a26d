/** Octet @octet/icmpv4. @module */
export {};
