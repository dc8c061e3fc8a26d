/**
 * Kernel sockets that talk to the programs: `echo PORT` gives back what it gets, `talk PORT SIZE` sends bytes and ends
 * its direction before it reads the rest, `slam PORT` ends as a killed process does, `leave PORT` closes without reading, `ask ADDRESS PORT SIZE COUNT` sends bytes over so many connections at once and checks what comes back,
 * `quit ADDRESS PORT` is killed before it has read what was sent back.
 */
import { createHash } from "node:crypto";

const [mode, ...words] = Deno.args;
const chunk = 64 * 1024;

/** Byte i is i modulo 251. */
function pattern(from: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (from + i) % 251);
}

async function writeAll(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function sendPattern(conn: Deno.TcpConn, size: number): Promise<void> {
  // 251 of the chunks' sizes are a whole number of patterns, so that one buffer will do.
  const bytes = pattern(0, 251 * 256);
  for (let left = size; left > 0; left -= bytes.length) {
    await writeAll(conn, bytes.subarray(0, Math.min(left, bytes.length)));
  }
  await conn.closeWrite();
}

async function digest(conn: Deno.TcpConn): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(chunk);
  let bytes = 0;
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
    hash.update(buffer.subarray(0, count));
    bytes += count;
  }
  return { bytes, sha256: hash.digest("hex") };
}

async function echo(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(chunk);
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
    await writeAll(conn, buffer.subarray(0, count));
  }
  conn.close();
}

async function ask(hostname: string, port: number, size: number): Promise<void> {
  using conn = await Deno.connect({ hostname, port });
  const [, found] = await Promise.all([sendPattern(conn, size), digest(conn)]);
  console.log(`${found.bytes} ${found.sha256}`);
}

if (mode === "ask") {
  const [hostname, port, size, count] = words;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: Number(count) }, () => ask(hostname!, Number(port), Number(size))),
  );
  console.log(`took ${performance.now() - start}`);
} else if (mode === "quit") {
  const conn = await Deno.connect({ hostname: words[0]!, port: Number(words[1]) });
  await writeAll(conn, pattern(0, chunk));
  // One byte has come back: the others are on their way.
  await conn.read(new Uint8Array(1));
  Deno.kill(Deno.pid, "SIGKILL");
} else {
  using listener = Deno.listen({ port: Number(words[0]) });
  console.log("ready");
  for await (const conn of listener) {
    if (mode === "echo") void echo(conn);
    else if (mode === "slam" || mode === "leave") {
      // Data that is not read when a socket is closed makes Linux send a reset: Deno ends its direction before.
      for (const until = performance.now() + 200; performance.now() < until;);
      if (mode === "slam") Deno.kill(Deno.pid, "SIGKILL");
      conn.close();
    } else if (mode === "talk") {
      await sendPattern(conn, Number(words[1]));
      const { bytes, sha256 } = await digest(conn);
      console.log(`${bytes} ${sha256}`);
      conn.close();
    }
  }
}
