/** A fake of MySQL's server, which speaks its protocol by mysql2's own code. */
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** The server side of a connection of mysql2's. */
interface FakeConnection {
  sequenceId: number;
  serverHandshake(options: object): void;
  writeOk(result: object): void;
  writeError(error: object): void;
  on(event: string, listener: (value: string) => void): void;
}

/** Says yes to everybody and to every statement, except to those about `missing`. Listens on 127.0.0.1. */
export async function startMysql(mysql: typeof import("mysql2")): Promise<Server> {
  const server = createServer((socket) => {
    const serving: object = { stream: socket, isServer: true };
    const connection = mysql.createConnection(serving) as unknown as FakeConnection;
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: "8.0.0",
      connectionId: 1,
      statusFlags: 2,
      characterSet: 8,
      capabilityFlags: 0xff_ff_ff,
      authCallback: (_params: unknown, done: (error: null) => void) => {
        done(null);
        connection.sequenceId = 0;
      },
    });
    connection.on("query", (sql: string) => {
      if (sql.includes("missing")) connection.writeError({ code: 1146, message: "no such table" });
      else connection.writeOk({ affectedRows: 1 });
      connection.sequenceId = 0; // Each command begins anew, which a server of mysql2's leaves to us.
    });
    connection.on("error", () => {});
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}
