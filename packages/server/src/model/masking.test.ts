import fc from "fast-check";
import { expect, it } from "vitest";
import { maskSecrets } from "./masking.ts";

it("masks secrets wherever and however they stand, and changes nothing else", () => {
  const text = `# a comment
global:   {scrape_interval: 5s}
scrape_configs:
  - job_name: a   # another
    basic_auth: { username: ann, password: "hunter2" }
  - job_name: b
    authorization:
      credentials: &c |
        hunter2
        hunter2
    bearer_token: hunter2
    params: {x: [y]}
    tls_config: {key: 'hunter2', key_file: /etc/key}
receivers:
  - webhook_configs: [{url: 'https://example.org/hunter2?token=hunter2', send_resolved: true}]
`;
  expect(maskSecrets(text)).toBe(`# a comment
global:   {scrape_interval: 5s}
scrape_configs:
  - job_name: a   # another
    basic_auth: { username: ann, password: <secret> }
  - job_name: b
    authorization:
      credentials: &c <secret>
    bearer_token: <secret>
    params: {x: [y]}
    tls_config: {key: <secret>, key_file: /etc/key}
receivers:
  - webhook_configs: [{url: https://example.org/<secret>, send_resolved: true}]
`);
});

it("takes any text", () => {
  const pieces = fc.constantFrom(
    "a: ",
    "password: ",
    "&",
    "\u0000",
    "*x",
    "[",
    "}",
    "\n",
    "  ",
    "|\n  ",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
      expect(typeof maskSecrets(parts.join(""))).toBe("string");
    }),
    { numRuns: 1000 },
  );
});
