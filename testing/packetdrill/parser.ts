/**
 * Reads a script: options, then events, each a time and what happens then.
 *
 * @module
 */
import type { Action, Command, EventTime, Script, ScriptEvent, ScriptOption } from "./ast.ts";
import { ScriptSyntaxError } from "./errors.ts";
import { parseExpression, parseSystemCall } from "./call_parser.ts";
import { parsePacket } from "./packet_parser.ts";
import { TokenStream } from "./token_stream.ts";

export { parseExpression };

/**
 * Reads a script.
 *
 * @param source The script's text.
 * @returns What it says.
 * @throws {ScriptSyntaxError} When it is not in the language.
 * @throws {Unsupported} When it uses a part of the language that is not read, such as GRE.
 */
export function parseScript(source: string): Script {
  const stream = new TokenStream(source);
  const options: ScriptOption[] = [];
  const setup: Command[] = [];
  const events: ScriptEvent[] = [];
  while (stream.next.kind !== "end") {
    if (stream.next.kind === "option") options.push(parseOption(stream));
    else if (stream.next.kind === "shell") setup.push(parseCommand(stream));
    else events.push(parseEvent(stream));
  }
  return { options, setup, events };
}

function parseOption(stream: TokenStream): ScriptOption {
  const { text: name, line } = stream.take();
  if (!stream.takeIf("=")) return { name, value: "", line };
  // A value is whatever stands there up to the next blank: an address, a name, a definition.
  const start = stream.next.start;
  let end = start;
  do {
    end = stream.take().end;
  } while (stream.next.start === end && stream.next.kind !== "end");
  return { name, value: stream.source.slice(start, end), line };
}

function parseCommand(stream: TokenStream): Command {
  const { text, line } = stream.take();
  return { kind: "command", text, line };
}

function parseEvent(stream: TokenStream): ScriptEvent {
  const { line, start } = stream.next;
  const time = parseTime(stream);
  const action = parseAction(stream);
  const isOutgoing = action.kind === "tcp" && action.direction === "out";
  if ((time.isRange || time.kind === "any") && !isOutgoing) {
    throw new ScriptSyntaxError(
      "Cannot read script as only an outgoing packet has such a time",
      line,
    );
  }
  return { line, time, action, text: stream.source.slice(start, stream.consumed) };
}

function parseTime(stream: TokenStream): EventTime {
  if (stream.takeIf("*")) return { kind: "any", start: 0, end: 0, isRange: false };
  const kind = stream.takeIf("+") ? "relative" : "absolute";
  const { line } = stream.next;
  const start = parseSeconds(stream);
  if (!stream.takeIf("~")) return { kind, start, end: start, isRange: false };
  if (kind === "relative") stream.expect("+");
  const end = parseSeconds(stream);
  if (end < start) {
    throw new ScriptSyntaxError("Cannot read script as a time range runs backwards", line);
  }
  return { kind, start, end, isRange: true };
}

function parseSeconds(stream: TokenStream): number {
  const { kind, value } = stream.next;
  if ((kind !== "integer" && kind !== "float") || value < 0) stream.fail("a time");
  stream.take();
  return Math.round(value * 1e6);
}

function parseAction(stream: TokenStream): Action {
  const { next } = stream;
  switch (next.kind) {
    case "shell":
      return parseCommand(stream);
    case "code":
      return { kind: "code", text: stream.take().text };
    case "symbol":
      if (next.text === "<" || next.text === ">") return parsePacket(stream);
      if (next.text !== "...") stream.fail("a packet, call, shell line or code");
      stream.take();
      return parseSystemCall(stream, parseSeconds(stream));
    default:
      return parseSystemCall(stream, undefined);
  }
}
