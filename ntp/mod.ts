/** Octet @octet/ntp. @module */
export {};
