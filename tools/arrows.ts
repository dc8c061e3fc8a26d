/**
 * `deno task arrows`: the rules of the house that a machine can check. Who imports whom, who may
 * touch `Deno`, how long a file may be and what it may be called, and what each member must have.
 *
 * @module
 */

import { stripTypeScriptTypes } from "node:module";
import { type Dependency, readDependencies } from "./dependencies.ts";
import { print, root } from "./terminal.ts";
import { filesBelow, type Member, members } from "./workspace.ts";

/** What the runtime modules of each member may import from the others. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  netip: [],
  ethernet: ["wire", "netip"],
  arp: ["wire", "netip", "ethernet"],
  ipv4: ["wire", "netip"],
  icmpv4: ["wire", "netip", "ipv4"],
  ipv6: ["wire", "netip"],
  icmpv6: ["wire", "netip", "ipv6"],
  udp: ["wire", "netip"],
  tcp: ["wire", "netip"],
  dhcpv4: ["wire", "netip"],
  dhcpv6: ["wire", "netip"],
  dns: ["wire", "netip"],
  ntp: ["wire", "netip"],
  nat: ["wire", "netip"],
  httpraw: ["wire"],
  netlink: ["wire", "netip"],
  // Its bus on Linux calls libc the way netlink does; the rest of it imports nothing.
  phy: ["netlink"],
};

const CODECS = Object.keys(ARROWS).filter((member) => member !== "netlink" && member !== "phy");

/** Members that stand on the others. */
const UPPER: Readonly<Record<string, readonly string[]>> = {
  pcap: CODECS,
  internet: [...CODECS, "netlink", "pcap"],
  testing: [...CODECS, "netlink", "pcap", "internet"],
};

/** Unpublished folders, which may import anything. */
const FREE = ["examples", "interop", "tools"];

