/**
 * What a script is made of. Times are whole microseconds.
 *
 * @module
 */

/** A script. */
export interface Script {
  /** `--name=value` lines. */
  readonly options: readonly ScriptOption[];
  /** Shell lines before the first event and after the last. */
  readonly setup: readonly Command[];
  /** What happens, in order. */
  readonly events: readonly ScriptEvent[];
}

/** A `--name=value` line. */
export interface ScriptOption {
  /** The name without dashes. */
  readonly name: string;
  /** The value; empty when there is none. */
  readonly value: string;
  /** The line, from 1. */
  readonly line: number;
}

/** When an event happens. */
export interface EventTime {
  /** `any` is `*`; the others count from the script's start or from the event before. */
  readonly kind: "absolute" | "relative" | "any";
  /** The earliest time. */
  readonly start: number;
  /** The latest time; the same as `start` where no range is given. */
  readonly end: number;
  /** Whether a range was given. */
  readonly isRange: boolean;
}

/** One line of a script. */
export interface ScriptEvent {
  /** The line, from 1. */
  readonly line: number;
  /** When. */
  readonly time: EventTime;
  /** What. */
  readonly action: Action;
  /** The text of the line, as written. */
  readonly text: string;
}

/** What an event does. */
export type Action = TcpPacket | IcmpPacket | SystemCall | Command | Code;

/** What is said of the IP header. */
export interface IpInfo {
  /** The two ECN bits; `ect01` is either ECT; `undefined` where nothing is said. */
  readonly ecn?: number | "ect01";
  /** The whole type-of-service octet. */
  readonly tos?: number;
  /** Time to live. */
  readonly ttl?: number;
}

/** A range of sequence numbers with its length. */
export interface SequenceRange {
  /** The first number. */
  readonly start: number;
  /** How many octets of payload. */
  readonly length: number;
}

/** A TCP segment. */
export interface TcpPacket {
  /** What it is. */
  readonly kind: "tcp";
  /** `in` is `<`, towards the stack under test; `out` is `>`. */
  readonly direction: "in" | "out";
  /** The IP header. */
  readonly ip: IpInfo;
  /** The flag octet, {@linkcode TcpFlag}, and NS/AE as bit 8. */
  readonly flags: number;
  /** The AccECN counter where the flags name one; those three bits are in `flags` too. */
  readonly ace?: number;
  /** Source and destination port where they are given. */
  readonly ports?: readonly [number, number];
  /** The sequence numbers. */
  readonly sequence: SequenceRange;
  /** The acknowledgement number. */
  readonly ack: number;
  /** The window field; `undefined` where none is given. */
  readonly window?: number;
  /** The urgent pointer. */
  readonly urgentPointer: number;
  /** The options; `undefined` for `<...>`, which matches any. */
  readonly options?: readonly TcpOptionSpec[];
}

/** One TCP option. */
export type TcpOptionSpec =
  | { readonly kind: "nop" | "eol" | "sackOK" }
  | { readonly kind: "mss" | "wscale"; readonly value: number }
  | { readonly kind: "TS"; readonly value: number; readonly echo: number }
  | { readonly kind: "sack"; readonly blocks: readonly (readonly [number, number])[] }
  | { readonly kind: "raw"; readonly name: string; readonly type: number; readonly data: number[] };

/** An ICMP message about a segment. */
export interface IcmpPacket {
  /** What it is. */
  readonly kind: "icmp";
  /** `in` is towards the stack under test. */
  readonly direction: "in" | "out";
  /** The IP header. */
  readonly ip: IpInfo;
  /** The type's name. */
  readonly type: string;
  /** The code's name; empty for code 0. */
  readonly code: string;
  /** The MTU that it tells; 0 where none is given. */
  readonly mtu: number;
  /** The identifier of an echo. */
  readonly identifier: number;
  /** The segment it quotes. */
  readonly quoted: SequenceRange;
}

/** A system call. */
export interface SystemCall {
  /** What it is. */
  readonly kind: "call";
  /** Its name. */
  readonly name: string;
  /** Its arguments. */
  readonly arguments: readonly Expression[];
  /** What it gives. */
  readonly result: Expression;
  /** The name of the error; empty where none is given. */
  readonly error: string;
  /** When a blocking call ends, counted as the event's start is; `undefined` when it does not block. */
  readonly end?: number;
}

/** A shell line. */
export interface Command {
  /** What it is. */
  readonly kind: "command";
  /** The line, or several. */
  readonly text: string;
  /** The line in the script, from 1. */
  readonly line: number;
}

/** A piece of Python between `%{` and `}%`. */
export interface Code {
  /** What it is. */
  readonly kind: "code";
  /** The piece. */
  readonly text: string;
}

/** An argument or result of a system call. */
export type Expression =
  | { readonly kind: "ellipsis" }
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "word"; readonly name: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "or"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "assign"; readonly name: string; readonly value: Expression }
  | { readonly kind: "call"; readonly name: string; readonly arguments: readonly Expression[] }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | {
    readonly kind: "struct";
    readonly fields: ReadonlyMap<string, Expression>;
    readonly items: readonly Expression[];
  };
