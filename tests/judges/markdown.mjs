// Reads Markdown with the parser of the sandbox's page, and prints the kinds of what it found in each text.
import { createRequire } from "node:module";

const markdownit = createRequire(import.meta.url)("../../sandbox/page/vendor/markdown-it.min.js");
const parser = markdownit({ html: true });
const kinds = (tokens) => tokens.flatMap((one) => [one.type, ...kinds(one.children ?? [])]);
const words = (tokens) => tokens.map((one) => one.children ? words(one.children) : one.content).join("");

let given = "";
for await (const part of process.stdin) given += part;
const read = JSON.parse(given).map((text) => parser.parse(text, {}));
console.log(JSON.stringify(read.map((tokens) => ({ kinds: [...new Set(kinds(tokens))], words: words(tokens) }))));
