/** Octet @octet/testing. @module */
export {};