/** Files that may mention `Deno`, each for a reason. */
const DENO_FILES: readonly { readonly path: RegExp; readonly why: string }[] = [
  { path: /^internet\/device\//, why: "devices read and write through FFI and sockets" },
  { path: /^internet\/preload\.ts$/, why: "it puts the stack in the place of Deno's network" },
  { path: /^netlink\/(connection|libc)\.ts$/, why: "the socket to the kernel is made through FFI" },
  { path: /^testing\//, why: "it registers tests and reads corpora and scripts" },
];

/** Scripts within a member that build a part of it: nobody imports them, so they may import anything. */
const SCRIPTS = /^wire\/wasm\/build\.ts$/;

/** The longest a file may be, in lines, tests apart. */
const MAX_LINES = 500;

/** Names that say nothing of what is in the file. */
const VAGUE = /^_?(utils?|helpers?|common|misc|shared|stuff|lib|tools?|various|other)(_test)?\.ts$/;

/** A file as the rules see it. */
export interface SourceFile {
  /** The path from the root, with slashes. */
  readonly path: string;
  readonly source: string;
  readonly dependencies: readonly Dependency[];
}

/** Whether a file may import and touch anything. */
function isFree(path: string): boolean {
  return FREE.includes(path.slice(0, path.indexOf("/"))) || SCRIPTS.test(path);
}

/** What several tests or benchmarks of a member share; it is not published, and its member's `deno.json` says so. */
const TEST_SUPPORT =
  /^(tcp\/_(invariants|pair|script)|internet\/http\/_pipe|internet\/bench\/idle_host)\.ts$/;

/** Whether a file belongs to the tests: it may import more and be longer. */
function isTest(path: string): boolean {
  return /_(test|bench)\.ts$/.test(path) || path.includes("/testdata/") ||
    TEST_SUPPORT.test(path);
}

/** Finds what breaks a rule in one file; each problem is one line. */
export function checkFile(file: SourceFile): string[] {
  const { path, source } = file;
  const member = path.slice(0, path.indexOf("/"));
  const name = path.slice(path.lastIndexOf("/") + 1);
  const problems = file.dependencies
    .map((dependency) => checkImport(path, member, dependency))
    .filter((problem) => problem !== undefined);
  const lines = source.split("\n").length - 1;
  if (lines > MAX_LINES && !isTest(path)) {
    problems.push(`${path}: ${lines} lines, more than ${MAX_LINES}`);
  }
  if (VAGUE.test(name)) problems.push(`${path}: the name does not say what is in the file`);
  if (!/^_?[a-z0-9]+(_[a-z0-9]+)*(\.d)?\.ts$/.test(name)) {
    problems.push(`${path}: the name is not in snake_case`);
  }
  const free = isTest(path) || isFree(path) ||
    DENO_FILES.some((allowed) => allowed.path.test(path));
  if (!free && mentionsDeno(source)) {
    problems.push(`${path}: mentions Deno, which must stay in internet/device/ and netlink/`);
  }
  return problems;
}

function checkImport(path: string, member: string, dependency: Dependency): string | undefined {
  const { specifier, target } = dependency;
  const problem = (why: string) => `${path}: imports ${specifier}, ${why}`;
  if (isFree(path)) return undefined;
  if (/^\.{0,2}\//.test(specifier) || specifier.startsWith("file:")) {
    const inside = target === undefined || target.startsWith(`${member}/`);
    if (!inside) return problem("which leaves its folder");
    if (target !== undefined && isTest(target) && !isTest(path)) return problem("which is a test");
    if (target !== undefined && SCRIPTS.test(target)) return problem("which is a script");
    return undefined;
  }
  const other = /^@octet\/([^/]+)/.exec(specifier)?.[1];
  if (other !== undefined) {
    const allowed = ARROWS[member] ?? UPPER[member];
    if (allowed === undefined) return problem(`and ${member} has no row in the table of arrows`);
    if (allowed.includes(other)) return undefined;
    if (isTest(path) && (other === member || other === "testing")) return undefined;
    return problem(
      other === member
        ? "which is itself"
        : `against the arrows: ${member} may import ${allowed.join(", ") || "nothing"}`,
    );
  }
  if (isTest(path) && /^(@std\/|fast-check$|node:)/.test(specifier)) return undefined;
  if (member === "testing" && specifier.startsWith("node:")) return undefined;
  return problem("and runtime modules have no dependency outside of the house");
}

const NOT_CODE =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`|(?<=[=(,:;!&|?{}[\]]\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//g;

/** Whether code, not types, comments or text, refers to the global `Deno`. */
function mentionsDeno(source: string): boolean {
  if (!source.includes("Deno")) return false;
  const code = stripTypeScriptTypes(source).replaceAll(NOT_CODE, "");
  return /(?<![.\w$])Deno\b/.test(code) || /\bglobalThis\s*\.\s*Deno\b/.test(code);
}

/** Finds what a published member lacks. */
export async function checkMember(member: Member): Promise<string[]> {
  if (member.entrypoints.length === 0) return [];
  const problems: string[] = [];
  const module = await read(`${member.folder}/mod.ts`);
  if (module === undefined) problems.push(`${member.folder}: has no mod.ts`);
  else if (!/^\/\*\*[\s\S]*?@module[\s\S]*?\*\//.test(module)) {
    problems.push(`${member.folder}/mod.ts: does not begin with a module doc`);
  }
  if (await read(`${member.folder}/README.md`) === undefined) {
    problems.push(`${member.folder}: has no README.md`);
  }
  return problems;
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(new URL(path, root));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Checks the whole workspace. */
export async function checkWorkspace(): Promise<{ files: number; problems: string[] }> {
  const all = await members();
  const problems = (await Promise.all(all.map(checkMember))).flat();
  const folders = [...all.map((member) => member.folder), "tools"];
  const paths = (await Promise.all(folders.map((folder) => filesBelow(folder, ".ts")))).flat();
  const { byFile, errors } = await readDependencies(paths);
  problems.push(...errors);
  for (const path of paths) {
    const source = await Deno.readTextFile(new URL(path, root));
    problems.push(...checkFile({ path, source, dependencies: byFile.get(path) ?? [] }));
  }
  return { files: paths.length, problems };
}

if (import.meta.main) {
  const { files, problems } = await checkWorkspace();
  for (const problem of problems) print(problem);
  print(`${files} files checked, ${problems.length} problems`);
  Deno.exit(problems.length === 0 ? 0 : 1);
}
