/**
 * What a credential is for. `ingest` is for senders of telemetry, and opens nothing else but the
 * emergency controls of the service that it names; `controls` opens these alone.
 */
export type Scope = "controls" | "ingest" | "read" | "write" | "admin";

/** A service in an environment, whose emergency controls a token may read. */
export interface ControlsOf {
  readonly service: string;
  readonly environment: string;
}

/** What a route asks for; every route declares one. */
export type RouteAccess = "public" | Scope;

/** What a person may do. */
export type Role = "admin" | "member" | "viewer";

const GRANTS: Readonly<Record<Scope, readonly RouteAccess[]>> = {
  controls: ["public", "controls"],
  ingest: ["public", "controls", "ingest"],
  read: ["public", "controls", "read"],
  write: ["public", "controls", "read", "write"],
  admin: ["public", "controls", "ingest", "read", "write", "admin"],
};

const SCOPE_OF_ROLE: Readonly<Record<Role, Scope>> = {
  viewer: "read",
  member: "write",
  admin: "admin",
};

/** What the holder of an ingest key may send; null: as much as the platform takes. */
export interface IngestLimits {
  /** Series that may be active at a time. */
  readonly series: number | null;
  readonly samplesPerSecond: number | null;
  readonly logLinesPerSecond: number | null;
  /** Of the lines' texts. */
  readonly logBytesPerSecond: number | null;
  readonly spansPerSecond: number | null;
}

/** Who is asking, once a credential has been checked. */
export type Principal =
  | {
      readonly kind: "person";
      readonly userId: string;
      readonly email: string;
      readonly role: Role;
      /** SHA-256 of the session's secret: which session this is, without being able to use it. */
      readonly sessionHash: Buffer;
    }
  | {
      readonly kind: "token";
      readonly id: string;
      readonly name: string;
      readonly scope: Scope;
      /** What an ingest key may send; left out where only the platform's limits hold. */
      readonly limits?: IngestLimits | undefined;
      /** The person who made it: not a second person beside it. Null where that is not known. */
      readonly ownerId?: string | null;
      readonly controls?: ControlsOf | undefined;
    }
  | { readonly kind: "bootstrap" };

function scopeOf(principal: Principal): Scope {
  if (principal.kind === "person") return SCOPE_OF_ROLE[principal.role];
  return principal.kind === "token" ? principal.scope : "admin";
}

/** The one place that says who may do what. */
export function authorize(principal: Principal | undefined, access: RouteAccess): boolean {
  if (principal === undefined) return access === "public";
  return GRANTS[scopeOf(principal)].includes(access);
}

/**
 * Whether the controls of a service may be read: those of any by who may read at all, those of one by
 * a token that is for it.
 */
export function mayReadControls(principal: Principal, wanted: ControlsOf): boolean {
  const scope = scopeOf(principal);
  if (principal.kind !== "token" || (scope !== "controls" && scope !== "ingest")) return true;
  const { controls } = principal;
  return controls?.service === wanted.service && controls.environment === wanted.environment;
}

/** How the principal is named in the audit log and in timelines. */
export function actorOf(principal: Principal): string {
  if (principal.kind === "person") return principal.email;
  return principal.kind === "token" ? `token:${principal.name}` : "token:SEAWORTHY_TOKEN";
}
