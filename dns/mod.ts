/** Octet @octet/dns. @module */
export {};
