// Requests that are played to a server in its own process, without sockets and without a client: what
// is left is the application, the kit and Node's own JavaScript. `cold` reads through so much memory
// before each request that nothing of them is in the processor's caches, as after a system call.
import { Socket } from "node:net";

const request = Buffer.from("GET /items/42 HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n\r\n");
const connections = 32;
const coldBytes = 2 * 1024 * 1024;
const cacheLine = 64;

/** A connection that takes what is sent at once. */
class Played extends Socket {
  onAnswer = () => {};

  constructor(server) {
    super({ highWaterMark: 1 << 20 });
    this.server = server;
    Object.defineProperty(this, "remoteAddress", { value: "127.0.0.1" });
    Object.defineProperty(this, "bytesWritten", { value: 0, writable: true });
  }

  _read() {}

  _write(chunk, _encoding, done) {
    this.bytesWritten += chunk.length;
    this.onAnswer();
    done();
  }

  _writev(chunks, done) {
    for (const { chunk } of chunks) this.bytesWritten += chunk.length;
    this.onAnswer();
    done();
  }

  setTimeout() {
    return this;
  }

  setNoDelay() {
    return this;
  }

  setKeepAlive() {
    return this;
  }
}

/** Plays requests one after the other and resolves with the quick quarter's time, in µs a request. */
async function play(server, milliseconds, cold) {
  const all = Array.from({ length: connections }, () => {
    const connection = new Played(server);
    server.emit("connection", connection);
    return connection;
  });
  const memory = new Uint8Array(coldBytes);
  const times = [];
  const until = performance.now() + milliseconds;
  for (let turn = 0; performance.now() < until; turn += 1) {
    if (cold) for (let at = 0; at < coldBytes; at += cacheLine) memory[at] += 1;
    const connection = all[turn % connections];
    const started = performance.now();
    const answered = new Promise((resolve) => (connection.onAnswer = resolve));
    connection.push(request);
    await answered;
    // What is done after the answer is part of it.
    await new Promise((resolve) => setImmediate(resolve));
    times.push((performance.now() - started) * 1_000);
  }
  for (const connection of all) connection.destroy();
  return times.sort((a, b) => a - b)[Math.floor(times.length / 4)];
}

/** What a request costs this server, in µs, with what it needs in the processor's caches and without. */
export async function playedCost(server) {
  await play(server, 1_500, false);
  return { hot: await play(server, 1_000, false), cold: await play(server, 1_500, true) };
}
