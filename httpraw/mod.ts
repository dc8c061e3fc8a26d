/** Octet @octet/httpraw. @module */
export {};
