/** Octet @octet/internet. @module */
export {};
