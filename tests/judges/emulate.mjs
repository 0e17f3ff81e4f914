// A Slack server that others wrote, with the workspace that is asked for.
import { createEmulator } from "emulate";

const { port, seed } = JSON.parse(process.argv.at(-1));
const { url } = await createEmulator({ service: "slack", port, seed });
console.log(JSON.stringify({ url }));
process.stdin.on("end", () => process.exit(0)).resume();
