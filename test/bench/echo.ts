/** What Fastify alone does with a small JSON body: the peer of a single-row prediction. */
import Fastify from "fastify";

const app = Fastify();
app.post("/echo", async (request) => request.body);
process.send?.({ url: await app.listen({ port: 0 }) });
