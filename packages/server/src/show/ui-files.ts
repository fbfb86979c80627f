import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import type { FastifyReply, FastifyRequest } from "fastify";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/** The forms a browser may take a file in, best first. */
const ENCODINGS = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

/** A name such as `index-Bx3k9_aQ.js` changes with its content: it may be kept for ever. */
const HASHED = /[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

/** A service worker talks to this server and shows its icons. */
const WORKER_POLICY = "default-src 'none'; connect-src 'self'; img-src 'self'";

interface UiFile {
  readonly file: string;
  readonly type: string;
  readonly etag: string;
  readonly immutable: boolean;
  /** Content codings for which the build left a ready file beside it. */
  readonly encodings: readonly (readonly [name: string, suffix: string])[];
}

/** The user interface's built files. */
export interface UiFiles {
  /** Whether there is anything to serve. */
  readonly built: boolean;
  /**
   * Answers with the file at the path or, for a page that the interface draws itself, with its start
   * page. Answers false when there is neither.
   */
  serve(request: FastifyRequest, reply: FastifyReply): Promise<boolean>;
}

/**
 * Reads the list of built files once. Only what is on the list is ever opened, so no path can lead
 * out of the folder.
 */
export async function openUiFiles(folder: string): Promise<UiFiles> {
  const files = new Map<string, UiFile>();
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const names = new Set<string>();
  for (const entry of found) if (entry.isFile()) names.add(join(entry.parentPath, entry.name));
  for (const file of names) {
    const type = TYPES[extname(file)];
    if (type === undefined) continue;
    const path = `/${relative(folder, file).split(sep).join("/")}`;
    files.set(path, {
      file,
      type,
      etag: `"${createHash("sha256")
        .update(await readFile(file))
        .digest("base64url")
        .slice(0, 22)}"`,
      immutable: path.startsWith("/assets/") && HASHED.test(path),
      encodings: ENCODINGS.filter(([, suffix]) => names.has(file + suffix)),
    });
  }
  const start = files.get("/index.html");
  const policy = contentSecurityPolicy(
    start === undefined ? "" : await readFile(start.file, "utf8"),
  );

  return {
    built: start !== undefined,
    async serve(request, reply) {
      const path = decodePath(request.url);
      const isPage = request.headers.accept?.includes("text/html") ?? false;
      const file = files.get(path) ?? (isPage || path === "/" ? start : undefined);
      if (file === undefined) return false;
      void reply
        .header("etag", file.etag)
        .header("vary", "accept-encoding")
        .header("content-type", file.type)
        .header(
          "cache-control",
          file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
        );
      if (path === "/service-worker.js") {
        // What comes with its script is the policy for what it asks for.
        void reply.header("content-security-policy", WORKER_POLICY);
      }
      if (file.type.startsWith("text/html")) {
        void reply.header("content-security-policy", policy);
      }
      if (request.headers["if-none-match"]?.includes(file.etag) ?? false) {
        void reply.code(304).send();
        return true;
      }
      const accepted = request.headers["accept-encoding"] ?? "";
      const encoding = file.encodings.find(([name]) => accepts(accepted, name));
      if (encoding !== undefined) void reply.header("content-encoding", encoding[0]);
      const content = await readFile(file.file + (encoding?.[1] ?? ""));
      void reply.code(200).send(content);
      return true;
    },
  };
}

function decodePath(url: string): string {
  const path = url.split("?", 1)[0] ?? "/";
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function accepts(header: string, encoding: string): boolean {
  return header
    .split(",")
    .some((part) => new RegExp(`^\\s*${encoding}\\s*(;\\s*q=(?!0(\\.0*)?\\s*$)|$)`).test(part));
}

/**
 * What the interface's pages may load: their own files and nothing else. Styles may be inline, since
 * component libraries and editors set them from code; scripts may not, except those that stand in the
 * start page itself, by their hash.
 */
function contentSecurityPolicy(startPage: string): string {
  const inline = [...startPage.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/gi)]
    .map((match) =>
      createHash("sha256")
        .update(match[1] ?? "")
        .digest("base64"),
    )
    .map((hash) => ` 'sha256-${hash}'`)
    .join("");
  return [
    "default-src 'none'",
    `script-src 'self'${inline}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
