import {
  addIncidentPicture,
  commentIncident,
  dropIncidentPicture,
  removeIncidentNote,
} from "@seaworthy/contract";
import type { FastifyInstance } from "fastify";
import { authorize } from "../../access/index.ts";
import type { Incidents } from "../../respond/index.ts";
import type { HttpLimits } from "../limits.ts";
import { actorOfRequest, principalOf } from "../request.ts";
import { incidentView } from "./incidents.ts";
import type { Serve } from "./serve.ts";

const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/gif": "gif",
};

/** Notes and their pictures. */
export function serveIncidentNotes(
  app: FastifyInstance,
  serve: Serve,
  { incidents, limits }: { readonly incidents: Incidents; readonly limits: HttpLimits },
): void {
  // None of these can be sent by a form of another site.
  app.addContentTypeParser(
    [...(addIncidentPicture.bodyTypes ?? [])],
    { parseAs: "buffer" },
    (_, body, done) => done(null, body),
  );

  serve(commentIncident, async ({ params, body, request }) =>
    incidentView(
      await incidents.comment(actorOfRequest(request), params.id, body.text, body.pictures),
    ),
  );
  serve(removeIncidentNote, async ({ params, request }) => {
    const isAdmin = authorize(principalOf(request), "admin");
    return incidentView(
      await incidents.removeNote(actorOfRequest(request), params.id, params.entry, isAdmin),
    );
  });
  serve(
    addIncidentPicture,
    async ({ params, query, body, request }) => {
      const { id, type, width, height, size } = await incidents.addPicture(
        actorOfRequest(request),
        params.id,
        { id: query.id, bytes: Buffer.from(body.buffer, body.byteOffset, body.byteLength) },
      );
      return { id, type, width, height, size };
    },
    { bodyLimit: limits.picture },
  );
  serve(dropIncidentPicture, async ({ params, request }) => {
    await incidents.dropPicture(actorOfRequest(request), params.id, params.picture);
    return {};
  });

  app.get<{ Params: { id: string } }>(
    "/api/pictures/:id",
    { config: { access: "read" } },
    async ({ params, headers }, reply) => {
      // A picture never changes: who has it needs to know only that it is still there.
      const tag = `"${params.id}"`;
      const { type, bytes } = await incidents.picture(params.id);
      void reply
        .header("cache-control", "private, max-age=86400")
        .header("etag", tag)
        .header("content-security-policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
        .header(
          "content-disposition",
          `inline; filename="picture-${params.id}.${EXTENSIONS[type] ?? "bin"}"`,
        );
      if (headers["if-none-match"] === tag) return reply.code(304).send();
      return reply.type(type).send(bytes);
    },
  );
}
