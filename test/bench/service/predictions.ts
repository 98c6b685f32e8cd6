/** Single-row predictions a second and their 99th percentile, beside a bare Fastify that echoes the same body. */
import { LOGISTIC, median, percent, type Service, whole } from "./bench.ts";
import { type Load, startGenerator } from "./load.ts";
import { startPeer } from "./peer.ts";

const BODY = '{"instances":[[0.5,-0.2]]}';
const CONNECTIONS = 32;
const WARM_UP_SECONDS = 2;
const SECONDS = 1.5;
/** Rounds of one turn each: what else the machine does meanwhile falls on all of them. */
const ROUNDS = 7;

export async function measurePredictions({ url, client }: Service): Promise<void> {
  const job = await client.wait((await client.submit(LOGISTIC)).id);
  const generator = startGenerator();
  const peers = { bare: await startPeer("silent"), logging: await startPeer("logging") };
  const addresses = {
    predict: `${url}/v1/models/${job.model?.id}/predict`,
    bare: `${peers.bare.url}/echo`,
    logging: `${peers.logging.url}/echo`,
  };
  const load = (address: string, seconds: number) =>
    generator.run({ address, body: BODY, connections: CONNECTIONS, seconds, status: 200 });
  const names = Object.keys(addresses) as (keyof typeof addresses)[];
  const rounds: Record<keyof typeof addresses, Load>[] = [];
  try {
    for (const name of names) await load(addresses[name], WARM_UP_SECONDS);
    for (let round = 0; round < ROUNDS; round++) {
      const results: Partial<Record<keyof typeof addresses, Load>> = {};
      for (const name of names) results[name] = await load(addresses[name], SECONDS);
      rounds.push(results as Record<keyof typeof addresses, Load>);
    }
  } finally {
    generator.stop();
    for (const peer of Object.values(peers)) peer.stop();
  }
  const figure = (name: keyof typeof addresses) => {
    const [rate, p99] = [median(rounds.map((each) => each[name].perSecond)), median(rounds.map((each) => each[name].p99Ms))];
    return `${whole(rate)} a second, p99 ${p99.toFixed(2)} ms`;
  };
  const ratio = (name: keyof typeof addresses) =>
    percent(median(rounds.map((each) => each.predict.perSecond / each[name].perSecond)));
  console.log(`single-row predictions over ${CONNECTIONS} connections, log at info into a pipe: ${figure("predict")}`);
  console.log(`  a bare Fastify echo that logs nothing: ${figure("bare")}: ours are ${ratio("bare")} of it`);
  console.log(`  the same with Fastify's log at info: ${figure("logging")}: ours are ${ratio("logging")} of it`);
  console.log(`  (medians of ${ROUNDS} interleaved rounds; server and load generator share the machine's cores)`);
}
