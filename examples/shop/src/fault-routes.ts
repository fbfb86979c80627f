import type { FastifyInstance, FastifyRequest } from "fastify";
import { faultNames, isFaultName, type Faults } from "./faults.ts";
import { sendProblem, wantsHtml } from "./negotiation.ts";
import { faultsContent } from "./pages/faults-page.ts";
import { page, type Frame } from "./pages/layout.ts";

/** `GET /faults` and `POST /faults/:name`. They need nothing of the shop that a fault could break. */
export function addFaultRoutes(
  app: FastifyInstance,
  { faults, frame }: { readonly faults: Faults; readonly frame: () => Omit<Frame, "title"> },
): void {
  app.get("/faults", async (request, reply) => {
    if (!wantsHtml(request)) return states(faults);
    return reply
      .type("text/html; charset=utf-8")
      .send(page({ ...frame(), faults: [], title: "Faults" }, faultsContent(faults.states())));
  });

  app.post<{ Params: { name: string } }>("/faults/:name", async (request, reply) => {
    const { name } = request.params;
    if (!isFaultName(name))
      return sendProblem(
        request,
        reply,
        {
          status: 404,
          title: "No such fault",
          detail: `The faults are ${faultNames.join(", ")}.`,
        },
        frame(),
      );
    if (!sameSite(request))
      return sendProblem(
        request,
        reply,
        { status: 403, title: "Not from here", detail: "Faults are not switched by other sites." },
        frame(),
      );
    const on = switchOf(request.body);
    if (on === undefined)
      return sendProblem(
        request,
        reply,
        { status: 400, title: "On or off?", detail: 'The body is {"on":true} or {"on":false}.' },
        frame(),
      );
    faults.set(name, on);
    if (wantsHtml(request)) return reply.redirect("/faults", 303);
    return { name, on };
  });
}

function states(faults: Faults): Record<string, boolean> {
  return Object.fromEntries(faults.states().map(({ name, on }) => [name, on]));
}

/** Browsers say where a request comes from; a page elsewhere must not break the shop. */
function sameSite(request: FastifyRequest): boolean {
  const site = request.headers["sec-fetch-site"];
  return site === undefined || site === "same-origin" || site === "none";
}

function switchOf(body: unknown): boolean | undefined {
  if (typeof body !== "object" || body === null || !("on" in body)) return undefined;
  if (body.on === true || body.on === "true") return true;
  return body.on === false || body.on === "false" ? false : undefined;
}
