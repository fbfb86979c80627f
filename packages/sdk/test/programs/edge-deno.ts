/** Deno's own server, and so Supabase's: there `EdgeRuntime` waits for what goes on. */
import { serve, type Environment } from "./edge-app.ts";

interface Deno {
  readonly env: { get(name: string): string | undefined };
  serve(
    options: { port: number; hostname: string; onListen: (at: { port: number }) => void },
    handler: (request: Request) => Promise<Response>,
  ): unknown;
}
const { Deno: deno, EdgeRuntime: runtime } = globalThis as unknown as {
  readonly Deno: Deno;
  readonly EdgeRuntime?: { waitUntil(work: Promise<unknown>): void };
};
const setting = (name: string) => deno.env.get(name) ?? "";
const environment: Environment = {
  SEAWORTHY_URL: setting("SEAWORTHY_URL"),
  SEAWORTHY_KEY: setting("SEAWORTHY_KEY"),
  CALLED: setting("CALLED"),
};
deno.serve(
  {
    port: 0,
    hostname: "127.0.0.1",
    onListen: ({ port }) => console.log(JSON.stringify({ event: "listen", port })),
  },
  (request) => serve(request, environment, runtime ?? {}),
);
