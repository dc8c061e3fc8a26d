/** Octet @octet/tcp. @module */
export {};
