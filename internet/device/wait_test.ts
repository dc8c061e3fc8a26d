import { assert, assertEquals } from "@std/assert";
import { acquireLibc, PollEvent, releaseLibc } from "./libc.ts";
import { DescriptorWait } from "./wait.ts";

const ignore = Deno.build.os !== "linux";

/** A pipe of the kernel's. */
function openPipe(): { read: number; write(): void; close(): void } {
  const libc = Deno.dlopen("libc.so.6", {
    pipe: { parameters: ["buffer"], result: "i32" },
    write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });
  const ends = new Int32Array(2);
  libc.symbols.pipe(new Uint8Array(ends.buffer));
  return {
    read: ends[0]!,
    write: () => assertEquals(libc.symbols.write(ends[1]!, new Uint8Array(1), 1), 1),
    close: () => {
      for (const end of ends) libc.symbols.close(end);
      libc.close();
    },
  };
}

/** Runs `body` with pipes and something to wait on each, and closes them all. */
async function withPipes(
  count: number,
  body: (pipes: ReturnType<typeof openPipe>[], waits: DescriptorWait[]) => Promise<void>,
): Promise<void> {
  const pipes = Array.from({ length: count }, openPipe);
  const waits = pipes.map(() => new DescriptorWait("Cannot wait"));
  try {
    await body(pipes, waits);
  } finally {
    for (const wait of waits) wait.close();
    for (const pipe of pipes) pipe.close();
  }
}

const { In, Error: Gone } = PollEvent;

Deno.test({
  name: "Waits end for what is their own: an event, a wake, time, the end",
  ignore,
  fn: () =>
    withPipes(5, async (pipes, waits) => {
      const ended: string[] = [];
      const wait = (i: number, timeout: number) =>
        waits[i]!.wait(pipes[i]!.read, In, timeout).then((events) => ended.push(`${i}:${events}`));
      const all = [wait(0, 40), wait(1, 15), wait(2, Infinity), wait(3, Infinity), wait(4, 1e12)];
      pipes[2]!.write();
      await all[2];
      waits[3]!.wake();
      await all[3];
      await all[0];
      assertEquals(ended, [`2:${In}`, "3:0", "1:0", "0:0"]);
      assertEquals(waits.map((one) => one.isWaiting), [false, false, false, false, true]);
      waits[4]!.close();
      await all[4];
      assertEquals(ended.at(-1), "4:0");
    }),
});

Deno.test({
  name: "An event tells of what is there, each time it is asked for, and of nothing else",
  ignore,
  fn: () =>
    withPipes(1, async ([pipe], [wait]) => {
      wait!.wake(); // Nobody waits.
      pipe!.write();
      for (let i = 0; i < 3; i++) {
        assertEquals(await wait!.wait(pipe!.read, In, Infinity), In);
      }
      // It came while nobody waited, and is told to who waits for it.
      const before = wait!.wait(pipe!.read, In, Infinity);
      wait!.wake();
      assertEquals(await before, 0);
      assertEquals(await wait!.wait(pipe!.read, In, Infinity), In);
      assertEquals(await wait!.wait(pipe!.read, PollEvent.Out, 5), 0);
    }),
});

Deno.test({
  name: "A descriptor that is closed is an error at once, and its number may come again",
  ignore,
  fn: () =>
    withPipes(1, async (_, [wait]) => {
      for (let i = 0; i < 3; i++) {
        const pipe = openPipe();
        pipe.write();
        assertEquals(await wait!.wait(pipe.read, In, Infinity), In);
        pipe.close();
        assertEquals(await wait!.wait(pipe.read, In, Infinity), Gone);
      }
    }),
});

Deno.test({
  name: "The poller goes with the last that waits, and comes with the next",
  ignore,
  fn: async () => {
    for (let round = 0; round < 5; round++) {
      await withPipes(2, async ([first, second], [one, other]) => {
        const waiting = other!.wait(second!.read, In, Infinity);
        first!.write();
        assertEquals(await one!.wait(first!.read, In, Infinity), In);
        other!.close();
        assertEquals(await waiting, 0);
        assert(!other!.isWaiting);
      });
    }
    // The library is still there for whoever comes next.
    assertEquals(acquireLibc("wait").symbols.close(-1), -1);
    releaseLibc();
  },
});
