import type { FastifyInstance } from "fastify";
import { compress } from "snappy";
import type { MetricsQuery } from "../../../query/index.ts";
import { ProtobufError, SnappyError, uncompressBlock } from "../../../receive/index.ts";
import { ApiError } from "../api-error.ts";
import { goneSignal } from "../../gone.ts";
import { readRequest } from "./request.ts";
import { readResponse } from "./response.ts";

/** A request names a few series. */
const MAX_BYTES = 1024 * 1024;

/**
 * `/read`: Prometheus's remote read, answered with samples. Streamed chunks are not offered: who
 * accepts both gets samples. https://prometheus.io/docs/prometheus/latest/querying/remote_read_api/
 */
export function remoteReadRoutes(
  app: FastifyInstance,
  { metrics }: { readonly metrics: MetricsQuery },
): void {
  app.addContentTypeParser(
    "application/x-protobuf",
    { parseAs: "buffer", bodyLimit: MAX_BYTES },
    (_request, body, done) => done(null, body),
  );
  app.post("/read", { config: { access: "read" } }, async (request, reply) => {
    if (!Buffer.isBuffer(request.body)) {
      throw new ApiError("bad_data", "a remote read is a body of type application/x-protobuf");
    }
    const signal = goneSignal(reply);
    const results = [];
    for (const { matchers, ...range } of asked(request.body)) {
      results.push(await metrics.samples(matchers, range, { signal }));
    }
    return reply
      .header("content-type", "application/x-protobuf")
      .header("content-encoding", "snappy")
      .send(await compress(readResponse(results)));
  });
}

function asked(body: Buffer) {
  try {
    return readRequest(uncompressBlock(body, MAX_BYTES));
  } catch (error) {
    if (error instanceof SnappyError || error instanceof ProtobufError) {
      throw new ApiError("bad_data", error.message);
    }
    throw error;
  }
}
