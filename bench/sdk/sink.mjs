// What the kit sends to, in a process of its own: `node sink.mjs PORT`. It takes everything, hangs,
// answers garbage, or answers a byte a second, as its parent says by messages.
import { once } from "node:events";
import { createServer } from "node:net";

const answers = {
  healthy: "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
  garbage: "\u0000\u0001HTTP/9.9 what? 200\r\n\r\n<html>{{{[[[\r\n",
};
let mode = "healthy";
const sockets = new Set();

// Of requests it reads no more than where they end: it is to cost the machine little.
const server = createServer((socket) => {
  sockets.add(socket);
  socket.on("error", () => {});
  let trickle;
  socket.on("close", () => {
    sockets.delete(socket);
    clearInterval(trickle);
  });
  let wanted = 0;
  socket.on("data", (chunk) => {
    if (mode === "hanging") return;
    if (wanted === 0) {
      const text = chunk.toString("latin1");
      const end = text.indexOf("\r\n\r\n") + 4;
      wanted = end + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    }
    wanted -= chunk.length;
    if (wanted > 0) return;
    wanted = 0;
    if (mode === "a byte a second") {
      let at = 0;
      trickle ??= setInterval(() => socket.write(answers.healthy[at++ % 80] ?? "x"), 1_000);
    } else if (mode === "garbage") socket.end(answers.garbage);
    else socket.write(answers.healthy);
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1");
await once(server, "listening");
process.on("message", (wanted) => {
  mode = wanted;
  // What was begun in another mode ends with it.
  for (const socket of sockets) socket.destroy();
  process.send({ mode });
});
process.on("disconnect", () => process.exit(0));
process.send({ port: server.address().port });
