import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { content, directory, job, reported, rig, useScrapeRig } from "../../../test/scrape-rig.ts";

useScrapeRig();

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

describe.skipIf(!hasOpenssl)("scrapes over TLS", () => {
  let server: Server;
  let address = "";

  beforeAll(async () => {
    for (const name of ["server", "client"]) {
      const words = [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2",
        `-subj /CN=${name}.test -addext subjectAltName=DNS:${name}.test`,
        `-keyout ${name}.key -out ${name}.crt`,
      ].join(" ");
      execFileSync("openssl", words.split(" "), { cwd: directory, stdio: "ignore" });
    }
    const read = (name: string) => readFileSync(join(directory, name));
    server = createServer(
      {
        key: read("server.key"),
        cert: read("server.crt"),
        ca: read("client.crt"),
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => {
        response.setHeader("content-type", "text/plain");
        response.end(`known_client ${(request.socket as TLSSocket).authorized ? 1 : 0}\n`);
      },
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function scrapeWith(tls: string) {
    const { scrape, scraper } = await rig(job(address, `, scheme: https, tls_config: {${tls}}`));
    const batch = await scrape();
    return { batch, lastError: scraper.targets().active[0]?.lastError };
  }

  it("refuses a certificate that nobody vouches for", async () => {
    const { batch, lastError } = await scrapeWith("server_name: server.test");
    expect(reported(batch, "up")).toBe(0);
    expect(lastError).toMatch(/self-signed certificate/);
  });

  it("checks the name", async () => {
    const { lastError } = await scrapeWith("ca_file: server.crt");
    expect(lastError).toMatch(/does not match certificate's altnames|IP: 127\.0\.0\.1 is not/);
  });

  it("trusts the given authority", async () => {
    const { batch } = await scrapeWith("ca_file: server.crt, server_name: server.test");
    expect(content(batch)).toEqual([["known_client", 0]]);
  });

  it("skips the checks when told to", async () => {
    const { batch } = await scrapeWith("insecure_skip_verify: true, min_version: TLS13");
    expect(content(batch)).toEqual([["known_client", 0]]);
  });

  it("takes certificates from the configuration's text, and bounds the version", async () => {
    const pem = (name: string) => JSON.stringify(readFileSync(join(directory, name), "utf8"));
    const inline = `ca: ${pem("server.crt")}, cert: ${pem("client.crt")}, key: ${pem("client.key")}`;
    const { batch } = await scrapeWith(
      `${inline}, server_name: server.test, min_version: TLS12, max_version: TLS12`,
    );
    expect(content(batch)).toEqual([["known_client", 1]]);
    const { lastError } = await scrapeWith("insecure_skip_verify: true, max_version: TLS10");
    expect(lastError).toMatch(/no protocols available|version|protocol/i);
  });

  it("shows its own certificate", async () => {
    const { batch } = await scrapeWith(
      "ca_file: server.crt, server_name: server.test, cert_file: client.crt, key_file: client.key",
    );
    expect(content(batch)).toEqual([["known_client", 1]]);
  });
});
