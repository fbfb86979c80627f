/** Where a ClickHouse server is, and as whom to speak to it. */
export interface ServerAddress {
  /** Of its HTTP interface, without a path: `http://HOST:8123` or `https://HOST:8443`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** The cluster of ClickHouse's `remote_servers` that the tables are spread over, if there is one. */
  readonly cluster?: string | undefined;
  /** Certificates in PEM: of who signed the server's, and our own where the server wants one. */
  readonly tls?: ServerTls | undefined;
  /** Connections of this process. */
  readonly maxConnections: number;
}

export interface ServerTls {
  readonly ca: Buffer;
  readonly own?: { readonly cert: Buffer; readonly key: Buffer };
}
