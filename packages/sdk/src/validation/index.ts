/** `@seaworthy/sdk/validation`: zod schemas for what services take from strangers; wants `zod` 4. */
export { email, normaliseEmail } from "./email.ts";
export {
  externalLookup,
  externalUrl,
  isExternalAddress,
  type ExternalUrlOptions,
  type ResolveHost,
} from "./external-url.ts";
export { money, type Money, type MoneyOptions } from "./money.ts";
export { pagination, type PaginationOptions } from "./pagination.ts";
export {
  checkRequest,
  validated,
  validatedFastify,
  type Checked,
  type CheckedRequest,
  type RequestParts,
  type RequestSchemas,
} from "./request.ts";
export {
  problemFilter,
  schemaPipe,
  validatedHono,
  validatedKoa,
  validatedNext,
  validatedNode,
  type ValidatedOptions,
} from "./adapters.ts";
export { safeText, uuid, type SafeTextOptions } from "./text.ts";
