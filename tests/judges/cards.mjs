// Microsoft's own reader of Adaptive Cards says what is wrong with each card.
import { createRequire } from "node:module";

globalThis.window = globalThis;
globalThis.document = {};
const { AdaptiveCard, SerializationContext, Versions } = createRequire(process.cwd() + "/")("adaptivecards/dist/adaptivecards.js");
const { cards } = JSON.parse(process.argv.at(-1));
const problems = cards.map((card) => {
  const context = new SerializationContext(Versions.v1_5);
  const read = new AdaptiveCard();
  read.parse(card, context);
  const found = Array.from({ length: context.eventCount }, (_, at) => context.getEventAt(at).message);
  return [...found, ...read.validateProperties().validationEvents.map((event) => event.message)];
});
console.log(JSON.stringify({ problems }));
process.stdin.on("end", () => process.exit(0)).resume();
